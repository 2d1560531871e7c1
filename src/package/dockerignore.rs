//! `.dockerignore`: what of a directory a builder does not get.
//!
//! May depend on `files`. Invariant: what a builder gets is never left out here; the rules are those
//! of Docker (Dockerfile reference, ".dockerignore files"), which are not git's: a pattern matches
//! from the directory's root, and an exception brings back what lies in an excluded directory.

use std::path::Path;

use super::files::{self, Unpackable};

/// The file.
const FILE: &str = ".dockerignore";
/// Files that some builders read in its place.
const OTHERS: [&str; 2] = ["Dockerfile.dockerignore", ".containerignore"];

/// What is left out.
#[derive(Debug, Default)]
pub(super) struct Ignored(Vec<Line>);

#[derive(Debug)]
struct Line {
    pattern: Vec<char>,
    is_exception: bool,
}

impl Ignored {
    /// What the file in this directory leaves out; nothing where builders do not agree on which
    /// file counts.
    pub(super) fn of(directory: &Path) -> Result<Self, Unpackable> {
        let file = directory.join(FILE);
        if !file.is_file() || OTHERS.iter().any(|other| directory.join(other).is_file()) {
            return Ok(Self::default());
        }
        let text =
            String::from_utf8(files::read(&file)?).map_err(|_| Unpackable::Name(file.clone()))?;
        Self::parse(&text).map_err(|pattern| Unpackable::Pattern { file, pattern })
    }

    /// # Errors
    /// The first line that is not a pattern.
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let lines = lines.map(str::trim).filter(|line| !line.is_empty());
        lines.map(line).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the last line that says something of this path or of a directory above it leaves it
    /// out.
    pub(super) fn has(&self, path: &str) -> bool {
        let mut places: Vec<&str> = path.match_indices('/').map(|(at, _)| &path[..at]).collect();
        places.push(path);
        let places: Vec<Vec<char>> = places.iter().map(|p| p.chars().collect()).collect();
        let says = |line: &&Line| places.iter().any(|place| matches(&line.pattern, place));
        self.0
            .iter()
            .rfind(says)
            .is_some_and(|line| !line.is_exception)
    }

    /// Whether something below an excluded directory may be brought back.
    pub(super) fn has_exceptions(&self) -> bool {
        self.0.iter().any(|line| line.is_exception)
    }
}

fn line(text: &str) -> Result<Line, String> {
    let (is_exception, rest) = match text.strip_prefix('!') {
        Some(rest) => (true, rest.trim()),
        None => (false, text),
    };
    let pattern: Vec<char> = cleaned(rest).chars().collect();
    if rest.is_empty() || !is_well_formed(&pattern) {
        return Err(text.to_owned());
    }
    Ok(Line {
        pattern,
        is_exception,
    })
}

/// The path without `.`, `..`, double slashes, and slashes at its ends.
fn cleaned(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether every class of characters ends and every backslash has something behind it.
fn is_well_formed(pattern: &[char]) -> bool {
    let mut rest = pattern;
    while let Some((letter, after)) = rest.split_first() {
        rest = match letter {
            '\\' if after.is_empty() => return false,
            '\\' => &after[1..],
            '[' => match class(after, ' ') {
                Some((_, after)) => after,
                None => return false,
            },
            _ => after,
        };
    }
    true
}

/// Whether a pattern matches all of a path: `*` and `?` stop at `/`, `**` does not.
fn matches(pattern: &[char], path: &[char]) -> bool {
    let suffixes = |path: &[char]| 0..=path.len();
    match pattern {
        [] => path.is_empty(),
        ['*', '*', '/', rest @ ..] | ['*', '*', rest @ ..] if !rest.is_empty() => {
            // Nothing, or anything that ends with a slash.
            matches(rest, path)
                || suffixes(path)
                    .any(|at| at > 0 && path[at - 1] == '/' && matches(rest, &path[at..]))
        }
        ['*', '*', ..] => true,
        ['*', rest @ ..] => suffixes(path)
            .take_while(|at| !path[..*at].contains(&'/'))
            .any(|at| matches(rest, &path[at..])),
        ['?', rest @ ..] => match path {
            [letter, after @ ..] => *letter != '/' && matches(rest, after),
            [] => false,
        },
        ['[', rest @ ..] => match path {
            [letter, after @ ..] => class(rest, *letter)
                .is_some_and(|(has, rest)| has && *letter != '/' && matches(rest, after)),
            [] => false,
        },
        ['\\', letter, rest @ ..] | [letter, rest @ ..] => {
            path.first() == Some(letter) && matches(rest, &path[1..])
        }
    }
}

/// Whether a class of characters, from behind its `[`, has a letter, and what follows the class;
/// nothing where it does not end.
fn class(pattern: &[char], letter: char) -> Option<(bool, &[char])> {
    let (is_negated, mut rest) = match pattern {
        ['^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut has = false;
    let mut is_first = true;
    loop {
        let (low, after) = match rest {
            [']', after @ ..] if !is_first => return Some((has != is_negated, after)),
            ['\\', low, after @ ..] | [low, after @ ..] => (*low, after),
            [] => return None,
        };
        let (high, after) = match after {
            ['-', '\\', high, after @ ..] => (*high, after),
            ['-', high, after @ ..] if *high != ']' => (*high, after),
            after => (low, after),
        };
        has |= (low..=high).contains(&letter);
        is_first = false;
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_docker_says() {
        for (text, path, expected) in [
            ("a", "a", true),
            ("a", "b/a", false),
            ("a", "a/b/c", true),
            ("/a", "a", true),
            ("./a/", "a", true),
            ("a/../b", "b", true),
            ("b/a", "b/a", true),
            ("*", "a", true),
            ("*", "a/b", true),
            ("*.md", "README.md", true),
            ("*.md", "docs/README.md", false),
            ("*/*.md", "docs/README.md", true),
            ("**/*.md", "README.md", true),
            ("**/*.md", "docs/deep/README.md", true),
            ("**/b", "ab", false),
            ("**", "a/b", true),
            ("a/**", "a/b/c", true),
            ("a/**", "a", false),
            ("a/**/c", "a/c", true),
            ("a/**/c", "a/b/b/c", true),
            ("a/**/c", "a/bc", false),
            ("?.py", "a.py", true),
            ("?.py", "ab.py", false),
            ("a?b", "a/b", false),
            ("[a-c].py", "b.py", true),
            ("[a-c].py", "d.py", false),
            ("[^a-c].py", "d.py", true),
            ("[^a-c].py", "b.py", false),
            ("[]a].py", "].py", true),
            (r"\*", "*", true),
            (r"\*", "a", false),
            ("# a", "# a", false),
            ("a.b", "axb", false),
            ("*.md\n!README.md", "README.md", false),
            ("*.md\n!README.md", "NEWS.md", true),
            (
                "*.md\n!README*.md\nREADME-secret.md",
                "README-secret.md",
                true,
            ),
            (
                "*.md\nREADME-secret.md\n!README*.md",
                "README-secret.md",
                false,
            ),
            ("*\n!src", "src/deep/main.py", false),
            ("*\n!src", "other", true),
            ("  a  \n\n", "a", true),
            ("! a\n", "a", false),
            ("\u{feff}a", "a", true),
        ] {
            let ignored = Ignored::parse(text).expect("patterns");
            assert_eq!(ignored.has(path), expected, "{text:?} {path}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["!", "[a", "[", "a\\", "[a-", "x[^"] {
            assert!(Ignored::parse(text).is_err(), "{text}");
        }
    }
}
