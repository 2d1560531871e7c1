//! Mutations of bytes, and words that are in nobody's interest.

use crate::random::Random;

/// Numbers at the edges of the types that hold them, and beyond.
pub(crate) const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "127",
    "255",
    "256",
    "32767",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e3",
    "1e308",
    "1e999",
    "-1e999",
    "0.1",
    "1.7976931348623157e308",
    "5e-324",
];

/// Texts that look like something else, or like nothing.
pub(crate) const TEXTS: &[&str] = &[
    "",
    " ",
    "\0",
    "\n",
    "\t\r\n",
    "\u{7f}",
    "\u{85}",
    "\u{feff}",
    "\u{2028}",
    "\u{202e}",
    "e\u{301}",
    "é",
    "東京",
    "🗼",
    "👨‍👩‍👧‍👦",
    "null",
    "None",
    "true",
    "NaN",
    "Infinity",
    "-",
    "/",
    "//",
    "@",
    "a@",
    "@b",
    "a@b@c",
    ":",
    "::::::",
    "=",
    ";",
    ",",
    ".",
    "..",
    "../../etc/passwd",
    "*",
    "**",
    "%",
    "%2",
    "%00",
    "%ff",
    "%E2%82",
    "{}",
    "{",
    "[]",
    "\"",
    "\\",
    "\\u0000",
    "<a>",
    "]]>",
    "&amp;",
    "&lt",
    "\u{1b}[31m",
    "arn:",
    "arn:aws",
    "arn:aws:::::",
    "arn:aws:iam::123456789012:role/",
    "arn:aws:ecs:us-east-1:123456789012:cluster",
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:",
    "vpc-",
    "vpc-0",
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "256.0.0.1",
    "2026-01-01T00:00:00Z",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:60Z",
    "-292277022657-01-27T08:29:52Z",
    "1970-01-01",
    "us-east-1",
    "mars-1",
    "active",
    "ACTIVE",
    "PENDING",
    "deleting",
    "no-such-word",
    "qpiac:stack",
    "qpiac:address",
    "vpc/",
    "/main",
    "vpc/main/x",
    "no-kind/main",
    "vpc/\u{0}",
    "sha256:",
    "sha256:0",
    "key=value",
    "key=",
    "=value",
];

/// A text that nobody expects; a long one now and then.
pub(crate) fn text(random: &mut Random) -> String {
    match random.below(20) {
        0 => random.pick(TEXTS).repeat(1 + random.below(300)),
        1 => "a".repeat(1 << random.below(18)),
        2..=4 => random.pick(NUMBERS).to_owned(),
        _ => random.pick(TEXTS).to_owned(),
    }
}

/// A text with a small difference, which is still of its form mostly.
pub(crate) fn edited(random: &mut Random, text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let at = random.below(letters.len() + 1);
    let to = (at + 1 + random.below(6)).min(letters.len());
    match random.below(5) {
        0 => letters.truncate(at),
        1 => drop(letters.drain(at.min(to)..to)),
        2 => {
            let other: Vec<char> = self::text(random).chars().take(40).collect();
            letters.splice(at..at, other);
        }
        3 if at < letters.len() => {
            letters[at] = char::from(b' ' + random.byte() % 95);
        }
        _ => {
            let again: Vec<char> = letters[at.min(to)..to].to_vec();
            letters.splice(at..at, again);
        }
    }
    letters.into_iter().collect()
}

/// Changes a few bytes, whatever they mean.
pub(crate) fn bytes(random: &mut Random, input: &mut Vec<u8>) {
    let at = random.below(input.len() + 1);
    let end = (at + 1 + random.below(16)).min(input.len());
    match random.below(8) {
        0 => drop(input.drain(at.min(end)..end)),
        1 => {
            let again = input[at.min(end)..end].to_vec();
            input.splice(at..at, again);
        }
        2 => input.truncate(at),
        3 | 4 if at < input.len() => input[at] ^= 1 << random.below(8),
        5 if at < input.len() => input[at] = random.byte(),
        6 => {
            let other = random.below(input.len() + 1);
            input.truncate(other.max(input.len() - input.len() / 8));
        }
        _ => drop(input.splice(at.min(end)..end, text(random).into_bytes())),
    }
}
