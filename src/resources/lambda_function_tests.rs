//! Traps of functions.

use std::sync::Arc;

use super::*;
use crate::aws::scripted::{Answer, Scripted, json_error, json_reply};
use crate::model::{Attributes, Content, Contents, Owner, Tags};
use serde_json::json;

const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:shop-rotation";

fn function() -> LambdaFunction {
    LambdaFunction {
        name: "shop-rotation".to_owned(),
        description: "rotates secrets".to_owned(),
        runtime: "python3.13".to_owned(),
        handler: "rotation.handler".to_owned(),
        role: Ref::known("arn:aws:iam::123456789012:role/shop-fn"),
        code_sha256: "new=".to_owned(),
        architecture: LambdaArchitecture::Arm,
        memory: 128,
        timeout_s: 60,
        environment: BTreeMap::from([("A".to_owned(), "1".into())]),
        log_group: Ref::known("/aws/lambda/shop-rotation"),
    }
}

fn clients(cloud: &Scripted) -> Clients {
    let mut contents = Contents::default();
    contents.add("new=", Content::Bytes(Arc::from(*b"zip")));
    cloud
        .clients()
        .working_for(Owner::new("shop", "us-east-1"), Arc::new(contents))
}

async fn create(
    cloud: &Scripted,
    function: &LambdaFunction,
) -> Result<LambdaFunctionOutputs, Fault> {
    let want = Resolved::new(&function.values()).expect("all is known");
    let mark = Mark {
        tags: Tags::from([("qpiac:stack".to_owned(), "shop@us-east-1".to_owned())]),
        token: String::new(),
    };
    LambdaFunction::create(&clients(cloud), &want, &mark).await
}

fn configuration(code: &str, memory: u32) -> serde_json::Value {
    json!({
        "FunctionName": "shop-rotation",
        "FunctionArn": ARN,
        "Description": "rotates secrets",
        "Runtime": "python3.13",
        "Handler": "rotation.handler",
        "Role": "arn:aws:iam::123456789012:role/shop-fn",
        "CodeSha256": code,
        "Architectures": ["arm64"],
        "MemorySize": memory,
        "Timeout": 60,
        "Environment": { "Variables": { "A": "1" } },
        "LoggingConfig": { "LogFormat": "Text", "LogGroup": "/aws/lambda/shop-rotation" },
        "State": "Active",
        "LastUpdateStatus": "Successful",
    })
}

fn got(code: &str, memory: u32) -> Answer {
    json_reply(&json!({
        "Configuration": configuration(code, memory),
        "Tags": { "qpiac:stack": "shop@us-east-1", "aws:cloudformation:stack-id": "x" },
    }))
}

#[tokio::test]
async fn what_is_read_is_what_was_wanted() {
    let cloud = Scripted::new([got("new=", 128)]);
    let which = Query::Ids(vec![ARN.to_owned()]);
    let found = LambdaFunction::find(&clients(&cloud), &which)
        .await
        .expect("an answer");
    assert_eq!(found[0].attributes.values(), function().values());
    assert_eq!(found[0].tags.len(), 1);
    assert_eq!(
        (&found[0].state, found[0].id.as_str()),
        (&State::Ready, ARN)
    );
}

#[tokio::test]
async fn role_cannot_be_assumed_by_lambda_yet() {
    let cases = [
        (
            "The role defined for the function cannot be assumed by Lambda.",
            FaultClass::NotYet,
        ),
        ("Value 3 at 'memorySize' is too small", FaultClass::Rejected),
    ];
    for (message, class) in cases {
        let cloud = Scripted::new([json_error(400, "InvalidParameterValueException", message)]);
        let fault = create(&cloud, &function()).await.expect_err("a refusal");
        assert_eq!(fault.class, class, "{fault}");
    }
}

#[tokio::test]
async fn a_function_of_that_name_is_no_conflict_that_passes() {
    let message = "Function already exist: shop-rotation";
    let cloud = Scripted::new([json_error(409, "ResourceConflictException", message)]);
    let fault = create(&cloud, &function()).await.expect_err("a refusal");
    assert_eq!(fault.class, FaultClass::Rejected);
}

#[tokio::test]
async fn code_that_is_not_at_hand_is_told() {
    let cloud = Scripted::default();
    let mut function = function();
    function.code_sha256 = "other=".to_owned();
    let fault = create(&cloud, &function).await.expect_err("no such code");
    assert!(fault.message.contains("other="), "{fault}");
    assert!(cloud.operations().is_empty());
}

#[tokio::test]
async fn resource_conflict_during_an_update_is_repeated_without_repeating_what_is_done() {
    let message = "The operation cannot be performed at this time. An update is in progress for \
                   resource: arn:aws:lambda:us-east-1:123456789012:function:shop-rotation";
    let cloud = Scripted::new([
        got("old=", 256),
        json_reply(&configuration("new=", 256)),
        json_error(409, "ResourceConflictException", message),
        got("new=", 256),
        json_reply(&configuration("new=", 128)),
    ]);
    let aws = clients(&cloud);
    let want = Resolved::new(&function().values()).expect("all is known");
    let mut attributes = function();
    attributes.code_sha256 = "old=".to_owned();
    let found = || Found {
        id: ARN.to_owned(),
        attributes: attributes.clone(),
        outputs: outputs(ARN.to_owned(), "shop-rotation"),
        tags: Tags::new(),
        state: State::Ready,
    };
    let fault = LambdaFunction::update(&aws, &want, found(), Changes::new(&[]))
        .await
        .expect_err("the update of the code goes on");
    assert_eq!(fault.class, FaultClass::Conflict);
    LambdaFunction::update(&aws, &want, found(), Changes::new(&[]))
        .await
        .expect("only the configuration is left");
    let verbs: Vec<String> = cloud
        .operations()
        .iter()
        .map(|operation| {
            format!(
                "{} {}",
                &operation[..3],
                operation.rsplit('/').next().unwrap_or("")
            )
        })
        .collect();
    assert_eq!(
        [verbs[1].as_str(), &verbs[2], &verbs[4]],
        ["PUT code", "PUT configuration", "PUT configuration"]
    );
    assert_eq!(verbs.len(), 5);
}

#[test]
fn states_are_told_apart() {
    let state_of = |word: &str, update: Option<&str>| {
        let function = FunctionConfiguration::builder()
            .state(word.into())
            .state_reason("why")
            .set_last_update_status(update.map(LastUpdateStatus::from))
            .last_update_status_reason("how")
            .build();
        state(&function)
    };
    assert_eq!(state_of("Active", Some("Successful")), State::Ready);
    assert_eq!(state_of("Inactive", None), State::Ready);
    assert_eq!(
        state_of("ActiveNonInvocable", Some("Successful")),
        State::Ready
    );
    assert_eq!(
        state_of("Pending", None),
        State::Busy("Pending: why".to_owned())
    );
    assert_eq!(state_of("Failed", None), State::Broken("why".to_owned()));
    assert_eq!(
        state_of("Active", Some("Failed")),
        State::Broken("update: how".to_owned())
    );
    assert!(matches!(
        state_of("Active", Some("InProgress")),
        State::Busy(_)
    ));
    assert_eq!(state_of("Deleting", None), State::Leaving);
}
