//! The header that CloudFront proves itself with.

use std::collections::BTreeSet;

use super::traffic::{Tally, Traffic};
use super::{Crash, Rotation};
use crate::live::Live;
use crate::program::edited;

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
    (
        "setSecret",
        Crash::Before("elasticloadbalancing:ModifyRule"),
    ),
    ("setSecret", Crash::After("elasticloadbalancing:ModifyRule")),
    ("setSecret", Crash::Before("cloudfront:UpdateDistribution")),
    ("setSecret", Crash::After("cloudfront:UpdateDistribution")),
    ("testSecret", Crash::Before("cloudfront:GetDistribution")),
    ("testSecret", Crash::After("cloudfront:GetDistribution")),
    (
        "finishSecret",
        Crash::Before("secretsmanager:UpdateSecretVersionStage"),
    ),
    (
        "finishSecret",
        Crash::After("secretsmanager:UpdateSecretVersionStage"),
    ),
];

const STILL: &str = "still being deployed";

#[tokio::test(flavor = "multi_thread")]
async fn the_header_is_renewed_and_no_request_is_refused() {
    let live = Live::new().await;
    live.program.bed.hold_deployments();
    live.program.bed.hold_rotations();
    let traffic = Traffic::start(&live).await;

    step_by_step(&live, &traffic).await;
    with_crashes(&live, &traffic).await;

    let tally: Tally = traffic.stop().await;
    assert_eq!(tally.refused, Vec::<String>::new());
    for count in [
        tally.through_distribution,
        tally.with_one_value,
        tally.with_two_values,
    ] {
        assert!(count >= 10, "too few requests to say anything");
    }
}

/// Every step once, in the order and the states of the documentation.
async fn step_by_step(live: &Live, traffic: &Traffic) {
    let rotation = Rotation::begin(live, "cdn-auth", 1).await;
    let old = rotation.value("AWSCURRENT").await;

    rotation.step("createSecret").await.unwrap();
    let new = rotation.value("AWSPENDING").await;
    assert!(live.accept_exactly([&old]).await && live.send(&old).await);

    rotation.step("setSecret").await.unwrap();
    assert!(live.accept_exactly([&old, &new]).await && live.send(&new).await);
    for step in ["testSecret", "finishSecret"] {
        let why = rotation.step(step).await.unwrap_err();
        assert!(why.contains(STILL), "{why}");
    }
    assert!(!rotation.is_over().await);
    assert_eq!(live.reconcile().await.unwrap()["rules"], 0);

    // An apply that changes the distribution meanwhile leaves the values as they are.
    let stack = std::fs::read_to_string(live.program.path("stack.yaml")).unwrap();
    live.program
        .write(&edited(&stack, "PriceClass_100", "PriceClass_200"));
    live.program.apply().await;
    assert!(live.accept_exactly([&old, &new]).await && live.send(&new).await);

    traffic.deploy(live).await;
    rotation.step("testSecret").await.unwrap();
    rotation.step("finishSecret").await.unwrap();
    assert!(rotation.is_over().await);
    assert!(live.accept_exactly([&old, &new]).await && live.send(&new).await);

    assert_eq!(live.reconcile().await.unwrap()["rules"], 1);
    live.program.assert_in_sync().await;
    assert!(live.accept_exactly([&new]).await && live.send(&new).await);
}

/// The same again, where every step ends before its time and begins again.
async fn with_crashes(live: &Live, traffic: &Traffic) {
    let rotation = Rotation::begin(live, "cdn-auth", 2).await;
    for (step, crash) in CRASHES {
        if step == "testSecret" && !live.is_deployed().await {
            rotation.step("setSecret").await.unwrap();
            let why = rotation.step(step).await.unwrap_err();
            assert!(why.contains(STILL), "{why}");
            traffic.deploy(live).await;
        }
        rotation.crash(step, crash).await;
    }
    rotation.step("finishSecret").await.unwrap();
    assert!(rotation.is_over().await);

    for crash in [
        Crash::Before("elasticloadbalancing:ModifyRule"),
        Crash::After("elasticloadbalancing:ModifyRule"),
    ] {
        live.crash(crash);
        let why = live.reconcile().await.unwrap_err();
        live.program.bed.clear_faults();
        assert!(why.contains("it ends here"), "{why}");
        live.program.assert_in_sync().await;
    }
    live.reconcile().await.unwrap();
    live.program.assert_in_sync().await;
    let new = rotation.value("AWSCURRENT").await;
    assert!(live.accept_exactly([&new]).await && live.send(&new).await);
}

impl Live {
    /// Whether the load balancer accepts these values and no others.
    async fn accept_exactly<const N: usize>(&self, values: [&String; N]) -> bool {
        let accepted = self.aws.accepted().await;
        accepted.iter().collect::<BTreeSet<_>>() == BTreeSet::from(values)
    }

    /// Whether the distribution is configured to send this value.
    async fn send(&self, value: &str) -> bool {
        self.aws.sent_value().await == value
    }

    async fn is_deployed(&self) -> bool {
        let list = self.aws.cloudfront.list_distributions().send().await;
        let list = list.unwrap().distribution_list.unwrap();
        list.items()[0].status() == "Deployed"
    }
}
