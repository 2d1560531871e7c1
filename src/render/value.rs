//! Values as text, with identifiers in the user's names.
//!
//! May depend on `model`. Invariant: a secret shows its fingerprint only, and no value holds a
//! character that a terminal would obey.

use std::collections::BTreeSet;

use crate::model::{Names, Piece, Value};

/// What stands for an output that no step has made yet.
pub(super) const UNKNOWN: &str = "(known after apply)";

/// A value on one line.
pub(super) fn text(value: &Value, names: &Names) -> String {
    match value {
        Value::Absent => "(none)".to_owned(),
        Value::Bool(yes) => yes.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => names
            .owner_of_arn(text)
            .map_or_else(|| quoted_where_needed(text), ToString::to_string),
        Value::List(items) => bracketed(items.iter(), names),
        Value::Set(items) => bracketed(ordered(items, names).into_iter(), names),
        Value::Map(members) => {
            let members: Vec<String> = members
                .iter()
                .filter(|(_, member)| **member != Value::Absent)
                .map(|(key, member)| format!("{}: {}", key_text(key), text(member, names)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Id { class, id } => names
            .owner_of(class, id)
            .map_or_else(|| quoted_where_needed(id), ToString::to_string),
        Value::Template(pieces) => format!("{} {UNKNOWN}", template(pieces)),
        Value::Pending { from, .. } => format!("{from} {UNKNOWN}"),
    }
}

/// The items of a set in an order that does not depend on what AWS called things.
pub(super) fn ordered<'a>(items: &'a BTreeSet<Value>, names: &Names) -> Vec<&'a Value> {
    let mut items: Vec<&Value> = items.iter().collect();
    items.sort_by_cached_key(|item| rank(item, names));
    items
}

/// What an item of a set is sorted by: its text where it holds references, else nothing.
pub(super) fn rank(item: &Value, names: &Names) -> Option<String> {
    let mut refers = false;
    item.each_id(&mut |_, _| refers = true);
    item.each_pending(&mut |_, _| refers = true);
    refers.then(|| text(item, names))
}

fn bracketed<'a>(items: impl Iterator<Item = &'a Value>, names: &Names) -> String {
    let items: Vec<String> = items.map(|item| text(item, names)).collect();
    format!("[{}]", items.join(", "))
}

fn template(pieces: &[Piece]) -> String {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Literal(text) => text.escape_debug().to_string(),
            Piece::Pending(from) => format!("${{{from}}}"),
        })
        .collect()
}

/// Text as it is, in quotes where it could be taken for something else.
fn quoted_where_needed(text: &str) -> String {
    let plain = !text.is_empty()
        && text.trim() == text
        && !text.starts_with(['(', '[', '{', '"'])
        && !text.contains(char::is_control)
        && !text.contains(" -> ")
        && !matches!(text, "true" | "false")
        && text.parse::<i64>().is_err();
    if plain {
        text.to_owned()
    } else {
        format!("{text:?}")
    }
}

/// A key as a part of a path.
pub(super) fn key_text(key: &str) -> String {
    let plain = !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | ':'));
    if plain {
        key.to_owned()
    } else {
        format!("{key:?}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::OutputName;

    fn output(text: &str) -> OutputName {
        OutputName::try_from(text.to_owned()).expect("an output")
    }

    #[test]
    fn every_form_of_value_has_its_text() {
        let mut names = Names::default();
        names.add("vpc", "vpc-1", output("vpc/main.id"));
        names.add("vpc-arn", "arn:aws:vpc/1", output("vpc/main.arn"));
        let id = |id: &str| Value::Id {
            class: "vpc".into(),
            id: id.to_owned(),
        };
        let table = [
            (Value::Absent, "(none)"),
            (Value::Bool(true), "true"),
            (Value::Text("true".into()), "\"true\""),
            (Value::Int(80), "80"),
            (Value::Text("80".into()), "\"80\""),
            (Value::Text("arn:aws:vpc/1".into()), "vpc/main.arn"),
            (Value::Text("arn:aws:vpc/2".into()), "arn:aws:vpc/2"),
            (Value::Text("10.0.0.0/16".into()), "10.0.0.0/16"),
            (Value::Text(String::new()), "\"\""),
            (Value::Text("a\u{1b}[2J".into()), "\"a\\u{1b}[2J\""),
            (id("vpc-1"), "vpc/main.id"),
            (id("vpc-2"), "vpc-2"),
            (
                Value::Pending {
                    class: "vpc".into(),
                    from: output("vpc/new.id"),
                },
                "vpc/new.id (known after apply)",
            ),
            (
                Value::Template(vec![
                    Piece::Literal("arn:".into()),
                    Piece::Pending(output("role/app.arn")),
                ]),
                "arn:${role/app.arn} (known after apply)",
            ),
            (
                Value::Set(BTreeSet::from([Value::Int(2), Value::Int(1)])),
                "[1, 2]",
            ),
            (
                Value::Set(BTreeSet::from([id("vpc-0"), id("vpc-1")])),
                "[vpc-0, vpc/main.id]",
            ),
            (
                Value::Map(BTreeMap::from([
                    ("a.b".to_owned(), Value::List(vec![Value::Int(1)])),
                    ("gone".to_owned(), Value::Absent),
                ])),
                "{\"a.b\": [1]}",
            ),
        ];
        for (value, expected) in table {
            assert_eq!(text(&value, &names), expected);
        }
    }
}
