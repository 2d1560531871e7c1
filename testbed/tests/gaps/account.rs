//! IAM roles and log groups.

use serde_json::json;
use testbed::Client;

use super::{gap, json_outcome, outcome};

#[tokio::test]
async fn a_service_linked_role_is_named_and_taken_as_on_aws() {
    let scenario = async |client: &Client| {
        let wanted = [("AWSServiceName", "ecs.amazonaws.com")];
        let made = client
            .read("iam", "CreateServiceLinkedRole", &wanted)
            .await
            .unwrap();
        let name = made.at("CreateServiceLinkedRoleResult/Role/RoleName");
        let again = outcome(client, "iam", "CreateServiceLinkedRole", &wanted).await;
        let read = outcome(
            client,
            "iam",
            "GetRole",
            &[("RoleName", "AWSServiceRoleForECS")],
        )
        .await;
        format!("{name}, {again}, {read}")
    };
    gap(scenario, "AWSServiceRoleForECS, InvalidInput, ok").await;
}

#[tokio::test]
async fn trust_policies_are_encoded_everywhere() {
    let scenario = async |client: &Client| {
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        let wanted = [("RoleName", "role"), ("AssumeRolePolicyDocument", trust)];
        client.read("iam", "CreateRole", &wanted).await.unwrap();
        let asked = [("Filter.member.1", "Role")];
        let found = client
            .read("iam", "GetAccountAuthorizationDetails", &asked)
            .await
            .unwrap();
        let document = found.at(
            "GetAccountAuthorizationDetailsResult/RoleDetailList/member/AssumeRolePolicyDocument",
        );
        document[..4].to_owned()
    };
    gap(scenario, "%7B%").await;
}

#[tokio::test]
async fn log_groups_are_listed_by_identifier_and_pattern() {
    let scenario = async |client: &Client| {
        for name in ["/ecs/one", "/ecs/two"] {
            client
                .json("logs", "CreateLogGroup", &json!({ "logGroupName": name }))
                .await
                .unwrap();
        }
        let mut counts = Vec::new();
        for asked in [
            json!({ "logGroupIdentifiers": ["/ecs/one"] }),
            json!({ "logGroupIdentifiers": ["arn:aws:logs:us-east-1:123456789012:log-group:/ecs/two"] }),
            json!({ "logGroupIdentifiers": ["/ecs/none"] }),
            json!({ "logGroupNamePattern": "tw" }),
            json!({ "logGroupNamePrefix": "/ecs/" }),
        ] {
            let found = client
                .json("logs", "DescribeLogGroups", &asked)
                .await
                .unwrap()
                .value();
            counts.push(found["logGroups"].as_array().unwrap().len());
        }
        let days = json!({ "logGroupName": "/ecs/one", "retentionInDays": 31 });
        format!(
            "{counts:?}, {}",
            json_outcome(client, "logs", "PutRetentionPolicy", days).await
        )
    };
    gap(scenario, "[1, 1, 0, 1, 2], InvalidParameterException").await;
}
