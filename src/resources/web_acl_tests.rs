//! Traps of web ACLs.

use super::*;
use crate::aws::scripted::{Answer, Scripted, json_error, json_reply};
use crate::model::{Attributes, FaultClass};
use serde_json::json;

const ARN: &str = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop-waf/1";

fn acl() -> WebAcl {
    WebAcl {
        name: "shop-waf".to_owned(),
        description: "Requests to shop".to_owned(),
        default_action: DefaultAction::Allow,
        rules: Vec::new(),
        visibility: Visibility::full("shop-waf"),
    }
}

fn found() -> Found<WebAcl> {
    Found {
        id: ARN.to_owned(),
        attributes: acl(),
        outputs: WebAclOutputs { arn: ARN.into() },
        tags: Tags::new(),
        state: State::Ready,
    }
}

fn read_with(token: &str) -> Answer {
    json_reply(&json!({
        "WebACL": { "Name": "shop-waf", "Id": "1", "ARN": ARN },
        "LockToken": token,
    }))
}

async fn update(cloud: &Scripted) -> Result<WebAclOutputs, Fault> {
    let want = Resolved::new(&acl().values()).expect("all is known");
    WebAcl::update(&cloud.clients(), &want, found(), Changes::new(&[])).await
}

#[tokio::test]
async fn waf_optimistic_lock_exception_reads_once_more() {
    let cloud = Scripted::new([
        read_with("old"),
        json_error(400, "WAFOptimisticLockException", "someone changed it"),
        read_with("new"),
        json_reply(&json!({ "NextLockToken": "next" })),
    ]);
    let fault = update(&cloud).await.expect_err("the token is old");
    assert_eq!(fault.class, FaultClass::Conflict, "{fault}");
    update(&cloud).await.expect("the token is new");
    assert!(cloud.asked()[3].body.contains("\"LockToken\":\"new\""));
}

#[tokio::test]
async fn waf_associated_item_exception_is_a_conflict() {
    let cloud = Scripted::new([
        read_with("token"),
        json_error(400, "WAFAssociatedItemException", "it is associated"),
    ]);
    let deleted = WebAcl::delete(&cloud.clients(), found()).await;
    let fault = deleted.expect_err("CloudFront lets go of it slowly");
    assert_eq!(fault.class, FaultClass::Conflict, "{fault}");
}

#[tokio::test]
async fn waf_unavailable_entity_exception_is_not_yet() {
    let cloud = Scripted::new([json_error(
        400,
        "WAFUnavailableEntityException",
        "AWS WAF couldn't retrieve the resource",
    )]);
    let want = Resolved::new(&acl().values()).expect("all is known");
    let mark = Mark {
        tags: Tags::new(),
        token: String::new(),
    };
    let made = WebAcl::create(&cloud.clients(), &want, &mark).await;
    let fault = made.expect_err("a part of it is not there yet");
    assert_eq!(fault.class, FaultClass::NotYet, "{fault}");
}

/// ListWebACLs may give a marker although nothing follows.
#[tokio::test]
async fn the_listing_ends() {
    let cloud = Scripted::new([json_reply(&json!({
        "WebACLs": [{ "Name": "other", "ARN": ARN }],
        "NextMarker": "other",
    }))]);
    let owner = Owner::new("shop", "us-east-1");
    let names = Vec::new();
    let found = WebAcl::find(&cloud.clients(), &Query::Owned { owner, names }).await;
    assert!(found.expect("an answer").is_empty());
    assert_eq!(cloud.operations().len(), 1);
}
