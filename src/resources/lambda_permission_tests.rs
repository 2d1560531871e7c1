//! Traps of permissions.

use super::*;
use crate::aws::scripted::{Answer, Scripted, json_error, json_reply};
use crate::model::Attributes;
use serde_json::json;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:shop-rotation";

fn permission() -> LambdaPermission {
    LambdaPermission {
        function: Ref::known(FUNCTION),
        statement_id: "secrets".to_owned(),
        action: "lambda:InvokeFunction".to_owned(),
        principal: "secretsmanager.amazonaws.com".to_owned(),
        source_arn: None,
        source_account: Some("123456789012".to_owned()),
        function_url_auth_type: None,
        invoked_via_function_url: false,
    }
}

fn statement() -> Json {
    json!({
        "Sid": "secrets",
        "Effect": "Allow",
        "Principal": { "Service": "secretsmanager.amazonaws.com" },
        "Action": "lambda:InvokeFunction",
        "Resource": FUNCTION,
        "Condition": { "StringEquals": { "AWS:SourceAccount": "123456789012" } },
    })
}

fn policy(statements: &Json) -> Answer {
    let policy = json!({ "Version": "2012-10-17", "Id": "default", "Statement": statements });
    json_reply(&json!({ "Policy": policy.to_string() }))
}

fn added() -> Answer {
    Answer::Reply(
        201,
        json!({ "Statement": statement().to_string() }).to_string(),
    )
}

fn exists() -> Answer {
    let message = "The statement id (secrets) provided already exists. Please provide a new \
                   statement id, or remove the existing statement.";
    json_error(409, "ResourceConflictException", message)
}

async fn create(cloud: &Scripted) -> Result<LambdaPermissionOutputs, Fault> {
    let want = Resolved::new(&permission().values()).expect("all is known");
    let mark = Mark {
        tags: Tags::new(),
        token: String::new(),
    };
    LambdaPermission::create(&cloud.clients(), &want, &mark).await
}

#[tokio::test]
async fn a_lost_add_permission_is_noticed() {
    let missing = json_error(
        404,
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    );
    for lost in [policy(&json!([])), missing] {
        let cloud = Scripted::new([added(), lost]);
        let fault = create(&cloud).await.expect_err("it is not there");
        // The engine looks for it before it repeats a create whose second call failed.
        assert_eq!(
            (fault.class, fault.operation.as_str()),
            (FaultClass::NotYet, "GetPolicy")
        );
    }
}

#[tokio::test]
async fn a_statement_that_is_there_already_is_compared() {
    let cloud = Scripted::new([exists(), policy(&json!([statement()]))]);
    let outputs = create(&cloud).await.expect("an earlier call made it");
    assert_eq!(outputs.id.as_str(), format!("{FUNCTION}/secrets"));
    let mut other = statement();
    other["Principal"] = json!("*");
    let cloud = Scripted::new([exists(), policy(&json!([other]))]);
    let fault = create(&cloud).await.expect_err("somebody else made it");
    assert_eq!(fault.class, FaultClass::Rejected);
}

#[tokio::test]
async fn resource_conflict_and_a_missing_function_are_left_to_the_engine() {
    let busy = "The function is currently in the following state: Pending";
    for (answer, class) in [
        (
            json_error(409, "ResourceConflictException", busy),
            FaultClass::Conflict,
        ),
        (
            json_error(404, "ResourceNotFoundException", "Function not found"),
            FaultClass::Missing,
        ),
    ] {
        let cloud = Scripted::new([answer]);
        assert_eq!(create(&cloud).await.expect_err("a refusal").class, class);
        assert_eq!(cloud.operations().len(), 1);
    }
}

#[test]
fn statements_are_read_as_they_are_wanted() {
    let of_url = |permission: LambdaPermission| LambdaPermission {
        principal: "123456789012".to_owned(),
        source_account: None,
        ..permission
    };
    let cases = [
        (statement(), permission()),
        (
            json!({
                "Sid": "secrets", "Effect": "Allow", "Action": "lambda:InvokeFunction",
                "Principal": { "Service": "secretsmanager.amazonaws.com" },
                "Resource": FUNCTION,
                "Condition": {
                    "ArnLike": { "AWS:SourceArn": "arn:aws:events:us-east-1:1:rule/r" },
                    "StringEquals": { "AWS:SourceAccount": "123456789012" },
                },
            }),
            LambdaPermission {
                source_arn: Some("arn:aws:events:us-east-1:1:rule/r".into()),
                ..permission()
            },
        ),
        (
            json!({
                "Sid": "secrets", "Effect": "Allow", "Action": "lambda:InvokeFunctionUrl",
                "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Resource": FUNCTION,
                "Condition": { "StringEquals": { "lambda:FunctionUrlAuthType": "AWS_IAM" } },
            }),
            LambdaPermission {
                action: "lambda:InvokeFunctionUrl".to_owned(),
                function_url_auth_type: Some(UrlAuthType::Iam),
                ..of_url(permission())
            },
        ),
        (
            json!({
                "Sid": "secrets", "Effect": "Allow", "Action": "lambda:InvokeFunction",
                "Principal": { "AWS": "123456789012" }, "Resource": FUNCTION,
                "Condition": { "Bool": { "lambda:InvokedViaFunctionUrl": "true" } },
            }),
            LambdaPermission {
                invoked_via_function_url: true,
                ..of_url(permission())
            },
        ),
    ];
    for (statement, permission) in cases {
        let found = found(FUNCTION, &statement);
        assert_eq!(
            found.attributes.values(),
            permission.values(),
            "{statement}"
        );
    }
}

#[test]
fn statements_that_are_not_made_here_equal_none_that_is_wanted() {
    let change = |member: &str, value: Json| {
        let mut changed = statement();
        changed[member] = value;
        changed
    };
    let strangers = [
        change("Effect", json!("Deny")),
        change(
            "Condition",
            json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }),
        ),
        change(
            "Condition",
            json!({ "ArnLike": { "AWS:SourceArn": ["a", "b"] } }),
        ),
        change("Principal", json!({ "AWS": ["a", "b"] })),
        change("Action", json!(["a", "b"])),
    ];
    for statement in strangers {
        let found = found(FUNCTION, &statement);
        assert_eq!(found.attributes.statement_id, "secrets");
        assert_ne!(
            found.attributes.values(),
            permission().values(),
            "{statement}"
        );
    }
}
