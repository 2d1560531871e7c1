//! The reference of the stack file, as Markdown.
//!
//! Depends on the shapes of this room. Invariant: every key of every section stands in it once,
//! with its description and with what holds where it is left out.

use std::fmt::Write as _;

use super::shape::{KeyShape, Presence, SectionShape, Shape};

/// The page whose first section is the file itself.
pub(crate) fn document(root: &SectionShape) -> String {
    let mut page = String::from(
        "# stack.yaml\n\nGenerated from the code. \
         A key with a default may be left out; so may a section in which every key has one.\n",
    );
    section(&mut page, "", root);
    page
}

fn section(page: &mut String, path: &str, shape: &SectionShape) {
    let title = if path.is_empty() { "The file" } else { path };
    let ticks = if path.is_empty() { "" } else { "`" };
    let doc = &shape.doc;
    let _ = write!(
        page,
        "\n## {ticks}{title}{ticks}\n\n{doc}\n\n| Key | Value | Left out | Meaning |\n|---|---|---|---|\n"
    );
    for key in &shape.keys {
        row(page, key);
    }
    for key in &shape.keys {
        let path = if path.is_empty() {
            key.name.to_owned()
        } else {
            format!("{path}.{}", key.name)
        };
        for (path, shape) in key.shape.sections(&path, "NAME") {
            section(page, &path, shape);
        }
    }
}

fn row(page: &mut String, key: &KeyShape) {
    let absent = match key.presence {
        Presence::Required => "**required**".to_owned(),
        Presence::Default(default) => format!("`{default}`"),
        Presence::Absent(words) => words.to_owned(),
    };
    let mut meaning = key.doc.replace("\n\n", "<br>");
    if let Shape::Words(words) = &key.shape {
        for (word, doc) in *words {
            let _ = write!(meaning, "<br>`{word}`: {}.", doc.trim());
        }
    }
    if let Some(example) = key.example {
        let _ = write!(meaning, "<br>Example: `{}: {example}`", key.name);
    }
    let cells = [key.shape.described(), absent, meaning].map(|cell| cell.replace('|', "\\|"));
    let _ = writeln!(page, "| `{}` | {} |", key.name, cells.join(" | "));
}
