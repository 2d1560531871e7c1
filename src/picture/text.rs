//! A picture as text: what is inside of what, and who talks to whom.

use std::fmt::Write as _;

use super::sheet::{Figure, Picture};

/// A picture for a terminal or a file of plain text.
pub fn text(picture: &Picture) -> String {
    let mut out = format!("{}\n", picture.title);
    let figures: Vec<&Figure> = picture.rows.iter().flatten().collect();
    inside(&figures, "", &mut out);
    let figures = picture.figures();
    let named = |id: &str| {
        let figure = figures.iter().find(|figure| figure.id == id);
        figure.map_or_else(|| id.to_owned(), |figure| name(figure))
    };
    for (is_aside, heading) in [(false, "Requests"), (true, "Beside them")] {
        let arrows = picture.arrows.iter();
        let mut arrows = arrows.filter(|arrow| arrow.is_aside == is_aside).peekable();
        if arrows.peek().is_some() {
            let _ = writeln!(out, "\n{heading}");
        }
        for arrow in arrows {
            let _ = writeln!(out, "  {} -> {}", named(&arrow.from), named(&arrow.to));
            for line in &arrow.label {
                let _ = writeln!(out, "      {line}");
            }
        }
    }
    out
}

/// What tells a figure from others of its title.
fn name(figure: &Figure) -> String {
    let name = figure.id.split_once('@').map(|(_, place)| place);
    let name = name.or_else(|| figure.id.split_once('/').map(|(_, name)| name));
    match name {
        Some("main") | None => figure.title.clone(),
        Some(name) if figure.title.ends_with(name) => figure.title.clone(),
        Some(name) => format!("{} ({name})", figure.title),
    }
}

fn inside(figures: &[&Figure], margin: &str, out: &mut String) {
    for (at, figure) in figures.iter().enumerate() {
        let is_last = at + 1 == figures.len();
        let (branch, stem) = if is_last {
            ("`-- ", "    ")
        } else {
            ("|-- ", "|   ")
        };
        let lines = figure.lines.join("; ");
        let colon = if lines.is_empty() { "" } else { ": " };
        let _ = writeln!(out, "{margin}{branch}{}{colon}{lines}", name(figure));
        let rows: Vec<&Figure> = figure.rows.iter().flatten().collect();
        inside(&rows, &format!("{margin}{stem}"), out);
    }
}
