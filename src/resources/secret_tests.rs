//! Traps of secrets.

use std::sync::Arc;

use super::*;
use crate::aws::scripted::{Answer, Scripted, json_error, json_reply};
use crate::model::{ADDRESS_TAG, Attributes, Contents};
use serde_json::json;

const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/cdn-auth-AbCdEf";
const SCHEDULED: &str = "You can't create this secret because a secret with this name is already \
                         scheduled for deletion.";

fn owner() -> Owner {
    Owner::new("shop", "us-east-1")
}

fn clients(cloud: &Scripted) -> Clients {
    cloud
        .clients()
        .working_for(owner(), Arc::new(Contents::default()))
}

fn secret() -> Secret {
    Secret {
        name: "shop/cdn-auth".to_owned(),
        description: "what CloudFront shows".to_owned(),
        usage: SecretUsage::OriginHeader,
        recovery_window_days: 7,
    }
}

fn mark() -> Mark {
    let address = "secret/cdn-auth".parse().expect("an address");
    Mark {
        tags: owner().mark(&address),
        token: "0123456789abcdef0123456789abcdef".to_owned(),
    }
}

async fn create(cloud: &Scripted) -> (Clients, Result<SecretOutputs, Fault>) {
    let want = Resolved::<Secret>::new(&secret().values()).expect("all is known");
    let aws = clients(cloud);
    let made = Secret::create(&aws, &want, &mark()).await;
    (aws, made)
}

fn operations(cloud: &Scripted) -> Vec<String> {
    let operations = cloud.operations().into_iter();
    operations
        .map(|name| name.trim_start_matches("secretsmanager.").to_owned())
        .collect()
}

fn described(stack: &str) -> Answer {
    json_reply(&json!({
        "ARN": ARN,
        "Name": "shop/cdn-auth",
        "Description": "what CloudFront shows",
        "DeletedDate": 1_700_000_000,
        "VersionIdsToStages": { "v1": ["AWSPREVIOUS"], "v2": ["AWSCURRENT", "AWSPENDING"] },
        "Tags": [
            { "Key": STACK_TAG, "Value": stack },
            { "Key": ADDRESS_TAG, "Value": "secret/cdn-auth" },
            { "Key": "team", "Value": "old" },
        ],
    }))
}

fn empty() -> Answer {
    json_reply(&json!({}))
}

#[tokio::test]
async fn scheduled_for_deletion_is_restored_with_a_new_value() {
    let cloud = Scripted::new([
        json_error(400, "InvalidRequestException", SCHEDULED),
        described("shop@us-east-1"),
        json_reply(&json!({ "ARN": ARN })),
        empty(),
        empty(),
        json_reply(&json!({ "ARN": ARN })),
        json_reply(&json!({ "ARN": ARN })),
    ]);
    let (aws, made) = create(&cloud).await;
    let outputs = made.expect("it is restored");
    assert_eq!(outputs.arn.as_str(), ARN);
    assert_eq!(
        operations(&cloud),
        [
            "CreateSecret",
            "DescribeSecret",
            "RestoreSecret",
            "TagResource",
            "UntagResource",
            "UpdateSecretVersionStage",
            "PutSecretValue"
        ]
    );
    let asked = cloud.asked();
    assert!(
        asked[4].body.contains("team") && !asked[4].body.contains("qpiac"),
        "{}",
        asked[4].body
    );
    assert!(asked[5].body.contains("v2"), "{}", asked[5].body);
    let put: serde_json::Value = serde_json::from_str(&asked[6].body).expect("JSON");
    assert_eq!(put["ClientRequestToken"], json!(mark().token));
    let plain = put["SecretString"].as_str().expect("a value");
    assert_eq!(plain.len(), 64);
    assert_eq!(outputs.value.as_str(), aws.vault().fingerprint(plain));
    assert_eq!(
        aws.vault().source(outputs.value.as_str()).as_deref(),
        Some(ARN)
    );
}

#[tokio::test]
async fn scheduled_for_deletion_by_somebody_else_is_told() {
    let cloud = Scripted::new([
        json_error(400, "InvalidRequestException", SCHEDULED),
        described("store@us-east-1"),
    ]);
    let (_, made) = create(&cloud).await;
    let fault = made.expect_err("it is not ours");
    assert_eq!(fault.class, FaultClass::Rejected);
    assert!(
        fault.message.contains("does not belong to this stack"),
        "{fault}"
    );
    assert_eq!(operations(&cloud), ["CreateSecret", "DescribeSecret"]);
}

