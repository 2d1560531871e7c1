//! A page of the reference on a terminal.
//!
//! May depend on nothing. Invariant: no line is wider than the terminal, unless one word is.

use std::fmt::Write as _;

use anstyle::Style;

use super::checks::wrapped;
use super::paint::{HINT, STRONG, paint};

/// Columns below which lines are not broken any more.
const NARROWEST: usize = 24;
/// Columns in front of what belongs to a heading, and of what is said about a row.
const INDENT: usize = 2;

/// A page of the reference.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// What it is about.
    pub title: String,
    /// What that is.
    pub text: Vec<String>,
    /// What can be said in a line, each with its name.
    pub facts: Vec<(String, String)>,
    /// Its parts.
    pub tables: Vec<Table>,
}

/// A part of a page.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Its heading.
    pub title: String,
    /// What it is about.
    pub text: Vec<String>,
    /// What stands in it.
    pub rows: Vec<Row>,
}

/// A line of a table.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// What it is about.
    pub name: String,
    /// A few words behind the name.
    pub note: String,
    /// What is said about it.
    pub text: String,
}

impl Page {
    /// The page in this many columns.
    pub fn human(&self, width: usize) -> String {
        let mut out = String::new();
        if !self.title.is_empty() {
            heading(&mut out, &self.title);
        }
        for text in &self.text {
            spaced(&mut out);
            lines(&mut out, 0, text, width, Style::new());
        }
        if !self.facts.is_empty() {
            spaced(&mut out);
        }
        let longest = self.facts.iter().map(|(name, _)| name.chars().count());
        let column = longest.max().unwrap_or_default() + INDENT;
        for (name, text) in &self.facts {
            fact(&mut out, name, text, column, width);
        }
        for table in &self.tables {
            table.human(&mut out, width);
        }
        out
    }
}

impl Table {
    fn human(&self, out: &mut String, width: usize) {
        spaced(out);
        heading(out, &self.title);
        for text in &self.text {
            lines(out, INDENT, text, width, Style::new());
        }
        if !self.text.is_empty() && !self.rows.is_empty() {
            out.push('\n');
        }
        for row in &self.rows {
            let name = paint(HINT, &row.name);
            let room = width.max(NARROWEST).saturating_sub(INDENT);
            let used = row.name.chars().count() + 2;
            let blank = " ".repeat(INDENT);
            if row.note.is_empty() {
                let _ = writeln!(out, "{blank}{name}");
            } else if used + row.note.chars().count() <= room {
                let _ = writeln!(out, "{blank}{name}  {}", row.note);
            } else {
                let _ = writeln!(out, "{blank}{name}");
                lines(out, 2 * INDENT, &row.note, width, Style::new());
            }
            lines(out, 2 * INDENT, &row.text, width, Style::new());
        }
    }
}

fn heading(out: &mut String, title: &str) {
    let _ = writeln!(out, "{}", paint(STRONG, title));
}

/// An empty line, unless nothing stands before it.
fn spaced(out: &mut String) {
    if !out.is_empty() {
        out.push('\n');
    }
}

fn fact(out: &mut String, name: &str, text: &str, column: usize, width: usize) {
    let room = width
        .max(NARROWEST)
        .saturating_sub(column)
        .max(NARROWEST / 2);
    for (at, line) in wrapped(text, room).iter().enumerate() {
        let name = if at == 0 { name } else { "" };
        let blank = " ".repeat(column - name.chars().count());
        let _ = writeln!(out, "{}{blank}{line}", paint(STRONG, name));
    }
}

fn lines(out: &mut String, indent: usize, text: &str, width: usize, style: Style) {
    let room = width.max(NARROWEST).saturating_sub(indent);
    let blank = " ".repeat(indent);
    for paragraph in text.split("\n\n").filter(|text| !text.is_empty()) {
        for line in wrapped(&paragraph.replace('\n', " "), room) {
            let _ = writeln!(out, "{blank}{}", paint(style, line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_fits_into_its_columns_and_loses_nothing() {
        let page = Page {
            title: "title".to_owned(),
            text: vec!["one two three four five six seven eight nine".to_owned()],
            facts: vec![(
                "Value".to_owned(),
                "a whole number from 1 to 65535".to_owned(),
            )],
            tables: vec![Table {
                title: "Keys".to_owned(),
                text: vec!["what they are for".to_owned()],
                rows: vec![Row {
                    name: "port".to_owned(),
                    note: "a note that is too long for the line".to_owned(),
                    text: "first\n\nsecond".to_owned(),
                }],
            }],
        };
        let plain = |width| anstream::adapter::strip_str(&page.human(width)).to_string();
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        for width in [30, 60, 200] {
            let shown = plain(width);
            assert!(
                shown.lines().all(|line| line.chars().count() <= width),
                "{width}:\n{shown}"
            );
            assert_eq!(words(&shown), words(&plain(1000)), "{width}");
        }
        for width in [0, 1] {
            assert_eq!(plain(width), plain(NARROWEST), "{width}");
        }
    }
}
