//! The documentation as a book.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

use crate::pages::{page, pages, root};

const SUMMARY: &str = "docs/SUMMARY.md";

#[test]
fn every_page_stands_in_the_book_once() {
    let mut listed: Vec<PathBuf> = page(SUMMARY)
        .links
        .iter()
        .map(|link| match link.strip_prefix("../") {
            Some(outside) => outside.into(),
            None => Path::new("docs").join(link),
        })
        .collect();
    listed.sort();
    let all = pages().into_iter().map(|page| PathBuf::from(page.name));
    let all: Vec<PathBuf> = all.filter(|name| name != Path::new(SUMMARY)).collect();
    assert_eq!(listed, all);
}

/// The built pages, by their paths in the book.
struct Book {
    folder: PathBuf,
    pages: BTreeMap<PathBuf, Html>,
}

/// What matters of a page.
struct Html {
    ids: BTreeSet<String>,
    links: Vec<String>,
    /// Its links begin at the book and not at the page.
    is_based: bool,
}

/// The values of an attribute.
fn values(text: &str, attribute: &str) -> Vec<String> {
    let begins = format!(" {attribute}=\"");
    let values = text.split(&begins).skip(1);
    values
        .filter_map(|rest| rest.split('"').next())
        .map(|value| value.replace("&amp;", "&").replace("&#39;", "'"))
        .collect()
}

impl Html {
    fn read(text: &str) -> Self {
        Self {
            ids: values(text, "id").into_iter().collect(),
            links: [values(text, "href"), values(text, "src")].concat(),
            is_based: text.contains("<base href=\"/\">"),
        }
    }
}

impl Book {
    /// What `mdbook build docs` wrote, there or where the variable says.
    fn built() -> Self {
        let folder = std::env::var_os("QPIAC_BOOK");
        let folder = folder.map_or_else(|| root().join("target/book"), PathBuf::from);
        let mut book = Self {
            folder,
            pages: BTreeMap::new(),
        };
        book.read(Path::new(""));
        book
    }

    fn read(&mut self, below: &Path) {
        for entry in std::fs::read_dir(self.folder.join(below)).expect("a folder") {
            let path = below.join(entry.expect("an entry").file_name());
            let file = self.folder.join(&path);
            if file.is_dir() {
                self.read(&path);
            } else if path.extension().is_some_and(|e| e == "html") {
                let text = std::fs::read_to_string(file).expect("a page");
                self.pages.insert(path, Html::read(&text));
            }
        }
    }

    /// Whether a link of this page leads somewhere within the book, or out of it.
    fn has(&self, from: &Path, html: &Html, link: &str) -> bool {
        if ["://", "data:", "mailto:"]
            .iter()
            .any(|it| link.contains(it))
        {
            return true;
        }
        let (file, part) = link.split_once('#').unwrap_or((link, ""));
        let file = percent_decode_str(file).decode_utf8_lossy();
        let part = percent_decode_str(part).decode_utf8_lossy();
        let target = match (file.trim_start_matches('/'), html.is_based) {
            ("", _) => from.to_owned(),
            (file, true) => file.into(),
            (file, false) => plain(&from.with_file_name("").join(file)),
        };
        match self.pages.get(&target) {
            Some(page) => part.is_empty() || page.ids.contains(&*part),
            None => part.is_empty() && self.folder.join(target).is_file(),
        }
    }
}

/// A path without steps back.
fn plain(path: &Path) -> PathBuf {
    path.iter().fold(PathBuf::new(), |mut plain, part| {
        if part == ".." {
            assert!(plain.pop(), "{} leaves the book", path.display());
        } else {
            plain.push(part);
        }
        plain
    })
}

#[test]
#[ignore = "needs the book, which .ci/run builds"]
fn every_link_of_the_book_leads_somewhere() {
    let book = Book::built();
    assert!(book.pages.len() > 40, "{}", book.pages.len());
    let mut broken = Vec::new();
    for (path, html) in &book.pages {
        assert!(html.links.len() > 10, "{}", path.display());
        let dead = html.links.iter().filter(|link| !book.has(path, html, link));
        broken.extend(dead.map(|link| format!("{}: {link}", path.display())));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let index = &book.pages[Path::new("index.html")];
    assert!(!book.has(Path::new("index.html"), index, "guide.html#nowhere"));
    assert!(!book.has(Path::new("index.html"), index, "nowhere.html"));
}