#[tokio::test]
async fn was_deleted_is_repeated() {
    let message = "You can't perform this operation on the secret because it was deleted.";
    let cloud = Scripted::new([json_error(400, "InvalidRequestException", message)]);
    let (_, made) = create(&cloud).await;
    assert_eq!(made.expect_err("not yet").class, FaultClass::Conflict);
    assert_eq!(operations(&cloud), ["CreateSecret"]);
}

#[tokio::test]
async fn scheduled_for_deletion_and_gone_meanwhile_is_repeated() {
    let cloud = Scripted::new([
        json_error(400, "InvalidRequestException", SCHEDULED),
        json_error(
            400,
            "ResourceNotFoundException",
            "can't find the specified secret",
        ),
    ]);
    let (_, made) = create(&cloud).await;
    assert_eq!(made.expect_err("not yet").class, FaultClass::Conflict);
}

#[tokio::test]
async fn a_value_is_made_and_given_once() {
    let cloud = Scripted::new([json_reply(&json!({ "ARN": ARN }))]);
    let (aws, made) = create(&cloud).await;
    let outputs = made.expect("it is made");
    let body = &cloud.asked()[0].body;
    let sent: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let plain = sent["SecretString"].as_str().expect("a value");
    assert_eq!(outputs.value.as_str(), aws.vault().fingerprint(plain));
    assert!(!format!("{outputs:?}").contains(plain));
    for (key, value) in [
        ("qpiac:usage", "origin-header"),
        ("qpiac:recovery-days", "7"),
        (STACK_TAG, "shop@us-east-1"),
    ] {
        let tag = json!({ "Key": key, "Value": value });
        assert!(
            sent["Tags"].as_array().expect("tags").contains(&tag),
            "{body}"
        );
    }
}

fn found() -> Found<Secret> {
    Found {
        id: ARN.to_owned(),
        attributes: secret(),
        outputs: SecretOutputs {
            arn: ARN.into(),
            name: "shop/cdn-auth".into(),
            value: "fp:0".into(),
        },
        tags: Tags::new(),
        state: State::Ready,
    }
}

#[tokio::test]
async fn deleted_twice_is_deleted() {
    let message = "You tried to perform the operation on a secret that's currently marked deleted.";
    let cloud = Scripted::new([
        json_reply(&json!({ "ARN": ARN })),
        json_error(400, "InvalidRequestException", message),
        json_error(
            400,
            "InvalidRequestException",
            "it is managed by another service",
        ),
    ]);
    let aws = clients(&cloud);
    Secret::delete(&aws, found()).await.expect("it goes");
    assert!(cloud.asked()[0].body.contains("\"RecoveryWindowInDays\":7"));
    Secret::delete(&aws, found()).await.expect("it has gone");
    Secret::delete(&aws, found()).await.expect_err("it stays");
}

#[tokio::test]
async fn a_listing_that_lags_hides_nothing_that_is_known_by_name() {
    let described = json!({
        "ARN": ARN,
        "Name": "shop/cdn-auth",
        "Description": "what CloudFront shows",
        "Tags": [
            { "Key": STACK_TAG, "Value": "shop@us-east-1" },
            { "Key": "qpiac:usage", "Value": "origin-header" },
            { "Key": "qpiac:recovery-days", "Value": "7" },
        ],
    });
    let none = json_error(400, "ResourceNotFoundException", "no such label");
    let cloud = Scripted::new([
        json_reply(&json!({ "SecretList": [] })),
        json_reply(&described),
        json_reply(&json!({ "SecretList": [] })),
        json_reply(&json!({ "SecretString": "plain-value" })),
        none.clone(),
        none,
    ]);
    let aws = clients(&cloud);
    let which = Query::Owned {
        owner: owner(),
        names: vec!["shop/cdn-auth".to_owned()],
    };
    let found = Secret::find(&aws, &which)
        .await
        .expect("the script has answers");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].attributes.values(), secret().values());
    assert_eq!(
        found[0].outputs.value.as_str(),
        aws.vault().fingerprint("plain-value")
    );
    assert_eq!(
        found[0].tags.len(),
        1,
        "tags that keep attributes are none of the user's"
    );
}

#[tokio::test]
async fn no_value_shows_in_a_fault() {
    let known = Plain::from("correct-horse".to_owned());
    let refusal = format!("Value '{}' is too short", known.expose());
    let cloud = Scripted::new([json_error(400, "InvalidParameterException", &refusal)]);
    let fault = create(&cloud).await.1.expect_err("a refusal");
    assert_eq!(fault.message, "Value '(secret)' is too short");
}
