//! Checks of a live stack: a table for people, documents for programs.
//!
//! May depend on `verify` (its checks) and `model`. Invariant: a word, not a colour, says what came
//! of a check, and every check is shown.

use std::fmt::Write as _;

use anstyle::Style;
use serde_json::{Value as Json, json};

use super::json::FORMAT_VERSION;
use super::paint::{BAD, FAINT, GOOD, STRONG, count, one_line, paint};
use crate::model::Owner;
use crate::verify::{Check, Outcome, Scenario};

/// Columns in front of a check: an indent, the word of its outcome and a gap.
const LEAD: usize = 8;
/// Columns between two columns of the table.
const GAP: usize = 2;
/// Fewest columns that a table is drawn for; what is narrower overflows.
const NARROWEST: usize = 44;

/// The widths of the columns: check, expected, seen.
type Widths = [usize; 3];

/// The checks for people, in lines of at most this width.
pub fn human(owner: &Owner, checks: &[Check], width: usize) -> String {
    let rows: Vec<[String; 3]> = checks.iter().map(cells).collect();
    let widths = widths(&rows, width);
    let mut out = format!("Stack {}\n", paint(STRONG, owner));
    for scenario in Scenario::ALL {
        let title = format!("{} {}", scenario.number(), scenario.title());
        let _ = writeln!(out, "\n{}", paint(STRONG, title));
        let titles = ["check", "expected", "seen"].map(str::to_owned);
        row("", FAINT, &titles, FAINT, widths, &mut out);
        for (check, cells) in checks.iter().zip(&rows) {
            if check.scenario == scenario {
                let (word, style) = word(&check.outcome);
                row(word, style, cells, Style::new(), widths, &mut out);
            }
        }
    }
    let _ = writeln!(out, "\n{}", totals(checks));
    out
}

fn word(outcome: &Outcome) -> (&'static str, Style) {
    match outcome {
        Outcome::Passed(_) => ("pass", GOOD),
        Outcome::Failed(_) => ("FAIL", BAD),
        Outcome::NotApplicable(_) => ("n/a", FAINT),
    }
}

fn cells(check: &Check) -> [String; 3] {
    [
        one_line(&check.name),
        one_line(&check.expected),
        one_line(check.outcome.text()),
    ]
}

/// As much for each column as its content needs, where there is room; else what is expected and
/// what is seen get more than a name.
fn widths(rows: &[[String; 3]], width: usize) -> Widths {
    let needs = |at: usize| {
        let lengths = rows.iter().map(|row| row[at].chars().count());
        lengths.max().unwrap_or_default().max("expected".len())
    };
    let room = width.max(NARROWEST) - LEAD - 2 * GAP;
    let name = needs(0).min(room * 3 / 10);
    let expected = needs(1).min(room * 3 / 10);
    [name, expected, room - name - expected]
}

/// One row; a cell that is longer than its column goes on below.
fn row(
    word: &str,
    of_word: Style,
    cells: &[String; 3],
    of_cells: Style,
    widths: Widths,
    out: &mut String,
) {
    let columns = [0, 1, 2].map(|at| wrapped(&cells[at], widths[at]));
    let height = columns.iter().map(Vec::len).max().unwrap_or_default();
    for line in 0..height {
        let word = if line == 0 { word } else { "" };
        let _ = write!(out, "  {}  ", paint(of_word, format!("{word:<4}")));
        let cell = |at: usize| columns[at].get(line).map_or("", String::as_str);
        let [name, expected, _] = widths;
        let text = format!("{:<name$}  {:<expected$}  {}", cell(0), cell(1), cell(2));
        let _ = writeln!(out, "{}", paint(of_cells, text.trim_end()));
    }
}

/// A text in lines of at most this many letters, divided between words where that is possible.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let mut letters: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + letters.len() <= width {
            push(&mut lines, ' ');
            used += 1;
        } else if used > 0 {
            lines.push(String::new());
            used = 0;
        }
        while letters.len() > width {
            let rest = letters.split_off(width);
            letters
                .into_iter()
                .for_each(|letter| push(&mut lines, letter));
            lines.push(String::new());
            letters = rest;
        }
        used += letters.len();
        letters
            .into_iter()
            .for_each(|letter| push(&mut lines, letter));
    }
    lines
}

fn push(lines: &mut [String], letter: char) {
    if let Some(last) = lines.last_mut() {
        last.push(letter);
    }
}

/// How many checks passed, failed, and did not apply.
fn counts(checks: &[Check]) -> [usize; 3] {
    let mut counts = [0; 3];
    for check in checks {
        let at = match check.outcome {
            Outcome::Passed(_) => 0,
            Outcome::Failed(_) => 1,
            Outcome::NotApplicable(_) => 2,
        };
        counts[at] += 1;
    }
    counts
}

fn totals(checks: &[Check]) -> String {
    let [passed, failed, not_applicable] = counts(checks);
    let all = count(passed + failed, "check", "checks");
    let mut text = format!("{passed} of {all} passed");
    if failed > 0 {
        let _ = write!(text, ", {failed} failed");
    }
    if not_applicable > 0 {
        let _ = write!(text, "; {not_applicable} not applicable");
    }
    text + "."
}

/// A check for programs.
pub fn line(check: &Check) -> Json {
    let (outcome, key) = match check.outcome {
        Outcome::Passed(_) => ("passed", "seen"),
        Outcome::Failed(_) => ("failed", "seen"),
        Outcome::NotApplicable(_) => ("not_applicable", "reason"),
    };
    json!({
        "scenario": check.scenario.number(),
        "check": check.name,
        "outcome": outcome,
        "expected": check.expected,
        key: check.outcome.text(),
    })
}

/// What came of all checks, for programs.
pub fn summary(owner: &Owner, checks: &[Check]) -> Json {
    let [passed, failed, not_applicable] = counts(checks);
    json!({
        "format_version": FORMAT_VERSION,
        "stack": owner.stack,
        "region": owner.region,
        "summary": { "passed": passed, "failed": failed, "not_applicable": not_applicable },
    })
}

/// All checks for programs.
pub fn document(owner: &Owner, checks: &[Check]) -> Json {
    let mut document = summary(owner, checks);
    document["checks"] = checks.iter().map(line).collect();
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_go_on_below() {
        for (text, width, expected) in [
            ("", 5, vec![""]),
            ("one two", 7, vec!["one two"]),
            ("one two three", 7, vec!["one two", "three"]),
            ("abcdefghij", 4, vec!["abcd", "efgh", "ij"]),
            ("a bcdefgh", 4, vec!["a", "bcde", "fgh"]),
            ("abcd efgh", 4, vec!["abcd", "efgh"]),
        ] {
            assert_eq!(wrapped(text, width), expected, "{text}");
        }
    }
}
