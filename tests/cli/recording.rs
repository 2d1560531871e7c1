//! The recordings of `docs/screens.md`: blocks that begin with a command, kept as the program shows it.

use std::path::PathBuf;

/// What stands before and after a recording in the page.
const FENCE: &str = "```";

fn page() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/screens.md"))
}

/// The recording in the page that begins with this command.
fn recorded(page: &str, command: &str) -> String {
    let head = format!("{FENCE}text\n{command}\n");
    let inside = page
        .split_once(&head)
        .and_then(|(_, rest)| rest.split_once(&format!("\n{FENCE}")));
    let (screen, _) = inside.unwrap_or_else(|| panic!("docs/screens.md shows no `{command}`"));
    screen.to_owned()
}

/// That the page shows this command so, but for times and what AWS calls things; `UPDATE_GOLDEN=1`
/// writes it into the page where more than that is different.
#[track_caller]
pub(crate) fn assert_recorded(command: &str, screen: &str) {
    compare(command, screen, |screen| neutral(screen.trim_end()));
}

/// The same where things happen at once: in whatever order the lines come.
#[track_caller]
pub(crate) fn assert_recorded_in_any_order(command: &str, screen: &str) {
    compare(command, screen, |screen| {
        let text = neutral(screen.trim_end());
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    });
}

/// What the page shows of this command.
#[track_caller]
pub(crate) fn shown(command: &str) -> String {
    let page = std::fs::read_to_string(page()).expect("docs/screens.md");
    recorded(&page, command)
}

/// Whether recordings are wanted, and not compared.
pub(crate) fn is_update() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1")
}

/// Writes a recording into the page.
#[track_caller]
pub(crate) fn write(command: &str, screen: &str) {
    let text = std::fs::read_to_string(page()).expect("docs/screens.md");
    let block = |screen: &str| format!("{FENCE}text\n{command}\n{screen}\n{FENCE}");
    let old = block(&recorded(&text, command));
    let text = text.replace(&old, &block(screen.trim_end()));
    std::fs::write(page(), text).expect("docs/screens.md can be written");
}

/// That both are the same, or that the new one is written into the page.
#[track_caller]
fn compare<T: PartialEq + std::fmt::Debug>(command: &str, screen: &str, form: fn(&str) -> T) {
    let (before, now) = (form(&shown(command)), form(screen));
    if before != now && is_update() {
        write(command, screen);
    } else {
        assert_eq!(before, now, "`{command}` in docs/screens.md");
    }
}

/// A screen without what is another at each run: durations, moments, identifiers,
/// numbers of requests, what turns.
pub(crate) fn neutral(screen: &str) -> String {
    let words: Vec<&str> = screen.split_inclusive(char::is_whitespace).collect();
    let follower = |at: usize| words.get(at + 1).map_or("", |word| word.trim_end());
    words
        .iter()
        .enumerate()
        .map(|(at, word)| {
            let bare = word.trim_end();
            let end = &word[bare.len()..];
            if is_moment(bare) {
                format!("#moment{end}")
            } else if follower(at) == "requests" && bare.parse::<u32>().is_ok() {
                format!("#{end}")
            } else {
                format!("{}{end}", neutral_parts(bare))
            }
        })
        .collect()
}

/// `2026-05-04` or `2026-05-04T03:02:01.000Z`.
fn is_moment(word: &str) -> bool {
    let date = word.get(..10).unwrap_or_default();
    let form = |c: char| if c.is_ascii_digit() { '0' } else { c };
    date.chars().map(form).collect::<String>() == "0000-00-00"
}

fn neutral_parts(word: &str) -> String {
    let is_end = |c: char| ",;()/:=\"'".contains(c);
    word.split_inclusive(is_end)
        .map(|part| {
            let bare = part.trim_end_matches(is_end);
            format!("{}{}", neutral_part(bare), &part[bare.len()..])
        })
        .collect()
}

fn neutral_part(part: &str) -> &str {
    let has_digits = |text: &str| text.chars().any(|c| c.is_ascii_digit());
    let is_hex = |text: &str| text.len() >= 7 && text.chars().all(|c| c.is_ascii_hexdigit());
    let is_minted = |text: &str| is_hex(text) && has_digits(text);
    let turns = |c: char| ('\u{2800}'..='\u{28ff}').contains(&c);
    let unit = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if unit != part && ["ms", "s", "m", "h", "s."].contains(&unit) {
        "#duration"
    } else if !part.is_empty() && part.chars().all(turns) {
        "*"
    } else if part.split(['-', '.', '_']).any(is_minted) {
        "#id"
    } else {
        part
    }
}
