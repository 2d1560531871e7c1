//! `qpiac explain`.
//!
//! May depend on `spec`, `resources` and `render`. Invariant: every text comes from the declaration
//! of the key or kind, as in the reference pages.

use anyhow::bail;
use serde_json::{Value, json};

use super::Exit;
use super::arguments::Format;
use super::arguments::authoring::Explain;
use super::terminal::Terminal;
use crate::render::manual::{Page, Row, Table};
use crate::render::{FORMAT_VERSION, kind_json, kind_page, message};
use crate::resources;
use crate::spec::topic::{self, LeftOut, Section, Topic};

/// Most names that are offered instead of one that is not there.
const NEAR_LIMIT: usize = 5;
/// How much two names must have in common.
const NEAR: f64 = 0.8;

pub(super) fn run(given: &Explain, terminal: &Terminal) -> anyhow::Result<Exit> {
    let topics = topic::topics();
    let (page, document, others) = match &given.key {
        None => (overview(&topics), list(&topics), Vec::new()),
        Some(key) => explained(key, &topics)?,
    };
    let mut document = document;
    document["format_version"] = json!(FORMAT_VERSION);
    terminal.data(&match given.format {
        Format::Human => page.human(terminal.width()),
        Format::Json => format!("{document:#}\n"),
        Format::Jsonl => format!("{document}\n"),
    })?;
    if !others.is_empty() {
        let others = format!("there is also {}", others.join(", "));
        terminal.line(&message::note(others));
    }
    Ok(Exit::Done)
}

/// The page of a key or kind, the same as data, and what else has such a name.
fn explained(asked: &str, topics: &[Topic]) -> anyhow::Result<(Page, Value, Vec<String>)> {
    let found = topic::find(topics, asked);
    // An address is asked for as well as its kind.
    let kind = asked.split('/').next().unwrap_or(asked);
    let is_whole = found.iter().any(|topic| topic.path == asked);
    let schema = resources::schemas()
        .into_iter()
        .find(|schema| schema.kind == kind && !is_whole);
    let paths = || found.iter().map(|topic| format!("`{}`", topic.path));
    match (schema, found.as_slice()) {
        (Some(schema), _) => Ok((kind_page(schema), kind_json(schema), paths().collect())),
        (None, [topic]) => Ok((of_key(topic, topics), json!({ "key": topic }), Vec::new())),
        (None, []) => bail!(unknown(asked, topics)),
        (None, _) => bail!(
            "several keys end in `{asked}`\nhint: name one of them: {}",
            paths().collect::<Vec<_>>().join(", ")
        ),
    }
}

fn unknown(asked: &str, topics: &[Topic]) -> String {
    let what = format!("there is no key and no kind `{}`", asked.escape_debug());
    let last = |path: &str| path.rsplit(['.', '/']).next().unwrap_or(path).to_owned();
    let likeness = |name: &str| {
        let whole = strsim::jaro_winkler(asked, name);
        whole.max(strsim::jaro_winkler(&last(asked), &last(name)))
    };
    let names = topics.iter().map(|topic| topic.path.clone());
    let names = names.chain(
        resources::schemas()
            .into_iter()
            .map(|schema| schema.kind.to_string()),
    );
    let mut near: Vec<(f64, String)> = names.map(|name| (likeness(&name), name)).collect();
    near.retain(|(likeness, _)| *likeness >= NEAR);
    near.sort_by(|one, other| other.0.total_cmp(&one.0));
    near.truncate(NEAR_LIMIT);
    let near: Vec<String> = near
        .into_iter()
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    if near.is_empty() {
        format!("{what}\nhint: `qpiac explain` lists them")
    } else {
        format!("{what}\nhint: did you mean {}?", near.join(" or "))
    }
}

