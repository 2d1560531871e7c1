//! The sections of a file in the order of the reference.
//!
//! Depends on the lines of this room. Invariant: a section moves as a whole, together with the
//! comment that stands directly above it; what stands at the head of the file stays there.

use super::indent::Line;

/// How editors find the schema of a file; it stays at the head.
const MODELINE: &str = "# yaml-language-server:";

/// The lines with their sections in this order. Those of a name that is not there keep their place
/// behind the others.
pub(super) fn sorted(lines: &[Line], order: &[&str]) -> Vec<Line> {
    let starts = starts(lines);
    let (Some(first), end) = (starts.first(), footer(lines)) else {
        return lines.to_vec();
    };
    let ends = starts.iter().skip(1).copied().chain([end]);
    let mut parts: Vec<&[Line]> = starts
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| lines.get(*start..end))
        .collect();
    let place = |part: &&[Line]| {
        let name = part.iter().find_map(|line| line.section.as_deref());
        let found = order.iter().position(|known| Some(*known) == name);
        found.unwrap_or(order.len())
    };
    if parts.is_sorted_by_key(place) {
        return lines.to_vec();
    }
    let has_gaps = parts[1..].iter().any(|part| part[0].follows_blank);
    let head_gap = lines[*first].follows_blank;
    parts.sort_by_key(place);
    let mut sorted = lines[..*first].to_vec();
    for (at, part) in parts.into_iter().enumerate() {
        let closed_by_comment = sorted
            .last()
            .is_some_and(|line| line.is_comment && line.indent == 0);
        let came_first = std::ptr::eq(part.as_ptr(), &raw const lines[*first]);
        let gap = match at {
            0 => head_gap,
            _ if came_first => has_gaps,
            _ => part[0].follows_blank,
        };
        let from = sorted.len();
        sorted.extend_from_slice(part);
        // A comment that closes a section must not come to stand above the next one.
        sorted[from].follows_blank = gap || at > 0 && closed_by_comment;
    }
    sorted.extend_from_slice(&lines[end..]);
    sorted
}

/// Where each section begins, the comment above it included.
fn starts(lines: &[Line]) -> Vec<usize> {
    let keys = lines.iter().enumerate();
    keys.filter(|(_, line)| line.section.is_some() && line.indent == 0)
        .map(|(key, _)| {
            let mut start = key;
            while start > 0 && !lines[start].follows_blank && is_heading(&lines[start - 1]) {
                start -= 1;
            }
            start
        })
        .collect()
}

fn is_heading(line: &Line) -> bool {
    line.is_comment && line.indent == 0 && !line.text.starts_with(MODELINE)
}

/// Where the mark at the end of the document stands, if there is one.
fn footer(lines: &[Line]) -> usize {
    let mark = lines.iter().rposition(|line| line.text.starts_with("..."));
    mark.unwrap_or(lines.len())
}
