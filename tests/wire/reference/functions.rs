//! The Lambda functions: code, who may call them, and what calls them.

use aws_sdk_lambda::types::{FunctionUrlAuthType, State};
use serde_json::Value;

use super::STACK;
use crate::observer::Observer;

/// Name, handler and seconds.
const FUNCTIONS: [(&str, &str, i32); 2] = [
    ("jwt-generator", "generator.handler", 10),
    ("rotation", "rotation.handler", 60),
];

pub(super) async fn check(aws: &Observer) {
    let found = aws.lambda.list_functions().send().await.unwrap();
    assert_eq!(found.functions().len(), FUNCTIONS.len(), "{found:?}");
    for (name, handler, timeout_s) in FUNCTIONS {
        let read = aws.lambda.get_function();
        let read = read.function_name(format!("{STACK}-{name}"));
        let function = read.send().await.unwrap().configuration.unwrap();
        assert_eq!(function.runtime().unwrap().as_str(), "python3.13");
        assert_eq!(function.handler(), Some(handler));
        assert_eq!(function.timeout(), Some(timeout_s));
        assert_eq!(function.memory_size(), Some(128));
        assert_eq!(function.state(), Some(&State::Active));
        let digest = function.code_sha256().unwrap();
        assert_eq!(digest.len(), 44, "32 bytes in Base64: {digest}");
        let logs = function.logging_config().unwrap().log_group().unwrap();
        assert_eq!(logs, format!("/aws/lambda/{STACK}-{name}"));
        let role = function.role().unwrap();
        assert!(role.ends_with(&format!("/{STACK}-fn-{name}-us-east-1")));
    }
    check_url(aws).await;
    check_rotation(aws).await;
}

/// The statements of a function's policy.
async fn statements(aws: &Observer, name: &str) -> Vec<Value> {
    let read = aws.lambda.get_policy();
    let read = read.function_name(format!("{STACK}-{name}")).send().await;
    let policy: Value = serde_json::from_str(read.unwrap().policy().unwrap()).unwrap();
    policy["Statement"].as_array().unwrap().clone()
}

/// The generator is called by who signs with credentials of this account.
async fn check_url(aws: &Observer) {
    let read = aws.lambda.get_function_url_config();
    let read = read.function_name(format!("{STACK}-jwt-generator"));
    let url = read.send().await.unwrap();
    assert_eq!(url.auth_type(), &FunctionUrlAuthType::AwsIam);
    let mut actions = Vec::new();
    for statement in statements(aws, "jwt-generator").await {
        let principal = statement["Principal"].to_string();
        assert!(principal.contains(testbed::ACCOUNT), "{statement}");
        actions.push(statement["Action"].as_str().unwrap().to_owned());
    }
    actions.sort();
    assert_eq!(
        actions,
        ["lambda:InvokeFunction", "lambda:InvokeFunctionUrl"]
    );
}

/// Secrets Manager calls the rotation for each secret, and a schedule lets it finish.
async fn check_rotation(aws: &Observer) {
    let mut callers = Vec::new();
    for statement in statements(aws, "rotation").await {
        assert_eq!(statement["Action"], "lambda:InvokeFunction");
        let service = statement["Principal"]["Service"].as_str().unwrap();
        let source = &statement["Condition"]["ArnLike"]["AWS:SourceArn"];
        let (_, source) = source.as_str().unwrap().split_once(STACK).unwrap();
        callers.push(format!("{service}{source}"));
    }
    callers.sort();
    let wanted = [
        "events.amazonaws.com-rotation",
        "secretsmanager.amazonaws.com/api-key-",
        "secretsmanager.amazonaws.com/cdn-auth-",
        "secretsmanager.amazonaws.com/jwt-",
    ];
    assert_eq!(callers.len(), wanted.len(), "{callers:?}");
    for (caller, wanted) in callers.iter().zip(wanted) {
        assert!(caller.starts_with(wanted), "{caller}");
    }

    let rules = aws.events.list_rules().send().await.unwrap();
    let [rule] = rules.rules() else {
        panic!("{rules:?}")
    };
    assert_eq!(rule.schedule_expression(), Some("rate(5 minutes)"));
    let targets = aws.events.list_targets_by_rule().rule(rule.name().unwrap());
    let targets = targets.send().await.unwrap();
    let [target] = targets.targets() else {
        panic!("{targets:?}")
    };
    let function = format!(":function:{STACK}-rotation");
    assert!(target.arn().ends_with(&function), "{target:?}");
    assert_eq!(target.input(), Some(r#"{"Step":"reconcile"}"#));
}
