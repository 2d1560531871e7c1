//! Where the load balancer writes its log, and where built images go.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{Bucket, ExpirationStatus, ServerSideEncryption};
use serde_json::Value;

use super::STACK;
use crate::observer::Observer;

/// `load_balancer` is its ARN.
pub(super) async fn check(aws: &Observer, load_balancer: &str) {
    let found = aws.s3.list_buckets().send().await.unwrap();
    // One is of no stack: that of the leases.
    let is_of_stack = |b: &&Bucket| !b.name().unwrap().starts_with("qpiac-");
    let found: Vec<&Bucket> = found.buckets().iter().filter(is_of_stack).collect();
    let [bucket] = found.as_slice() else {
        panic!("{found:?}")
    };
    let name = bucket.name().unwrap();
    assert_eq!(name, format!("{STACK}-logs-{}-us-east-1", testbed::ACCOUNT));
    let prefix = check_delivery(aws, load_balancer, name).await;
    check_policy(aws, name, &prefix).await;

    let encryption = aws.s3.get_bucket_encryption().bucket(name);
    let encryption = encryption.send().await.unwrap();
    let rules = encryption.server_side_encryption_configuration().unwrap();
    let default = rules.rules()[0].apply_server_side_encryption_by_default();
    assert_eq!(
        default.unwrap().sse_algorithm(),
        &ServerSideEncryption::Aes256
    );
    let block = aws.s3.get_public_access_block().bucket(name);
    let block = block.send().await.unwrap();
    let block = block.public_access_block_configuration().unwrap();
    assert_eq!(block.block_public_acls(), Some(true));
    assert_eq!(block.block_public_policy(), Some(true));
    assert_eq!(block.ignore_public_acls(), Some(true));
    assert_eq!(block.restrict_public_buckets(), Some(true));
    let lifecycle = aws.s3.get_bucket_lifecycle_configuration().bucket(name);
    let lifecycle = lifecycle.send().await.unwrap();
    let [rule] = lifecycle.rules() else {
        panic!("{lifecycle:?}")
    };
    assert_eq!(rule.expiration().unwrap().days(), Some(90));
    assert_eq!(rule.status(), &ExpirationStatus::Enabled);

    let repositories = aws.ecr.describe_repositories().send().await.unwrap();
    let [repository] = repositories.repositories() else {
        panic!("{repositories:?}")
    };
    assert_eq!(repository.repository_name(), Some(&*format!("{STACK}/app")));
}

/// The load balancer writes there; gives what the names of its files begin with.
async fn check_delivery(aws: &Observer, load_balancer: &str, bucket: &str) -> String {
    let attributes = aws.elbv2.describe_load_balancer_attributes();
    let attributes = attributes.load_balancer_arn(load_balancer);
    let attributes = attributes.send().await.unwrap();
    let attributes: BTreeMap<_, _> = attributes
        .attributes()
        .iter()
        .map(|attribute| (attribute.key().unwrap(), attribute.value().unwrap_or("")))
        .collect();
    assert_eq!(attributes["access_logs.s3.enabled"], "true");
    assert_eq!(attributes["access_logs.s3.bucket"], bucket);
    attributes["access_logs.s3.prefix"].to_owned()
}

/// Both names by which AWS delivers such logs may write, there and nowhere else.
async fn check_policy(aws: &Observer, bucket: &str, prefix: &str) {
    let policy = aws.s3.get_bucket_policy().bucket(bucket);
    let policy = policy.send().await.unwrap();
    let policy: Value = serde_json::from_str(policy.policy().unwrap()).unwrap();
    let text = policy.to_string();
    for writer in [
        "arn:aws:iam::127311923021:root",
        "logdelivery.elasticloadbalancing.amazonaws.com",
    ] {
        assert!(text.contains(writer), "{writer} may not write: {text}");
    }
    let place = format!("{bucket}/{prefix}/AWSLogs/{}/", testbed::ACCOUNT);
    for statement in policy["Statement"].as_array().unwrap() {
        let resource = statement["Resource"].to_string();
        assert!(resource.contains(&place), "{resource}");
    }
}
