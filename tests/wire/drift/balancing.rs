//! The load balancer's kinds.

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, FixedResponseActionConfig, LoadBalancerAttribute,
    PathPatternConditionConfig, ProtocolEnum, RuleCondition, Tag, TargetGroupAttribute,
};

use super::Scene;
use crate::edits::two_services;

/// Answers every request with 503.
fn closed() -> Action {
    let response = FixedResponseActionConfig::builder()
        .status_code("503")
        .content_type("text/plain")
        .message_body("Closed")
        .build();
    Action::builder()
        .r#type(ActionTypeEnum::FixedResponse)
        .fixed_response_config(response)
        .build()
}

fn on_path(path: &str) -> RuleCondition {
    let values = PathPatternConditionConfig::builder().values(path).build();
    RuleCondition::builder()
        .field("path-pattern")
        .path_pattern_config(values)
        .build()
}

#[tokio::test(flavor = "multi_thread")]
async fn load_balancers() {
    let scene = Scene::with(&two_services()).await;
    load_balancer(&scene).await;
    target_group(&scene).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_and_rules() {
    let scene = Scene::with(&two_services()).await;
    listener(&scene).await;
    listener_rule(&scene).await;
}

async fn load_balancer(scene: &Scene) {
    scene
        .drifts("load_balancer_idle_timeout", async |s| {
            let balancer = s.aws.load_balancer().await;
            let attribute = LoadBalancerAttribute::builder()
                .key("idle_timeout.timeout_seconds")
                .value("90")
                .build();
            s.aws
                .elbv2
                .modify_load_balancer_attributes()
                .load_balancer_arn(balancer.load_balancer_arn().unwrap())
                .attributes(attribute)
                .send()
                .await
                .unwrap();
        })
        .await;
    scene
        .drifts("load_balancer_security_group", async |s| {
            let balancer = s.aws.load_balancer().await;
            let group = s.group("security-group/app").await;
            s.aws
                .elbv2
                .set_security_groups()
                .load_balancer_arn(balancer.load_balancer_arn().unwrap())
                .security_groups(group)
                .send()
                .await
                .unwrap();
        })
        .await;
    scene
        .drifts("load_balancer_tag_added", async |s| {
            let balancer = s.aws.load_balancer().await;
            s.aws
                .elbv2
                .add_tags()
                .resource_arns(balancer.load_balancer_arn().unwrap())
                .tags(Tag::builder().key("by").value("hand").build())
                .send()
                .await
                .unwrap();
        })
        .await;
    // Its listeners and their rules go with it.
    scene
        .drifts("load_balancer_deleted", Scene::delete_load_balancer)
        .await;
}

async fn target_group(scene: &Scene) {
    scene
        .drifts("target_group_health_check", async |s| {
            let group = s.aws.target_group("app").await;
            s.aws
                .elbv2
                .modify_target_group()
                .target_group_arn(group.target_group_arn().unwrap())
                .health_check_path("/elsewhere")
                .health_check_interval_seconds(90)
                .send()
                .await
                .unwrap();
        })
        .await;
    scene
        .drifts("target_group_drain", async |s| {
            let group = s.aws.target_group("app").await;
            let attribute = TargetGroupAttribute::builder()
                .key("deregistration_delay.timeout_seconds")
                .value("17")
                .build();
            s.aws
                .elbv2
                .modify_target_group_attributes()
                .target_group_arn(group.target_group_arn().unwrap())
                .attributes(attribute)
                .send()
                .await
                .unwrap();
        })
        .await;
    // AWS wants no listener or rule to forward to it; services may.
    scene
        .drifts("target_group_deleted", async |s| {
            let listener = s.aws.listener().await;
            let elbv2 = &s.aws.elbv2;
            let rules = elbv2
                .describe_rules()
                .listener_arn(listener.listener_arn().unwrap())
                .send()
                .await
                .unwrap();
            let group = s.aws.target_group("api").await;
            let group = group.target_group_arn().unwrap();
            for rule in rules.rules() {
                if rule.actions()[0].target_group_arn() == Some(group) {
                    let arn = rule.rule_arn().unwrap();
                    elbv2.delete_rule().rule_arn(arn).send().await.unwrap();
                }
            }
            let delete = elbv2.delete_target_group().target_group_arn(group);
            delete.send().await.unwrap();
        })
        .await;
}

async fn listener(scene: &Scene) {
    scene
        .drifts("listener_action", async |s| {
            let listener = s.aws.listener().await;
            s.aws
                .elbv2
                .modify_listener()
                .listener_arn(listener.listener_arn().unwrap())
                .default_actions(closed())
                .send()
                .await
                .unwrap();
        })
        .await;
    scene
        .drifts("listener_deleted", async |s| {
            let listener = s.aws.listener().await;
            s.aws
                .elbv2
                .delete_listener()
                .listener_arn(listener.listener_arn().unwrap())
                .send()
                .await
                .unwrap();
        })
        .await;
    scene
        .drifts("listener_added", async |s| {
            let balancer = s.aws.load_balancer().await;
            s.aws
                .elbv2
                .create_listener()
                .load_balancer_arn(balancer.load_balancer_arn().unwrap())
                .port(8080)
                .protocol(ProtocolEnum::Http)
                .default_actions(closed())
                .send()
                .await
                .unwrap();
        })
        .await;
}

async fn listener_rule(scene: &Scene) {
    scene
        .drifts("listener_rule_condition", async |s| {
            let rule = the_rule(s).await;
            s.aws
                .elbv2
                .modify_rule()
                .rule_arn(rule)
                .conditions(on_path("/elsewhere/*"))
                .send()
                .await
                .unwrap();
        })
        .await;
    scene
        .drifts("listener_rule_deleted", async |s| {
            let rule = the_rule(s).await;
            s.aws
                .elbv2
                .delete_rule()
                .rule_arn(rule)
                .send()
                .await
                .unwrap();
        })
        .await;
    scene
        .drifts("listener_rule_added", async |s| {
            let listener = s.aws.listener().await;
            s.aws
                .elbv2
                .create_rule()
                .listener_arn(listener.listener_arn().unwrap())
                .priority(7)
                .conditions(on_path("/closed/*"))
                .actions(closed())
                .send()
                .await
                .unwrap();
        })
        .await;
}

/// The ARN of the one rule beside the default.
async fn the_rule(s: &Scene) -> String {
    let listener = s.aws.listener().await;
    let rules = s
        .aws
        .elbv2
        .describe_rules()
        .listener_arn(listener.listener_arn().unwrap())
        .send()
        .await
        .unwrap();
    let mut rules = rules
        .rules()
        .iter()
        .filter(|r| r.is_default() != Some(true));
    let rule = rules.next().expect("a rule");
    rule.rule_arn().unwrap().to_owned()
}
