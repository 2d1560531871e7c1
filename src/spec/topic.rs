//! What there is to say of each key of the stack file, as data, and how a key is found.
//!
//! Depends on the shapes of this room. Invariant: every text comes from the declaration of the key;
//! nothing is written a second time.

use serde::Serialize;

use super::root_shape;
use super::shape::{KeyShape, Presence, SectionShape, Shape};

/// A key of the stack file.
#[derive(Clone, Debug, Serialize)]
pub struct Topic {
    /// Where it stands: `services.*.port`, with `*` for a name of the user's and `[]` for an item.
    pub path: String,
    /// What it decides.
    pub doc: &'static str,
    /// What its value may be.
    pub value: String,
    /// What holds where it is left out.
    #[serde(flatten)]
    pub left_out: LeftOut,
    /// The words that it may be, each with its meaning.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
    /// A line with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// The sections that its value is or holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
}

/// What holds where a key is left out.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// It must be there; so says the argument.
    Required(bool),
    /// This value, as YAML.
    Default(&'static str),
    /// This, in words.
    LeftOut(&'static str),
}

/// A word that a key may be.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Word {
    /// The word.
    pub word: &'static str,
    /// What it means.
    pub doc: &'static str,
}

/// A section below a key.
#[derive(Clone, Debug, Serialize)]
pub struct Section {
    /// Where it stands.
    pub path: String,
    /// What it is for.
    pub doc: &'static str,
    /// The paths of its keys.
    pub keys: Vec<String>,
}

/// Whether a topic is what the parts of a path mean.
type Fits<'a> = &'a dyn Fn(&[&str], &Topic) -> bool;

/// What stands in a path for a name of the user's.
const ANY_NAME: &str = "*";

/// Every key of the file, each before those that stand below it.
pub fn topics() -> Vec<Topic> {
    let mut topics = Vec::new();
    gather(&mut topics, "", &root_shape());
    topics
}

/// The keys that a person may mean. Several where only the end of a path was given, and more than
/// one ends so; none where there is no such key.
pub fn find<'topic>(topics: &'topic [Topic], asked: &str) -> Vec<&'topic Topic> {
    let asked = segments(asked);
    if asked.is_empty() {
        return Vec::new();
    }
    let such = |fits: Fits<'_>| -> Vec<&'topic Topic> {
        topics.iter().filter(|topic| fits(&asked, topic)).collect()
    };
    let levels: [Fits<'_>; 4] = [
        &|asked, topic| fits(asked, &segments(&topic.path), false),
        &|asked, topic| fits(asked, &segments(&topic.path), true),
        &named_within,
        &|asked, topic| plain(&topic.path).ends_with(asked),
    ];
    let mut found = levels.into_iter().map(such);
    found.find(|found| !found.is_empty()).unwrap_or_default()
}

fn gather(topics: &mut Vec<Topic>, path: &str, shape: &SectionShape) {
    for key in &shape.keys {
        let path = joined(path, key.name);
        topics.push(topic(&path, key));
        for (path, section) in key.shape.sections(&path, ANY_NAME) {
            gather(topics, &path, section);
        }
    }
}

