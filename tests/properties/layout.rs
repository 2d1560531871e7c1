//! Stack files that people wrote in their own way, put into the usual form: they say the same, and
//! every comment is there.

use std::fmt::Write as _;

use proptest::prelude::{Strategy, any};
use qpiac::spec::layout::{self, Unformatted};
use qpiac::spec::{self, Spec};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use crate::harness::{ensure, property};
use crate::scenario::owner;
use crate::specs::{SpecWish, spec_wish};

/// The same file as somebody else would write it.
struct Hand {
    random: StdRng,
    /// Columns from one level to the next.
    step: usize,
    comments: usize,
    text: String,
}

impl Hand {
    fn write(tidy: &str, seed: u64) -> String {
        let mut random = StdRng::seed_from_u64(seed);
        let mut sections = sections(tidy);
        if random.random_bool(0.5) {
            sections.shuffle(&mut random);
        }
        let windows = random.random_bool(0.2);
        let mut hand = Self {
            random,
            step: 2,
            comments: 0,
            text: String::new(),
        };
        for section in sections {
            hand.section(&section);
        }
        if windows {
            hand.text.replace('\n', "\r\n")
        } else {
            hand.text
        }
    }

    fn section(&mut self, lines: &[&str]) {
        self.step = self.random.random_range(1..6);
        for (at, line) in lines.iter().enumerate() {
            let tidy = line.len() - line.trim_start().len();
            let indent = tidy / 2 * self.step;
            self.between(indent);
            if at == 0 && self.random.random_bool(0.5) {
                let name = line.split(':').next().unwrap_or_default();
                let _ = writeln!(self.text, "# about {name}");
            }
            self.line(indent, line.trim_start());
        }
    }

    /// Empty lines and comments.
    fn between(&mut self, indent: usize) {
        while self.random.random_bool(0.2) {
            let blank = " ".repeat(self.random.random_range(0..4));
            let _ = writeln!(self.text, "{blank}");
        }
        if self.random.random_bool(0.2) {
            let column = self.random.random_range(0..indent + 4);
            let comment = self.comment();
            let _ = writeln!(self.text, "{}{comment}", " ".repeat(column));
            self.text.push('\n');
        }
    }

    fn comment(&mut self) -> String {
        self.comments += 1;
        let blanks = " ".repeat(self.random.random_range(0..3));
        format!("#{blanks}c{}: [ not, a value", self.comments)
    }

    fn line(&mut self, indent: usize, line: &str) {
        let _ = write!(self.text, "{}", " ".repeat(indent));
        match line.split_once(": ") {
            Some((key, value)) => {
                let key = self.key(key);
                let colon = if self.random.random_bool(0.1) {
                    " :"
                } else {
                    ":"
                };
                let blanks = " ".repeat(self.random.random_range(1..4));
                let value = self.value(value, indent);
                let _ = write!(self.text, "{key}{colon}{blanks}{value}");
            }
            None => self.text.push_str(line),
        }
        if self.random.random_bool(0.2) {
            let blanks = " ".repeat(self.random.random_range(1..5));
            let comment = self.comment();
            let _ = write!(self.text, "{blanks}{comment}");
        }
        let blanks = " ".repeat(self.random.random_range(0..2));
        let _ = writeln!(self.text, "{blanks}");
    }

    fn key(&mut self, key: &str) -> String {
        match self.random.random_range(0..10) {
            0 => format!("\"{key}\""),
            1 => format!("'{key}'"),
            _ => key.to_owned(),
        }
    }

    /// A value, with its brackets spread over lines or not.
    fn value(&mut self, value: &str, indent: usize) -> String {
        if !value.starts_with(['[', '{']) || value.contains('"') {
            return value.to_owned();
        }
        let mut written = String::new();
        for letter in value.chars() {
            match letter {
                '[' | ']' | '{' | '}' | ',' => {
                    let before = self.gap(indent, letter != '[' && letter != '{');
                    let after = self.gap(indent, letter != ']' && letter != '}');
                    let _ = write!(written, "{before}{letter}{after}");
                }
                other => written.push(other),
            }
        }
        written
    }

