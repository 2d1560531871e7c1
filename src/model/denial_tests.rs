//! What is advised, by what AWS says.

use super::*;

fn fault(operation: &str, code: &str, message: &str) -> Fault {
    Fault {
        code: code.to_owned(),
        ..Fault::own(FaultClass::Denied, operation, message)
    }
}

#[track_caller]
fn advises(operation: &str, code: &str, message: &str, expected: &str) {
    let advice = fault(operation, code, message).advice();
    assert_eq!(advice.as_deref(), Some(expected), "{message}");
}

const USER: &str = "User: arn:aws:iam::123456789012:user/ci is not authorized to perform:";
const VPC: &str = "arn:aws:ec2:eu-west-1:123456789012:vpc/*";

#[test]
fn a_missing_allow_is_proposed_for_what_the_message_names() {
    let expected = format!(
        r#"allow it with {{"Effect":"Allow","Action":"ec2:CreateVpc","Resource":"{VPC}"}}"#
    );
    let because = "because no identity-based policy allows the ec2:CreateVpc action";
    for message in [
        format!("{USER} ec2:CreateVpc on resource: {VPC} {because}"),
        format!(
            "You are not authorized to perform this operation. {USER} ec2:CreateVpc on resource: \
             {VPC} {because}. Encoded authorization failure message: 5GxM"
        ),
        format!(r#"{USER} ec2:CreateVpc on resource: "{VPC}" {because}"#),
        format!("{USER} ec2:CreateVpc on resource: {VPC}."),
    ] {
        advises(
            "ec2:CreateVpc",
            "UnauthorizedOperation",
            &message,
            &expected,
        );
    }
}

#[test]
fn the_action_may_be_another_than_the_call() {
    advises(
        "lambda:CreateFunction",
        "AccessDeniedException",
        &format!(
            "{USER} iam:PassRole on resource: arn:aws:iam::123456789012:role/shop-fn because no \
             identity-based policy allows the iam:PassRole action"
        ),
        r#"allow it with {"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/shop-fn"}"#,
    );
}

#[test]
fn what_another_service_refused_is_told_too() {
    let message = format!("{USER} cloudwatch:PutMetricAlarm on resource: arn:x");
    let passed_on = Fault {
        class: FaultClass::NotYet,
        ..fault(
            "application-autoscaling:PutScalingPolicy",
            "FailedResourceAccessException",
            &message,
        )
    };
    let advice = passed_on.advice().expect("advice");
    assert!(advice.contains("cloudwatch:PutMetricAlarm"), "{advice}");
}

#[test]
fn where_the_message_says_nothing_the_call_stands_for_the_action() {
    advises(
        "s3:PutBucketPolicy",
        "AccessDenied",
        "Access Denied",
        r#"allow it with {"Effect":"Allow","Action":"s3:PutBucketPolicy","Resource":"*"}"#,
    );
    advises(
        "ec2:CreateVpc",
        "UnauthorizedOperation",
        "You are not authorized to perform this operation. Encoded authorization failure message: 5GxM",
        r#"allow it with {"Effect":"Allow","Action":"ec2:CreateVpc","Resource":"*"}; `aws sts decode-authorization-message` says on which resource"#,
    );
    advises(
        "cloudfront:CreateDistributionWithTags",
        "AccessDenied",
        "Access Denied",
        r#"allow it with {"Effect":"Allow","Action":"cloudfront:CreateDistribution","Resource":"*"}"#,
    );
}

#[test]
fn against_a_deny_no_allow_is_proposed() {
    advises(
        "ec2:CreateVpc",
        "UnauthorizedOperation",
        &format!(
            "{USER} ec2:CreateVpc on resource: {VPC} with an explicit deny in an identity-based policy"
        ),
        &format!(
            "a Deny in an identity-based policy forbids ec2:CreateVpc on {VPC}, and no Allow outweighs it: whoever gives the caller its rights must change that Deny"
        ),
    );
    advises(
        "ecs:CreateCluster",
        "AccessDeniedException",
        &format!("{USER} ecs:CreateCluster with an explicit deny in a service control policy"),
        "a Deny in a service control policy forbids ecs:CreateCluster, and no Allow outweighs it: whoever administers the organization must change that Deny",
    );
}

#[test]
fn a_limit_is_told_with_who_can_change_it() {
    for (policy, keeper) in LIMITS {
        advises(
            "ecs:CreateCluster",
            "AccessDeniedException",
            &format!(
                "{USER} ecs:CreateCluster because no {policy} allows the ecs:CreateCluster action"
            ),
            &format!(
                "the {policy} must allow ecs:CreateCluster; an Allow in the caller's own policy does not help: ask {keeper}"
            ),
        );
    }
}

#[test]
fn credentials_are_not_a_matter_of_policies() {
    let expired = fault(
        "sts:GetCallerIdentity",
        "ExpiredToken",
        "The security token expired",
    );
    assert!(
        expired
            .advice()
            .is_some_and(|advice| advice.contains("sign in anew"))
    );
    let off = fault(
        "acm:ListCertificates",
        "OptInRequired",
        "You are not subscribed",
    );
    assert!(
        off.advice()
            .is_some_and(|advice| advice.contains("the account itself"))
    );
    let none = fault(
        "sts:GetCallerIdentity",
        "",
        "no usable AWS credentials (...)",
    );
    assert_eq!(none.advice(), None);
}

#[test]
fn a_quota_is_named_with_its_code_where_it_is_known() {
    let quota = |operation, code: &str| {
        let fault = Fault {
            class: FaultClass::Quota,
            ..fault(operation, code, "no more")
        };
        fault.advice().expect("advice")
    };
    let vpcs = quota("ec2:CreateVpc", "VpcLimitExceeded");
    assert!(
        vpcs.contains("\"VPCs per Region\" (vpc/L-F678F1CE)"),
        "{vpcs}"
    );
    assert!(
        vpcs.contains("--service-code vpc --quota-code L-F678F1CE"),
        "{vpcs}"
    );
    let alarms = quota("cloudwatch:PutMetricAlarm", "LimitExceeded");
    assert!(
        alarms.contains("list-service-quotas --service-code monitoring"),
        "{alarms}"
    );
}

#[test]
fn several_faults_of_one_action_get_one_hint() {
    let one = fault("s3:PutBucketPolicy", "AccessDenied", "Access Denied");
    let other = fault("s3:CreateBucket", "AccessDenied", "Access Denied");
    assert_eq!(hints([&one, &one, &other]).len(), 2);
}
