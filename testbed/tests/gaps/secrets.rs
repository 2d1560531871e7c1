//! Secrets, their versions and their rotation.

use serde_json::{Value, json};
use testbed::{Client, Testbed};

use super::functions::{function, rotating};
use super::{call, gap, gap_of_ministack, json_outcome};

const SECRETS: &str = "secretsmanager";
const TOKEN: &str = "00000000000000000000000000000001";
const OTHER: &str = "00000000000000000000000000000002";

async fn create(client: &Client) -> Value {
    let sent = json!({ "Name": "s", "SecretString": "one", "ClientRequestToken": TOKEN });
    call(client, SECRETS, "CreateSecret", sent).await
}

async fn described(client: &Client) -> Value {
    call(
        client,
        SECRETS,
        "DescribeSecret",
        json!({ "SecretId": "s" }),
    )
    .await
}

#[tokio::test]
async fn a_secrets_token_is_its_version() {
    let scenario = async |client: &Client| {
        let first = create(client).await;
        let again = json!({ "Name": "s", "SecretString": "one", "ClientRequestToken": TOKEN });
        let again = json_outcome(client, SECRETS, "CreateSecret", again).await;
        let other = json!({ "Name": "s", "SecretString": "two", "ClientRequestToken": OTHER });
        let other = json_outcome(client, SECRETS, "CreateSecret", other).await;
        let versions = described(client).await["VersionIdsToStages"].clone();
        format!(
            "{}, {again}, {other}, {}",
            first["VersionId"] == TOKEN,
            versions == json!({ TOKEN: ["AWSCURRENT"] })
        )
    };
    gap_of_ministack(scenario, "true, ok, ResourceExistsException, true").await;
}

#[tokio::test]
async fn a_name_that_is_scheduled_for_deletion_is_told() {
    let scenario = async |client: &Client| {
        create(client).await;
        call(client, SECRETS, "DeleteSecret", json!({ "SecretId": "s" })).await;
        let sent = json!({ "Name": "s", "SecretString": "two", "ClientRequestToken": OTHER });
        let made = json_outcome(client, SECRETS, "CreateSecret", sent).await;
        let tags = json!({ "SecretId": "s", "Tags": [{ "Key": "a", "Value": "b" }] });
        let tagged = json_outcome(client, SECRETS, "TagResource", tags).await;
        format!("{made}, {tagged}")
    };
    gap(scenario, "InvalidRequestException, InvalidRequestException").await;
}

#[tokio::test]
async fn a_versions_value_is_put_once() {
    let scenario = async |client: &Client| {
        create(client).await;
        let mut said = Vec::new();
        for value in ["two", "two", "three"] {
            let sent = json!({
                "SecretId": "s", "SecretString": value, "ClientRequestToken": OTHER,
                "VersionStages": ["AWSPENDING"],
            });
            said.push(json_outcome(client, SECRETS, "PutSecretValue", sent).await);
        }
        said.join(", ")
    };
    gap(scenario, "ok, ok, ResourceExistsException").await;
}

