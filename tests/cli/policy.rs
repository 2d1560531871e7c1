//! `qpiac policy`: what is printed for which stack.

use serde_json::Value;

use crate::program::{DEFAULT_STACK, Done, Place};

const WHOLE_STACK: &str = include_str!("../../stack.yaml");

/// The actions that a document or a list of documents allows.
fn actions(printed: &Value) -> Vec<String> {
    let one = std::slice::from_ref(printed);
    let documents = printed.as_array().map_or(one, Vec::as_slice);
    let statements = documents
        .iter()
        .flat_map(|document| document["Statement"].as_array().expect("statements"));
    let mut actions: Vec<String> = statements
        .flat_map(|statement| match &statement["Action"] {
            Value::Array(all) => all.clone(),
            one => vec![one.clone()],
        })
        .map(|action| action.as_str().expect("an action").to_owned())
        .collect();
    actions.sort();
    actions.dedup();
    actions
}

fn policy(place: &Place, arguments: &[&str]) -> Done {
    let arguments: Vec<&str> = ["policy"].iter().chain(arguments).copied().collect();
    place.run(&arguments).expect(0)
}

#[test]
fn a_policy_is_for_the_kinds_of_the_stack() {
    let place = Place::new();
    let web = actions(&policy(&place, &[]).json());
    let has = |action: &str| web.iter().any(|one| one == action);
    for action in ["ec2:CreateVpc", "ecs:CreateService", "lambda:ListFunctions"] {
        assert!(has(action), "{action}");
    }
    for action in [
        "lambda:CreateFunction",
        "cloudfront:CreateDistribution",
        "secretsmanager:GetSecretValue",
    ] {
        assert!(!has(action), "{action}");
    }
    let all = actions(&policy(&place, &["--all-kinds"]).json());
    assert!(all.iter().any(|one| one == "lambda:CreateFunction"));
}

#[test]
fn whoever_plans_changes_nothing() {
    let place = Place::with(WHOLE_STACK);
    for action in actions(&policy(&place, &["--plan-only"]).json()) {
        let (_, verb) = action.split_once(':').expect("an action");
        let is_read = ["Describe", "Filter", "Get", "List"]
            .iter()
            .any(|word| verb.starts_with(word));
        assert!(is_read, "{action}");
    }
    let secret = policy(&place, &["--plan-only"]).out;
    assert!(
        secret.contains("secret:qp-iac-cdn-headers/cdn-auth-??????"),
        "{secret}"
    );
}

#[test]
fn the_account_is_the_files_or_the_one_that_is_given() {
    let place = Place::new();
    let any = policy(&place, &[]);
    assert!(
        any.out.contains("arn:aws:ec2:us-east-1:*:vpc/*"),
        "{}",
        any.out
    );
    assert!(any.err.contains("of any account"), "{}", any.err);
    let given = policy(&place, &["--account", "210987654321"]);
    assert!(
        given
            .out
            .contains("arn:aws:ec2:us-east-1:210987654321:vpc/*")
    );
    assert!(!given.err.contains("of any account"), "{}", given.err);
    place.edit("# account: \"123456789012\"", "account: \"123456789012\"");
    assert!(
        policy(&place, &[])
            .out
            .contains("us-east-1:123456789012:vpc/*")
    );
}

#[test]
fn what_is_too_long_is_split_on_demand() {
    let place = Place::with(WHOLE_STACK);
    let whole = policy(&place, &[]);
    assert!(whole.err.contains("--split prints"), "{}", whole.err);
    let split = policy(&place, &["--split"]);
    assert!(!split.err.contains("--split prints"), "{}", split.err);
    assert_eq!(actions(&split.json()), actions(&whole.json()));
    for part in split.json().as_array().expect("a list") {
        assert!(part.to_string().len() <= 6144);
    }
}

#[test]
fn a_file_with_errors_has_no_policy() {
    let place = Place::with(&DEFAULT_STACK.replace("memory: 512", "memory: 513"));
    let done = place.run(&["policy"]).expect(1);
    assert_eq!(done.out, "");
    assert!(done.err.contains("513"), "{}", done.err);
}
