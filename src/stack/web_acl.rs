//! The web ACL in front of the CDN.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: what no rule finds is let through.

use crate::model::{Graph, Ref};
use crate::resources::{
    AclRule, DefaultAction, ManagedRuleGroup, RateLimit, RuleEffect, RuleStatement, Visibility,
    WebAcl, WebAclArn,
};
use crate::spec::resolved::Waf;
use crate::spec::{Spec, names};

/// AWS's rules against what is commonly tried.
const COMMON_RULES: &str = "AWSManagedRulesCommonRuleSet";
/// Seconds over which requests of one address are counted.
const WINDOW_S: u32 = 300;

pub(super) fn add(graph: &mut Graph, spec: &Spec, waf: &Waf) -> Ref<WebAclArn> {
    let rule = |name: &str, priority, statement| AclRule {
        name: name.to_owned(),
        priority,
        statement,
        effect: RuleEffect::Enforce,
        visibility: Visibility::full(format!("{}-{name}", spec.stack)),
    };
    let acl = WebAcl {
        name: names::web_acl(&spec.stack, &spec.region),
        description: format!("Requests to {}", spec.stack),
        default_action: DefaultAction::Allow,
        rules: vec![
            rule(
                "rate-limit",
                0,
                RuleStatement::RateLimit(RateLimit {
                    limit: waf.rate_limit,
                    evaluation_window_s: WINDOW_S,
                }),
            ),
            rule(
                "common",
                1,
                RuleStatement::ManagedRuleGroup(ManagedRuleGroup {
                    vendor_name: "AWS".to_owned(),
                    name: COMMON_RULES.to_owned(),
                }),
            ),
        ],
        visibility: Visibility::full(spec.stack.as_str()),
    };
    graph.add("main", &acl).arn
}
