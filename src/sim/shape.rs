//! Whether values have the shapes that a schema declares.
//!
//! May depend on `model`. Invariant: what passes is what the kind's own struct would read without
//! an error, and nothing in it is unknown.

use std::collections::BTreeMap;

use crate::model::{Member, Misfit, Schema, Shape, Value, Values};

/// Checks all attributes of a kind.
pub(super) fn check(schema: &Schema, values: &Values) -> Result<(), Misfit> {
    let is_declared = |name: &str| schema.attribute(name).is_some();
    if let Some((name, _)) = values.iter().find(|(name, _)| !is_declared(name)) {
        return Err(unknown_name(name));
    }
    for attribute in schema.attributes {
        let value = values
            .get(attribute.name)
            .ok_or_else(|| missing(attribute.name))?;
        fits(&attribute.shape, value).map_err(|misfit| misfit.under(attribute.name))?;
    }
    Ok(())
}

fn missing(name: &str) -> Misfit {
    Misfit {
        path: name.to_owned(),
        expected: "a value, be it absent",
        found: "missing".to_owned(),
    }
}

fn unknown_name(name: &str) -> Misfit {
    Misfit {
        path: name.to_owned(),
        expected: "nothing of this name",
        found: "there".to_owned(),
    }
}

fn fits(shape: &Shape, value: &Value) -> Result<(), Misfit> {
    match (shape, value) {
        (Shape::Bool, Value::Bool(_))
        | (Shape::Int, Value::Int(_))
        | (Shape::Text(_), Value::Text(_))
        | (Shape::Optional(_), Value::Absent) => Ok(()),
        (Shape::Word(words), Value::Text(word)) if words.contains(&word.as_str()) => Ok(()),
        (Shape::Id(class), Value::Id { class: found, .. }) if found == class => Ok(()),
        (Shape::Optional(inner), present) => fits(inner, present),
        (Shape::List(inner), Value::List(items)) => each(inner, items.iter()),
        (Shape::Set(inner), Value::Set(items)) => each(inner, items.iter()),
        (Shape::Map(inner), Value::Map(items)) => items
            .iter()
            .try_for_each(|(key, item)| fits(inner, item).map_err(|misfit| misfit.under(key))),
        (Shape::Struct(members), Value::Map(items)) => structure(members, items),
        (Shape::OneOf(members), Value::Map(items)) => match items.iter().next() {
            Some((key, item)) if items.len() == 1 => match member(members, key) {
                Some(member) => fits(&member.shape, item).map_err(|misfit| misfit.under(key)),
                None => Err(unknown_name(key)),
            },
            Some(_) | None => Err(Misfit::new("one of several structures", value)),
        },
        (Shape::Document, document) => fits_document(document),
        (mismatched, found) => Err(Misfit::new(expected(mismatched), found)),
    }
}

fn each<'a>(shape: &Shape, items: impl Iterator<Item = &'a Value>) -> Result<(), Misfit> {
    for (at, item) in items.enumerate() {
        fits(shape, item).map_err(|misfit| misfit.under(&at.to_string()))?;
    }
    Ok(())
}

fn structure(members: &[Member], items: &BTreeMap<String, Value>) -> Result<(), Misfit> {
    if let Some(key) = items.keys().find(|key| member(members, key).is_none()) {
        return Err(unknown_name(key));
    }
    for member in members {
        let item = items.get(member.name).ok_or_else(|| missing(member.name))?;
        fits(&member.shape, item).map_err(|misfit| misfit.under(member.name))?;
    }
    Ok(())
}

fn member<'a>(members: &'a [Member], name: &str) -> Option<&'a Member> {
    members.iter().find(|member| member.name == name)
}

fn fits_document(value: &Value) -> Result<(), Misfit> {
    match value {
        Value::Absent | Value::Bool(_) | Value::Int(_) | Value::Text(_) | Value::Id { .. } => {
            Ok(())
        }
        Value::List(items) => items.iter().try_for_each(fits_document),
        Value::Set(items) => items.iter().try_for_each(fits_document),
        Value::Map(items) => items
            .iter()
            .try_for_each(|(key, item)| fits_document(item).map_err(|misfit| misfit.under(key))),
        Value::Template(_) | Value::Pending { .. } => Err(Misfit::new("a document", value)),
    }
}

fn expected(shape: &Shape) -> &'static str {
    match shape {
        Shape::Bool => "a boolean",
        Shape::Int => "a number",
        Shape::Text(what) => what,
        Shape::Word(_) => "a known word",
        Shape::Id(class) => class,
        Shape::Document => "a document",
        Shape::Optional(inner) => expected(inner),
        Shape::List(_) => "a list",
        Shape::Set(_) => "a set",
        Shape::Map(_) => "a map",
        Shape::Struct(_) => "a structure",
        Shape::OneOf(_) => "one of several structures",
    }
}
