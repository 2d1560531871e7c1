//! The examples of the documentation, run.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use qpiac::spec;
use qpiac::spec::diagnostic::Style;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Markdown files of the documentation.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md"), root().join("CHANGELOG.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

/// The blocks of this language in a page.
fn blocks(text: &str, language: &str) -> Vec<String> {
    text.split(&format!("```{language}\n"))
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next())
        .map(|block| block.to_owned() + "\n")
        .collect()
}

#[test]
fn every_stack_in_the_documentation_is_valid() {
    let mut count = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for block in blocks(&text, "yaml") {
            if block.starts_with("stack:") {
                count += 1;
                let reading = spec::read("stack.yaml", &block)
                    .unwrap_or_else(|problems| panic!("{}:\n{problems}", page.display()));
                assert!(reading.warnings.is_empty(), "{}", page.display());
            }
        }
    }
    assert!(count > 0, "there is no example");
}

#[test]
fn the_mistake_in_the_readme_is_reported_so() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let stack = blocks(&readme, "yaml").remove(0);
    let wrong = stack.replace("nat: single", "nat: singel");
    let problems = spec::read("stack.yaml", &wrong).unwrap_err();
    let drawn = problems.render(Style {
        colour: false,
        width: 80,
    });
    let shown = blocks(&readme, "text")
        .into_iter()
        .find(|block| block.starts_with("error:"))
        .expect("the README shows a mistake");
    assert_eq!(drawn.trim_end(), shown.trim_end());
}

#[test]
fn every_link_leads_somewhere() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let file = target.split('#').next().unwrap();
            if file.is_empty() || target.contains("://") {
                continue;
            }
            let path = page.parent().unwrap().join(file);
            assert!(path.exists(), "{} links to {target}", page.display());
        }
    }
}
