//! Mutations of XML that leave it XML, mostly.

use std::ops::Range;

use crate::mutate;
use crate::random::Random;

/// Elements by which services say that there is more.
const MORE: [&str; 6] = [
    "<nextToken>more</nextToken>",
    "<NextToken>more</NextToken>",
    "<NextMarker>more</NextMarker>",
    "<Marker>more</Marker>",
    "<IsTruncated>true</IsTruncated>",
    "<NextContinuationToken>more</NextContinuationToken>",
];
/// The most copies of an element.
const COPIES_MAX: usize = 200;
/// How deep elements are nested that are put into a document.
const DEEPEST: usize = 20_000;

/// An element with its tags, and what is between them.
#[derive(Clone)]
struct Span {
    whole: Range<usize>,
    inside: Range<usize>,
}

/// Changes one to four places of a document.
pub(crate) fn mutate(random: &mut Random, document: &mut String) {
    for _ in 0..=random.below(4) {
        let spans = spans(document);
        if spans.is_empty() {
            return;
        }
        change(random, document, &spans);
    }
}

/// The elements of a document that have an end.
fn spans(document: &str) -> Vec<Span> {
    let mut open: Vec<(&str, Range<usize>)> = Vec::new();
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(start) = document[at..].find('<').map(|start| at + start) {
        let Some(end) = document[start..].find('>').map(|end| start + end + 1) else {
            break;
        };
        let tag = &document[start + 1..end - 1];
        let name = tag.trim_start_matches('/');
        let name = name.split([' ', '\n', '\t']).next().unwrap_or(name);
        if tag.starts_with('/') {
            let opened = open.iter().rposition(|(opened, _)| *opened == name);
            if let Some(opened) = opened {
                let (_, from) = open.swap_remove(opened);
                open.truncate(opened);
                spans.push(Span {
                    whole: from.start..end,
                    inside: from.end..start,
                });
            }
        } else if !tag.ends_with('/') && !tag.starts_with(['?', '!']) {
            open.push((name, start..end));
        }
        at = end;
    }
    spans
}

fn change(random: &mut Random, document: &mut String, spans: &[Span]) {
    let one = spans[random.below(spans.len())].clone();
    let leaves: Vec<&Span> = spans
        .iter()
        .filter(|span| !document[span.inside.clone()].contains('<'))
        .collect();
    match random.below(11) {
        0 => document.replace_range(one.whole, ""),
        1 => {
            let copies = if random.once_in(8) { COPIES_MAX } else { 1 };
            let again = document[one.whole.clone()].repeat(copies);
            document.insert_str(one.whole.end, &again);
        }
        2 => {
            let other = spans[random.below(spans.len())].whole.clone();
            let other = document[other].to_owned();
            document.replace_range(one.whole, &other);
        }
        3 => document.insert_str(one.inside.end, random.pick(&MORE)),
        4 => document.replace_range(one.inside, ""),
        5 => rename(random, document, one),
        6 if random.once_in(4) => nest(random, document, one.inside.start),
        _ if leaves.is_empty() => {}
        place => {
            let leaf = leaves[random.below(leaves.len())].inside.clone();
            let old = document[leaf.clone()].to_owned();
            let new = match place {
                7 | 8 => mutate::edited(random, &old),
                9 => {
                    let other = leaves[random.below(leaves.len())].inside.clone();
                    document[other].to_owned()
                }
                _ => mutate::text(random),
            };
            let new = if random.once_in(10) {
                new
            } else {
                escaped(&new)
            };
            document.replace_range(leaf, &new);
        }
    }
}

fn rename(random: &mut Random, document: &mut String, span: Span) {
    let inside = document[span.inside].to_owned();
    let name: &str = random.pick(&["item", "member", "a", "Key", "Value", "no-such-name"]);
    document.replace_range(span.whole, &format!("<{name}>{inside}</{name}>"));
}

fn nest(random: &mut Random, document: &mut String, at: usize) {
    let depth = random.below(DEEPEST);
    let nested = format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    document.insert_str(at, &nested);
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// A listing that says that there is another page behind it.
pub(crate) fn with_more(document: &str, token: &str) -> String {
    let mut document = document
        .replace("<IsTruncated>false", "<IsTruncated>true")
        .replace("<NextMarker/>", "")
        .replace("<nextToken/>", "");
    let spans = spans(&document);
    let last = spans.iter().map(|span| span.inside.clone());
    // Of EC2 and CloudFront the marker stands in the root, of Query's in the
    // result, which is the second element.
    let mut ends: Vec<usize> = last.map(|inside| inside.end).collect();
    ends.sort_unstable();
    let names = [
        "nextToken",
        "NextToken",
        "NextMarker",
        "Marker",
        "NextRecordName",
    ];
    let more: String = names
        .iter()
        .map(|name| format!("<{name}>{token}</{name}>"))
        .collect();
    for end in ends.into_iter().rev().take(3) {
        document.insert_str(end, &more);
    }
    document
}
