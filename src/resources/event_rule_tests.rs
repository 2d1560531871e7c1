//! Traps of schedules.

use super::*;
use crate::aws::scripted::{Scripted, json_error, json_reply};
use crate::model::{Attributes, FaultClass};
use serde_json::json;

const ARN: &str = "arn:aws:events:us-east-1:123456789012:rule/shop-reconcile";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:shop-rotation";

fn rule() -> EventRule {
    EventRule {
        name: "shop-reconcile".to_owned(),
        description: "again and again".to_owned(),
        schedule_expression: "rate(5 minutes)".to_owned(),
        enabled: true,
        targets: BTreeSet::from([EventTarget {
            function: Ref::known(FUNCTION),
            input: "{}".to_owned(),
        }]),
    }
}

fn found() -> Found<EventRule> {
    Found {
        id: ARN.to_owned(),
        attributes: rule(),
        outputs: outputs(ARN.to_owned(), "shop-reconcile"),
        tags: Tags::new(),
        state: State::Ready,
    }
}

async fn create(cloud: &Scripted) -> Result<EventRuleOutputs, Fault> {
    let want = Resolved::new(&rule().values()).expect("all is known");
    let mark = Mark {
        tags: Tags::from([("qpiac:stack".to_owned(), "shop@us-east-1".to_owned())]),
        token: String::new(),
    };
    EventRule::create(&cloud.clients(), &want, &mark).await
}

fn verbs(cloud: &Scripted) -> Vec<String> {
    let operations = cloud.operations().into_iter();
    operations
        .map(|operation| operation.trim_start_matches("AWSEvents.").to_owned())
        .collect()
}

#[tokio::test]
async fn a_target_that_is_refused_within_a_success_is_a_fault() {
    let failed = json!({
        "FailedEntryCount": 1,
        "FailedEntries": [{
            "TargetId": "function-1",
            "ErrorCode": "ConcurrentModificationException",
            "ErrorMessage": "the rule is being changed",
        }],
    });
    let cloud = Scripted::new([json_reply(&json!({ "RuleArn": ARN })), json_reply(&failed)]);
    let fault = create(&cloud).await.expect_err("a refusal");
    // Not the first call, so the engine looks for the rule before it makes it again.
    assert_eq!(fault.class, FaultClass::Conflict);
    assert_eq!(fault.operation, "PutTargets");
}

#[tokio::test]
async fn targets_that_nobody_wants_are_taken_away() {
    let targets = json!({ "Targets": [
        { "Id": "function-1", "Arn": FUNCTION, "Input": "{}" },
        { "Id": "by-hand", "Arn": FUNCTION },
    ] });
    let cloud = Scripted::new([
        json_reply(&json!({ "RuleArn": ARN })),
        json_reply(&json!({ "FailedEntryCount": 0 })),
        json_reply(&targets),
        json_reply(&json!({ "FailedEntryCount": 0 })),
    ]);
    create(&cloud).await.expect("the script has answers");
    let expected = [
        "PutRule",
        "PutTargets",
        "ListTargetsByRule",
        "RemoveTargets",
    ];
    assert_eq!(verbs(&cloud), expected);
    let body = &cloud.asked()[3].body;
    assert!(
        body.contains("by-hand") && !body.contains("function-1"),
        "{body}"
    );
}

#[tokio::test]
async fn a_rule_is_deleted_after_its_targets() {
    let targets = json!({ "Targets": [{ "Id": "function-1", "Arn": FUNCTION }] });
    let cloud = Scripted::new([
        json_reply(&targets),
        json_reply(&json!({ "FailedEntryCount": 0 })),
        json_reply(&json!({})),
    ]);
    EventRule::delete(&cloud.clients(), found())
        .await
        .expect("it goes");
    assert_eq!(
        verbs(&cloud),
        ["ListTargetsByRule", "RemoveTargets", "DeleteRule"]
    );
    // Its parts may be gone already.
    let missing = || json_error(400, "ResourceNotFoundException", "Rule does not exist.");
    let cloud = Scripted::new([missing(), missing()]);
    let fault = EventRule::delete(&cloud.clients(), found())
        .await
        .expect_err("it has gone");
    assert_eq!(fault.class, FaultClass::Missing);
    assert_eq!(verbs(&cloud), ["ListTargetsByRule", "DeleteRule"]);
}

#[tokio::test]
async fn a_rule_without_targets_differs_from_the_one_that_is_wanted() {
    let cloud = Scripted::new([
        json_reply(&json!({ "Rules": [{
            "Name": "shop-reconcile", "Arn": ARN, "Description": "again and again",
            "ScheduleExpression": "rate(5 minutes)", "State": "ENABLED",
        }] })),
        json_reply(&json!({ "Tags": [] })),
        json_reply(&json!({ "Targets": [] })),
    ]);
    let which = Query::Ids(vec![ARN.to_owned()]);
    let found = EventRule::find(&cloud.clients(), &which)
        .await
        .expect("answers");
    let mut without = rule();
    without.targets.clear();
    assert_eq!(found[0].attributes.values(), without.values());
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_names_the_same_page_again_ends() {
    let page = || json_reply(&json!({ "Rules": [], "NextToken": "more" }));
    let cloud = Scripted::new([page(), page()]);
    let which = Query::Owned {
        owner: Owner::new("shop", "us-east-1"),
        names: Vec::new(),
    };
    let found = EventRule::find(&cloud.clients(), &which).await;
    let fault = found.expect_err("no end");
    assert_eq!(fault.class, FaultClass::Rejected);
    assert!(fault.message.contains("does not end"), "{fault}");
}
