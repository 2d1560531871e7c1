//! What stands between visitors and tasks, and changes of it by hand.

use aws_sdk_cloudfront::primitives::Blob;
use aws_sdk_cloudfront::types::{DistributionConfig, FunctionStage};
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, HttpHeaderConditionConfig, Listener, LoadBalancer, Rule, RuleCondition,
    TargetGroup,
};

use super::Observer;

/// The header in which CloudFront proves itself.
pub(crate) const HEADER: &str = "X-CDN-Auth";

/// A function that lets everything through.
const PASS_THROUGH: &str = "function handler(e) { return e.request; }";

/// A function's code that is not published: its name and version.
pub(crate) struct Draft {
    name: String,
    version: String,
}

impl Observer {
    /// The distribution's id, configuration and version.
    pub(crate) async fn distribution(&self) -> (String, DistributionConfig, String) {
        let list = self.cloudfront.list_distributions().send().await.unwrap();
        let list = list.distribution_list.unwrap();
        let [found] = list.items() else {
            panic!("{} distributions", list.items().len())
        };
        let read = self.cloudfront.get_distribution_config().id(found.id());
        let reply = read.send().await.unwrap();
        let config = reply.distribution_config.unwrap();
        (found.id().to_owned(), config, reply.e_tag.unwrap())
    }

    /// The name at which viewers reach the distribution.
    pub(crate) async fn domain_name(&self) -> String {
        let list = self.cloudfront.list_distributions().send().await.unwrap();
        let list = list.distribution_list.unwrap();
        list.items()[0].domain_name().to_owned()
    }

    pub(crate) async fn edit_distribution(&self, edit: impl FnOnce(&mut DistributionConfig)) {
        let (id, mut config, version) = self.distribution().await;
        edit(&mut config);
        let update = self.cloudfront.update_distribution().id(id);
        let update = update.if_match(version).distribution_config(config);
        update.send().await.unwrap();
    }

    /// What the distribution is configured to prove itself with.
    pub(crate) async fn sent_value(&self) -> String {
        let (_, config, _) = self.distribution().await;
        let origin = &config.origins.unwrap().items[0];
        let headers = origin.custom_headers.as_ref().unwrap();
        let mut headers = headers.items().iter();
        let header = headers.find(|header| header.header_name() == HEADER);
        header.unwrap().header_value().to_owned()
    }

    /// Gives the function another code, which lets everything through.
    pub(crate) async fn edit_function(&self) -> Draft {
        let list = self.cloudfront.list_functions().stage(FunctionStage::Live);
        let list = list.send().await.unwrap().function_list.unwrap();
        let name = list.items()[0].name().to_owned();
        let read = self.cloudfront.describe_function().name(&name);
        let read = read.stage(FunctionStage::Development);
        let reply = read.send().await.unwrap();
        let config = reply.function_summary.unwrap().function_config.unwrap();
        let update = self.cloudfront.update_function().name(&name);
        let update = update
            .if_match(reply.e_tag.unwrap())
            .function_config(config)
            .function_code(Blob::new(PASS_THROUGH));
        let version = update.send().await.unwrap().e_tag.unwrap();
        Draft { name, version }
    }

    pub(crate) async fn publish(&self, draft: Draft) {
        let publish = self.cloudfront.publish_function().name(draft.name);
        publish.if_match(draft.version).send().await.unwrap();
    }

    pub(crate) async fn load_balancer(&self) -> LoadBalancer {
        let reply = self.elbv2.describe_load_balancers().send().await;
        reply.unwrap().load_balancers()[0].clone()
    }

    /// The target group of a service.
    pub(crate) async fn target_group(&self, service: &str) -> TargetGroup {
        let reply = self.elbv2.describe_target_groups().send().await.unwrap();
        let part = format!("-{service}-");
        let mut groups = reply.target_groups().iter();
        let group = groups.find(|group| group.target_group_name().unwrap().contains(&part));
        group.unwrap_or_else(|| panic!("{reply:?}")).clone()
    }

    pub(crate) async fn listener(&self) -> Listener {
        let balancer = self.load_balancer().await;
        let reply = self.elbv2.describe_listeners();
        let reply = reply.load_balancer_arn(balancer.load_balancer_arn().unwrap());
        reply.send().await.unwrap().listeners()[0].clone()
    }

    /// Makes the listener forward what no rule wants.
    pub(crate) async fn open_listener(&self) {
        let group = self.target_group("app").await;
        let forward = Action::builder()
            .r#type(ActionTypeEnum::Forward)
            .target_group_arn(group.target_group_arn().unwrap());
        let listener = self.listener().await;
        let modify = self.elbv2.modify_listener();
        let modify = modify.listener_arn(listener.listener_arn().unwrap());
        let modify = modify.default_actions(forward.build());
        modify.send().await.unwrap();
    }

    /// The listener's rule.
    pub(crate) async fn rule(&self) -> Rule {
        let listener = self.listener().await;
        let rules = self.elbv2.describe_rules();
        let rules = rules.listener_arn(listener.listener_arn().unwrap());
        let rules = rules.send().await.unwrap();
        let mut rules = rules.rules().iter();
        let rule = rules.find(|rule| rule.is_default() != Some(true));
        rule.unwrap().clone()
    }

    /// The values of the header that the rule accepts.
    pub(crate) async fn accepted(&self) -> Vec<String> {
        let rule = self.rule().await;
        let mut headers = rule.conditions().iter();
        let header = headers.find_map(|condition| condition.http_header_config());
        header.unwrap().values().to_vec()
    }

    /// Makes the rule accept these values of the header.
    pub(crate) async fn accept(&self, values: Vec<String>) {
        let header = HttpHeaderConditionConfig::builder()
            .http_header_name(HEADER)
            .set_values(Some(values));
        let condition = RuleCondition::builder()
            .field("http-header")
            .http_header_config(header.build());
        let rule = self.rule().await;
        let modify = self.elbv2.modify_rule();
        let modify = modify.rule_arn(rule.rule_arn().unwrap());
        let modify = modify.conditions(condition.build());
        modify.send().await.unwrap();
    }
}