    fn gap(&mut self, indent: usize, may_break: bool) -> String {
        match self.random.random_range(0..8) {
            0 if may_break => {
                let column = indent + self.random.random_range(1..6);
                format!("\n{}", " ".repeat(column))
            }
            1 if may_break => {
                let comment = self.comment();
                format!(" {comment}\n{}", " ".repeat(indent + 1))
            }
            2..4 => " ".repeat(self.random.random_range(1..3)),
            _ => String::new(),
        }
    }
}

/// The sections of a file, each as its lines.
fn sections(text: &str) -> Vec<Vec<&str>> {
    let lines: Vec<&str> = text.lines().collect();
    let parts = lines.chunk_by(|_, next| next.starts_with(' '));
    parts.map(<[&str]>::to_vec).collect()
}

fn read(text: &str) -> Result<Spec, String> {
    match spec::read("stack.yaml", text) {
        Ok(reading) => Ok(reading.spec),
        Err(problems) => Err(format!("{problems}\n{text}")),
    }
}

fn formatted(text: &str) -> Result<String, String> {
    layout::format("stack.yaml", text).map_err(|error| match error {
        Unformatted::Problems(problems) => format!("{problems}\n{text}"),
        Unformatted::Unsafe => format!("refused:\n{text}"),
    })
}

/// The comments of a text in which no value holds a `#`.
fn comments(text: &str) -> Vec<&str> {
    let lines = text.lines();
    let comments = lines.filter_map(|line| line.find('#').map(|at| line[at..].trim_end()));
    let mut comments: Vec<&str> = comments.collect();
    comments.sort_unstable();
    comments
}

fn check(tidy: &str, seed: u64) -> Result<(), String> {
    let text = Hand::write(tidy, seed);
    ensure!(
        read(&text)? == read(tidy)?,
        "the hand wrote something else:\n{text}"
    );
    let form = formatted(&text)?;
    ensure!(
        read(&form)? == read(tidy)?,
        "another meaning:\n{text}\n---\n{form}"
    );
    ensure!(
        formatted(&form)? == form,
        "not done at once:\n{form}\n---\n{}",
        formatted(&form)?
    );
    ensure!(
        comments(&text) == comments(&form),
        "comments are lost:\n{text}\n---\n{form}"
    );
    let untidy = form.lines().any(|line| line.ends_with([' ', '\t', '\r']));
    ensure!(
        !untidy && !form.contains("\n\n\n"),
        "blanks are left:\n{form}"
    );
    ensure!(
        form.ends_with('\n') && !form.ends_with("\n\n"),
        "the end:\n{form}"
    );
    above(&text, &form)?;
    in_order(&form)
}

/// A comment directly above a section stays there.
fn above(text: &str, form: &str) -> Result<(), String> {
    let lines: Vec<&str> = form.lines().collect();
    for name in text
        .lines()
        .filter_map(|line| line.strip_prefix("# about "))
    {
        let own = |line: &&str| {
            let key = line.split(':').next().unwrap_or_default().trim_end();
            !line.starts_with([' ', '#']) && key.trim_matches(['"', '\'']) == name.trim_end()
        };
        let at = lines.iter().position(own);
        let before = at.and_then(|at| lines.get(at.wrapping_sub(1)));
        let expected = format!("# about {}", name.trim_end());
        ensure!(
            before == Some(&expected.as_str()),
            "{expected}:\n{text}\n---\n{form}"
        );
    }
    Ok(())
}

fn in_order(form: &str) -> Result<(), String> {
    let names = [
        "stack",
        "region",
        "tags",
        "network",
        "load_balancer",
        "services",
    ];
    let keys = form
        .lines()
        .filter(|line| !line.starts_with([' ', '#', ']', '}']));
    let places: Vec<usize> = keys
        .filter_map(|line| {
            let key = line.split(':').next()?.trim_matches(['"', '\'']);
            names.iter().position(|name| *name == key)
        })
        .collect();
    ensure!(
        places.is_sorted() && places.len() >= 3,
        "the order {places:?}:\n{form}"
    );
    Ok(())
}

#[test]
fn the_usual_form_changes_neither_meaning_nor_comments() {
    let strategy = (spec_wish(), any::<u64>()).prop_map(|(wish, seed)| Scenario(wish, seed));
    let name = "the_usual_form_changes_neither_meaning_nor_comments";
    property(name, 600, strategy, |scenario| {
        check(&scenario.0.text(&owner()), scenario.1)
    });
}

#[derive(Debug)]
struct Scenario(SpecWish, u64);
