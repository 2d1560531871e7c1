//! Mutations of JSON that leave it JSON, mostly.

use serde_json::{Map, Value, json};

use crate::mutate;
use crate::random::Random;

/// How deep nested values may be that are put into a document.
const DEEPEST: usize = 400;
/// The most copies of an item of a list.
const COPIES_MAX: usize = 200;

/// Keys by which services say that there is more.
pub(crate) const MORE: [&str; 5] = [
    "nextToken",
    "NextToken",
    "NextMarker",
    "Marker",
    "nextForwardToken",
];

/// Changes one to four places of a document.
pub(crate) fn mutate(random: &mut Random, document: &mut Value) {
    for _ in 0..=random.below(4) {
        let donor = place(random, document).clone();
        let at = place(random, document);
        change(random, at, donor);
    }
}

/// A text where a document was mutated; now and then it is no JSON any more.
pub(crate) fn text(random: &mut Random, document: &Value) -> Vec<u8> {
    let mut text = document.to_string().into_bytes();
    match random.below(16) {
        0 => mutate::bytes(random, &mut text),
        1 => double_key(random, &mut text),
        2 => {
            let at = random.below(text.len());
            let depth = random.below(100_000);
            let open = if random.once_in(2) { "[" } else { "{\"a\":" };
            drop(text.splice(at..at, open.repeat(depth).bytes()));
        }
        _ => {}
    }
    text
}

/// Puts a key that stands somewhere to another place again.
fn double_key(random: &mut Random, text: &mut Vec<u8>) {
    let opens: Vec<usize> = (0..text.len()).filter(|at| text[*at] == b'{').collect();
    let Some(from) = opens.get(random.below(opens.len())).copied() else {
        return;
    };
    let Some(length) = text[from..].iter().position(|byte| b",}".contains(byte)) else {
        return;
    };
    let mut member = text[from + 1..from + length].to_vec();
    member.push(b',');
    let to = if random.once_in(3) {
        opens[random.below(opens.len())]
    } else {
        from
    };
    drop(text.splice(to + 1..=to, member));
}

/// A place of a document, deep ones as often as others.
fn place<'v>(random: &mut Random, value: &'v mut Value) -> &'v mut Value {
    let size = size(value);
    at(value, random.below(size))
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        _ => 0,
    }
}

/// The place of this number, where the document itself is 0.
fn at(value: &mut Value, number: usize) -> &mut Value {
    if number == 0 {
        return value;
    }
    let mut rest = number - 1;
    let parts: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(members) => members.values_mut().collect(),
        _ => Vec::new(),
    };
    for part in parts {
        let size = size(part);
        if rest < size {
            return at(part, rest);
        }
        rest -= size;
    }
    unreachable!("the number is below the size")
}

fn change(random: &mut Random, value: &mut Value, donor: Value) {
    match (value, random.below(8)) {
        (Value::Object(members), 0..=5) => change_members(random, members, donor),
        (Value::Array(items), 0..=5) => change_items(random, items, donor),
        (Value::String(text), 0..=3) => *text = mutate::edited(random, text),
        (Value::String(text), 4 | 5) => *text = mutate::text(random),
        (value, 6) => *value = donor,
        (value @ Value::Number(_), 0..=4) => *value = number(random),
        (Value::Bool(yes), 0..=4) => *yes = !*yes,
        (value, _) => *value = anything(random),
    }
}

fn change_members(random: &mut Random, members: &mut Map<String, Value>, donor: Value) {
    let keys: Vec<String> = members.keys().cloned().collect();
    let Some(key) = keys.get(random.below(keys.len())) else {
        members.insert(mutate::text(random), donor);
        return;
    };
    match random.below(7) {
        0 | 1 => drop(members.remove(key)),
        2 => {
            let other = mutate::edited(random, key);
            if let Some(value) = members.remove(key) {
                members.insert(other, value);
            }
        }
        3 => drop(members.insert(key.clone(), donor)),
        4 => drop(members.insert(random.pick(&MORE).to_owned(), "more".into())),
        5 => {
            let mut pairs: Vec<_> = std::mem::take(members).into_iter().collect();
            random.shuffle(&mut pairs);
            members.extend(pairs);
        }
        _ => {
            let other = keys[random.below(keys.len())].clone();
            let value = members.get(key).cloned().unwrap_or_default();
            members.insert(other, value);
        }
    }
}

fn change_items(random: &mut Random, items: &mut Vec<Value>, donor: Value) {
    let at = random.below(items.len());
    match random.below(6) {
        0 if !items.is_empty() => drop(items.remove(at)),
        1 if !items.is_empty() => {
            let copies = if random.once_in(8) { COPIES_MAX } else { 1 };
            items.extend(vec![items[at].clone(); copies]);
        }
        2 => random.shuffle(items),
        3 => items.clear(),
        4 if !items.is_empty() => items[at] = donor,
        _ => items.push(donor),
    }
}

fn number(random: &mut Random) -> Value {
    let text = random.pick(mutate::NUMBERS);
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

fn anything(random: &mut Random) -> Value {
    match random.below(9) {
        0 => Value::Null,
        1 => json!(random.once_in(2)),
        2 | 3 => number(random),
        4 => json!([]),
        5 => json!({}),
        // Not by the macro, which copies what it is given.
        6 => (0..random.below(DEEPEST)).fold(json!(0), |inner, _| Value::Array(vec![inner])),
        7 => (0..random.below(DEEPEST)).fold(json!(0), |inner, _| {
            Value::Object(Map::from_iter([("a".to_owned(), inner)]))
        }),
        _ => mutate::text(random).into(),
    }
}
