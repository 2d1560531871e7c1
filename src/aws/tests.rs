//! What clients do with good, bad and missing answers.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_credential_types::credential_fn::provide_credentials_fn;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use futures::future::{join, join_all};

use super::scripted::{Answer, Scripted, ec2_error, ec2_reply};
use super::{Call, Clients, branch};
use crate::model::{Fault, FaultClass};

fn vpcs() -> Answer {
    ec2_reply("DescribeVpcs", "<vpcSet/>")
}

async fn read(aws: &Clients) -> Result<(), Fault> {
    let reply = aws.ec2.describe_vpcs().send().await;
    reply.at("ec2:DescribeVpcs").map(drop)
}

async fn change(aws: &Clients) -> Result<(), Fault> {
    let reply = aws.ec2.create_vpc().cidr_block("10.0.0.0/16").send().await;
    reply.at("ec2:CreateVpc").map(drop)
}

#[tokio::test(start_paused = true)]
async fn what_changes_something_is_sent_once() {
    let cases = [
        (
            ec2_error(503, "RequestLimitExceeded", "slow down"),
            FaultClass::Throttled,
        ),
        (ec2_error(500, "InternalError", "oh"), FaultClass::Unknown),
        (
            Answer::Broken(ErrorKind::ConnectionReset),
            FaultClass::Unknown,
        ),
        (
            Answer::Reply(200, "this is no XML".to_owned()),
            FaultClass::Unknown,
        ),
    ];
    for (answer, class) in cases {
        let cloud = Scripted::new([answer.clone(), answer]);
        let aws = cloud.clients();
        let fault = change(&aws).await.expect_err("the script says so");
        assert_eq!(fault.class, class, "{fault}");
        assert_eq!(cloud.operations(), ["CreateVpc"]);
        assert_eq!((aws.stats().total(), aws.stats().retries), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_right_only_reads_are_sent() {
    let cloud = Scripted::new([vpcs(), ec2_reply("CreateVpc", "<vpc/>")]);
    let aws = cloud.clients();
    let has_right = Arc::new(AtomicBool::new(false));
    let permit = Arc::clone(&has_right);
    aws.limit(Arc::new(move || permit.load(Ordering::SeqCst)));
    let fault = change(&aws).await.expect_err("there is no right");
    assert_eq!(fault.class, FaultClass::Unknown);
    assert!(fault.message.starts_with("the right to change"), "{fault}");
    read(&aws).await.expect("a read needs no right");
    has_right.store(true, Ordering::SeqCst);
    change(&aws).await.expect("there is a right");
    assert_eq!(cloud.operations(), ["DescribeVpcs", "CreateVpc"]);
}

#[tokio::test(start_paused = true)]
async fn reads_are_repeated_and_counted() {
    let cloud = Scripted::new([
        ec2_error(503, "RequestLimitExceeded", "slow down"),
        Answer::Broken(ErrorKind::ConnectionReset),
        vpcs(),
    ]);
    let aws = cloud.clients();
    read(&aws).await.expect("the third attempt succeeds");
    let stats = aws.stats();
    assert_eq!((stats.total(), stats.retries, stats.rounds), (3, 2, 0));
    assert_eq!(stats.calls["ec2"]["DescribeVpcs"], 3);
}

#[tokio::test(start_paused = true)]
async fn reads_are_given_up() {
    let cloud = Scripted::new(vec![ec2_error(500, "InternalError", "oh"); 10]);
    let fault = read(&cloud.clients()).await.expect_err("all attempts fail");
    assert_eq!(fault.class, FaultClass::Unknown);
    assert_eq!(cloud.operations().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_is_told_at_once() {
    let cloud = Scripted::new([Answer::Broken(ErrorKind::ConnectionRefused)]);
    let fault = read(&cloud.clients()).await.expect_err("nothing listens");
    assert_eq!(cloud.operations().len(), 1);
    assert_eq!(fault.class, FaultClass::Unknown);
    assert_eq!(
        fault.to_string(),
        "ec2:DescribeVpcs: no connection to AWS: connection refused"
    );
}

#[tokio::test(start_paused = true)]
async fn silence_ends() {
    let cloud = Scripted::new([Answer::Silence]);
    let fault = change(&cloud.clients()).await.expect_err("no answer comes");
    assert_eq!(fault.class, FaultClass::Unknown, "{fault}");
}

#[tokio::test]
async fn missing_credentials_are_told_apart() {
    let cloud = Scripted::default();
    let none = provide_credentials_fn(|| async {
        Err(CredentialsError::not_loaded(
            "no providers in chain provided credentials",
        ))
    });
    let config = cloud
        .config()
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(none))
        .build();
    let aws = Clients::from_config(&config).expect("there is a region");
    let fault = read(&aws).await.expect_err("nobody signs");
    assert_eq!(fault.class, FaultClass::Denied, "{fault}");
    assert!(
        fault.message.starts_with("no usable AWS credentials"),
        "{fault}"
    );
    assert!(cloud.operations().is_empty());
}

#[tokio::test]
async fn a_bad_endpoint_is_told_without_the_request() {
    let config = Scripted::default()
        .signed()
        .into_builder()
        .endpoint_url("127.0.0.1:5000")
        .build();
    let aws = Clients::from_config(&config).expect("there is a region");
    let fault = change(&aws).await.expect_err("this is no address");
    assert_eq!(fault.class, FaultClass::Rejected);
    assert_eq!(
        fault.message,
        "failed to apply endpoint `127.0.0.1:5000`: endpoint must contain scheme; see \
         AWS_ENDPOINT_URL"
    );
}

#[tokio::test]
async fn credentials_that_cannot_be_fetched_are_not_missing() {
    let broken = provide_credentials_fn(|| async {
        let cause = std::io::Error::from(ErrorKind::ConnectionRefused);
        Err(CredentialsError::provider_error(cause))
    });
    let config = Scripted::default()
        .config()
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(broken))
        .build();
    let aws = Clients::from_config(&config).expect("there is a region");
    let fault = read(&aws).await.expect_err("nobody signs");
    assert_eq!(fault.class, FaultClass::Unknown);
    assert!(fault.message.starts_with("no connection to AWS"), "{fault}");
}

#[tokio::test]
async fn aws_is_quoted_whole() {
    let text = "You are not authorized to perform this operation. User: \
                arn:aws:iam::123456789012:user/dev is not authorized to perform: ec2:CreateVpc on \
                resource: arn:aws:ec2:us-east-1:123456789012:vpc/* because no identity-based \
                policy allows the ec2:CreateVpc action";
    let cloud = Scripted::new([ec2_error(403, "UnauthorizedOperation", text)]);
    let fault = change(&cloud.clients()).await.expect_err("denied");
    assert_eq!(
        fault,
        Fault {
            class: FaultClass::Denied,
            service: "ec2".to_owned(),
            operation: "CreateVpc".to_owned(),
            code: "UnauthorizedOperation".to_owned(),
            message: text.to_owned(),
            request_id: Some("req-1".into()),
        }
    );
}

#[tokio::test]
async fn the_caller_is_asked_for_once() {
    let identity = "<GetCallerIdentityResponse><GetCallerIdentityResult>\
                    <Arn>arn:aws:iam::123456789012:user/dev</Arn><UserId>U</UserId>\
                    <Account>123456789012</Account>\
                    </GetCallerIdentityResult></GetCallerIdentityResponse>";
    let cloud = Scripted::new([Answer::Reply(200, identity.to_owned())]);
    let aws = cloud.clients();
    let (one, other) = join(aws.caller(), aws.caller()).await;
    assert_eq!(one.expect("an identity").account, "123456789012");
    assert_eq!(
        other.expect("an identity").arn,
        "arn:aws:iam::123456789012:user/dev"
    );
    assert_eq!(cloud.operations(), ["GetCallerIdentity"]);
    // Whoever asked before reading made the snapshot wait.
    aws.reading(true);
    aws.chain("vpc", None, read(&aws))
        .await
        .expect_err("the script is over");
    assert_eq!(aws.stats().rounds, 2);
}

#[tokio::test]
async fn equal_reads_are_shared_and_rounds_counted() {
    let cloud = Scripted::new(vec![vpcs(); 10]);
    let aws = cloud.clients();
    aws.reading(true);
    let shared = || async {
        aws.once("all".to_owned(), |aws| async move { read(&aws).await })
            .await
            .map(drop)
    };
    let parents = aws.chain("table", None, async {
        shared().await?;
        join_all([branch(read(&aws)), branch(read(&aws))]).await;
        Ok::<_, Fault>(())
    });
    let others = aws.chain("group", None, shared());
    let (parents, others) = join(parents, others).await;
    parents.and(others).expect("the script has answers");
    assert_eq!(aws.stats().rounds, 2);
    aws.chain("route", Some("table"), read(&aws))
        .await
        .expect("an answer");
    assert_eq!(aws.stats().rounds, 3);
    aws.chain("rule", Some("group"), read(&aws))
        .await
        .expect("an answer");
    assert_eq!((aws.stats().total(), aws.stats().rounds), (5, 3));
    aws.reading(false);
    shared().await.expect("an answer");
    assert_eq!((aws.stats().total(), aws.stats().rounds), (6, 3));
}
