//! A picture as a flowchart of Mermaid, which GitHub and GitLab draw.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::sheet::{Figure, Picture, Role};

/// A flowchart, without the fence around it.
pub fn mermaid(picture: &Picture) -> String {
    let figures = picture.figures();
    // Identifiers of Mermaid hold no slashes, and some words mean something.
    let numbers: BTreeMap<&str, String> = figures
        .iter()
        .enumerate()
        .map(|(at, figure)| (figure.id.as_str(), format!("n{at}")))
        .collect();
    let mut out = String::from("flowchart TB\n");
    for figure in picture.rows.iter().flatten() {
        draw(figure, &numbers, 1, &mut out);
    }
    for arrow in &picture.arrows {
        let (from, to) = (&numbers[arrow.from.as_str()], &numbers[arrow.to.as_str()]);
        let line = if arrow.is_aside { "-.->" } else { "-->" };
        let label = label(&arrow.label);
        let _ = writeln!(out, "  {from} {line}|{label}| {to}");
    }
    out
}

fn draw(figure: &Figure, numbers: &BTreeMap<&str, String>, depth: usize, out: &mut String) {
    let margin = "  ".repeat(depth);
    let number = &numbers[figure.id.as_str()];
    let words: Vec<String> = std::iter::once(figure.title.clone())
        .chain(figure.lines.iter().cloned())
        .collect();
    let label = label(&words);
    if figure.rows.is_empty() {
        let (open, close) = match figure.role {
            Role::Outside => ("([", "])"),
            Role::Gateway | Role::Edge => ("{{", "}}"),
            Role::Network
            | Role::Zone
            | Role::PublicSubnet
            | Role::PrivateSubnet
            | Role::Compute
            | Role::Managed
            | Role::Group => ("[", "]"),
        };
        let _ = writeln!(out, "{margin}{number}{open}{label}{close}");
        return;
    }
    let _ = writeln!(out, "{margin}subgraph {number} [{label}]");
    for inside in figure.rows.iter().flatten() {
        draw(inside, numbers, depth + 1, out);
    }
    let _ = writeln!(out, "{margin}end");
}

/// Lines as a quoted label.
fn label(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
    format!("\"{}\"", lines.join("<br>"))
}

/// Text in which Mermaid and a browser see nothing but text.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '"' | '<' | '>' | '&' | '#' | ';' | '`' | '|' | '\\' | '*' | '_' => {
                let _ = write!(escaped, "#{};", u32::from(character));
            }
            other => escaped.push(other),
        }
    }
    escaped
}
