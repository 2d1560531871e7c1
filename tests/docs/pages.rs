//! The pages of the documentation, and what stands in them.

use std::ops::Range;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A page in Markdown.
pub(crate) struct Page {
    /// Its path in the repository, with `/`.
    pub(crate) name: String,
    pub(crate) blocks: Vec<Block>,
    /// What is marked as code within a line.
    pub(crate) code: Vec<String>,
    pub(crate) links: Vec<String>,
    /// What a link to a part of the page may name.
    pub(crate) anchors: Vec<String>,
}

/// Code that stands by itself.
pub(crate) struct Block {
    pub(crate) page: String,
    pub(crate) line: usize,
    pub(crate) language: String,
    pub(crate) text: String,
    /// The paragraph above.
    pub(crate) above: String,
}

impl Block {
    /// Where it stands, for a message.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.page, self.line)
    }
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All pages of the documentation.
pub(crate) fn pages() -> Vec<Page> {
    let mut names: Vec<PathBuf> = [
        "README.md",
        "CHANGELOG.md",
        "workload/README.md",
        "testbed/README.md",
    ]
    .map(PathBuf::from)
    .into();
    let mut folders = vec![PathBuf::from("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).expect("a folder") {
            let path = folder.join(entry.expect("an entry").file_name());
            if root().join(&path).is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "md") {
                names.push(path);
            }
        }
    }
    names.sort();
    names.iter().map(page).collect()
}

/// All blocks of all pages.
pub(crate) fn blocks() -> Vec<Block> {
    pages().into_iter().flat_map(|page| page.blocks).collect()
}

/// The page of this name.
pub(crate) fn page(name: impl AsRef<Path>) -> Page {
    let name = name.as_ref();
    let text = std::fs::read_to_string(root().join(name)).expect("a page");
    let slashed: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
    read(slashed.join("/"), &text)
}

fn read(name: String, text: &str) -> Page {
    let mut page = Page {
        name,
        blocks: Vec::new(),
        code: Vec::new(),
        links: Vec::new(),
        anchors: Vec::new(),
    };
    let (mut above, mut said, mut block) = (String::new(), String::new(), None);
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => block = Some(begun(&page, text, kind, range)),
            Event::End(TagEnd::CodeBlock) => {
                let above = std::mem::take(&mut above);
                page.blocks
                    .extend(block.take().map(|it| Block { above, ..it }));
            }
            Event::Text(part) => match &mut block {
                Some(block) => block.text.push_str(&part),
                None => said.push_str(&part),
            },
            Event::Code(part) => {
                said.push_str(&format!("`{part}`"));
                page.code.push(part.into_string());
            }
            Event::SoftBreak => said.push(' '),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                page.links.push(dest_url.into_string());
            }
            Event::Start(Tag::Heading { .. } | Tag::Paragraph) => said.clear(),
            Event::End(TagEnd::Paragraph) => above = std::mem::take(&mut said),
            Event::End(TagEnd::Heading(_)) => {
                let anchor = anchor(&said, &page.anchors);
                page.anchors.push(anchor);
            }
            _ => {}
        }
    }
    page
}

fn begun(page: &Page, text: &str, kind: CodeBlockKind<'_>, range: Range<usize>) -> Block {
    Block {
        page: page.name.clone(),
        line: text[..range.start].matches('\n').count() + 1,
        language: match kind {
            CodeBlockKind::Fenced(language) => language.into_string(),
            CodeBlockKind::Indented => String::new(),
        },
        text: String::new(),
        above: String::new(),
    }
}

/// What a heading is called in links, by GitHub's rules.
fn anchor(heading: &str, taken: &[String]) -> String {
    let kept = heading.to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    let plain: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
    match taken.iter().filter(|it| **it == plain).count() {
        0 => plain,
        count => format!("{plain}-{count}"),
    }
}

#[test]
fn a_page_is_read_as_its_readers_see_it() {
    let text = "# A `key`, and more\n\nSee [this](b.md#c) and `qpiac\nplan`:\n\n````sh\n```\nx\n````\n\n- item\n\n  ```\n  y\n  ```\n\n# a key and more\n";
    let page = read("a.md".to_owned(), text);
    assert_eq!(page.anchors, ["a-key-and-more", "a-key-and-more-1"]);
    assert_eq!(page.links, ["b.md#c"]);
    assert_eq!(page.code, ["key", "qpiac plan"]);
    let [first, second] = &page.blocks[..] else {
        panic!("{} blocks", page.blocks.len());
    };
    assert_eq!(
        (
            first.line,
            first.language.as_str(),
            first.text.as_str(),
            first.above.as_str()
        ),
        (6, "sh", "```\nx\n", "See this and `qpiac plan`:")
    );
    assert_eq!(
        (second.line, second.language.as_str(), second.text.as_str()),
        (13, "", "y\n")
    );
}
