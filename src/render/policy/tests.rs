//! What the policies say, by what the kinds declare.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::resources;

fn all() -> Vec<&'static Schema> {
    resources::schemas()
}

fn subject() -> Subject {
    Subject {
        owner: Owner::new("shop", "eu-west-1"),
        account: Some("123456789012".to_owned()),
        secrets: vec!["shop/auth".to_owned()],
    }
}

fn deploy(kinds: &[&Schema], subject: &Subject) -> Policy {
    let read = reading(&all(), subject);
    let change = changing(kinds, &read, subject);
    read.and(change)
}

/// The statements that allow an action.
fn of(document: &Value, action: &str) -> Vec<Value> {
    let statements = document["Statement"].as_array().expect("statements");
    let allows = |statement: &&Value| match &statement["Action"] {
        Value::String(one) => one == action,
        Value::Array(all) => all.iter().any(|one| one == action),
        _ => false,
    };
    statements.iter().filter(allows).cloned().collect()
}

#[test]
fn every_change_that_a_kind_declares_is_listed_once() {
    let kinds = all();
    let read: BTreeSet<&str> = kinds
        .iter()
        .flat_map(|schema| {
            schema
                .operations
                .find
                .iter()
                .chain(schema.operations.explain)
        })
        .copied()
        .collect();
    let declared = changes(&kinds);
    let listed: Vec<&str> = facts::rules()
        .flat_map(|rule| rule.actions)
        .copied()
        .collect();
    let once: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(listed.len(), once.len(), "an action is listed twice");
    let needed: BTreeSet<&str> = declared.difference(&read).copied().collect();
    let missing: Vec<_> = needed.difference(&once).collect();
    assert!(missing.is_empty(), "say in `facts` what binds {missing:?}");
    let idle: Vec<_> = once.difference(&needed).collect();
    assert!(idle.is_empty(), "no kind declares {idle:?}");
}

#[test]
fn an_action_is_authorized_on_what_it_makes_and_on_what_it_touches() {
    let document = deploy(&all(), &subject()).document(&subject());
    let arn = |what: &str| format!("arn:aws:ec2:eu-west-1:123456789012:{what}");
    let statements = of(&document, "ec2:CreateSubnet");
    let says = |resource: &str, key: &str| {
        let condition = json!({ "StringEquals": { key: "shop@eu-west-1" } });
        statements
            .iter()
            .any(|one| one["Resource"] == resource && one["Condition"] == condition)
    };
    assert_eq!(statements.len(), 2);
    assert!(says(&arn("subnet/*"), "aws:RequestTag/qpiac:stack"));
    assert!(says(&arn("vpc/*"), "aws:ResourceTag/qpiac:stack"));
}

#[test]
fn roles_are_the_stacks_and_go_to_known_services() {
    let document = deploy(&all(), &subject()).document(&subject());
    let role = "arn:aws:iam::123456789012:role/shop-*";
    let [pass] = &of(&document, "iam:PassRole")[..] else {
        panic!("{document}")
    };
    assert_eq!(pass["Resource"], role);
    assert_eq!(
        pass["Condition"]["StringEquals"]["iam:PassedToService"],
        json!(["ecs-tasks.amazonaws.com", "lambda.amazonaws.com"])
    );
    assert_eq!(of(&document, "iam:CreateRole")[0]["Resource"], role);
    let linked = &of(&document, "iam:CreateServiceLinkedRole")[0];
    assert!(linked["Condition"]["StringEquals"]["iam:AWSServiceName"].is_array());
}

#[test]
fn only_the_secrets_that_are_read_are_readable() {
    let document = reading(&all(), &subject()).document(&subject());
    assert_eq!(
        of(&document, GET_SECRET)[0]["Resource"],
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/auth-??????"
    );
    let none = Subject {
        secrets: Vec::new(),
        ..subject()
    };
    let document = deploy(&all(), &none).document(&none);
    assert_eq!(of(&document, GET_SECRET), Vec::<Value>::new());
}

