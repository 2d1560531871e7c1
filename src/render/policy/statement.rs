//! Statements of a policy, and how long IAM finds them.
//!
//! May depend on `facts` and `model`. Invariant: statements that differ in their actions alone are
//! one statement, and the order is the same for the same input.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Subject;
use super::facts::{Condition, LINKED, PASSED_TO};
use crate::model::STACK_TAG;

/// Most characters of a managed policy, white space not counted (IAM and STS quotas).
pub const SIZE_LIMIT: usize = 6144;

/// A policy of IAM: statements that allow something.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    statements: BTreeMap<(Vec<String>, Condition), BTreeSet<String>>,
}

impl Policy {
    /// Allows an action on these resources.
    pub(super) fn allow(&mut self, action: &str, resources: Vec<String>, condition: Condition) {
        let actions = self.statements.entry((resources, condition)).or_default();
        actions.insert(action.to_owned());
    }

    /// Whether it says anything of this action.
    pub(super) fn mentions(&self, action: &str) -> bool {
        self.statements.values().any(|all| all.contains(action))
    }

    /// Everything that either allows.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (key, actions) in other.statements {
            self.statements.entry(key).or_default().extend(actions);
        }
        self
    }

    /// The document.
    pub fn document(&self, subject: &Subject) -> Value {
        let statements = self.statements.iter();
        let statements = statements.map(|((resources, condition), actions)| {
            statement(resources, *condition, actions, subject)
        });
        json!({ "Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>() })
    }

    /// The same as policies that are each short enough for IAM, as few as come of filling one after
    /// the other.
    pub fn parts(&self, subject: &Subject) -> Vec<Self> {
        let mut parts: Vec<Self> = Vec::new();
        for (key, actions) in &self.statements {
            for action in actions {
                let mut more = parts.last().cloned().unwrap_or_default();
                more.allow(action, key.0.clone(), key.1);
                match parts.last_mut() {
                    Some(last) if more.size(subject) <= SIZE_LIMIT => *last = more,
                    Some(_) | None => {
                        let mut part = Self::default();
                        part.allow(action, key.0.clone(), key.1);
                        parts.push(part);
                    }
                }
            }
        }
        parts
    }

    /// Its length as IAM counts it.
    pub fn size(&self, subject: &Subject) -> usize {
        let text = self.document(subject).to_string();
        text.chars().filter(|c| !c.is_whitespace()).count()
    }
}

fn statement(
    resources: &[String],
    condition: Condition,
    actions: &BTreeSet<String>,
    subject: &Subject,
) -> Value {
    let mut statement = json!({
        "Effect": "Allow",
        "Action": few(actions.iter().cloned().collect()),
        "Resource": few(resources.to_vec()),
    });
    if let Some(condition) = conditions(condition, subject) {
        statement["Condition"] = condition;
    }
    statement
}

fn conditions(condition: Condition, subject: &Subject) -> Option<Value> {
    let is_stack = |key: &str| {
        let key = format!("aws:{key}/{STACK_TAG}");
        json!({ key: subject.owner.to_string() })
    };
    Some(match condition {
        Condition::Free => return None,
        Condition::Ours => json!({ "StringEquals": is_stack("ResourceTag") }),
        Condition::Asked => json!({ "StringEquals": is_stack("RequestTag") }),
        Condition::Asking(key) => json!({
            "StringEquals": is_stack("RequestTag"),
            "Null": { key: "false" },
        }),
        Condition::Passed => json!({ "StringEquals": { "iam:PassedToService": PASSED_TO } }),
        Condition::Linked => json!({ "StringEquals": { "iam:AWSServiceName": LINKED } }),
    })
}

/// One alone, or a list.
fn few(mut all: Vec<String>) -> Value {
    match all.len() {
        1 => all.remove(0).into(),
        _ => all.into(),
    }
}
