//! The lease of a stack: two runs at once, one that was killed, one that lost it, and the bucket that
//! it is kept in.

#![cfg(unix)]

use std::process::Stdio;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use testbed::{Request, Rule};
use tokio::process::{Child, Command};

use crate::observer::Observer;
use crate::output_schema::Schemas;
use crate::program::{Program, Ran, WEB_STACK, edited};

const BUCKET: &str = "qpiac-123456789012-us-east-1";
const KEY: &str = "leases/qp-iac-cdn-headers";
/// How long a lease lasts, in seconds: so long that a living holder is not taken for a dead one on a
/// busy machine.
const LEASE_S: &str = "5";
/// How often, and how many times at most, something is looked for.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: usize = 600;

/// An apply that waits in one of its calls.
async fn held_up(program: &Program, operation: &str) -> Child {
    let slow = Duration::from_secs(20);
    program
        .bed
        .inject(Rule::on(operation).first(1).delayed(slow));
    let child = leasing(program, &["apply", "--yes"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..LOOKS {
        if program.bed.count_of(operation) > 0 {
            return child;
        }
        tokio::time::sleep(LOOK).await;
    }
    panic!("there was no {operation}");
}

fn leasing(program: &Program, arguments: &[&str]) -> Command {
    let mut command = program.command(arguments);
    command.env("QPIAC_LEASE_S", LEASE_S);
    command
}

async fn run(program: &Program, arguments: &[&str]) -> Ran {
    let mut command = leasing(program, arguments);
    Ran::from(command.output().await.unwrap())
}

async fn lease(aws: &Observer) -> serde_json::Value {
    let object = aws.s3.get_object().bucket(BUCKET).key(KEY).send().await;
    let body = object.unwrap().body.collect().await.unwrap();
    serde_json::from_slice(&body.into_bytes()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bucket_is_private_encrypted_and_versioned_and_stays() {
    let program = Program::with(WEB_STACK).await;
    let aws = Observer::of(&program.bed);
    program.run(&["plan"]).await.exits(0);
    assert!(aws.s3.head_bucket().bucket(BUCKET).send().await.is_err());
    program.apply().await;
    assert_eq!(lease(&aws).await["standing"], "released");

    let block = aws.s3.get_public_access_block().bucket(BUCKET).send().await;
    let block = block.unwrap().public_access_block_configuration.unwrap();
    assert_eq!(block.block_public_policy, Some(true));
    assert_eq!(block.restrict_public_buckets, Some(true));
    // One emulator answers the question about versions in a form that no SDK reads.
    let changes = program.bed.mutating();
    let versions = changes
        .iter()
        .find(|call| call.operation == "PutBucketVersioning");
    assert!(versions.unwrap().request.to_string().contains("Enabled"));
    let encryption = aws.s3.get_bucket_encryption().bucket(BUCKET).send().await;
    assert!(encryption.is_ok());
    let rules = aws
        .s3
        .get_bucket_lifecycle_configuration()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert!(rules.rules()[0].noncurrent_version_expiration().is_some());

    program.bed.clear_journal();
    program.write(&edited(WEB_STACK, "memory: 512", "memory: 1024"));
    program.apply().await;
    assert_eq!(program.bed.count_of("s3:CreateBucket"), 0);

    let destroyed = program.destroy().await;
    assert!(destroyed.err.contains(BUCKET), "{}", destroyed.err);
    assert!(aws.s3.head_bucket().bucket(BUCKET).send().await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_names_the_account_that_must_own_the_bucket() {
    let program = Program::with(WEB_STACK).await;
    let is_of_bucket = |request: &Request| request.service == "s3" && request.path.contains(BUCKET);
    let owner = |request: &Request| request.headers.get("x-amz-expected-bucket-owner").cloned();
    // The bucket is not there yet when it is made.
    let careless = Rule::on_every()
        .having(move |request| {
            is_of_bucket(request)
                && request.operation != "CreateBucket"
                && owner(request).is_none_or(|owner| owner != testbed::ACCOUNT)
        })
        .error("Careless", "no owner is named");
    program.bed.inject(careless);
    program.apply().await;
    program.run(&["history"]).await.exits(0);
    let calls = program.bed.calls();
    let harmed: Vec<_> = calls.iter().filter(|call| call.fault.is_some()).collect();
    assert!(harmed.is_empty(), "{harmed:?}");
    for operation in [
        "GetObject",
        "PutObject",
        "PutBucketVersioning",
        "ListObjectsV2",
    ] {
        assert!(
            program.bed.count_of(&format!("s3:{operation}")) > 0,
            "{operation}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_is_refused_or_waits() {
    let program = Program::with(WEB_STACK).await;
    let mut first = held_up(&program, "ec2:CreateVpc").await;
    let refused = run(&program, &["apply", "--yes", "--lease-wait", "0"]).await;
    assert_eq!(refused.code, 1);
    for part in [
        "another run is changing this stack",
        "`qpiac apply --yes`",
        "qpiac unlock",
    ] {
        assert!(refused.err.contains(part), "{}", refused.err);
    }
    let plan = run(&program, &["plan"]).await;
    assert_eq!(plan.code, 0, "a plan needs no lease: {}", plan.err);

    program.write(&edited(WEB_STACK, "memory: 512", "memory: 1024"));
    let second = run(&program, &["apply", "--yes"]).await;
    assert_eq!(second.code, 0, "{}", second.err);
    assert!(
        second.err.contains("waiting at most 90 s"),
        "{}",
        second.err
    );
    assert!(first.wait().await.unwrap().success());
    program.assert_in_sync().await;
    assert_eq!(program.bed.count_of("ec2:CreateVpc"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lease_of_a_killed_run_is_taken_over_when_its_time_is_over() {
    let program = Program::with(WEB_STACK).await;
    let mut first = held_up(&program, "ec2:CreateSubnet").await;
    first.kill().await.unwrap();
    program.bed.clear_faults();
    let ran = run(&program, &["apply", "--yes"]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    for part in [
        "waiting at most 90 s",
        "takes it over",
        "the run before did not see its end",
    ] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    program.assert_in_sync().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_lost_its_lease_begins_nothing_new() {
    let program = Program::with(WEB_STACK).await;
    let aws = Observer::of(&program.bed);
    let first = held_up(&program, "ec2:CreateVpc").await;
    let mut other = lease(&aws).await;
    other["holder"]["who"] = "arn:aws:iam::123456789012:user/bob".into();
    let body = ByteStream::from(serde_json::to_vec(&other).unwrap());
    let put = aws.s3.put_object().bucket(BUCKET).key(KEY).body(body);
    put.send().await.unwrap();
    let ended = Ran::from(first.wait_with_output().await.unwrap());
    assert_eq!(ended.code, 1, "{}", ended.err);
    for part in [
        "The lease is lost: arn:aws:iam::123456789012:user/bob",
        "to go on: qpiac apply",
    ] {
        assert!(ended.err.contains(part), "{part}: {}", ended.err);
    }
    assert_eq!(program.bed.count_of("ec2:CreateSubnet"), 0);
    assert_eq!(lease(&aws).await["holder"]["who"], other["holder"]["who"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_taken_away_from_its_holder() {
    let program = Program::with(WEB_STACK).await;
    let first = held_up(&program, "ec2:CreateVpc").await;
    let asked = run(&program, &["unlock"]).await;
    assert_eq!(
        asked.code, 1,
        "without a terminal there is nobody to ask: {}",
        asked.err
    );
    let schemas = Schemas::read();
    let unlocked = run(&program, &["unlock", "--yes", "--format", "json"]).await;
    assert_eq!(unlocked.code, 0, "{}", unlocked.err);
    assert!(unlocked.err.contains("is free"), "{}", unlocked.err);
    let document = unlocked.json();
    schemas.admit("unlock", &document);
    assert_eq!(document["outcome"], "taken_away");
    assert_eq!(document["holder"]["command"], "qpiac apply --yes");
    let ended = Ran::from(first.wait_with_output().await.unwrap());
    assert!(
        ended.err.contains("somebody unlocked the stack"),
        "{}",
        ended.err
    );
    let again = run(&program, &["unlock", "--yes"]).await;
    assert!(
        again.err.contains("nobody holds the lease"),
        "{}",
        again.err
    );
    let next = run(&program, &["apply", "--yes", "--lease-wait", "0"]).await;
    assert_eq!(next.code, 0, "{}", next.err);
    program.assert_in_sync().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_of_somebody_else_is_never_used() {
    let program = Program::with(WEB_STACK).await;
    let taken = Rule::on("s3:CreateBucket").error(
        "BucketAlreadyExists",
        "The requested bucket name is not available.",
    );
    program.bed.inject(taken);
    let ran = run(&program, &["apply", "--yes"]).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("belongs to somebody else"), "{}", ran.err);
    let others: Vec<String> = program
        .bed
        .mutating()
        .iter()
        .map(testbed::Call::name)
        .collect();
    assert_eq!(others, ["s3:CreateBucket"]);
}
