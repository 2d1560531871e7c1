//! A picture as SVG, for a page or by itself, in light and in dark.

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, html};

use super::boxes::{Frame, LINE, Placed, lines, place};
use super::routes::{Point, around, way, words_at};
use super::sheet::{Arrow, Figure, Picture, Role};

/// How far what is written stands from the edge of its figure, in pixels.
const INSET: f32 = 14.0;
/// Room on the right for the ways around all figures, in pixels.
const AROUND: f32 = 20.0;
/// How wide a character of a label is, in pixels.
const CHARACTER: f32 = 6.2;

/// Colours, by the reader's choice of light or dark.
const STYLE: &str = "
  .page { fill: #ffffff } text { fill: #1b1f24; font: 12px ui-sans-serif, system-ui, 'Segoe UI', sans-serif }
  .title { font-weight: 600 } .faint { fill: #57606a }
  rect { stroke-width: 1.25; rx: 8px }
  .outside, .managed, .group { fill: #f6f8fa; stroke: #6e7781 }
  .edge { fill: #f3e8ff; stroke: #8250df } .network { fill: #fbfdff; stroke: #0969da }
  .zone { fill: none; stroke: #6e7781; stroke-dasharray: 5 4 }
  .public-subnet { fill: #e6f6ea; stroke: #1a7f37 } .private-subnet { fill: #e7f1fd; stroke: #0969da }
  .gateway { fill: #fff5e0; stroke: #bf6b00 } .compute { fill: #ffe9e0; stroke: #c4432b }
  .arrow { fill: none; stroke: #24292f; stroke-width: 1.6 } .aside { stroke: #6e7781; stroke-dasharray: 4 4 }
  .head { fill: #24292f } .aside-head { fill: #6e7781 }
  .label { fill: #ffffff; fill-opacity: .88; stroke: none } .words { font-size: 11px }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #e6edf3 } .faint { fill: #9ea7b3 }
    .outside, .managed, .group { fill: #161b22; stroke: #8b949e }
    .edge { fill: #271b3d; stroke: #b083f0 } .network { fill: #0f1722; stroke: #539bf5 }
    .zone { stroke: #8b949e }
    .public-subnet { fill: #12261a; stroke: #57ab5a } .private-subnet { fill: #10213a; stroke: #539bf5 }
    .gateway { fill: #2e2210; stroke: #e0a03c } .compute { fill: #33180f; stroke: #ec7a5c }
    .arrow { stroke: #e6edf3 } .aside { stroke: #8b949e } .head { fill: #e6edf3 } .aside-head { fill: #8b949e }
    .label { fill: #0d1117 }
  }
";

/// A picture as a document of its own.
pub fn svg(picture: &Picture) -> String {
    let placed = place(picture);
    let (width, height) = (page_width(&placed), placed.height.ceil() + 24.0);
    let routed = routed(picture, &placed);
    let box_of_view = format!("0 0 {width} {height}");
    let drawn = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height) viewBox=(box_of_view) role="img" aria-labelledby="title" {
            title id="title" { "Architecture of " (picture.title) }
            style { (PreEscaped(STYLE)) }
            defs { (head("head", "head")) (head("aside-head", "aside-head")) }
            rect class="page" width=(width) height=(height) {}
            @for figure in picture.figures() { (drawn(figure, &placed)) }
            @for route in &routed { (line(route)) }
            @for at in 0..routed.len() { (words(&routed, at, width)) }
            text class="faint" x="24" y=(height - 10.0) { (picture.title) }
        }
    };
    drawn.into_string() + "\n"
}

/// The figures, and room for the ways around them.
fn page_width(placed: &Placed) -> f32 {
    placed.width.ceil() + AROUND
}

fn head(id: &str, class: &str) -> Markup {
    html! {
        marker id=(id) viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse" {
            path class=(class) d="M0 0L10 5L0 10z" {}
        }
    }
}

fn class(role: Role) -> &'static str {
    match role {
        Role::Outside => "outside",
        Role::Edge => "edge",
        Role::Network => "network",
        Role::Zone => "zone",
        Role::PublicSubnet => "public-subnet",
        Role::PrivateSubnet => "private-subnet",
        Role::Gateway => "gateway",
        Role::Compute => "compute",
        Role::Managed => "managed",
        Role::Group => "group",
    }
}

fn drawn(figure: &Figure, placed: &Placed) -> Markup {
    let Frame {
        x,
        y,
        width,
        height,
    } = placed.frames[&figure.id];
    let text_x = x + INSET;
    html! {
        g data-id=(figure.id) {
            rect class=(class(figure.role)) x=(x) y=(y) width=(width) height=(height) {}
            text class="title" x=(text_x) y=(y + INSET + 8.0) { (figure.title) }
            @for (at, line) in lines(figure).iter().enumerate() {
                text class="faint" x=(text_x) y=(y + INSET + 8.0 + (at + 1) as f32 * LINE) { (line) }
            }
        }
    }
}

/// An arrow and its way.
type Routed<'p> = (&'p Arrow, Vec<Point>);

/// The ways of all arrows: how many before it leave the same figure, or go around the page too, tells
/// an arrow's lane.
fn routed<'p>(picture: &'p Picture, placed: &Placed) -> Vec<Routed<'p>> {
    let roles: BTreeMap<String, Role> = (picture.figures().into_iter())
        .map(|figure| (figure.id.clone(), figure.role))
        .collect();
    let mut lanes: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    let route = |arrow: &'p Arrow| {
        let (from, to) = (placed.frames[&arrow.from], placed.frames[&arrow.to]);
        let goes_around = arrow.is_aside
            && matches!(roles[&arrow.from], Role::Outside | Role::Gateway)
            && roles[&arrow.to] == Role::Managed;
        let next = lanes
            .entry((!goes_around).then_some(arrow.from.as_str()))
            .or_default();
        let lane = *next;
        *next += 1;
        let way = if goes_around {
            around(from, to, page_width(placed), lane)
        } else {
            let turns_at_once =
                roles[&arrow.from] == Role::Gateway && roles[&arrow.to] == Role::Compute;
            way(from, to, lane, turns_at_once)
        };
        (arrow, way)
    };
    picture.arrows.iter().map(route).collect()
}

fn line((arrow, way): &Routed<'_>) -> Markup {
    let points: Vec<String> = way.iter().map(|(x, y)| format!("{x},{y}")).collect();
    let (class, head) = if arrow.is_aside {
        ("arrow aside", "url(#aside-head)")
    } else {
        ("arrow", "url(#head)")
    };
    html! {
        polyline class=(class) data-from=(arrow.from) data-to=(arrow.to) points=(points.join(" ")) marker-end=(head) {}
    }
}

/// What is said of an arrow; of several that say the same from one figure, only the first says it.
fn words(routed: &[Routed<'_>], at: usize, page_width: f32) -> Markup {
    let (arrow, way) = &routed[at];
    let says_the_same =
        |(other, _): &Routed<'_>| other.from == arrow.from && other.label == arrow.label;
    if routed[..at].iter().any(says_the_same) {
        return html! {};
    }
    let (x, y) = words_at(way);
    let longest = arrow.label.iter().map(|line| line.chars().count()).max();
    let width = longest.unwrap_or_default() as f32 * CHARACTER + 8.0;
    let height = arrow.label.len() as f32 * (LINE - 2.0) + 4.0;
    let left = (x - width / 2.0).clamp(4.0, (page_width - width - 4.0).max(4.0));
    html! {
        rect class="label" x=(left) y=(y - height / 2.0) width=(width) height=(height) {}
        @for (at, line) in arrow.label.iter().enumerate() {
            text class="words" x=(left + 4.0) y=(y - height / 2.0 + 12.0 + at as f32 * (LINE - 2.0)) { (line) }
        }
    }
}