fn topic(path: &str, key: &KeyShape) -> Topic {
    let inner = key.shape.sections(path, ANY_NAME);
    let words = match &key.shape {
        Shape::Words(words) => words.iter(),
        _ => [].iter(),
    };
    Topic {
        path: path.to_owned(),
        doc: key.doc,
        value: key.shape.described(),
        left_out: match key.presence {
            Presence::Required => LeftOut::Required(true),
            Presence::Default(value) => LeftOut::Default(value),
            Presence::Absent(words) => LeftOut::LeftOut(words),
        },
        words: words
            .map(|(word, doc)| Word {
                word,
                doc: doc.trim(),
            })
            .collect(),
        example: key.example.map(|value| format!("{}: {value}", key.name)),
        sections: inner
            .into_iter()
            .map(|(path, section)| Section {
                doc: section.doc,
                keys: section
                    .keys
                    .iter()
                    .map(|key| joined(&path, key.name))
                    .collect(),
                path,
            })
            .collect(),
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// The parts of a path: `policies[].actions` has three.
fn segments(path: &str) -> Vec<&str> {
    let parts = path.split('.').flat_map(|part| match part.split_once('[') {
        Some((name, _)) => [name, "[]"],
        None => [part, ""],
    });
    parts.filter(|part| !part.is_empty()).collect()
}

/// The same without names and items.
fn plain(path: &str) -> Vec<&str> {
    let mut parts = segments(path);
    parts.retain(|part| !is_open(part));
    parts
}

fn is_open(part: &str) -> bool {
    part == "*" || part == "[]"
}

/// Whether what was asked for is this path, in which an item need not be named, and a name only
/// where that is not left out.
fn fits(asked: &[&str], path: &[&str], names_left_out: bool) -> bool {
    match (asked.split_first(), path.split_first()) {
        (None, None) => true,
        (_, Some((open, rest))) if *open == "[]" || names_left_out && *open == "*" => {
            let is_named =
                |part: &str| *open == "*" || is_open(part) || part.parse::<usize>().is_ok();
            let named = asked.split_first().filter(|(first, _)| is_named(first));
            named.is_some_and(|(_, after)| fits(after, rest, names_left_out))
                || fits(asked, rest, names_left_out)
        }
        (Some((_, after)), Some((open, rest))) if *open == "*" => fits(after, rest, names_left_out),
        (Some((one, after)), Some((other, rest))) => {
            one == other && fits(after, rest, names_left_out)
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// Whether one of the user's names below this key was asked for: `services.app`.
fn named_within(asked: &[&str], topic: &Topic) -> bool {
    let Some((_, around)) = asked.split_last() else {
        return false;
    };
    let is_map = topic
        .sections
        .iter()
        .any(|section| section.path.ends_with(".*"));
    is_map && fits(around, &segments(&topic.path), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_by_their_path_or_its_end() {
        let topics = topics();
        for (asked, expected) in [
            ("load_balancer", &["load_balancer"][..]),
            ("services.*.port", &["services.*.port"]),
            ("services.app.port", &["services.*.port"]),
            ("services.port", &["services.*.port"]),
            ("services.NAME", &["services"]),
            ("services.*", &["services"]),
            ("secrets", &["secrets"]),
            ("services.app.secrets", &["services.*.secrets"]),
            ("port", &["services.*.port"]),
            ("health.path", &["services.*.health.path"]),
            ("cdn.behaviors./api/*.cache", &["cdn.behaviors.*.cache"]),
            (
                "services.app.policies[0].actions",
                &["services.*.policies[].actions"],
            ),
            (
                "services.app.policies.0.actions",
                &["services.*.policies[].actions"],
            ),
            (
                "services.app.policies.actions",
                &["services.*.policies[].actions"],
            ),
            ("services.app.policies", &["services.*.policies"]),
            ("memory", &["services.*.memory", "functions.*.memory"]),
            ("colour", &[]),
            ("services.app.colour", &[]),
            ("", &[]),
            (".", &[]),
            ("[", &[]),
        ] {
            let found: Vec<&str> = find(&topics, asked)
                .iter()
                .map(|it| it.path.as_str())
                .collect();
            assert_eq!(found, expected, "{asked}");
        }
    }

    #[test]
    fn every_path_leads_to_its_own_key() {
        let topics = topics();
        assert!(topics.len() > 80, "{}", topics.len());
        for topic in &topics {
            let found = find(&topics, &topic.path);
            assert_eq!(found.len(), 1, "{}", topic.path);
            assert_eq!(found[0].path, topic.path);
            for key in topic.sections.iter().flat_map(|section| &section.keys) {
                assert_eq!(find(&topics, key).len(), 1, "{key}");
            }
        }
    }
}
