//! How secrets are renewed: the functions that do it, what they may do, and when.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: a function may renew the secrets that
//! name it, and tell those who use them; nothing else.

use std::collections::BTreeMap;

use super::balancing::Balancing;
use super::functions::{self, Deployed, Extra};
use super::inputs::Inputs;
use super::policies::allow;
use super::secrets::Secrets;
use super::service::Services;
use crate::model::{Document, Graph, Ref, Text};
use crate::resources::{
    DistributionOutputsRefs, EventRule, EventTarget, LambdaFunctionArn, LambdaPermission,
    SecretRotation, WebAclArn,
};
use crate::spec::resolved::{Function, Secret, SecretUsage, Service};
use crate::spec::{Spec, names};

/// How often a function looks whether something was left to do.
const SCHEDULE: &str = "rate(5 minutes)";
/// What it is called with then.
const RECONCILE: &str = r#"{"Step":"reconcile"}"#;

/// What rotation needs of other parts of the stack.
pub(super) struct Needs<'a> {
    pub(super) secrets: &'a Secrets,
    pub(super) services: &'a Services,
    pub(super) balancing: &'a Balancing,
    pub(super) distribution: Option<&'a DistributionOutputsRefs>,
    pub(super) web_acl: Option<&'a Ref<WebAclArn>>,
}

/// Whether a function renews secrets.
pub(super) fn is_rotation(spec: &Spec, function: &Function) -> bool {
    renewed(spec, function).next().is_some()
}

/// The secrets that a function renews.
fn renewed<'a>(spec: &'a Spec, function: &'a Function) -> impl Iterator<Item = &'a Secret> {
    spec.secrets.iter().filter(|secret| {
        let rotation = secret.rotation.as_ref();
        rotation.is_some_and(|rotation| rotation.function == function.name)
    })
}

/// A function that renews secrets, with everything that calls it.
pub(super) fn add(
    graph: &mut Graph,
    spec: &Spec,
    inputs: &Inputs,
    needs: &Needs<'_>,
    function: &Function,
) -> Deployed {
    let extra = Extra {
        environment: environment(spec, needs, function),
        statements: statements(spec, needs, function),
    };
    let deployed = functions::add(graph, spec, inputs, needs.secrets, function, extra);
    let arn = &deployed.function.arn;
    for secret in renewed(spec, function) {
        let Some(refs) = needs.secrets.get(&secret.name) else {
            continue;
        };
        graph.add_child(&caller(
            arn,
            format!("rotate-{}", secret.name),
            "secretsmanager.amazonaws.com",
            Text::from(&refs.arn),
        ));
        graph.add_child(&SecretRotation {
            secret: refs.arn.clone(),
            function: arn.clone(),
            days: secret.rotation.as_ref().map_or(0, |rotation| rotation.days),
        });
    }
    add_schedule(graph, spec, function, arn);
    deployed
}

/// A service of AWS may call the function for this resource.
fn caller(
    function: &Ref<LambdaFunctionArn>,
    statement_id: String,
    service: &str,
    source: Text,
) -> LambdaPermission {
    LambdaPermission {
        function: function.clone(),
        statement_id,
        action: "lambda:InvokeFunction".to_owned(),
        principal: service.to_owned(),
        source_arn: Some(source),
        source_account: None,
        function_url_auth_type: None,
        invoked_via_function_url: false,
    }
}

fn add_schedule(graph: &mut Graph, spec: &Spec, function: &Function, arn: &Ref<LambdaFunctionArn>) {
    let rule = EventRule {
        name: names::schedule(&spec.stack, &function.name),
        description: format!("Lets {} finish what it has begun", function.name),
        schedule_expression: SCHEDULE.to_owned(),
        enabled: true,
        targets: [EventTarget {
            function: arn.clone(),
            input: RECONCILE.to_owned(),
        }]
        .into(),
    };
    let rule = graph.add(function.name.to_string(), &rule);
    graph.add_child(&caller(
        arn,
        "schedule".to_owned(),
        "events.amazonaws.com",
        Text::from(&rule.arn),
    ));
}

/// Services whose tasks have a secret since they started, or read it.
fn consumers<'a>(spec: &'a Spec, secret: &Secret) -> impl Iterator<Item = &'a Service> {
    spec.services.iter().filter(|service| {
        let injected = service.secrets.iter().map(|(_, name)| name);
        injected
            .chain(&service.reads)
            .any(|name| *name == secret.name)
    })
}

