//! The key that the application's tokens are signed with.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use testbed::Client;
use tokio::sync::RwLock;
use tokio::task::JoinHandle;

use super::{Crash, Rotation, STEPS};
use crate::live::Live;

/// Where a step may end before its time, in the order of the steps.
const CRASHES: [(&str, Crash); 10] = [
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
    ("finishSecret", Crash::Before("ecs:UpdateService")),
    ("finishSecret", Crash::After("ecs:UpdateService")),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_signing_key_is_renewed_and_tokens_count_until_they_expire() {
    let live = Live::new().await;
    live.program.bed.hold_rotations();
    let visitor = Visitor::of(&live).await;
    let token = visitor.log_in().await;
    let crowd = Crowd::start(&visitor, &token);

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
    crowd.pause(live.restart_tasks()).await;
    let newer = visitor.log_in().await;
    crowd.bears(&[&token, &newer]).await;
    assert_eq!(part(&newer, 0)["kid"], rotation.token.as_str());
    assert_eq!(visitor.enter(&newer).await, 200);
    assert_eq!(visitor.enter(&token).await, 200, "its time is not over");
    let key = rotation.value("AWSPREVIOUS").await;
    assert_eq!(visitor.enter(&expired(&token, &key)).await, 401);

    // A token lives shorter than a rotation, so it sees one of them.
    crowd.bears(&[&newer]).await;
    let rotation = Rotation::begin(&live, "jwt", 2).await;
    for (step, crash) in CRASHES {
        rotation.crash(step, crash).await;
        assert_eq!(visitor.enter(&newer).await, 200, "{step}: {crash:?}");
    }
    rotation.step("finishSecret").await.unwrap();
    assert!(rotation.is_over().await);
    crowd.pause(live.restart_tasks()).await;
    let newest = visitor.log_in().await;
    assert_eq!(part(&newest, 0)["kid"], rotation.token.as_str());
    for token in [&newest, &newer] {
        assert_eq!(visitor.enter(token).await, 200);
    }
    let (count, refused) = crowd.stop().await;
    assert_eq!(refused, [0; 0]);
    assert!(count >= 50, "{count} requests are too few to say anything");
}

/// Somebody who uses the application all the time, with every token that counts.
struct Crowd {
    tokens: Arc<RwLock<Vec<String>>>,
    stops: Arc<AtomicBool>,
    visits: JoinHandle<(usize, Vec<u16>)>,
}

impl Crowd {
    fn start(visitor: &Visitor, token: &str) -> Self {
        let tokens = Arc::new(RwLock::new(vec![token.to_owned()]));
        let stops = Arc::new(AtomicBool::new(false));
        let visit = visit(visitor.clone(), Arc::clone(&tokens), Arc::clone(&stops));
        Self {
            tokens,
            stops,
            visits: tokio::spawn(visit),
        }
    }

    /// From now on they come with these tokens.
    async fn bears(&self, tokens: &[&String]) {
        *self.tokens.write().await = tokens.iter().map(|&token| token.clone()).collect();
    }

    /// Nobody comes meanwhile: AWS takes tasks out of the load balancer before they end, and here
    /// they end at once.
    async fn pause(&self, meanwhile: impl Future<Output = ()>) {
        let _nobody = self.tokens.write().await;
        meanwhile.await;
    }

    /// How many requests there were, and the statuses of those that were refused.
    async fn stop(self) -> (usize, Vec<u16>) {
        self.stops.store(true, Ordering::Relaxed);
        self.visits.await.unwrap()
    }
}

async fn visit(
    visitor: Visitor,
    tokens: Arc<RwLock<Vec<String>>>,
    stops: Arc<AtomicBool>,
) -> (usize, Vec<u16>) {
    let (mut count, mut refused) = (0, Vec::new());
    while !stops.load(Ordering::Relaxed) {
        for token in tokens.read().await.iter() {
            let status = visitor.enter(token).await;
            count += 1;
            if status != 200 {
                refused.push(status);
            }
        }
    }
    (count, refused)
}

/// Somebody who uses the application through the distribution.
#[derive(Clone)]
struct Visitor {
    client: Client,
    distribution: String,
    password: String,
}

impl Visitor {
    async fn of(live: &Live) -> Self {
        let secrets = &live.aws.secrets;
        let password = secrets
            .get_secret_value()
            .secret_id("qp-iac-cdn-headers/api-key");
        Self {
            client: live.program.bed.client(),
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
        let asked = self.client.visit("POST", "/auth/login", &headers, &body);
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
        let asked = self.client.visit("GET", "/api/protected", &headers, "");
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
