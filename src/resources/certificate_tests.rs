//! Traps of certificates.

use super::*;
use crate::aws::scripted::{Answer, Scripted, json_error, json_reply};
use crate::model::{Attributes, FaultClass};
use serde_json::{Value as Json, json};

const ARN: &str = "arn:aws:acm:us-east-1:123456789012:certificate/1";

fn certificate() -> Certificate {
    Certificate {
        domain_name: "www.example.com".to_owned(),
        subject_alternative_names: BTreeSet::from(["api.example.com".to_owned()]),
        region: "us-east-1".to_owned(),
        key_algorithm: KeyAlgorithm::Rsa2048,
    }
}

fn found() -> Found<Certificate> {
    Found {
        id: ARN.to_owned(),
        attributes: certificate(),
        outputs: CertificateOutputs { arn: ARN.into() },
        tags: Tags::new(),
        state: State::Ready,
    }
}

async fn read_as(mut more: Json) -> Found<Certificate> {
    let mut detail = json!({
        "CertificateArn": ARN,
        "DomainName": "www.example.com",
        "SubjectAlternativeNames": ["www.example.com", "api.example.com"],
        "KeyAlgorithm": "RSA-2048",
    });
    if let (Some(detail), Some(more)) = (detail.as_object_mut(), more.as_object_mut()) {
        detail.append(more);
    }
    let tags = json!({ "Tags": [{ "Key": "qpiac:zone", "Value": "example.com" }] });
    let cloud = Scripted::new([
        json_reply(&tags),
        json_reply(&json!({ "Certificate": detail })),
    ]);
    let query = Query::Ids(vec![ARN.to_owned()]);
    let found = Certificate::find(&cloud.clients(), &query).await;
    found.expect("answers").pop().expect("a certificate")
}

/// AWS counts the first name among the others, writes the algorithm with a hyphen, and the tag is
/// the validation's.
#[tokio::test]
async fn a_certificate_is_read_as_it_was_wanted() {
    let found = read_as(json!({ "Status": "ISSUED" })).await;
    assert_eq!(found.attributes.values(), certificate().values());
    assert_eq!((found.state, found.tags), (State::Ready, Tags::new()));
}

#[tokio::test]
async fn failed_is_broken_and_pending_is_busy() {
    let waits = json!([{
        "DomainName": "www.example.com",
        "ValidationStatus": "PENDING_VALIDATION",
        "ResourceRecord": { "Name": "_a.www.example.com.", "Type": "CNAME", "Value": "_b.aws." },
    }]);
    let cases = [
        (
            json!({ "Status": "PENDING_VALIDATION" }),
            State::Busy("PENDING_VALIDATION".to_owned()),
        ),
        (
            json!({ "Status": "PENDING_VALIDATION", "DomainValidationOptions": waits }),
            State::Busy(
                "www.example.com: PENDING_VALIDATION, awaiting the DNS record \
                 _a.www.example.com. CNAME _b.aws."
                    .to_owned(),
            ),
        ),
        (
            json!({ "Status": "FAILED", "FailureReason": "CAA_ERROR" }),
            State::Broken("FAILED: CAA_ERROR".to_owned()),
        ),
        (
            json!({ "Status": "VALIDATION_TIMED_OUT" }),
            State::Broken("VALIDATION_TIMED_OUT".to_owned()),
        ),
    ];
    for (more, state) in cases {
        assert_eq!(read_as(more).await.state, state);
    }
}

#[tokio::test]
async fn resource_in_use_exception_is_a_conflict() {
    let message = format!("Certificate {ARN} in account 123456789012 is in use.");
    let cloud = Scripted::new([json_error(400, "ResourceInUseException", &message)]);
    let fault = Certificate::delete(&cloud.clients(), found())
        .await
        .expect_err("a listener lets go of it slowly");
    assert_eq!(fault.class, FaultClass::Conflict, "{fault}");
}

#[tokio::test(start_paused = true)]
async fn a_repeated_request_has_the_same_token() {
    let cloud = Scripted::new([
        Answer::Silence,
        json_reply(&json!({ "CertificateArn": ARN })),
    ]);
    let want = Resolved::new(&certificate().values()).expect("all is known");
    let mark = Mark {
        tags: Tags::new(),
        token: "0123456789abcdef0123456789abcdef".to_owned(),
    };
    let aws = cloud.clients();
    Certificate::create(&aws, &want, &mark)
        .await
        .expect_err("the first reply is lost");
    Certificate::create(&aws, &want, &mark)
        .await
        .expect("the second comes");
    for asked in cloud.asked() {
        let body: Json = serde_json::from_str(&asked.body).expect("JSON");
        assert_eq!(body["IdempotencyToken"], mark.token);
        assert_eq!(body["ValidationMethod"], "DNS");
    }
}

/// Without this, certificates with other keys are not listed.
#[tokio::test]
async fn all_kinds_of_keys_are_listed() {
    let cloud = Scripted::new([json_reply(&json!({ "CertificateSummaryList": [] }))]);
    let owner = crate::model::Owner::new("shop", "us-east-1");
    let names = Vec::new();
    let found = Certificate::find(&cloud.clients(), &Query::Owned { owner, names }).await;
    assert!(found.expect("an answer").is_empty());
    let body = &cloud.asked()[0].body;
    assert!(
        body.contains("EC_prime256v1") && body.contains("RSA_4096"),
        "{body}"
    );
}