/// Who is told of a new value, and where the header's value is sent and asked for.
fn environment(spec: &Spec, needs: &Needs<'_>, function: &Function) -> BTreeMap<String, Text> {
    let mut environment = BTreeMap::new();
    environment.insert("CONSUMERS".to_owned(), told(spec, needs, function));
    let is_header = |secret: &&Secret| secret.usage == SecretUsage::OriginHeader;
    let header = renewed(spec, function).find(is_header);
    if let (Some(secret), Some(cdn), Some(distribution)) = (header, &spec.cdn, needs.distribution)
        && let Some(refs) = needs.secrets.get(&secret.name)
    {
        let listeners = needs.balancing.listeners.iter();
        let origin = object([
            ("secret", quoted(Text::from(&refs.arn))),
            ("header", quoted(cdn.auth.header.to_string().into())),
            ("distribution", quoted(Text::from(&distribution.id))),
            (
                "listeners",
                list(listeners.map(|arn| quoted(Text::from(arn)))),
            ),
        ]);
        environment.insert("ORIGIN".to_owned(), origin);
    }
    environment
}

fn told(spec: &Spec, needs: &Needs<'_>, function: &Function) -> Text {
    let cluster = needs.services.cluster.as_ref();
    let pairs = renewed(spec, function).filter_map(|secret| {
        let services = consumers(spec, secret).filter_map(|service| {
            let deployed = needs.services.by_name.get(service.name.as_str())?;
            Some(object([
                ("cluster", quoted(Text::from(&cluster?.arn))),
                ("service", quoted(Text::from(&deployed.service.arn))),
            ]))
        });
        let arn = &needs.secrets.get(&secret.name)?.arn;
        Some(quoted(Text::from(arn)).then(":").then_text(list(services)))
    });
    joined("{", pairs, "}")
}

/// A JSON string; nothing in identifiers needs to be escaped.
fn quoted(text: Text) -> Text {
    Text::from("\"").then_text(text).then("\"")
}

fn list(items: impl Iterator<Item = Text>) -> Text {
    joined("[", items, "]")
}

fn object<const N: usize>(members: [(&str, Text); N]) -> Text {
    let pairs = members.into_iter();
    joined(
        "{",
        pairs.map(|(key, value)| Text::from(format!("\"{key}\":")).then_text(value)),
        "}",
    )
}

fn joined(open: &str, items: impl Iterator<Item = Text>, close: &str) -> Text {
    let mut text = Text::from(open);
    for (at, item) in items.enumerate() {
        if at > 0 {
            text = text.then(",");
        }
        text = text.then_text(item);
    }
    text.then(close)
}

/// What the function may do.
fn statements(spec: &Spec, needs: &Needs<'_>, function: &Function) -> Vec<Document> {
    let document = |text: Text| Document::from(text);
    let mut secrets = Vec::new();
    let mut services = Vec::new();
    for secret in renewed(spec, function) {
        let refs = needs.secrets.get(&secret.name);
        secrets.extend(refs.map(|refs| document(Text::from(&refs.arn))));
        for service in consumers(spec, secret) {
            let deployed = needs.services.by_name.get(service.name.as_str());
            let arn = deployed.map(|deployed| document(Text::from(&deployed.service.arn)));
            services.extend(arn.filter(|arn| !services.contains(arn)));
        }
    }
    let mut statements = vec![allow(
        &[
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:ListSecretVersionIds",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
        ],
        secrets,
    )];
    if !services.is_empty() {
        statements.push(allow(
            &["ecs:DescribeServices", "ecs:UpdateService"],
            services,
        ));
    }
    let is_header = |secret: &Secret| secret.usage == SecretUsage::OriginHeader;
    if let Some(distribution) = needs.distribution
        && renewed(spec, function).any(is_header)
    {
        statements.push(allow(
            &[
                "cloudfront:GetDistribution",
                "cloudfront:UpdateDistribution",
            ],
            vec![document(Text::from(&distribution.arn))],
        ));
        // CloudFront wants whoever names a web ACL to be able to read it.
        let acl = needs.web_acl.map(|arn| document(Text::from(arn)));
        statements.extend(acl.map(|arn| allow(&["wafv2:GetWebACL"], vec![arn])));
        statements.push(allow(
            &["elasticloadbalancing:DescribeRules"],
            vec![Document::from("*")],
        ));
        statements.push(allow(
            &["elasticloadbalancing:ModifyRule"],
            vec![Document::from(rules_of_load_balancer(spec).as_str())],
        ));
    }
    statements
}

/// All rules of the stack's load balancer.
fn rules_of_load_balancer(spec: &Spec) -> String {
    format!(
        "arn:{}:elasticloadbalancing:{}:*:listener-rule/app/{}/*",
        spec.region.partition(),
        spec.region,
        names::load_balancer(&spec.stack)
    )
}
