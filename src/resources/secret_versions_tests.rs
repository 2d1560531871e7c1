//! Every state of a rotation is no difference; real differences are.

use std::sync::Arc;

use super::*;
use crate::aws::scripted::{Answer, Scripted, json_error, json_reply};
use crate::model::Contents;
use serde_json::json;

fn versions(current: &str, pending: Option<&str>, previous: Option<&str>) -> Versions {
    Versions {
        arn: "arn".to_owned(),
        current: current.to_owned(),
        pending: pending.map(str::to_owned),
        previous: previous.map(str::to_owned),
        unread: 0,
    }
}

fn set(values: &[&str]) -> BTreeSet<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

#[test]
fn no_state_of_a_rotation_is_a_difference() {
    // What happened last, the versions, what the rule accepts, what the distribution sends.
    let states = [
        ("secret made", versions("a", None, None), set(&["a"]), "a"),
        (
            "pending made",
            versions("a", Some("b"), None),
            set(&["a"]),
            "a",
        ),
        (
            "rules widened",
            versions("a", Some("b"), None),
            set(&["a", "b"]),
            "a",
        ),
        (
            "distribution moved",
            versions("a", Some("b"), None),
            set(&["a", "b"]),
            "b",
        ),
        (
            "label moved",
            versions("b", None, Some("a")),
            set(&["a", "b"]),
            "b",
        ),
        (
            "label moved, pending stays",
            versions("b", Some("b"), Some("a")),
            set(&["a", "b"]),
            "b",
        ),
        (
            "old value dropped",
            versions("b", None, Some("a")),
            set(&["b"]),
            "b",
        ),
        (
            "next pending made",
            versions("b", Some("c"), Some("a")),
            set(&["b"]),
            "b",
        ),
        (
            "rules widened again",
            versions("b", Some("c"), Some("a")),
            set(&["b", "c"]),
            "b",
        ),
        (
            "rules widened before the old value was dropped",
            versions("b", Some("c"), Some("a")),
            set(&["a", "b", "c"]),
            "c",
        ),
    ];
    for (state, versions, rule, header) in states {
        let wanted = versions.current.clone();
        let all = [super::Versions::default(), versions];
        assert_eq!(settled_rule(&all, rule), set(&[&wanted]), "{state}: rule");
        assert_eq!(
            settled_header(&all, header.to_owned()),
            wanted,
            "{state}: distribution"
        );
    }
}

#[test]
fn real_differences_stay() {
    let all = [versions("b", Some("c"), Some("a"))];
    for rule in [&["a"][..], &["c"], &["a", "c"], &["b", "x"], &["x"], &[]] {
        assert_eq!(settled_rule(&all, set(rule)), set(rule), "{rule:?}");
    }
    for header in ["a", "x"] {
        assert_eq!(settled_header(&all, header.to_owned()), header);
    }
    assert_eq!(settled_rule(&[], set(&["a"])), set(&["a"]));
}

#[test]
fn values_that_could_not_be_read_may_be_among_the_accepted() {
    let mut one = versions("a", None, None);
    one.unread = 1;
    let all = [one];
    assert_eq!(settled_rule(&all, set(&["a", "?"])), set(&["a"]));
    assert_eq!(settled_rule(&all, set(&["?"])), set(&["?"]));
    let many = set(&["a", "?", "!"]);
    assert_eq!(settled_rule(&all, many.clone()), many);
}

const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/cdn-auth-AbCdEf";

fn owner() -> Owner {
    Owner::new("shop", "us-east-1")
}

fn clients(cloud: &Scripted) -> Clients {
    cloud
        .clients()
        .working_for(owner(), Arc::new(Contents::default()))
}

fn list() -> Answer {
    json_reply(&json!({ "SecretList": [{
        "ARN": ARN,
        "Name": "shop/cdn-auth",
        "Tags": [
            { "Key": "qpiac:stack", "Value": "shop@us-east-1" },
            { "Key": "qpiac:usage", "Value": "origin-header" },
        ],
        "SecretVersionsToStages": { "v1": ["AWSPREVIOUS"], "v2": ["AWSCURRENT"] },
    }] }))
}

