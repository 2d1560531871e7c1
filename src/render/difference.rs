//! Two values taken apart until only what differs is left.
//!
//! May depend on `model`. Invariant: equal values have no leaves, different ones have at least one,
//! and the order of leaves follows from the values alone.

use std::collections::{BTreeMap, BTreeSet};

use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::value::key_text;
use crate::model::Value;

/// Members by which the items of a list are told apart, the first that all items have.
const ITEM_KEYS: [&str; 3] = ["name", "key", "Sid"];
/// The members of what is not there.
static NO_MEMBERS: BTreeMap<String, Value> = BTreeMap::new();

/// Structures by their names.
type ByName<'a> = BTreeMap<&'a str, &'a Value>;

/// The smallest part of an attribute that differs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Leaf<'a> {
    /// Where: `containers[app].image`.
    pub(super) path: String,
    /// How it differs.
    pub(super) what: Difference<'a>,
}

/// How a leaf differs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Difference<'a> {
    /// Another value.
    Changed { from: &'a Value, to: &'a Value },
    /// Something that was not there.
    Added(&'a Value),
    /// Something that is no longer there.
    Removed(&'a Value),
}

/// The leaves in which two values differ, below this path. A structure that comes or goes is one leaf;
/// [`Leaf::apart`] gives its own.
pub(super) fn between<'a>(path: &str, from: &'a Value, to: &'a Value) -> Vec<Leaf<'a>> {
    let mut comparison = Comparison::default();
    comparison.compare(path, from, to);
    comparison.leaves
}

/// All leaves of a value that is new, below this path.
pub(super) fn of_new<'a>(path: &str, value: &'a Value) -> Vec<Leaf<'a>> {
    apart(path, &Value::Absent, value)
}

impl<'a> Leaf<'a> {
    /// The leaves of a structure that comes or goes; any other is one.
    pub(super) fn apart(&self) -> Vec<Leaf<'a>> {
        match self.what {
            Difference::Added(to) => apart(&self.path, &Value::Absent, to),
            Difference::Removed(from) => apart(&self.path, from, &Value::Absent),
            Difference::Changed { .. } => vec![self.clone()],
        }
    }
}

fn apart<'a>(path: &str, from: &'a Value, to: &'a Value) -> Vec<Leaf<'a>> {
    let mut comparison = Comparison {
        is_new: true,
        ..Comparison::default()
    };
    comparison.compare(path, from, to);
    comparison.leaves
}

#[derive(Default)]
struct Comparison<'a> {
    /// What is compared with nothing is taken apart too.
    is_new: bool,
    leaves: Vec<Leaf<'a>>,
}

impl<'a> Comparison<'a> {
    fn compare(&mut self, path: &str, from: &'a Value, to: &'a Value) {
        if from == to {
            return;
        }
        let before = self.leaves.len();
        if let (Value::Absent, _) | (_, Value::Absent) = (from, to)
            && !self.is_new
        {
            // It comes or goes as a whole.
        } else if let Some((from, to)) = named(from, to) {
            self.compare_named(path, &from, &to);
        } else {
            self.compare_parts(path, from, to);
        }
        if self.leaves.len() == before {
            self.add(path, one(from, to));
        }
    }

    fn add(&mut self, path: &str, what: Difference<'a>) {
        self.leaves.push(Leaf {
            path: path.to_owned(),
            what,
        });
    }

    /// The parts of what has parts; nothing for what has none.
    fn compare_parts(&mut self, path: &str, from: &'a Value, to: &'a Value) {
        match (from, to) {
            (Value::Map(from), Value::Map(to)) => self.compare_maps(path, from, to),
            (Value::Absent, Value::Map(to)) => self.compare_maps(path, &NO_MEMBERS, to),
            (Value::Map(from), Value::Absent) => self.compare_maps(path, from, &NO_MEMBERS),
            (Value::Set(from), Value::Set(to)) => self.compare_sets(path, from, to),
            (Value::List(from), Value::List(to)) if structured(from) && structured(to) => {
                self.compare_lists(path, from, to);
            }
            (Value::Absent, Value::List(to)) if structured(to) => {
                self.compare_lists(path, &[], to);
            }
            (Value::List(from), Value::Absent) if structured(from) => {
                self.compare_lists(path, from, &[]);
            }
            _ => {}
        }
    }

