//! The document in Markdown, as GitHub and others draw it.
//!
//! Invariant: whatever a name or a description holds, it is shown and not obeyed.

use std::fmt::Write as _;

use super::super::mermaid::mermaid;
use super::{Body, Document, Piece, pieces};

/// Characters that always mean something to Markdown.
const MEANINGFUL: &str = "\\*[]<|~";

impl Document {
    /// The document in Markdown, with the picture as a flowchart of Mermaid.
    pub fn markdown(&self) -> String {
        let mut out = format!("# {}\n\n{}\n\n", marked(&self.title), marked(&self.note));
        let _ = writeln!(
            out,
            "## Picture\n\n```mermaid\n{}```",
            mermaid(&self.picture)
        );
        for section in &self.sections {
            let _ = writeln!(out, "\n## {}\n", section.title);
            match &section.body {
                Body::Table { head, rows } => table(head, rows, &mut out),
                Body::List { is_numbered, items } => {
                    let bullet = if *is_numbered { "1." } else { "-" };
                    for item in items {
                        let _ = writeln!(out, "{bullet} {}", marked(item));
                    }
                }
            }
        }
        out
    }
}

fn table(head: &[&str], rows: &[Vec<String>], out: &mut String) {
    let _ = writeln!(out, "| {} |", head.join(" | "));
    let _ = writeln!(out, "|{}", "---|".repeat(head.len()));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| marked(cell)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
}

/// A text with what Markdown needs to show it.
fn marked(text: &str) -> String {
    pieces(text)
        .map(|piece| match piece {
            Piece::Plain(text) => plain(text),
            // A table takes even a bar in code for its own.
            Piece::Code(text) if text.contains('|') => {
                format!("<code>{}</code>", entities(text))
            }
            Piece::Code(text) => format!("`{}`", text.replace(['\n', '\r'], " ")),
        })
        .collect()
}

/// A text of which Markdown and HTML understand nothing.
fn entities(text: &str) -> String {
    let entity = |c: char| match c {
        c if c.is_alphanumeric() || c == ' ' => c.to_string(),
        c => format!("&#{};", u32::from(c)),
    };
    text.chars().map(entity).collect()
}

fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut before = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let after = rest.clone().next();
        let is_inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let means_something = match c {
            '_' => !(is_inside(before) && is_inside(after)),
            '&' => is_inside(after) || after == Some('#'),
            c => MEANINGFUL.contains(c),
        };
        match c {
            '\n' | '\r' => out.push_str("<br>"),
            c if means_something => out.extend(['\\', c]),
            c => out.push(c),
        }
        before = Some(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plain_is_shown_as_it_is() {
        let table = [
            ("PriceClass_100 -> HTTP", "PriceClass_100 -> HTTP"),
            ("_a_ *b* <b>", "\\_a\\_ \\*b\\* \\<b>"),
            ("[x](y) | &lt; & co", "\\[x\\](y) \\| \\&lt; & co"),
            ("`a\\|b` and *", "<code>a&#92;&#124;b</code> and \\*"),
            ("`a*<b>`", "`a*<b>`"),
            ("one\ntwo\rthree", "one<br>two<br>three"),
            ("open ` quote*", "open ` quote*`"),
        ];
        for (text, expected) in table {
            assert_eq!(marked(text), expected);
        }
    }
}