fn overview(topics: &[Topic]) -> Page {
    let sections = topics.iter().filter(|topic| !topic.path.contains('.'));
    let sections = sections.map(|topic| row(&topic.path, topic));
    let kinds = resources::schemas().into_iter().map(|schema| Row {
        name: schema.kind.to_string(),
        text: schema.doc.to_owned(),
        ..Row::default()
    });
    Page {
        text: vec!["What can stand in stack.yaml, and the resources that come of it. `qpiac explain services` goes on with the keys of a section.".to_owned()],
        tables: vec![
            Table {
                title: "Keys".to_owned(),
                rows: sections.collect(),
                ..Table::default()
            },
            Table {
                title: "Kinds of resources".to_owned(),
                rows: kinds.collect(),
                ..Table::default()
            },
        ],
        ..Page::default()
    }
}

fn list(topics: &[Topic]) -> Value {
    let kinds: Vec<Value> = resources::schemas()
        .into_iter()
        .map(|schema| json!({ "kind": schema.kind, "doc": schema.doc }))
        .collect();
    json!({ "keys": topics, "kinds": kinds })
}

/// The page of a key.
fn of_key(topic: &Topic, topics: &[Topic]) -> Page {
    let mut facts = vec![("Value".to_owned(), topic.value.clone())];
    facts.push(("Left out".to_owned(), left_out(topic)));
    let example = topic.example.clone();
    facts.extend(example.map(|example| ("Example".to_owned(), example)));
    let words = topic.words.iter().map(|word| Row {
        name: word.word.to_owned(),
        text: word.doc.to_owned(),
        ..Row::default()
    });
    let mut tables = vec![Table {
        title: "Words".to_owned(),
        rows: words.collect(),
        ..Table::default()
    }];
    tables.extend(topic.sections.iter().map(|section| keys(section, topics)));
    tables.retain(|table| !table.rows.is_empty());
    Page {
        title: topic.path.clone(),
        text: vec![topic.doc.to_owned()],
        facts,
        tables,
    }
}

/// The keys of a section.
fn keys(section: &Section, topics: &[Topic]) -> Table {
    let rows = section.keys.iter().filter_map(|path| {
        let topic = topics.iter().find(|topic| topic.path == *path)?;
        let name = path.strip_prefix(&section.path).unwrap_or(path);
        Some(row(name.trim_start_matches('.'), topic))
    });
    Table {
        title: format!("Keys of {}", section.path),
        text: vec![section.doc.to_owned()],
        rows: rows.collect(),
    }
}

fn row(name: &str, topic: &Topic) -> Row {
    Row {
        name: name.to_owned(),
        note: match topic.left_out {
            LeftOut::Required(_) => "required".to_owned(),
            LeftOut::Default(value) => format!("default {value}"),
            LeftOut::LeftOut(_) => String::new(),
        },
        text: topic.doc.to_owned(),
    }
}

fn left_out(topic: &Topic) -> String {
    match topic.left_out {
        LeftOut::Required(_) => "it is required".to_owned(),
        LeftOut::Default(value) => value.to_owned(),
        LeftOut::LeftOut(words) => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key of the file itself would hide the kind, and nothing would lead to it.
    #[test]
    fn no_kind_has_the_name_of_a_key_of_the_file() {
        let topics = topic::topics();
        for schema in resources::schemas() {
            let hidden = topics
                .iter()
                .any(|topic| schema.kind == topic.path.as_str());
            assert!(!hidden, "{}", schema.kind);
        }
    }

    #[test]
    fn every_key_and_kind_has_a_page_that_fits() {
        let topics = topic::topics();
        let kinds = resources::schemas()
            .into_iter()
            .map(|schema| schema.kind.to_string());
        for name in topics.iter().map(|topic| topic.path.clone()).chain(kinds) {
            let (page, document, _) = explained(&name, &topics).expect("a page");
            assert_eq!(page.title, name);
            assert!(document.is_object(), "{name}");
            let shown = anstream::adapter::strip_str(&page.human(60)).to_string();
            let is_wide = |line: &&str| line.chars().count() > 60 && line.trim().contains(' ');
            let wide: Vec<&str> = shown.lines().filter(is_wide).collect();
            assert!(wide.is_empty(), "{name}: {wide:?}");
        }
    }
}