#[test]
fn arns_are_of_the_partition_and_of_any_account_that_is_not_known() {
    for (region, partition) in [
        ("eu-west-1", "aws"),
        ("us-east-1", "aws"),
        ("us-gov-west-1", "aws-us-gov"),
        ("cn-north-1", "aws-cn"),
    ] {
        let subject = Subject {
            owner: Owner::new("shop", region),
            account: None,
            ..subject()
        };
        let document = deploy(&all(), &subject).document(&subject);
        let create = &of(&document, "lambda:CreateFunction")[0];
        let expected = format!("arn:{partition}:lambda:{region}:*:function:shop-*");
        assert_eq!(create["Resource"], expected.as_str());
    }
}

#[test]
fn a_kind_that_is_not_wanted_is_read_and_not_changed() {
    let kinds = all();
    let vpc: Vec<&Schema> = kinds
        .iter()
        .copied()
        .filter(|schema| schema.service() == "ec2")
        .collect();
    let document = deploy(&vpc, &subject()).document(&subject());
    assert!(!of(&document, "ec2:CreateVpc").is_empty());
    assert!(of(&document, "lambda:CreateFunction").is_empty());
    assert!(!of(&document, "lambda:ListFunctions").is_empty());
}

/// The stack of the repository's root, with a domain, a firewall and somebody to notify.
fn whole_graph() -> crate::model::Graph {
    let stack = include_str!("../../../stack.yaml")
        .replace(
            "\nsecrets:",
            "\ndomain: { name: www.example.com, zone: example.com }\nsecrets:",
        )
        .replace("  # waf:", "  waf:")
        .replace("  # notify:", "  notify:");
    let reading = crate::spec::read("stack.yaml", stack.into_bytes()).expect("a stack");
    let inputs = crate::stack::Inputs {
        account: "123456789012".to_owned(),
        digests: crate::stack::Digests::default(),
    };
    crate::stack::graph(&reading.spec, &inputs)
}

/// Whether a text fits a pattern in which `*` stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, rest)) => text.strip_prefix(before).is_some_and(|text| {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.into_iter().any(|at| fits(rest, &text[at..]))
        }),
    }
}

#[test]
fn the_names_of_a_stack_are_within_what_its_policy_allows() {
    let graph = whole_graph();
    let subject = Subject {
        owner: graph.owner().clone(),
        ..subject()
    };
    let document = deploy(&all(), &subject).document(&subject);
    let mut checked = 0;
    for (address, node) in graph.nodes() {
        let form = node
            .schema
            .outputs
            .iter()
            .find(|output| output.form.starts_with("arn:"));
        let name = node.values.get("name");
        let (Some(form), Some(crate::model::Value::Text(name))) = (form, name) else {
            continue;
        };
        let arn = form
            .form
            .replace("{region}", &subject.owner.region)
            .replace("{account}", "123456789012")
            .replace(
                "{cluster.name}",
                &format!("{}-cluster", subject.owner.stack),
            )
            .replace("{name}", name);
        for action in node
            .schema
            .operations
            .create
            .iter()
            .chain(node.schema.operations.delete)
        {
            if facts::grants(action).is_none()
                || action.split(':').next() != Some(node.schema.service())
            {
                continue;
            }
            let resources =
                of(&document, action)
                    .into_iter()
                    .flat_map(|one| match &one["Resource"] {
                        Value::Array(all) => all.clone(),
                        one => vec![one.clone()],
                    });
            let covers = |resource: Value| {
                let resource = resource.as_str().unwrap_or_default();
                fits(resource, &arn) || fits(resource, &format!("{arn}/object"))
            };
            assert!(
                resources.into_iter().any(covers),
                "{address}: {action} on {arn}"
            );
            checked += 1;
        }
    }
    assert!(checked > 60, "too few to mean anything: {checked}");
}

#[test]
fn parts_are_short_enough_and_allow_the_same() {
    let policy = deploy(&all(), &subject());
    assert!(policy.size(&subject()) > SIZE_LIMIT);
    let parts = policy.parts(&subject());
    assert!(parts.iter().all(|part| part.size(&subject()) <= SIZE_LIMIT));
    let whole = parts.into_iter().reduce(Policy::and).expect("parts");
    assert_eq!(whole.document(&subject()), policy.document(&subject()));
}

#[test]
fn the_bucket_of_leases_is_bounded_to_the_stack() {
    let document = deploy(&[], &subject()).document(&subject());
    let put = &of(&document, "s3:PutObject")[0]["Resource"];
    assert_eq!(
        put[1],
        "arn:aws:s3:::qpiac-123456789012-eu-west-1/leases/shop"
    );
}
