//! Traps of rotation.

use super::*;
use crate::aws::scripted::{Scripted, json_error, json_reply};
use crate::model::Attributes;
use serde_json::json;

const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/jwt-AbCdEf";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:shop-rotation";
const UNDER_WAY: &str = "A previous rotation isn't complete. That rotation will be reattempted.";

fn rotation() -> SecretRotation {
    SecretRotation {
        secret: Ref::known(ARN),
        function: Ref::known(FUNCTION),
        days: 30,
    }
}

fn want() -> Resolved<SecretRotation> {
    Resolved::new(&rotation().values()).expect("all is known")
}

async fn create(cloud: &Scripted) -> Result<SecretRotationOutputs, Fault> {
    let mark = Mark {
        tags: Tags::new(),
        token: "0123456789abcdef0123456789abcdef".to_owned(),
    };
    SecretRotation::create(&cloud.clients(), &want(), &mark).await
}

#[tokio::test]
async fn turning_it_on_rotates_nothing() {
    let cloud = Scripted::new([json_reply(&json!({ "ARN": ARN }))]);
    let outputs = create(&cloud).await.expect("an answer");
    assert_eq!(outputs.id.as_str(), format!("{ARN}/rotation"));
    let body: serde_json::Value = serde_json::from_str(&cloud.asked()[0].body).expect("JSON");
    assert_eq!(body["RotateImmediately"], json!(false));
    assert_eq!(
        body["RotationRules"],
        json!({ "AutomaticallyAfterDays": 30 })
    );
    assert_eq!(
        body["ClientRequestToken"],
        json!("0123456789abcdef0123456789abcdef")
    );
}

#[tokio::test]
async fn access_denied_on_rotate_secret_is_a_permission_that_is_not_visible_yet() {
    let message = "Secrets Manager cannot invoke the specified Lambda function. Ensure that the \
                   function policy grants access to the principal secretsmanager.amazonaws.com.";
    let cases = [
        ("AccessDeniedException", message, FaultClass::NotYet),
        (
            "AccessDeniedException",
            "not authorized: secretsmanager:RotateSecret",
            FaultClass::Denied,
        ),
        (
            "InvalidRequestException",
            "the role is not valid",
            FaultClass::NotYet,
        ),
        ("InvalidParameterException", "", FaultClass::Rejected),
    ];
    for (code, message, class) in cases {
        let cloud = Scripted::new([json_error(400, code, message)]);
        let fault = create(&cloud).await.expect_err("a refusal");
        assert_eq!(fault.class, class, "{fault}");
        assert_eq!(cloud.operations().len(), 1);
    }
}

#[tokio::test]
async fn a_pending_version_that_was_left_behind_is_forgotten() {
    let cloud = Scripted::new([
        json_error(400, "InvalidRequestException", UNDER_WAY),
        json_reply(&json!({
            "ARN": ARN,
            "RotationEnabled": false,
            "VersionIdsToStages": {
                "v1": ["AWSCURRENT"],
                "v2": ["AWSPENDING"],
                "v0": ["AWSPREVIOUS"],
            },
        })),
        json_reply(&json!({ "ARN": ARN })),
    ]);
    let fault = create(&cloud).await.expect_err("the next attempt will do");
    assert_eq!(fault.class, FaultClass::Conflict);
    let last = cloud.asked().pop().expect("a request");
    assert_eq!(last.operation, "secretsmanager.UpdateSecretVersionStage");
    let body: serde_json::Value = serde_json::from_str(&last.body).expect("JSON");
    assert_eq!(body["RemoveFromVersionId"], json!("v2"));
    assert_eq!(body["VersionStage"], json!("AWSPENDING"));
}

#[tokio::test]
async fn a_rotation_that_goes_on_is_left_alone() {
    let cloud = Scripted::new([
        json_error(400, "InvalidRequestException", UNDER_WAY),
        json_reply(&json!({
            "ARN": ARN,
            "RotationEnabled": true,
            "VersionIdsToStages": { "v1": ["AWSCURRENT"], "v2": ["AWSPENDING"] },
        })),
        json_error(400, "InvalidRequestException", UNDER_WAY),
    ]);
    let fault = create(&cloud).await.expect_err("it goes on");
    assert_eq!(fault.class, FaultClass::Conflict);
    let found = read(listed(Some((FUNCTION, 7)))).expect("rotation is on");
    let changes = Changes::new(&[]);
    let fault = SecretRotation::update(&cloud.clients(), &want(), found, changes)
        .await
        .expect_err("it goes on");
    assert_eq!(fault.class, FaultClass::Conflict);
    assert!(
        fault.message.contains("update-secret-version-stage"),
        "{fault}"
    );
    assert_eq!(cloud.operations().len(), 3);
}

fn listed(rotation: Option<(&str, i64)>) -> Listed {
    Listed {
        arn: ARN.to_owned(),
        name: "shop/jwt".to_owned(),
        description: String::new(),
        tags: Tags::new(),
        other_versions: 0,
        rotation: rotation.map(|(function, after_days)| secret_listing::Rotation {
            function: function.to_owned(),
            after_days,
        }),
    }
}

#[test]
fn what_is_off_is_absent() {
    assert!(read(listed(None)).is_none());
    let found = read(listed(Some((FUNCTION, 30)))).expect("rotation is on");
    assert_eq!(found.attributes.values(), rotation().values());
    assert_eq!(secret_of(&found.id), ARN);
    assert_eq!(secret_listing::name_in(ARN), "shop/jwt");
}
