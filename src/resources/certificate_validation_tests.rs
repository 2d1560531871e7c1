//! Traps of the DNS records of certificates.

use std::sync::Arc;

use super::super::route53_script::{changed, zones};
use super::*;
use crate::aws::scripted::{Answer, Scripted, ec2_reply, json_error, json_reply};
use crate::model::{Attributes, Contents, Owner, Resource};
use serde_json::{Value as Json, json};

const ARN: &str = "arn:aws:acm:us-east-1:123456789012:certificate/1";
const OTHER: &str = "arn:aws:acm:us-east-1:123456789012:certificate/2";

fn record_set() -> Answer {
    Answer::Reply(
        200,
        "<ListResourceRecordSetsResponse><ResourceRecordSets><ResourceRecordSet>\
         <Name>_a.www.example.com.</Name><Type>CNAME</Type><TTL>300</TTL><ResourceRecords>\
         <ResourceRecord><Value>_b.acm-validations.aws.</Value></ResourceRecord>\
         </ResourceRecords></ResourceRecordSet></ResourceRecordSets>\
         <IsTruncated>false</IsTruncated><MaxItems>300</MaxItems>\
         </ListResourceRecordSetsResponse>"
            .to_owned(),
    )
}

fn described(record: &Json) -> Answer {
    json_reply(&json!({ "Certificate": {
        "CertificateArn": ARN,
        "DomainName": "www.example.com",
        "Status": "PENDING_VALIDATION",
        "DomainValidationOptions": [
            { "DomainName": "www.example.com", "ResourceRecord": record },
            { "DomainName": "*.www.example.com", "ResourceRecord": record },
        ],
    } }))
}

fn record() -> Json {
    json!({
        "Name": "_a.www.example.com.", "Type": "CNAME", "Value": "_b.acm-validations.aws.",
    })
}

fn tags(tags: &[(&str, &str)]) -> Answer {
    let tags: Vec<Json> = tags
        .iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    json_reply(&json!({ "Tags": tags }))
}

fn listed() -> Answer {
    json_reply(&json!({ "CertificateSummaryList": [
        { "CertificateArn": ARN, "DomainName": "www.example.com", "Type": "AMAZON_ISSUED" },
        { "CertificateArn": OTHER, "DomainName": "*.www.example.com", "Type": "AMAZON_ISSUED" },
    ] }))
}

fn nothing() -> Answer {
    Answer::Reply(200, "{}".to_owned())
}

fn aws(cloud: &Scripted) -> Clients {
    let owner = Owner::new("shop", "us-east-1");
    let contents = Arc::new(Contents::default());
    cloud.clients().working_for(owner, contents)
}

fn validation() -> CertificateValidation {
    CertificateValidation {
        certificate_arn: Ref::known(ARN),
        zone: "example.com".to_owned(),
    }
}

async fn create(cloud: &Scripted) -> Result<CertificateValidationOutputs, Fault> {
    let want = Resolved::new(&validation().values()).expect("all is known");
    let mark = Mark {
        tags: Tags::new(),
        token: String::new(),
    };
    CertificateValidation::create(&aws(cloud), &want, &mark).await
}

#[tokio::test]
async fn an_empty_resource_record_is_not_yet() {
    for record in [
        json!(null),
        json!({ "Name": "", "Type": "CNAME", "Value": "" }),
    ] {
        let cloud = Scripted::new([zones(), tags(&[]), described(&record)]);
        let fault = create(&cloud).await.expect_err("AWS has not said it yet");
        assert_eq!(fault.class, FaultClass::NotYet, "{fault}");
        let first = CertificateValidation::SCHEMA.operations.create[0];
        assert_eq!(format!("{}:{}", fault.service, fault.operation), first);
    }
}

/// A crash in between must leave the tag, by which the records are found.
#[tokio::test]
async fn the_tag_comes_before_the_records_and_a_name_and_its_wildcard_share_one() {
    let cloud = Scripted::new([
        zones(),
        tags(&[]),
        described(&record()),
        nothing(),
        changed(),
    ]);
    create(&cloud).await.expect("all is said");
    let asked = cloud.asked();
    assert!(asked[3].operation.ends_with("AddTagsToCertificate"));
    assert_eq!(
        asked[4].body.matches("UPSERT").count(),
        1,
        "{}",
        asked[4].body
    );
}

/// The regions of the account, of which one is not the stack's.
fn regions() -> Answer {
    let regions = "<regionInfo><item><regionName>us-east-1</regionName></item>\
                   <item><regionName>eu-north-1</regionName></item></regionInfo>";
    ec2_reply("DescribeRegions", regions)
}

fn none_listed() -> Answer {
    json_reply(&json!({ "CertificateSummaryList": [] }))
}

/// Deletes, where the other certificate, of the stack's region, has these tags.
async fn delete(other: &[(&str, &str)], more: Vec<Answer>) -> Vec<String> {
    let mut answers = vec![none_listed(), listed(), tags(other)];
    answers.extend(more);
    delete_among(answers).await[3..].to_vec()
}

/// Deletes, with these answers about all regions and what follows; tells what was asked since then.
async fn delete_among(more: Vec<Answer>) -> Vec<String> {
    let mut answers = vec![
        tags(&[("qpiac:zone", "example.com")]),
        described(&record()),
        zones(),
        regions(),
    ];
    answers.extend(more);
    let cloud = Scripted::new(answers);
    let found = Found {
        id: format!("{ARN}/validation"),
        attributes: validation(),
        outputs: outputs(ARN),
        tags: Tags::new(),
        state: State::Ready,
    };
    CertificateValidation::delete(&aws(&cloud), found)
        .await
        .expect("the script has all answers");
    cloud.operations()[4..].to_vec()
}

#[tokio::test]
async fn a_record_that_another_certificate_needs_stays() {
    let ours = ("qpiac:stack", "shop@us-east-1");
    for other in [
        vec![],
        vec![("qpiac:stack", "other@us-east-1")],
        vec![ours, ("qpiac:zone", "example.com")],
    ] {
        let operations = delete(&other, vec![nothing()]).await;
        assert_eq!(operations, ["CertificateManager.RemoveTagsFromCertificate"]);
    }
    let answers = vec![record_set(), changed(), nothing()];
    let operations = delete(&[ours], answers).await;
    assert_eq!(operations.len(), 3, "{operations:?}");
    assert!(operations[1].starts_with("POST"), "{operations:?}");
}

#[tokio::test]
async fn a_record_that_a_certificate_of_another_region_needs_stays() {
    let operations = delete_among(vec![listed(), none_listed(), tags(&[]), nothing()]).await;
    let last = "CertificateManager.RemoveTagsFromCertificate";
    assert_eq!(
        operations[2..],
        ["CertificateManager.ListTagsForCertificate", last]
    );

    // Where one cannot see, one cannot know.
    let denied = json_error(400, "AccessDeniedException", "explicit deny in a policy");
    let operations = delete_among(vec![denied, none_listed(), nothing()]).await;
    assert_eq!(operations[2..], [last]);
}
