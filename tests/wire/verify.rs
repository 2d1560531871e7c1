//! `verify` against the whole stack with its application running: everything passes, and whatever is
//! broken on purpose is named.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::live::Live;
use crate::program::Ran;
use crate::recording::assert_recorded;

/// AWS's policy CachingOptimized.
const CACHED: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";

/// An application that takes tokens which have expired.
const LENIENT: &str = r#"
from cdn_headers import main, tokens

strict = tokens.jwt.decode


def decode(*given, options, **more):
    return strict(*given, options={**options, "verify_exp": False}, **more)


tokens.jwt.decode = decode
create_app = main.create_app
"#;

/// The checks with this outcome, by name.
fn with_outcome(document: &Value, outcome: &str) -> BTreeSet<String> {
    let checks = document["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| check["outcome"] == outcome)
        .map(|check| check["check"].as_str().unwrap().to_owned())
        .collect()
}

impl Live {
    /// Everything passes, but for what these emulators do not model.
    async fn passes(&self) {
        let document = self.verify().await.exits(0).json();
        assert_eq!(with_outcome(&document, "failed"), BTreeSet::new());
        assert_eq!(
            with_outcome(&document, "not_applicable"),
            names(&[
                "HTTP leads to HTTPS",
                "caching of /health, observed",
                "metrics of the load balancer",
                "web ACL of the CDN",
            ])
        );
        for scenario in 1..=5 {
            let checks = document["checks"].as_array().unwrap().iter();
            let of_it = checks.filter(|check| check["scenario"] == scenario);
            assert!(of_it.clone().count() > 1, "scenario {scenario}");
        }
    }

    /// The checks that fail, of which there are some.
    async fn failed(&self) -> BTreeSet<String> {
        let document = self.verify().await.exits(1).json();
        with_outcome(&document, "failed")
    }

    /// Exactly these checks fail.
    async fn fails(&self, expected: &[&str]) {
        assert_eq!(self.failed().await, names(expected));
    }

    /// An apply mends what was broken.
    async fn mend(&self) {
        self.program.apply().await;
        self.passes().await;
    }
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stack_does_what_the_architecture_says_and_what_is_broken_is_named() {
    let live = Live::new().await;
    live.passes().await;
    header_differs(&live).await;
    edge_lets_everything_through(&live).await;
    listener_forwards(&live).await;
    api_is_cached(&live).await;
    expired_tokens_count(&live).await;
    a_target_is_gone(&live).await;
}

async fn header_differs(live: &Live) {
    live.aws.accept(vec!["0123456789abcdef".repeat(4)]).await;
    let failed = live.failed().await;
    let cause_and_effects = [
        "value of the CDN's header",
        "page",
        "health endpoint",
        "log in",
    ];
    assert!(failed.is_superset(&names(&cause_and_effects)), "{failed:?}");
    live.mend().await;
}

async fn edge_lets_everything_through(live: &Live) {
    let draft = live.aws.edit_function().await;
    live.aws.publish(draft).await;
    live.fails(&[
        "forged headers",
        "headers of the edge function",
        "malformed token",
        "no token",
    ])
    .await;
    record(live).await;
    live.mend().await;
}

/// The recording of `docs/screens.md`.
async fn record(live: &Live) {
    let endpoint = live.program.bed.data_plane();
    let mut command = live.program.command(&["verify", "--endpoint", endpoint]);
    let output = command.env("COLUMNS", "80").output().await;
    let ran = Ran::from(output.expect("the program runs")).exits(1);
    // Where the emulators listen is another port each time.
    let shown = "http://127.0.0.1:8080";
    let screen = ran.out.replace(endpoint, shown);
    assert_recorded(&format!("$ qpiac verify --endpoint {shown}"), &screen);
}

async fn listener_forwards(live: &Live) {
    live.aws.open_listener().await;
    live.fails(&["listeners by default", "request past the CDN"])
        .await;
    live.mend().await;
}

async fn api_is_cached(live: &Live) {
    let aws = &live.aws;
    aws.edit_distribution(|config| {
        let behaviors = config.cache_behaviors.as_mut().unwrap();
        let mut behaviors = behaviors.items.as_mut().unwrap().iter_mut();
        let api = behaviors.find(|behavior| behavior.path_pattern == "/api/*");
        api.unwrap().cache_policy_id = Some(CACHED.to_owned());
    })
    .await;
    live.fails(&["caching of /api/*, configured"]).await;
    live.mend().await;
}

async fn expired_tokens_count(live: &Live) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("lenient.py"), LENIENT).unwrap();
    live.start_tasks("lenient:create_app", Some(folder.path()))
        .await;
    live.fails(&["expired token"]).await;
    live.restart_tasks().await;
    live.passes().await;
}

async fn a_target_is_gone(live: &Live) {
    live.kill_one_task().await;
    // AWS stops asking a target that is ill; the emulator does not, so that every second request fails.
    let failed = live.failed().await;
    let named = names(&["requests spread over tasks", "targets of app"]);
    assert!(failed.is_superset(&named), "{failed:?}");
    status_tells_of_the_target(live).await;
    live.restart_tasks().await;
    live.passes().await;
}

/// `status` says which resource is ill, and why in AWS's words.
async fn status_tells_of_the_target(live: &Live) {
    let ran = live.program.run(&["status", "--format", "json"]).await;
    let document = ran.exits(1).json();
    let resources = document["resources"].as_array().unwrap().iter();
    let ill: Vec<&Value> = resources.filter(|one| one["health"] == "ill").collect();
    let [group] = ill.as_slice() else {
        panic!("{ill:#?}")
    };
    assert_eq!(group["address"], "target-group/app");
    let reasons = group["reasons"].to_string();
    assert!(reasons.contains("Target.FailedHealthChecks"), "{reasons}");
}
