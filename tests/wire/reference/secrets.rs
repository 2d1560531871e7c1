//! The secrets, who may read which, and their rotation.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::STACK;
use crate::observer::Observer;

/// Each secret with the roles that may read it, by what stands behind the stack's name.
const READERS: [(&str, &[&str]); 3] = [
    ("api-key", &["app-execution", "fn-rotation"]),
    ("cdn-auth", &["fn-rotation"]),
    ("jwt", &["app-task", "fn-jwt-generator", "fn-rotation"]),
];

/// Gives the value by which the load balancer knows CloudFront.
pub(super) async fn check(aws: &Observer) -> String {
    let mut values = BTreeMap::new();
    for (arn, value) in arns_and_values(aws).await {
        assert_eq!(value.len(), 64);
        let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        assert!(value.chars().all(is_digit), "of another form: {arn}");
        let described = aws.secrets.describe_secret().secret_id(&arn);
        let described = described.send().await.unwrap();
        assert_eq!(described.rotation_enabled(), Some(true), "{arn}");
        let rules = described.rotation_rules().unwrap();
        assert_eq!(rules.automatically_after_days(), Some(30), "{arn}");
        let function = described.rotation_lambda_arn().unwrap();
        assert!(function.ends_with(&format!(":function:{STACK}-rotation")));
        let name = described.name().unwrap().strip_prefix(STACK).unwrap();
        values.insert(name.to_owned(), value);
    }
    let names: Vec<_> = values.keys().map(String::as_str).collect();
    assert_eq!(names, ["/api-key", "/cdn-auth", "/jwt"]);
    let distinct: BTreeSet<_> = values.values().collect();
    assert_eq!(distinct.len(), values.len());
    check_readers(aws).await;
    values["/cdn-auth"].clone()
}

/// Whoever may read a secret needs it.
async fn check_readers(aws: &Observer) {
    let mut left = readers(aws).await;
    for (name, wanted) in READERS {
        let start = format!(":secret:{STACK}/{name}-");
        let (found, others): (Vec<_>, Vec<_>) = left
            .into_iter()
            .partition(|(_, resource)| resource.contains(&start));
        let found: BTreeSet<_> = found.iter().map(|(role, _)| role.as_str()).collect();
        assert_eq!(found, wanted.iter().copied().collect(), "{name}");
        left = others;
    }
    assert_eq!(left, [], "more than the stack's own secrets");
}

/// Who may read what: pairs of a role and a resource.
async fn readers(aws: &Observer) -> Vec<(String, String)> {
    let mut readers = Vec::new();
    let mut roles = BTreeSet::new();
    for role in aws.iam.list_roles().send().await.unwrap().roles() {
        let name = role.role_name();
        let Some(short) = name.strip_prefix(&format!("{STACK}-")) else {
            continue;
        };
        let short = short.strip_suffix("-us-east-1").unwrap().to_owned();
        let policies = aws.iam.list_role_policies().role_name(name);
        for policy in policies.send().await.unwrap().policy_names() {
            let document = aws.iam.get_role_policy().role_name(name);
            let document = document.policy_name(policy).send().await.unwrap();
            let text = percent_encoding::percent_decode_str(document.policy_document());
            let text = text.decode_utf8().unwrap();
            let document: Value = serde_json::from_str(&text).unwrap();
            for statement in many(&document["Statement"]) {
                let actions = many(&statement["Action"]);
                let is_reading = |action: &&Value| {
                    let action = action.as_str().unwrap();
                    action == "secretsmanager:GetSecretValue" || action.contains('*')
                };
                if actions.iter().any(is_reading) {
                    let resources = many(&statement["Resource"]);
                    let resources = resources.iter().map(|one| one.as_str().unwrap());
                    readers.extend(resources.map(|one| (short.clone(), one.to_owned())));
                }
            }
        }
        roles.insert(short);
    }
    let wanted = [
        "app-execution",
        "app-task",
        "fn-jwt-generator",
        "fn-rotation",
    ];
    assert_eq!(roles, wanted.map(str::to_owned).into());
    readers
}

/// IAM writes lists of one as that one.
fn many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

/// All secrets that there are, with their current values.
pub(super) async fn arns_and_values(aws: &Observer) -> Vec<(String, String)> {
    let mut known = Vec::new();
    let found = aws.secrets.list_secrets().send().await.unwrap();
    for secret in found.secret_list() {
        let arn = secret.arn().unwrap();
        let value = aws.secrets.get_secret_value().secret_id(arn);
        let value = value.send().await.unwrap().secret_string.unwrap();
        known.push((arn.to_owned(), value));
    }
    known.sort();
    known
}

/// What was destroyed can be had back for thirty days.
pub(super) async fn check_recovery(aws: &Observer) {
    let found = aws.secrets.list_secrets().include_planned_deletion(true);
    let found = found.send().await.unwrap();
    assert_eq!(found.secret_list().len(), READERS.len());
    for secret in found.secret_list() {
        assert!(secret.deleted_date().is_some(), "{:?}", secret.name());
    }
}
