//! The audit notices what it is there for.
//!
//! Depends on `lab`. Invariant: the program is not run.

use crate::census::Labels;
use crate::lab::Lab;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_over_and_what_others_miss_is_noticed() {
    let lab = Lab::new().await;
    let nothing = Labels::new();
    lab.audit(&nothing).await.verdict().expect("nothing yet");

    let vpc = lab.aws.ec2.create_vpc().cidr_block("10.0.0.0/16");
    vpc.send().await.expect("a VPC");
    let group = lab.aws.logs.create_log_group().log_group_name("/a");
    group.send().await.expect("a log group");
    let name = "qp-iac-cdn-headers-b-rotation";
    let policy = lab.aws.iam.delete_role_policy().role_name(name);
    let policy = policy.policy_name(name).send().await;
    policy.expect("no policy");

    let group = "log-group /a None";
    let expected = Labels::from([(group.to_owned(), 2)]);
    let findings = lab.audit(&expected).await;
    // The VPC brings its own group, with its rule, and its own table.
    assert_eq!(findings.too_many.len(), 4, "{:#?}", findings.too_many);
    assert!(findings.too_many.iter().any(|one| one.starts_with("vpc ")));
    assert_eq!(findings.missing, [group]);
    let [changed] = &findings.changed[..] else {
        panic!("{:#?}", findings.changed);
    };
    assert!(changed.starts_with(&format!("role {name}: ")), "{changed}");
}
