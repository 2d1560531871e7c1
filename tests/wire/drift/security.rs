//! Security groups and their rules.

use aws_sdk_ec2::types::{
    IpPermission, IpRange, SecurityGroupRuleRequest, SecurityGroupRuleUpdate,
};

use super::{ANYWHERE, STACK, Scene};
use crate::program::WEB_STACK;

#[tokio::test(flavor = "multi_thread")]
async fn security_groups() {
    let scene = Scene::with(WEB_STACK).await;
    security_group(&scene).await;
    security_group_rule(&scene).await;
}

async fn security_group(scene: &Scene) {
    scene
        .drifts("security_group_tag_added", async |s| {
            let id = s.group("security-group/alb").await;
            s.tag(&id).await;
        })
        .await;
    // AWS lets go of a group when no rule names it and no network interface bears it.
    scene
        .drifts("security_group_deleted", async |s| {
            let (tasks, balancer) = (
                s.group("security-group/app").await,
                s.group("security-group/alb").await,
            );
            for rule in s.rules(&balancer).await {
                let peer = rule.referenced_group_info();
                if peer.is_some_and(|peer| peer.group_id() == Some(&tasks)) {
                    s.revoke(&rule).await;
                }
            }
            s.delete_service().await;
            let ec2 = &s.aws.ec2;
            ec2.delete_security_group()
                .group_id(tasks)
                .send()
                .await
                .unwrap();
        })
        .await;
}

async fn security_group_rule(scene: &Scene) {
    scene
        .drifts("security_group_rule_described", async |s| {
            let group = s.group("security-group/alb").await;
            let rules = s.rules(&group).await;
            let rule = rules
                .iter()
                .find(|r| r.cidr_ipv4() == Some(ANYWHERE))
                .unwrap();
            let request = SecurityGroupRuleRequest::builder()
                .ip_protocol("tcp")
                .from_port(80)
                .to_port(80)
                .cidr_ipv4(ANYWHERE)
                .description("by hand")
                .build();
            let update = SecurityGroupRuleUpdate::builder()
                .security_group_rule_id(rule.security_group_rule_id().unwrap())
                .security_group_rule(request)
                .build();
            let ec2 = &s.aws.ec2;
            ec2.modify_security_group_rules()
                .group_id(group)
                .security_group_rules(update)
                .send()
                .await
                .unwrap();
        })
        .await;
    scene
        .drifts("security_group_rule_deleted", async |s| {
            let group = s.group("security-group/app").await;
            let rules = s.rules(&group).await;
            let rule = rules.iter().find(|r| r.is_egress() == Some(false)).unwrap();
            s.revoke(rule).await;
        })
        .await;
    scene
        .drifts("security_group_rule_added", async |s| {
            let group = s.group("security-group/app").await;
            let range = IpRange::builder().cidr_ip("198.51.100.7/32").build();
            let permission = IpPermission::builder()
                .ip_protocol("tcp")
                .from_port(22)
                .to_port(22)
                .ip_ranges(range)
                .build();
            let ec2 = &s.aws.ec2;
            ec2.authorize_security_group_ingress()
                .group_id(group)
                .ip_permissions(permission)
                .send()
                .await
                .unwrap();
        })
        .await;
    // The rule that AWS gives a new group, given back by hand.
    scene
        .drifts("open_egress_added", async |s| {
            let group = s.group("security-group/alb").await;
            let range = IpRange::builder().cidr_ip(ANYWHERE).build();
            let permission = IpPermission::builder()
                .ip_protocol("-1")
                .ip_ranges(range)
                .build();
            let ec2 = &s.aws.ec2;
            ec2.authorize_security_group_egress()
                .group_id(group)
                .ip_permissions(permission)
                .send()
                .await
                .unwrap();
        })
        .await;
    let groups = scene
        .aws
        .ec2
        .describe_security_groups()
        .send()
        .await
        .unwrap();
    let ours = groups.security_groups().iter();
    let ours = ours.filter(|g| g.group_name().unwrap().starts_with(STACK));
    assert_eq!(ours.count(), 2);
}
