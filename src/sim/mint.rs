//! The outputs of a new resource: identifiers that look like AWS's.
//!
//! May depend on `model` and `world`. Invariant: an output is made from the form of its class or
//! copied from an attribute, and from nothing else.

use std::borrow::Cow;

use rand::Rng;
use rand::rngs::StdRng;

use super::refusal::Refusal;
use super::world::World;
use crate::model::{OutputInfo, OutputValues, Record, Schema, Value, Values};

/// What an identifier can be made of.
struct Source<'a> {
    values: &'a Values,
    world: &'a World,
}

/// All outputs of a resource with these attributes; those that are `kept` stay as they are.
///
/// A form's `{name}` stands for an attribute, else an output, else the account or the region;
/// `{attribute.output}` for an output of the resource that the attribute refers to.
pub(super) fn outputs(
    schema: &Schema,
    values: &Values,
    world: &World,
    rng: &mut StdRng,
    kept: OutputValues,
) -> Result<OutputValues, Refusal> {
    let source = Source { values, world };
    let mut made = kept;
    let mut waiting: Vec<&OutputInfo> = schema
        .outputs
        .iter()
        .filter(|output| !made.contains_key(output.name))
        .collect();
    // A form may name an output that is declared after it.
    while !waiting.is_empty() {
        let before = waiting.len();
        waiting.retain(|output| match source.output(output, &made, rng) {
            Some(text) => {
                made.insert(Cow::Borrowed(output.name), text);
                false
            }
            None => true,
        });
        if waiting.len() == before {
            return Err(unmakable(schema, waiting[0]));
        }
    }
    Ok(made)
}

fn unmakable(schema: &Schema, output: &OutputInfo) -> Refusal {
    Refusal::rejected(format!(
        "the output {} of the kind {} cannot be made from the form `{}`: it names what is neither \
         an attribute with a plain value nor an output, of its own or of what it refers to, nor \
         the account nor the region",
        output.name,
        schema.kind,
        output.from.unwrap_or(output.form)
    ))
}

impl Source<'_> {
    fn output(&self, output: &OutputInfo, made: &OutputValues, rng: &mut StdRng) -> Option<String> {
        match output.from {
            Some(attribute) => plain(self.values.get(attribute)?),
            None => fill(output.form, rng, &|name| self.named(name, made)),
        }
    }

    fn named(&self, name: &str, made: &OutputValues) -> Option<String> {
        if let Some(value) = self.values.get(name) {
            return plain(value);
        }
        if let Some((attribute, output)) = name.split_once('.') {
            return self.of_target(self.values.get(attribute)?, output);
        }
        match (made.get(name), name) {
            (Some(output), _) => Some(output.clone()),
            (None, "account") => Some(self.world.account.clone()),
            (None, "region") => Some(self.world.region.clone()),
            (None, _) => None,
        }
    }

    /// An output of what a reference leads to; nothing of nothing.
    fn of_target(&self, reference: &Value, output: &str) -> Option<String> {
        let Value::Id { id, .. } = reference else {
            return plain(reference);
        };
        let is_target = |record: &&Record| record.outputs.values().any(|output| output == id);
        self.world
            .records()
            .find(is_target)?
            .outputs
            .get(output)
            .cloned()
    }
}

/// The text that stands for a value in an identifier.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Absent => Some(String::new()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Int(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.clone()),
        Value::Id { id, .. } => Some(id.clone()),
        Value::List(_)
        | Value::Set(_)
        | Value::Map(_)
        | Value::Template(_)
        | Value::Pending { .. } => None,
    }
}

/// The form with a random hexadecimal digit for each `#` and `named`'s text for each `{name}`;
/// nothing where `named` does not know one.
fn fill(form: &str, rng: &mut StdRng, named: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut text = String::with_capacity(form.len() + 16);
    let mut rest = form;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        match (letter, rest.split_once('}')) {
            ('#', _) => text.push(char::from(b"0123456789abcdef"[rng.random_range(0..16)])),
            ('{', Some((name, after))) => {
                text.push_str(&named(name)?);
                rest = after;
            }
            (other, _) => text.push(other),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn forms_are_filled() {
        let named = |name: &str| match name {
            "name" => Some("a{b}#".to_owned()),
            "empty" => Some(String::new()),
            _ => None,
        };
        for (form, expected) in [
            ("", Some("")),
            ("plain", Some("plain")),
            ("role/{name}/x", Some("role/a{b}#/x")),
            ("{empty}{empty}", Some("")),
            ("open{name", Some("open{name")),
            ("é}{name}", Some("é}a{b}#")),
            ("{other}", None),
            ("{}", None),
        ] {
            let mut rng = StdRng::seed_from_u64(1);
            assert_eq!(fill(form, &mut rng, &named).as_deref(), expected, "{form}");
        }
        let mut rng = StdRng::seed_from_u64(1);
        let id = fill("eni-####-####", &mut rng, &named).expect("a form without names");
        let digits = id.strip_prefix("eni-").expect("the prefix");
        assert_eq!(digits.len(), 9);
        assert!(digits.chars().all(|c| c == '-' || c.is_ascii_hexdigit()));
    }
}
