//! What mdBook needs to make a book of `docs`: it calls this as a preprocessor, which `docs/book.toml` says.
//!
//! The pages are written for the repository: they link to pages and files outside of `docs`, and
//! `SUMMARY.md` lists pages from there. Here each page gets its place in the book, each file that a page links
//! to becomes a page at the end, and links are turned to both.

use std::collections::BTreeMap;
use std::fs;
use std::io::{stdin, stdout};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::{Value, json};

/// The folder of the book in the repository.
const DOCS: &str = "docs";

/// Where something of the repository is, wherever this runs.
fn at(file: &Path) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn main() -> Result<()> {
    // Asked whether a renderer is supported: each is.
    if std::env::args().nth(1).is_some() {
        return Ok(());
    }
    let [_, mut book]: [Value; 2] = serde_json::from_reader(stdin().lock())?;
    let mut places = Places::default();
    let items = items(&mut book)?;
    each_chapter(items, &mut |chapter| {
        let page = source(chapter)?;
        places.pages.insert(page.clone(), in_book(&page));
        Ok(())
    })?;
    each_chapter(items, &mut |chapter| {
        let page = source(chapter)?;
        let text = chapter["content"].as_str().unwrap_or_default();
        chapter["content"] = places.turned(&page, text)?.into();
        chapter["path"] = json!(in_book(&page));
        Ok(())
    })?;
    if !places.files.is_empty() {
        items.push(json!({ "PartTitle": "Files" }));
    }
    for (file, page) in &places.files {
        items.push(file_page(file, page)?);
    }
    serde_json::to_writer(stdout().lock(), &book)?;
    Ok(())
}

fn items(book: &mut Value) -> Result<&mut Vec<Value>> {
    book["items"].as_array_mut().context("a book without items")
}

/// Does something with every chapter, from the first to the last.
fn each_chapter(
    items: &mut [Value],
    what: &mut impl FnMut(&mut Value) -> Result<()>,
) -> Result<()> {
    for chapter in items.iter_mut().filter_map(|item| item.get_mut("Chapter")) {
        what(chapter)?;
        if let Some(below) = chapter["sub_items"].as_array_mut() {
            each_chapter(below, what)?;
        }
    }
    Ok(())
}

/// The page that a chapter is made from, by its path in the repository.
fn source(chapter: &Value) -> Result<PathBuf> {
    let source = chapter["source_path"].as_str();
    let source = source.with_context(|| format!("{} has no page", chapter["name"]))?;
    Ok(plain(&Path::new(DOCS).join(source)))
}

/// Where a page of the repository stands in the book.
fn in_book(page: &Path) -> PathBuf {
    let page = page.strip_prefix(DOCS).unwrap_or(page);
    match page.file_name().is_some_and(|name| name == "README.md") {
        true => page.with_file_name("index.md"),
        false => page.to_owned(),
    }
}

/// A path without steps back.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// The way from one page of the book to another.
fn way(from: &Path, to: &Path) -> String {
    let up = from.components().count() - 1;
    format!("{}{}", "../".repeat(up), to.display())
}

/// Where everything stands in the book, by its path in the repository.
#[derive(Default)]
struct Places {
    pages: BTreeMap<PathBuf, PathBuf>,
    /// Files that are linked to, and have no page of their own.
    files: BTreeMap<PathBuf, PathBuf>,
}

impl Places {
    /// The text of a page, with its links turned.
    fn turned(&mut self, page: &Path, text: &str) -> Result<String> {
        let mut turned = text.to_owned();
        let parser = Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter();
        let links: Vec<_> = parser
            .filter_map(|(event, range)| match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    Some((dest_url, range))
                }
                _ => None,
            })
            .collect();
        for (link, range) in links.into_iter().rev() {
            if link.contains("://") || link.starts_with('#') {
                continue;
            }
            let at = text[range.clone()].rfind(&*link);
            let at = range.start + at.with_context(|| format!("{}: {link}", page.display()))?;
            turned.replace_range(at..at + link.len(), &self.turned_link(page, &link)?);
        }
        Ok(turned)
    }

    fn turned_link(&mut self, page: &Path, link: &str) -> Result<String> {
        let (file, part) = link.find('#').map_or((link, ""), |at| link.split_at(at));
        let target = plain(&page.with_file_name("").join(file));
        let place = match self.pages.get(&target) {
            Some(place) => place.clone(),
            // mdBook copies what is no page.
            None if target.starts_with(DOCS) => in_book(&target),
            None => self.file(&target)?,
        };
        Ok(way(&in_book(page), &place) + part)
    }

    /// The page of a file or folder, which gets one where it has none.
    fn file(&mut self, file: &Path) -> Result<PathBuf> {
        fs::metadata(at(file)).with_context(|| format!("nothing is at {}", file.display()))?;
        // A leading dot would hide it from servers.
        let name = file.display().to_string().replace("/.", "/");
        let page = format!("files/{}.md", name.trim_start_matches('.'));
        let page = self.files.entry(file.to_owned()).or_insert(page.into());
        Ok(page.clone())
    }
}

/// A chapter that shows a file, or all files of a folder.
fn file_page(file: &Path, page: &Path) -> Result<Value> {
    let mut text = format!("# `{}`\n", file.display());
    if at(file).is_dir() {
        let entries = fs::read_dir(at(file))?.map(|entry| Ok(entry?.path()));
        let mut entries = entries.collect::<Result<Vec<PathBuf>>>()?;
        entries.sort();
        for entry in entries.iter().filter(|entry| entry.is_file()) {
            let name = entry.file_name().unwrap_or_default().display();
            text.push_str(&format!("\n## `{name}`\n{}", block(entry)?));
        }
    } else {
        text.push_str(&block(&at(file))?);
    }
    Ok(json!({ "Chapter": {
        "name": file,
        "content": text,
        "number": null,
        "sub_items": [],
        "path": page,
        "source_path": null,
        "parent_names": [],
    } }))
}

/// The text of a file as a block of code.
fn block(file: &Path) -> Result<String> {
    let text = fs::read_to_string(file)?;
    let language = match file.extension().and_then(|it| it.to_str()) {
        Some("yml" | "yaml") => "yaml",
        Some("py") => "python",
        Some("sh") => "sh",
        Some("json") => "json",
        _ => "text",
    };
    let fence = "`".repeat(5);
    Ok(format!(
        "\n{fence}{language}\n{}\n{fence}\n",
        text.trim_end()
    ))
}