    fn compare_maps(
        &mut self,
        path: &str,
        from: &'a BTreeMap<String, Value>,
        to: &'a BTreeMap<String, Value>,
    ) {
        let keys: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
        for key in keys {
            let side = |map: &'a BTreeMap<String, Value>| map.get(key).unwrap_or(&Value::Absent);
            self.compare(&below(path, key), side(from), side(to));
        }
    }

    fn compare_sets(&mut self, path: &str, from: &'a BTreeSet<Value>, to: &'a BTreeSet<Value>) {
        for item in from.difference(to) {
            self.add(path, Difference::Removed(item));
        }
        for item in to.difference(from) {
            self.add(path, Difference::Added(item));
        }
    }

    /// Lists of structures: what both have is found first, and what stands between that is compared
    /// item by item.
    fn compare_lists(&mut self, path: &str, from: &'a [Value], to: &'a [Value]) {
        for operation in capture_diff_slices(Algorithm::Myers, from, to) {
            let (tag, old, new) = operation.as_tag_tuple();
            if tag == DiffTag::Equal {
                continue;
            }
            for nth in 0..old.len().max(new.len()) {
                let side = |items: &'a [Value], range: &std::ops::Range<usize>| {
                    let at = range.start + nth;
                    let item = items.get(at).filter(|_| range.contains(&at));
                    item.unwrap_or(&Value::Absent)
                };
                let at = if nth < new.len() {
                    new.start
                } else {
                    old.start
                } + nth;
                let path = format!("{path}[{at}]");
                self.compare(&path, side(from, &old), side(to, &new));
            }
        }
    }

    /// Structures that have names, by their names.
    fn compare_named(&mut self, path: &str, from: &ByName<'a>, to: &ByName<'a>) {
        let added = to.keys().filter(|name| !from.contains_key(*name));
        for name in from.keys().chain(added) {
            let side = |names: &ByName<'a>| *names.get(name).unwrap_or(&&Value::Absent);
            let path = format!("{path}[{}]", key_text(name));
            self.compare(&path, side(from), side(to));
        }
    }
}

fn one<'a>(from: &'a Value, to: &'a Value) -> Difference<'a> {
    match (from, to) {
        (Value::Absent, to) => Difference::Added(to),
        (from, Value::Absent) => Difference::Removed(from),
        (from, to) => Difference::Changed { from, to },
    }
}

fn structured(items: &[Value]) -> bool {
    items.iter().all(|item| matches!(item, Value::Map(_)))
}

/// The items of both sides by their names, where all of them are structures with names.
fn named<'a>(from: &'a Value, to: &'a Value) -> Option<(ByName<'a>, ByName<'a>)> {
    let (from, to) = (items(from)?, items(to)?);
    if from.is_empty() && to.is_empty() {
        return None;
    }
    ITEM_KEYS
        .iter()
        .find_map(|key| Some((by_name(&from, key)?, by_name(&to, key)?)))
}

fn items(value: &Value) -> Option<Vec<&Value>> {
    match value {
        Value::Absent => Some(Vec::new()),
        Value::List(items) => Some(items.iter().collect()),
        Value::Set(items) => Some(items.iter().collect()),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Text(_)
        | Value::Map(_)
        | Value::Id { .. }
        | Value::Template(_)
        | Value::Pending { .. } => None,
    }
}

/// The items by their different names, where every one has a name of its own.
fn by_name<'a>(items: &[&'a Value], key: &str) -> Option<ByName<'a>> {
    let names: ByName<'a> = items
        .iter()
        .map(|item| {
            let Value::Map(members) = item else {
                return None;
            };
            match members.get(key) {
                Some(Value::Text(name)) => Some((name.as_str(), *item)),
                Some(_) | None => None,
            }
        })
        .collect::<Option<_>>()?;
    (names.len() == items.len()).then_some(names)
}

