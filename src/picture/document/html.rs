//! The document as a page of its own.
//!
//! Invariant: the page needs nothing from elsewhere, and runs nothing.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::super::svg::svg;
use super::{Body, Document, Piece, pieces};

const STYLE: &str = "
  :root { color-scheme: light dark; --ground: #ffffff; --ink: #1b1f24; --line: #d0d7de; --code: #f3f4f6 }
  @media (prefers-color-scheme: dark) { :root { --ground: #0d1117; --ink: #e6edf3; --line: #30363d; --code: #1c2128 } }
  body { background: var(--ground); color: var(--ink); font: 15px/1.5 ui-sans-serif, system-ui, 'Segoe UI', sans-serif;
    margin: 2rem auto; max-width: 1200px; padding: 0 1rem }
  .wide { overflow-x: auto }
  svg { width: 100%; min-width: 900px; height: auto }
  table { border-collapse: collapse; width: 100% }
  th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top }
  td:first-child { white-space: nowrap } td { min-width: 5rem } td + td:last-child { min-width: 22rem }
  code { font-size: .9em; background: var(--code); padding: .1em .3em; border-radius: 4px; overflow-wrap: anywhere }
";

impl Document {
    /// The document as an HTML page, with the picture in it.
    pub fn html(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    h1 { (text(&self.title)) }
                    p { (text(&self.note)) }
                    h2 { "Picture" }
                    div.wide { (PreEscaped(svg(&self.picture))) }
                    @for section in &self.sections {
                        section id=(anchor(section.title)) {
                            h2 { (section.title) }
                            (body(&section.body))
                        }
                    }
                }
            }
        };
        page.into_string() + "\n"
    }
}

/// `all-resources` of `All resources`.
fn anchor(title: &str) -> String {
    title.to_lowercase().replace(' ', "-")
}

fn body(body: &Body) -> Markup {
    match body {
        Body::Table { head, rows } => html! {
            div.wide {
                table {
                    thead { tr { @for title in head { th { (title) } } } }
                    tbody {
                        @for row in rows {
                            tr { @for cell in row { td { (text(cell)) } } }
                        }
                    }
                }
            }
        },
        Body::List {
            is_numbered: true,
            items,
        } => html! { ol { @for item in items { li { (text(item)) } } } },
        Body::List {
            is_numbered: false,
            items,
        } => html! { ul { @for item in items { li { (text(item)) } } } },
    }
}

fn text(text: &str) -> Markup {
    html! {
        @for piece in pieces(text) {
            @match piece {
                Piece::Code(code) => { code { (code) } }
                Piece::Plain(plain) => {
                    @for (at, line) in plain.split('\n').enumerate() {
                        @if at > 0 { br; }
                        (line)
                    }
                }
            }
        }
    }
}
