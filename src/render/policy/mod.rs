//! The least policy of IAM for whoever runs qpiac, from what the kinds declare.
//!
//! May depend on `model`. Invariant: an operation that no kind declares is not allowed here, but for
//! those of the house: asking whose credentials they are, and the bucket of leases.

mod facts;
mod statement;

use std::collections::{BTreeMap, BTreeSet};

use self::facts::Condition;
use crate::keep;
use crate::model::{Owner, Schema};

pub use self::statement::{Policy, SIZE_LIMIT};

/// What every run calls, whatever the stack.
const ALWAYS: [&str; 1] = ["sts:GetCallerIdentity"];
/// Reads a secret in plain, and so is allowed for as few as possible.
const GET_SECRET: &str = "secretsmanager:GetSecretValue";
/// The bucket of leases, history and saved plans of an account and region.
const HOUSE_BUCKET: &str = "s3:::qpiac-{account}-{region}";
/// What stands in it.
const HOUSE_OBJECTS: [&str; 3] = [
    "s3:::qpiac-{account}-{region}/history/{stack}/*",
    "s3:::qpiac-{account}-{region}/leases/{stack}",
    "s3:::qpiac-{account}-{region}/plans/{stack}/*",
];
/// What `history` reads.
const HISTORY: (&str, &str) = ("s3:ListBucket", "s3:GetObject");

/// Whose rights these are.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The stack.
    pub owner: Owner,
    /// The account, where it is known.
    pub account: Option<String>,
    /// The names of the stack's secrets whose values are read.
    pub secrets: Vec<String>,
}

impl Subject {
    /// `arn:aws:` and what stands behind it, with this stack in the place of what is in braces.
    fn arn(&self, pattern: &str) -> String {
        if pattern == "*" {
            return pattern.to_owned();
        }
        let behind = pattern
            .replace("{stack}", &self.owner.stack)
            .replace("{region}", &self.owner.region)
            .replace("{account}", self.account.as_deref().unwrap_or("*"));
        format!("arn:{}:{behind}", partition(&self.owner.region))
    }

    fn arns(&self, patterns: &[&str]) -> Vec<String> {
        patterns.iter().map(|pattern| self.arn(pattern)).collect()
    }

    /// A secret's ARN; AWS adds six letters to its name.
    fn secret(&self, name: &str) -> String {
        let pattern = format!("secretsmanager:{{region}}:{{account}}:secret:{name}-??????");
        self.arn(&pattern)
    }
}

/// The part of AWS that a region belongs to.
fn partition(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        Some(_) | None => "aws",
    }
}

/// What `plan`, `status`, `output` and `history` need: every plan reads all kinds, so that nothing that once
/// was wanted is overlooked.
pub fn reading(kinds: &[&Schema], subject: &Subject) -> Policy {
    let mut policy = Policy::default();
    let reads = kinds.iter().flat_map(|schema| {
        let operations = &schema.operations;
        operations.find.iter().chain(operations.explain)
    });
    for action in reads.chain(&ALWAYS).filter(|action| **action != GET_SECRET) {
        policy.allow(action, vec!["*".to_owned()], Condition::Free);
    }
    if !subject.secrets.is_empty() {
        let secrets = subject.secrets.iter().map(|name| subject.secret(name));
        policy.allow(GET_SECRET, secrets.collect(), Condition::Free);
    }
    let (list, read) = HISTORY;
    policy.allow(list, subject.arns(&[HOUSE_BUCKET]), Condition::Free);
    policy.allow(read, subject.arns(&HOUSE_OBJECTS), Condition::Free);
    policy
}

/// What `apply` and `destroy` need beside that, to make, change and delete resources of these kinds.
pub fn changing(kinds: &[&Schema], already: &Policy, subject: &Subject) -> Policy {
    let mut policy = Policy::default();
    for action in changes(kinds) {
        if already.mentions(action) || action == GET_SECRET {
            continue;
        }
        let listed = facts::grants(action).unwrap_or(&[(Condition::Free, "*")]);
        let mut grants: BTreeMap<Condition, Vec<&str>> = BTreeMap::new();
        for (condition, resource) in listed {
            grants.entry(*condition).or_default().push(resource);
        }
        for (condition, resources) in grants {
            policy.allow(action, subject.arns(&resources), condition);
        }
    }
    for action in keep::BUCKET_ACTIONS {
        policy.allow(action, subject.arns(&[HOUSE_BUCKET]), Condition::Free);
    }
    for action in keep::OBJECT_ACTIONS {
        policy.allow(action, subject.arns(&HOUSE_OBJECTS), Condition::Free);
    }
    policy
}

/// What `verify` needs beside the first: these reads, and the secrets of the application.
pub fn verifying(reads: &[&str], already: &Policy, subject: &Subject) -> Policy {
    let mut policy = Policy::default();
    for action in reads.iter().filter(|action| !already.mentions(action)) {
        policy.allow(action, vec!["*".to_owned()], Condition::Free);
    }
    let secrets = subject.secret("{stack}/*");
    policy.allow(GET_SECRET, vec![secrets], Condition::Free);
    policy
}

/// What making, changing and deleting takes.
fn changes(kinds: &[&Schema]) -> BTreeSet<&'static str> {
    let operations = kinds.iter().flat_map(|schema| {
        let operations = &schema.operations;
        [operations.create, operations.update, operations.delete]
    });
    operations.flatten().copied().collect()
}

#[cfg(test)]
mod tests;
