//! Colours, and text that is safe to show.
//!
//! May depend on nothing. Invariant: whoever takes the colours away loses no information.

use std::fmt;

use anstyle::{AnsiColor, Style};

/// Something new, or a success.
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
/// A change, or something to look at.
pub(super) const CAUTION: Style = AnsiColor::Yellow.on_default();
/// Something that goes, or a failure.
pub(super) const BAD: Style = AnsiColor::Red.on_default();
/// A replacement.
pub(super) const TURN: Style = AnsiColor::Magenta.on_default();
/// What to do.
pub(super) const HINT: Style = AnsiColor::Cyan.on_default();
/// What matters most.
pub(super) const STRONG: Style = Style::new().bold();
/// What matters least.
pub(super) const FAINT: Style = Style::new().dimmed();

/// A text in a style.
pub(super) fn paint(style: Style, text: impl fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// A text without its colours.
pub(super) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// Text of others on one line, with nothing in it that a terminal would obey.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|character| !character.is_control())
        .collect()
}

/// A duration in the largest units that matter: `340ms`, `2s`, `1m 05s`, `1h 02m`.
pub fn duration(elapsed_ms: u64) -> String {
    let seconds = elapsed_ms / 1000;
    match seconds {
        0 => format!("{elapsed_ms}ms"),
        1..=59 => format!("{seconds}s"),
        60..=3599 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// `1 resource`, `2 resources`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_keep_two_units() {
        for (elapsed_ms, text) in [
            (0, "0ms"),
            (999, "999ms"),
            (1_000, "1s"),
            (59_999, "59s"),
            (65_000, "1m 05s"),
            (3_725_000, "1h 02m"),
        ] {
            assert_eq!(duration(elapsed_ms), text);
        }
    }

    #[test]
    fn terminals_obey_nothing_that_aws_says() {
        assert_eq!(one_line("a\n b\u{1b}[31m\tc"), "a b[31m c");
    }
}
