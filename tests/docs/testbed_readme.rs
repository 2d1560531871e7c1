//! The examples of testbed/README.md: the same lines, compiled and run.

#![allow(clippy::print_stdout)]

use std::process::Command;

use testbed::{Hostility, Rule, Testbed};

use crate::pages::page;
use crate::scenes::Stack;

const THIS_FILE: &str = include_str!("testbed_readme.rs");

/// Code without spaces, comments, and the commas that a formatter adds.
fn bare(code: &str) -> String {
    let lines = code
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    let all: String = lines.collect();
    let kept = all
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect::<String>();
    kept.replace(",)", ")").replace(",}", "}")
}

#[test]
fn the_examples_are_those_that_run_here() {
    let here = bare(THIS_FILE);
    let blocks = page("testbed/README.md").blocks.into_iter();
    let mut count = 0;
    for block in blocks.filter(|block| block.language == "rust") {
        count += 1;
        assert!(here.contains(&bare(&block.text)), "{}", block.place());
    }
    assert_eq!(count, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_bed_is_used_so() -> anyhow::Result<()> {
    let qpiac = env!("CARGO_BIN_EXE_qpiac");

    let bed = Testbed::start().await?;
    Command::new(qpiac).envs(bed.environment());

    assert_eq!(bed.count_of("ec2:DescribeVpcs"), 0);
    bed.measure_rounds(testbed::QUIET);

    bed.inject(Rule::on("ec2:CreateVpc").nth(2).throttled());
    bed.inject(
        Rule::on("ecs:*")
            .first(1)
            .error("AccessDeniedException", "no"),
    );
    bed.inject(Rule::on_mutating().from(5).closed_after());
    bed.inject(Rule::on("ec2:DescribeNatGateways").replaced(|_, reply| {
        reply.replacing(
            "<state>available</state>",
            "<state>failed</state><failureCode>InternalError</failureCode>",
        )
    }));

    // That they reach the program: the first look at the clusters is denied.
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("stack.yaml"), Stack::Shop.text(""))?;
    let plan = || {
        let mut command = Command::new(qpiac);
        command
            .arg("plan")
            .current_dir(&folder)
            .envs(bed.environment());
        command.env("AWS_REGION", "eu-west-1").output()
    };
    let denied = plan()?;
    let said = String::from_utf8_lossy(&denied.stderr);
    assert!(
        !denied.status.success() && said.contains("AccessDeniedException"),
        "{said}"
    );
    assert!(bed.count_of("ec2:DescribeVpcs") > 0 && bed.rounds() > 0);
    bed.stop_measuring_rounds();

    bed.turn_hostile(Hostility::of_seed(17).in_phase("apply"));
    Command::new(qpiac).envs(bed.environment());
    for harm in bed.turn_friendly() {
        println!("{harm}");
    }

    assert!(plan()?.status.success());
    Ok(())
}
