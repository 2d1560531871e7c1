//! The key that the application's tokens are signed with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Crash, Rotation, STEPS};
use crate::live::Live;

/// Where a step may end before its time, in the order of the steps.
const CRASHES: [(&str, Crash); 8] = [
    (
        "createSecret",
        Crash::Before("secretsmanager:PutSecretValue"),
    ),
    (
        "createSecret",
        Crash::After("secretsmanager:PutSecretValue"),
    ),
    ("setSecret", Crash::Before("secretsmanager:GetSecretValue")),
    ("setSecret", Crash::After("secretsmanager:GetSecretValue")),
    ("testSecret", Crash::Before("secretsmanager:GetSecretValue")),
    ("testSecret", Crash::After("secretsmanager:GetSecretValue")),
    (
        "finishSecret",
        Crash::Before("secretsmanager:UpdateSecretVersionStage"),
    ),
    (
        "finishSecret",
        Crash::After("secretsmanager:UpdateSecretVersionStage"),
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_signing_key_is_renewed_and_tokens_count_until_they_expire() {
    let live = Live::new().await;
    live.program.bed.hold_rotations();
    let visitor = Visitor::of(&live).await;
    let token = visitor.log_in().await;

    let rotation = Rotation::begin(&live, "jwt", 1).await;
    let before = live.deployed_at().await;
    for step in STEPS {
        rotation.step(step).await.unwrap();
        assert_eq!(visitor.enter(&token).await, 200, "after {step}");
    }
    assert!(rotation.is_over().await);
    assert!(
        before < live.deployed_at().await,
        "the service was not told"
    );
    live.restart_tasks().await;
    let newer = visitor.log_in().await;
    assert_eq!(part(&newer, 0)["kid"], rotation.token.as_str());
    assert_eq!(visitor.enter(&newer).await, 200);
    assert_eq!(visitor.enter(&token).await, 200, "its time is not over");
    let key = rotation.value("AWSPREVIOUS").await;
    assert_eq!(visitor.enter(&expired(&token, &key)).await, 401);

    let rotation = Rotation::begin(&live, "jwt", 2).await;
    for (step, crash) in CRASHES {
        rotation.crash(step, crash).await;
        assert_eq!(visitor.enter(&newer).await, 200, "{step}: {crash:?}");
    }
    rotation.step("finishSecret").await.unwrap();
    assert!(rotation.is_over().await);
    live.restart_tasks().await;
    let newest = visitor.log_in().await;
    assert_eq!(part(&newest, 0)["kid"], rotation.token.as_str());
    for token in [&newest, &newer] {
        assert_eq!(visitor.enter(token).await, 200);
    }
}

/// Somebody who uses the application through the distribution.
struct Visitor<'a> {
    live: &'a Live,
    distribution: String,
    password: String,
}

impl<'a> Visitor<'a> {
    async fn of(live: &'a Live) -> Self {
        let secrets = &live.aws.secrets;
        let password = secrets
            .get_secret_value()
            .secret_id("qp-iac-cdn-headers/api-key");
        Self {
            live,
            distribution: live.aws.domain_name().await,
            password: password.send().await.unwrap().secret_string.unwrap(),
        }
    }

    async fn log_in(&self) -> String {
        let body = json!({ "username": "somebody", "password": self.password }).to_string();
        let headers = [
            ("host", self.distribution.as_str()),
            ("content-type", "application/json"),
        ];
        let client = self.live.program.bed.client();
        let asked = client.visit("POST", "/auth/login", &headers, &body);
        let reply = asked.await.unwrap();
        let token = reply.value()["access_token"].clone();
        token.as_str().expect("a token").to_owned()
    }

    /// The status with which the protected endpoint answers.
    async fn enter(&self, token: &str) -> u16 {
        let token = format!("Bearer {token}");
        let headers = [
            ("host", self.distribution.as_str()),
            ("authorization", token.as_str()),
        ];
        let client = self.live.program.bed.client();
        let asked = client.visit("GET", "/api/protected", &headers, "");
        asked.await.unwrap().status.as_u16()
    }
}

/// A part of a token.
fn part(token: &str, at: usize) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(at).unwrap());
    serde_json::from_slice(&bytes.unwrap()).unwrap()
}

/// The same token, had it been issued long ago.
fn expired(token: &str, key: &str) -> String {
    let mut claims = part(token, 1);
    claims["exp"] = json!(claims["iat"].as_i64().unwrap() - 60);
    claims["iat"] = json!(claims["iat"].as_i64().unwrap() - 120);
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let header = token.split('.').next().unwrap();
    let content = format!("{header}.{}", encode(claims.to_string().as_bytes()));
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(content.as_bytes());
    format!("{content}.{}", encode(&mac.finalize().into_bytes()))
}
