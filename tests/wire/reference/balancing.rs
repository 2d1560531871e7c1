//! The load balancer: what it listens to, and what it refuses.

use aws_sdk_elasticloadbalancingv2::types::ActionTypeEnum;

use super::STACK;
use super::network::Groups;
use crate::observer::{HEADER, Observer};

/// What stands behind CloudFront.
pub(super) struct Balancing {
    /// Its ARN.
    pub(super) load_balancer: String,
    pub(super) domain_name: String,
    /// Its ARN.
    pub(super) target_group: String,
}

/// Load balancer, listener, rule and target group. `value` is what CloudFront proves itself with.
pub(super) async fn check(aws: &Observer, vpc: &str, groups: &Groups, value: &str) -> Balancing {
    let found = aws.elbv2.describe_load_balancers().send().await.unwrap();
    let [balancer] = found.load_balancers() else {
        panic!("{found:?}")
    };
    assert_eq!(balancer.scheme().unwrap().as_str(), "internet-facing");
    assert_eq!(
        balancer.security_groups(),
        std::slice::from_ref(&groups.balancer)
    );
    assert_eq!(balancer.availability_zones().len(), 2);
    assert!(balancer.load_balancer_name().unwrap().starts_with(STACK));
    let arn = balancer.load_balancer_arn().unwrap();

    let found = aws.elbv2.describe_target_groups().send().await.unwrap();
    let [target_group] = found.target_groups() else {
        panic!("{found:?}")
    };
    assert_eq!(target_group.port(), Some(8000));
    assert_eq!(target_group.vpc_id(), Some(vpc));
    assert_eq!(target_group.health_check_path(), Some("/health"));
    assert_eq!(target_group.target_type().unwrap().as_str(), "ip");
    let target_group = target_group.target_group_arn().unwrap().to_owned();

    let found = aws
        .elbv2
        .describe_listeners()
        .load_balancer_arn(arn)
        .send()
        .await
        .unwrap();
    let [listener] = found.listeners() else {
        panic!("{found:?}")
    };
    assert_eq!(
        (listener.port(), listener.protocol().unwrap().as_str()),
        (Some(80), "HTTP")
    );
    let [refusal] = listener.default_actions() else {
        panic!("{listener:?}")
    };
    assert_eq!(refusal.r#type(), Some(&ActionTypeEnum::FixedResponse));
    let answer = refusal.fixed_response_config().unwrap();
    assert_eq!(answer.status_code(), Some("403"));

    let rules = aws.elbv2.describe_rules();
    let rules = rules.listener_arn(listener.listener_arn().unwrap());
    let rules = rules.send().await.unwrap();
    let own: Vec<_> = rules
        .rules()
        .iter()
        .filter(|rule| rule.is_default() != Some(true))
        .collect();
    let [rule] = own[..] else { panic!("{own:?}") };
    let [condition] = rule.conditions() else {
        panic!("{rule:?}")
    };
    let header = condition.http_header_config().unwrap();
    assert_eq!(header.http_header_name(), Some(HEADER));
    assert!(header.values() == [value], "the rule wants another value");
    let [forward] = rule.actions() else {
        panic!("{rule:?}")
    };
    assert_eq!(forward.r#type(), Some(&ActionTypeEnum::Forward));
    assert_eq!(forward.target_group_arn(), Some(target_group.as_str()));
    Balancing {
        load_balancer: arn.to_owned(),
        domain_name: balancer.dns_name().unwrap().to_owned(),
        target_group,
    }
}
