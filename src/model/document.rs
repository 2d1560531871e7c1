//! JSON documents as attributes: any document, and IAM policies, whose lists are sets.
//!
//! May depend on `attribute` and `reference`. Invariant: two documents that AWS treats alike are the
//! same value.

use std::collections::{BTreeMap, BTreeSet};

use super::attribute::{Field, Misfit, Shape};
use super::reference::Text;
use super::value::Value;

/// A JSON document whose texts may hold references.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Document {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text.
    Text(Text),
    /// An array.
    List(Vec<Document>),
    /// An array whose order and repetitions mean nothing.
    Set(BTreeSet<Document>),
    /// An object.
    Object(BTreeMap<String, Document>),
}

impl Document {
    /// An object with these members.
    pub fn object<K: Into<String>>(members: impl IntoIterator<Item = (K, Document)>) -> Self {
        Self::Object(
            members
                .into_iter()
                .map(|(key, member)| (key.into(), member))
                .collect(),
        )
    }

    /// The document that a JSON value is; numbers that are not whole become text.
    pub fn from_json(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(yes) => Self::Bool(*yes),
            serde_json::Value::Number(number) => number
                .as_i64()
                .map_or_else(|| Self::Text(number.to_string().into()), Self::Int),
            serde_json::Value::String(text) => Self::Text(text.as_str().into()),
            serde_json::Value::Array(items) => {
                Self::List(items.iter().map(Self::from_json).collect())
            }
            serde_json::Value::Object(members) => Self::object(
                members
                    .iter()
                    .map(|(key, member)| (key.clone(), Self::from_json(member))),
            ),
        }
    }

    /// The JSON value, or nothing while a text in it is not known.
    pub fn to_json(&self) -> Option<serde_json::Value> {
        Some(match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(yes) => (*yes).into(),
            Self::Int(number) => (*number).into(),
            Self::Text(text) => text.known()?.into(),
            Self::List(items) => items.iter().map(Self::to_json).collect::<Option<_>>()?,
            Self::Set(items) => items.iter().map(Self::to_json).collect::<Option<_>>()?,
            Self::Object(members) => serde_json::Value::Object(
                members
                    .iter()
                    .map(|(key, member)| Some((key.clone(), member.to_json()?)))
                    .collect::<Option<_>>()?,
            ),
        })
    }
}

impl From<&str> for Document {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<Text> for Document {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl Field for Document {
    const SHAPE: Shape = Shape::Document;

    fn value(&self) -> Value {
        match self {
            Self::Null => Value::Absent,
            Self::Bool(yes) => Value::Bool(*yes),
            Self::Int(number) => Value::Int(*number),
            Self::Text(text) => text.to_value(),
            Self::List(items) => Value::List(items.iter().map(Field::value).collect()),
            Self::Set(items) => Value::Set(items.iter().map(Field::value).collect()),
            Self::Object(members) => Value::Map(
                members
                    .iter()
                    .map(|(key, member)| (key.clone(), member.value()))
                    .collect(),
            ),
        }
    }

    fn from_value(value: &Value) -> Result<Self, Misfit> {
        Ok(match value {
            Value::Absent => Self::Null,
            Value::Bool(yes) => Self::Bool(*yes),
            Value::Int(number) => Self::Int(*number),
            Value::Text(_) | Value::Template(_) | Value::Pending { .. } | Value::Id { .. } => {
                Self::Text(Text::from_value(value)?)
            }
            Value::List(items) => Self::List(
                items
                    .iter()
                    .map(Self::from_value)
                    .collect::<Result<_, _>>()?,
            ),
            Value::Set(items) => Self::Set(
                items
                    .iter()
                    .map(Self::from_value)
                    .collect::<Result<_, _>>()?,
            ),
            Value::Map(members) => Self::Object(
                members
                    .iter()
                    .map(|(key, member)| {
                        let member = Self::from_value(member).map_err(|e| e.under(key))?;
                        Ok((key.clone(), member))
                    })
                    .collect::<Result<_, Misfit>>()?,
            ),
        })
    }
}

/// An IAM policy document in canonical form: `Action`, `Resource`, principals and condition values
/// are sets, and one text alone is a set of one, as IAM treats them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyDocument(Document);

impl PolicyDocument {
    /// The canonical form of this document.
    pub fn new(document: &Document) -> Self {
        Self(canonical_policy(document))
    }

    /// A document of the current policy version with these statements.
    pub fn of_statements(statements: Vec<Document>) -> Self {
        Self::new(&Document::object([
            ("Version", Document::from("2012-10-17")),
            ("Statement", Document::List(statements)),
        ]))
    }

    /// The document that a JSON text is.
    ///
    /// # Errors
    /// The text is not JSON.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        Ok(Self::new(&Document::from_json(&serde_json::from_str(
            text,
        )?)))
    }

    /// The JSON text, or nothing while a reference in it is not known.
    pub fn to_json_text(&self) -> Option<String> {
        self.0.to_json().map(|json| json.to_string())
    }
}

fn canonical_policy(document: &Document) -> Document {
    let Document::Object(members) = document else {
        return document.clone();
    };
    Document::object(members.iter().map(|(key, member)| {
        let member = match (key.as_str(), member) {
            ("Statement", Document::List(statements)) => {
                Document::List(statements.iter().map(canonical_statement).collect())
            }
            ("Statement", one) => Document::List(vec![canonical_statement(one)]),
            (_, other) => other.clone(),
        };
        (key.clone(), member)
    }))
}

fn canonical_statement(statement: &Document) -> Document {
    let Document::Object(members) = statement else {
        return statement.clone();
    };
    Document::object(members.iter().map(|(key, member)| {
        let depth = match key.as_str() {
            "Action" | "NotAction" | "Resource" | "NotResource" => Some(0),
            "Principal" | "NotPrincipal" => Some(1),
            "Condition" => Some(2),
            _ => None,
        };
        let member = depth.map_or_else(|| member.clone(), |depth| as_sets(member, depth));
        (key.clone(), member)
    }))
}

fn as_sets(document: &Document, depth: usize) -> Document {
    match document {
        Document::Object(members) if depth > 0 => Document::object(
            members
                .iter()
                .map(|(key, member)| (key.clone(), as_sets(member, depth - 1))),
        ),
        Document::List(items) => Document::Set(items.iter().cloned().collect()),
        Document::Text(_) | Document::Bool(_) | Document::Int(_) if depth == 0 => {
            Document::Set(BTreeSet::from([document.clone()]))
        }
        other => other.clone(),
    }
}

impl Field for PolicyDocument {
    const SHAPE: Shape = Shape::Document;

    fn value(&self) -> Value {
        self.0.value()
    }

    fn from_value(value: &Value) -> Result<Self, Misfit> {
        Document::from_value(value).map(|document| Self::new(&document))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_that_iam_treats_alike_are_equal() {
        let one = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
        let two = r#"{"Statement":[{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"Service":["ecs-tasks.amazonaws.com"]}}],"Version":"2012-10-17"}"#;
        let (one, two) = (PolicyDocument::parse(one), PolicyDocument::parse(two));
        let (one, two) = (one.expect("JSON"), two.expect("JSON"));
        assert_eq!(one, two);
        assert_eq!(PolicyDocument::from_value(&one.value()), Ok(two));
        let other = PolicyDocument::parse(r#"{"Statement":[{"Action":"a","Effect":"Deny"}]}"#);
        assert_ne!(one, other.expect("JSON"));
    }
}
