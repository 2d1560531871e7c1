//! The stack file that comes with the program, in the sandbox: the complete reference system.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::program::{Place, golden};

/// The stack file at the root, with the workload beside it.
const ROOT_STACK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/stack.yaml");

/// What stands in each part of the reference system, by address.
const PARTS: [(&str, &[&str]); 9] = [
    (
        "network",
        &[
            "vpc/main",
            "internet-gateway/main",
            "nat-gateway/a",
            "elastic-ip/nat-a",
            "subnet/public-a",
            "subnet/public-b",
            "subnet/private-a",
            "subnet/private-b",
        ],
    ),
    (
        "load balancer",
        &[
            "load-balancer/main",
            "listener/main.80",
            "listener-rule/main.80.50000",
            "target-group/app",
            "s3-bucket/logs",
        ],
    ),
    (
        "tasks",
        &[
            "ecs-cluster/main",
            "ecs-service/app",
            "task-definition/app",
            "ecr-repository/app",
            "container-image/app",
            "scalable-target/app",
            "scaling-policy/app.cpu",
        ],
    ),
    (
        "CDN",
        &[
            "distribution/main",
            "cloudfront-function/edge",
            "cache-policy/cache-30",
            "response-headers-policy/security",
        ],
    ),
    (
        "secrets",
        &[
            "secret/jwt",
            "secret/api-key",
            "secret/cdn-auth",
            "secret-rotation/jwt",
            "secret-rotation/api-key",
            "secret-rotation/cdn-auth",
        ],
    ),
    (
        "functions",
        &[
            "lambda-function/jwt-generator",
            "lambda-function-url/jwt-generator",
            "lambda-function/rotation",
            "event-rule/rotation",
        ],
    ),
    (
        "logs",
        &[
            "log-group/app",
            "log-group/fn-jwt-generator",
            "log-group/fn-rotation",
        ],
    ),
    (
        "monitoring",
        &[
            "metric-alarm/app-cpu",
            "metric-alarm/alb-errors",
            "dashboard/main",
        ],
    ),
    (
        "security groups",
        &[
            "security-group-rule/alb.ingress-tcp-80-com.amazonaws.global.cloudfront.origin-facing",
            "security-group-rule/app.ingress-tcp-8000-alb",
        ],
    ),
];

/// What has the form of a generated secret in the sandbox's file is the digest of published code.
fn assert_holds_no_secret(place: &Place) {
    let world = std::fs::read_to_string(place.path(".qpiac/sandbox.json")).expect("the world");
    let code = include_bytes!("../../workload/edge/guard.js");
    let digest: String = Sha256::digest(code)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let words = world.split(|c: char| !c.is_ascii_hexdigit());
    let long: BTreeSet<&str> = words.filter(|word| word.len() >= 64).collect();
    assert_eq!(long, BTreeSet::from([digest.as_str()]));
    assert!(world.contains("fp:"), "no secret at all");
}

#[test]
fn the_complete_stack_comes_up_and_goes_in_one_run_each() {
    let place = Place::new();
    let run = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        command.args(["--sandbox", "-f", ROOT_STACK]);
        command.env("QPIAC_PACE_MS", "10");
        crate::program::done(&command.output().expect("the program runs"))
    };
    let applied = run(&["apply"]).expect(0);
    for (part, addresses) in PARTS {
        for address in addresses {
            let made = format!("{address}: created after");
            assert!(
                applied.err.contains(&made),
                "{part}: {address}\n{}",
                applied.err
            );
        }
    }
    assert!(
        applied
            .err
            .contains("AWS goes on deploying distribution/main"),
        "{}",
        applied.err
    );
    assert_holds_no_secret(&place);
    run(&["plan", "--detailed-exitcode"]).expect(0);
    let url = run(&["output", "url"]).expect(0).out;
    assert!(
        url.starts_with("https://d") && url.ends_with(".cloudfront.net\n"),
        "{url}"
    );
    let outputs = run(&["output", "--format", "json"]).expect(0).json();
    assert_eq!(outputs["url"].as_str(), Some(url.trim_end()));
    let wrong = run(&["output", "ur"]).expect(1);
    assert!(wrong.err.contains("did you mean `url`?"), "{}", wrong.err);
    let status = run(&["status"]).expect(0);
    golden("whole_status.txt", &status.out.replace("  pending", ""));
    let destroyed = run(&["destroy", "--yes"]).expect(0);
    assert!(
        destroyed.err.contains("distribution/main: deleted after"),
        "{}",
        destroyed.err
    );
    let status = run(&["status"]).expect(0);
    assert!(
        status.out.starts_with("Nothing of the stack"),
        "{}",
        status.out
    );
}