#[tokio::test]
async fn one_version_is_current() {
    let scenario = async |client: &Client| {
        create(client).await;
        let pending = json!({
            "SecretId": "s", "SecretString": "two", "ClientRequestToken": OTHER,
            "VersionStages": ["AWSPENDING"],
        });
        call(client, SECRETS, "PutSecretValue", pending).await;
        let moved = json!({
            "SecretId": "s", "VersionStage": "AWSCURRENT", "MoveToVersionId": OTHER,
            "RemoveFromVersionId": TOKEN,
        });
        call(client, SECRETS, "UpdateSecretVersionStage", moved).await;
        let done = json!({
            "SecretId": "s", "VersionStage": "AWSPENDING", "RemoveFromVersionId": OTHER,
        });
        call(client, SECRETS, "UpdateSecretVersionStage", done).await;
        let value = async || {
            let found = call(
                client,
                SECRETS,
                "GetSecretValue",
                json!({ "SecretId": "s" }),
            )
            .await;
            found["SecretString"].clone()
        };
        let second = value().await;
        let third = "00000000000000000000000000000003";
        let sent = json!({ "SecretId": "s", "SecretString": "three", "ClientRequestToken": third });
        call(client, SECRETS, "PutSecretValue", sent).await;
        let mut labels = described(client).await["VersionIdsToStages"].clone();
        let previous = labels[OTHER].take();
        format!(
            "{second} {} {} {}",
            value().await,
            labels[third],
            previous[0]
        )
    };
    gap(scenario, r#""two" "three" ["AWSCURRENT"] "AWSPREVIOUS""#).await;
}

#[tokio::test]
async fn one_version_is_pending() {
    let scenario = async |client: &Client| {
        create(client).await;
        let third = "00000000000000000000000000000003";
        for (token, value) in [(OTHER, "two"), (third, "three")] {
            let sent = json!({
                "SecretId": "s", "SecretString": value, "ClientRequestToken": token,
                "VersionStages": ["AWSPENDING"],
            });
            call(client, SECRETS, "PutSecretValue", sent).await;
        }
        let asked = json!({ "SecretId": "s", "VersionStage": "AWSPENDING" });
        let found = call(client, SECRETS, "GetSecretValue", asked).await;
        let labels = described(client).await["VersionIdsToStages"].clone();
        format!("{} {}", found["SecretString"], labels.get(OTHER).is_none())
    };
    gap(scenario, r#""three" true"#).await;
}

#[tokio::test]
async fn versions_without_a_label_are_left_out() {
    let scenario = async |client: &Client| {
        let arn = create(client).await["ARN"].clone();
        let sent = json!({
            "SecretId": "s", "SecretString": "two", "ClientRequestToken": OTHER,
            "VersionStages": ["AWSPENDING"],
        });
        call(client, SECRETS, "PutSecretValue", sent).await;
        let taken = json!({
            "SecretId": "s", "VersionStage": "AWSPENDING", "RemoveFromVersionId": OTHER,
        });
        call(client, SECRETS, "UpdateSecretVersionStage", taken).await;
        let asked = json!({ "SecretId": "s" });
        let listed = call(client, SECRETS, "ListSecretVersionIds", asked).await;
        let all = call(client, SECRETS, "ListSecrets", json!({})).await;
        let count = |value: &Value| value.as_object().map_or(0, serde_json::Map::len);
        format!(
            "{} {} {} {}",
            count(&described(client).await["VersionIdsToStages"]),
            count(&all["SecretList"][0]["SecretVersionsToStages"]),
            listed["Versions"].as_array().unwrap().len(),
            listed["ARN"] == arn
        )
    };
    gap(scenario, "1 1 1 true").await;
}

#[tokio::test]
async fn rotation_is_noted_and_cancelled() {
    let scenario = async |client: &Client| {
        let arn = function(client).await;
        create(client).await;
        let rotate = json!({
            "SecretId": "s", "RotationLambdaARN": arn, "RotateImmediately": false,
            "RotationRules": { "AutomaticallyAfterDays": 30 },
        });
        let alone = json_outcome(client, SECRETS, "RotateSecret", rotate.clone()).await;
        rotating(client).await;
        let allowed = json_outcome(client, SECRETS, "RotateSecret", rotate).await;
        let on = described(client).await;
        let cancel = json!({ "SecretId": "s" });
        let cancelled = json_outcome(client, SECRETS, "CancelRotateSecret", cancel).await;
        let off = described(client).await;
        format!(
            "{alone}, {allowed}, {} {} {} {}, {cancelled}, {} {}",
            on["RotationEnabled"],
            on["RotationRules"]["AutomaticallyAfterDays"],
            on["VersionIdsToStages"] == json!({ TOKEN: ["AWSCURRENT"] }),
            on["LastRotatedDate"],
            off["RotationEnabled"],
            off["RotationLambdaARN"] == arn.as_str(),
        )
    };
    gap(
        scenario,
        "AccessDeniedException, ok, true 30 true null, ok, false true",
    )
    .await;
}

#[tokio::test]
async fn a_rotation_under_way_is_told() {
    let scenario = async |client: &Client| {
        let arn = function(client).await;
        rotating(client).await;
        create(client).await;
        let pending = json!({
            "SecretId": "s", "SecretString": "two", "ClientRequestToken": OTHER,
            "VersionStages": ["AWSPENDING"],
        });
        call(client, SECRETS, "PutSecretValue", pending).await;
        let rotate =
            json!({ "SecretId": "s", "RotationLambdaARN": arn, "RotateImmediately": false });
        json_outcome(client, SECRETS, "RotateSecret", rotate).await
    };
    gap(scenario, "InvalidRequestException").await;
}

#[tokio::test]
async fn a_function_carries_a_rotation_through() {
    let bed = Testbed::start_data_plane().await.unwrap();
    let client = bed.client();
    let arn = function(&client).await;
    rotating(&client).await;
    create(&client).await;
    let rotate = json!({
        "SecretId": "s", "RotationLambdaARN": arn, "ClientRequestToken": OTHER,
        "RotationRules": { "AutomaticallyAfterDays": 30 },
    });
    call(&client, SECRETS, "RotateSecret", rotate).await;
    let found = described(&client).await;
    let expected = json!({ TOKEN: ["AWSPREVIOUS"], OTHER: ["AWSCURRENT"] });
    assert_eq!(found["VersionIdsToStages"], expected);
    assert!(found["LastRotatedDate"].is_number());
    let by_function = bed
        .calls()
        .iter()
        .filter(|call| call.access_key == testbed::ACCOUNT)
        .count();
    assert!(by_function > 0, "the function's calls stand in the journal");
}

#[tokio::test]
async fn a_rotation_that_is_held_ends_when_its_version_is_current() {
    let bed = Testbed::start_data_plane().await.unwrap();
    let client = bed.client();
    let arn = function(&client).await;
    rotating(&client).await;
    create(&client).await;
    bed.hold_rotations();
    let rotate = json!({
        "SecretId": "s", "RotationLambdaARN": arn, "ClientRequestToken": OTHER,
        "RotationRules": { "AutomaticallyAfterDays": 30 },
    });
    call(&client, SECRETS, "RotateSecret", rotate.clone()).await;
    let announced = json!({ TOKEN: ["AWSCURRENT"], OTHER: ["AWSPENDING"] });
    let found = described(&client).await;
    assert_eq!(found["VersionIdsToStages"], announced);
    let again = json_outcome(&client, SECRETS, "RotateSecret", rotate).await;
    assert_eq!(again, "InvalidRequestException");

    let put = json!({
        "SecretId": "s", "SecretString": "two", "ClientRequestToken": OTHER,
        "VersionStages": ["AWSPENDING"],
    });
    call(&client, SECRETS, "PutSecretValue", put).await;
    let moved = json!({
        "SecretId": "s", "VersionStage": "AWSCURRENT", "MoveToVersionId": OTHER,
        "RemoveFromVersionId": TOKEN,
    });
    call(&client, SECRETS, "UpdateSecretVersionStage", moved).await;
    let found = described(&client).await;
    assert_eq!(found["VersionIdsToStages"][TOKEN], json!(["AWSPREVIOUS"]));
    assert!(found["LastRotatedDate"].is_number());
}
