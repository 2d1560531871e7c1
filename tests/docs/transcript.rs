//! What is said after a command, as a page shows it, against what really comes.
//!
//! Durations and identifiers are others in each run and count as equal. `...` on a line of its own stands
//! for any lines, and within a line for any text.

use crate::pages::Block;
use crate::place::Place;

/// What stands for what is left out.
const REST: &str = "...";

/// Runs each command of a transcript, and compares.
pub(crate) fn compare(place: &Place, block: &Block) {
    for turn in format!("\n{}", block.text).split("\n$ ").skip(1) {
        let (command, shown) = turn.split_once('\n').unwrap_or((turn, ""));
        let ran = place.run(&format!("exec 2>&1\n{command}"));
        let ran = ran.expect(0, &format!("{}: {command}", block.place()));
        assert_shown(&block.place(), shown, &ran.out);
    }
}

/// That this output is what is shown.
#[track_caller]
pub(crate) fn assert_shown(place: &str, shown: &str, came: &str) {
    let lines = |text: &str| -> Vec<String> { text.trim_end().lines().map(neutral).collect() };
    let is_shown = matches(&lines(shown), &lines(came));
    assert!(is_shown, "{place} shows:\n{shown}\nwhat came is:\n{came}");
}

fn matches(shown: &[String], came: &[String]) -> bool {
    match (shown, came) {
        ([], []) => true,
        ([first, rest @ ..], _) if first.trim() == REST => {
            (0..=came.len()).any(|skipped| matches(rest, &came[skipped..]))
        }
        ([first, rest @ ..], [line, others @ ..]) => is(first, line) && matches(rest, others),
        _ => false,
    }
}

fn is(shown: &str, came: &str) -> bool {
    let Some((beginning, rest)) = shown.split_once(REST) else {
        return shown == came;
    };
    let left = came.strip_prefix(beginning.trim_end());
    left.is_some_and(|left| {
        (0..=left.len()).any(|at| left.get(at..).is_some_and(|end| is(rest, end)))
    })
}

/// A line without what is another in each run.
fn neutral(line: &str) -> String {
    let (mut text, mut word, mut before) = (String::new(), String::new(), String::new());
    for c in line.trim_end().chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            text.push_str(if is_number(&word) {
                "~"
            } else if is_duration(&word) && ["after", "in"].contains(&before.as_str()) {
                "#"
            } else {
                &word
            });
            before = std::mem::take(&mut word);
        }
        text.push(c);
    }
    text.trim_end().to_owned()
}

/// What AWS or the sandbox numbers things with.
fn is_number(word: &str) -> bool {
    word.len() >= 8
        && word.bytes().all(|b| b.is_ascii_hexdigit())
        && word.bytes().any(|b| b.is_ascii_digit())
}

fn is_duration(word: &str) -> bool {
    let unit = word.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < word.len() && ["ms", "s", "m"].contains(&unit)
}

#[test]
fn only_what_differs_from_run_to_run_is_passed_over() {
    let shown = "a: done after 5ms (vpc-0a1b2c3d4e)\n...\nTime: about 30s\nb = c...\n";
    assert_shown(
        "",
        shown,
        "a: done after 61s (vpc-ffff00001)\nx\ny\nTime: about 30s\nb = cde\n",
    );
    let differs = |came: &str| {
        let lines = |text: &str| -> Vec<String> { text.lines().map(neutral).collect() };
        !matches(&lines(shown), &lines(came))
    };
    assert!(differs(
        "a: done after 5ms (vpc-0a1b2c3d4e)\nTime: about 31s\nb = c\n"
    ));
    assert!(differs(
        "a: done after 5ms (eni-0a1b2c3d4e)\nTime: about 30s\nb = c\n"
    ));
    assert!(differs(
        "a: done after 5ms (vpc-0a1b2c3d4e)\nTime: about 30s\nb = c\nd\n"
    ));
    assert!(differs(
        "a: done after 5ms (vpc-0a1b2c3d4e)\nTime: about 30s\n"
    ));
}