fn below(path: &str, key: &str) -> String {
    format!("{path}.{}", key_text(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Names;
    use crate::render::value::text;

    fn value(json: &str) -> Value {
        use crate::model::{Document, Field};
        Document::from_json(&serde_json::from_str(json).expect("JSON")).value()
    }

    fn shown(from: &Value, to: &Value) -> Vec<String> {
        let text = |value: &Value| text(value, &Names::default());
        between("a", from, to)
            .into_iter()
            .map(|leaf| match leaf.what {
                Difference::Changed { from, to } => {
                    format!("{}: {} -> {}", leaf.path, text(from), text(to))
                }
                Difference::Added(to) => format!("{}: + {}", leaf.path, text(to)),
                Difference::Removed(from) => format!("{}: - {}", leaf.path, text(from)),
            })
            .collect()
    }

    #[test]
    fn only_what_differs_is_left() {
        let table: &[(&str, &str, &[&str])] = &[
            ("1", "1", &[]),
            ("1", "2", &["a: 1 -> 2"]),
            ("null", "2", &["a: + 2"]),
            ("{}", "null", &["a: - {}"]),
            (
                r#"{"x":{"y":1,"z":2},"w":3}"#,
                r#"{"x":{"y":1,"z":4}}"#,
                &["a.w: - 3", "a.x.z: 2 -> 4"],
            ),
            (r#"["p","q"]"#, r#"["q"]"#, &["a: [p, q] -> [q]"]),
            (
                r#"[{"name":"E","value":"1"},{"name":"F","value":"2"}]"#,
                r#"[{"name":"F","value":"3"}]"#,
                &[
                    "a[E]: - {name: E, value: \"1\"}",
                    "a[F].value: \"2\" -> \"3\"",
                ],
            ),
            (
                r#"[{"p":1},{"p":2}]"#,
                r#"[{"p":1},{"p":3},{"p":4}]"#,
                &["a[1].p: 2 -> 3", "a[2]: + {p: 4}"],
            ),
            // What goes from the front moves nothing else.
            (
                r#"[{"p":1},{"p":2},{"p":3}]"#,
                r#"[{"p":2},{"p":4}]"#,
                &["a[0]: - {p: 1}", "a[1].p: 3 -> 4"],
            ),
            (
                r#"[{"p":1},{"p":2}]"#,
                r#"[{"p":0},{"p":1},{"p":2}]"#,
                &["a[0]: + {p: 0}"],
            ),
            // The order of named items alone.
            (
                r#"[{"name":"E"},{"name":"F"}]"#,
                r#"[{"name":"F"},{"name":"E"}]"#,
                &["a: [{name: E}, {name: F}] -> [{name: F}, {name: E}]"],
            ),
        ];
        for (from, to, expected) in table {
            assert_eq!(shown(&value(from), &value(to)), *expected, "{from} {to}");
        }
    }

    #[test]
    fn sets_lose_and_gain() {
        let set = |items: &[i64]| Value::Set(items.iter().map(|i| Value::Int(*i)).collect());
        assert_eq!(shown(&set(&[1, 2]), &set(&[2, 3])), ["a: - 1", "a: + 3"]);
    }

    #[test]
    fn sets_of_named_structures_are_compared_by_name() {
        let set = |json: &str| Value::Set(BTreeSet::from([value(json)]));
        let (one, two) = (r#"{"name":"app","port":1}"#, r#"{"name":"app","port":2}"#);
        assert_eq!(shown(&set(one), &set(two)), ["a[app].port: 1 -> 2"]);
        assert_eq!(
            shown(&Value::Absent, &set(one)),
            ["a: + [{name: app, port: 1}]"]
        );
        let new = set(one);
        let paths: Vec<String> = of_new("a", &new)
            .into_iter()
            .map(|leaf| leaf.path)
            .collect();
        assert_eq!(paths, ["a[app].name", "a[app].port"]);
    }
}