fn value(plain: &str) -> Answer {
    json_reply(&json!({ "ARN": ARN, "SecretString": plain }))
}

fn none() -> Answer {
    json_error(
        400,
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret value for staging label: AWSPENDING",
    )
}

#[tokio::test]
async fn versions_are_read_as_fingerprints() {
    let cloud = Scripted::new([list(), value("plain-b"), none(), value("plain-a")]);
    let aws = clients(&cloud);
    let read = origin_secrets(&aws).await.expect("the script has answers");
    assert!(!format!("{read:?}").contains("plain"), "{read:?}");
    let fingerprint = |plain: &str| aws.vault().fingerprint(plain);
    let expected = Versions {
        arn: ARN.to_owned(),
        ..versions(&fingerprint("plain-b"), None, Some(&fingerprint("plain-a")))
    };
    assert_eq!(*read, [expected]);
    assert!(aws.take_notes().is_empty());
}

#[tokio::test]
async fn what_is_written_is_read_anew() {
    let cloud = Scripted::new([
        list(),
        value("plain-a"),
        none(),
        none(),
        value("plain-b"),
        value("plain-c"),
        value("plain-b"),
        value("plain-b"),
    ]);
    let aws = clients(&cloud);
    let read = origin_secrets(&aws).await.expect("the script has answers");
    // Meanwhile a rotation has ended and another one has begun.
    let write = versions_to_write(&aws, &read[0].current)
        .await
        .expect("a source is known");
    assert_eq!(write.current.expose(), "plain-b");
    assert_eq!(write.pending.expect("one is pending").expose(), "plain-c");
    let write = versions_to_write(&aws, &read[0].current)
        .await
        .expect("a source is known");
    assert!(
        write.pending.is_none(),
        "the label of the last rotation has stayed"
    );
    let fault = versions_to_write(&aws, "fp:0000000000000000")
        .await
        .expect_err("nobody's");
    assert_eq!(fault.class, FaultClass::Rejected);
}

#[tokio::test]
async fn without_the_right_to_read_the_distribution_stands_for_the_secret() {
    let distributions = "<DistributionList><Marker/><MaxItems>100</MaxItems>\
        <IsTruncated>false</IsTruncated><Quantity>1</Quantity><Items><DistributionSummary>\
        <Id>E1</Id><ARN>arn:aws:cloudfront::123456789012:distribution/E1</ARN>\
        <Status>Deployed</Status><LastModifiedTime>2026-01-01T00:00:00Z</LastModifiedTime>\
        <DomainName>d1.cloudfront.net</DomainName>\
        <Comment>qpiac:shop@us-east-1/distribution/main</Comment>\
        <Origins><Quantity>1</Quantity><Items><Origin><Id>alb</Id>\
        <DomainName>alb.example.com</DomainName><CustomHeaders><Quantity>1</Quantity><Items>\
        <OriginCustomHeader><HeaderName>X-CDN-Auth</HeaderName>\
        <HeaderValue>plain-b</HeaderValue></OriginCustomHeader></Items></CustomHeaders>\
        </Origin></Items></Origins></DistributionSummary></Items></DistributionList>";
    let denied = json_error(
        400,
        "AccessDeniedException",
        "not authorized to GetSecretValue",
    );
    let cloud = Scripted::new([
        list(),
        denied.clone(),
        denied.clone(),
        denied,
        Answer::Reply(200, distributions.to_owned()),
    ]);
    let aws = clients(&cloud);
    let read = origin_secrets(&aws).await.expect("the script has answers");
    assert_eq!(read[0].current, aws.vault().fingerprint("plain-b"));
    assert_eq!((read[0].unread, read.len()), (1, 1));
    let notes = aws.take_notes();
    assert!(
        notes[0].contains("shop/cdn-auth may not be read"),
        "{notes:?}"
    );
}
