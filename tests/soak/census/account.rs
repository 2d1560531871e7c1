//! Roles, secrets, functions, logs, buckets, monitoring, images, certificates and DNS.

use aws_sdk_iam::types::EntityType;

use super::Census;
use crate::observer::Observer;

/// What the buckets of leases, which belong to no stack, are named like.
const LEASES: &str = "qpiac-";
/// Where the roles are that AWS makes for its services, and keeps.
const LINKED: &str = "/aws-service-role/";

pub(super) async fn list(aws: &Observer, census: &mut Census) {
    roles(aws, census).await;
    secrets(aws, census).await;
    functions(aws, census).await;
    storage(aws, census).await;
    monitoring(aws, census).await;
    topics(aws, census).await;
    domains(aws, census).await;
}

async fn roles(aws: &Observer, census: &mut Census) {
    let details = aws.iam.get_account_authorization_details();
    let details = details.filter(EntityType::Role).send().await;
    let details = details.expect("roles");
    assert!(!details.is_truncated(), "there is another page of roles");
    let roles = details.role_detail_list().iter();
    for role in roles.filter(|role| !role.path().is_some_and(|path| path.starts_with(LINKED))) {
        let name = role.role_name().unwrap_or_default();
        let inline = role.role_policy_list().iter();
        let inline: Vec<_> = inline.map(|policy| policy.policy_name()).collect();
        let attached = role.attached_managed_policies().iter();
        let attached: Vec<_> = attached.map(|policy| policy.policy_name()).collect();
        let label = format!("{name} {inline:?} {attached:?}");
        census.add("role", name, &label, role);
    }
}

async fn secrets(aws: &Observer, census: &mut Census) {
    let secrets = aws.secrets.list_secrets().send().await.expect("secrets");
    for secret in secrets.secret_list() {
        let name = secret.name().unwrap_or_default();
        let versions = secret.secret_versions_to_stages();
        let versions = versions.into_iter().flat_map(|versions| versions.values());
        let mut stages: Vec<&String> = versions.flatten().collect();
        stages.sort();
        let label = format!("{name} {:?} {stages:?}", secret.rotation_enabled());
        // When it was last read tells nothing about what it is.
        let mut lasting = secret.clone();
        lasting.last_accessed_date = None;
        census.add("secret", secret.arn(), &label, &lasting);
    }
}

async fn functions(aws: &Observer, census: &mut Census) {
    let functions = aws.lambda.list_functions().send().await;
    for function in functions.expect("functions").functions() {
        let name = function.function_name().unwrap_or_default();
        let policy = aws.lambda.get_policy().function_name(name).send().await;
        let policy = policy.ok().and_then(|reply| reply.policy);
        let document = serde_json::from_str(policy.as_deref().unwrap_or("{}"));
        let document: serde_json::Value = document.expect("a policy");
        let statements = document["Statement"].as_array().into_iter().flatten();
        for statement in statements {
            let label = format!("{name} {}", statement["Sid"]);
            census.add("permission", label.as_str(), &label, statement);
        }
        let url = aws.lambda.get_function_url_config().function_name(name);
        if let Ok(url) = url.send().await {
            let label = format!("{name} {:?}", url.auth_type());
            census.add(
                "function-url",
                url.function_url(),
                &label,
                &url.creation_time(),
            );
        }
        let shape = (
            function.runtime(),
            function.memory_size(),
            function.timeout(),
        );
        census.add(
            "function",
            function.function_arn(),
            &format!("{name} {shape:?}"),
            function,
        );
    }
}

async fn storage(aws: &Observer, census: &mut Census) {
    let buckets = aws.s3.list_buckets().send().await.expect("buckets");
    for bucket in buckets.buckets() {
        let name = bucket.name().unwrap_or_default();
        if name.starts_with(LEASES) {
            continue;
        }
        let policy = aws.s3.get_bucket_policy().bucket(name).send().await;
        let policy = policy.ok().and_then(|reply| reply.policy);
        let tags = aws.s3.get_bucket_tagging().bucket(name).send().await;
        let tags = tags.ok().map(|reply| reply.tag_set);
        let label = format!("{name} {}", policy.is_some());
        census.add("bucket", name, &label, &(bucket, policy, tags));
    }
    let repositories = aws.ecr.describe_repositories().send().await;
    for repository in repositories.expect("repositories").repositories() {
        let name = repository.repository_name().unwrap_or_default();
        census.add("repository", name, name, repository);
    }
    let groups = aws.logs.describe_log_groups().send().await;
    for group in groups.expect("log groups").log_groups() {
        let name = group.log_group_name().unwrap_or_default();
        let label = format!("{name} {:?}", group.retention_in_days());
        census.add("log-group", name, &label, group);
    }
}

async fn monitoring(aws: &Observer, census: &mut Census) {
    let alarms = aws.cloudwatch.describe_alarms().send().await;
    for alarm in alarms.expect("alarms").metric_alarms() {
        let name = alarm.alarm_name().unwrap_or_default();
        census.add("alarm", alarm.alarm_arn(), name, alarm);
    }
    let dashboards = aws.cloudwatch.list_dashboards().send().await;
    for dashboard in dashboards.expect("dashboards").dashboard_entries() {
        let name = dashboard.dashboard_name().unwrap_or_default();
        census.add("dashboard", name, name, dashboard);
    }
    let rules = aws.events.list_rules().send().await.expect("rules");
    for rule in rules.rules() {
        let name = rule.name().unwrap_or_default();
        let targets = aws.events.list_targets_by_rule().rule(name).send().await;
        let targets = targets.expect("targets").targets.unwrap_or_default();
        let label = format!("{name} {}", targets.len());
        census.add("event-rule", rule.arn(), &label, &(rule, targets));
    }
}

async fn topics(aws: &Observer, census: &mut Census) {
    let topics = aws.sns.list_topics().send().await.expect("topics");
    for topic in topics.topics() {
        let arn = topic.topic_arn().unwrap_or_default();
        census.add("topic", arn, arn, topic);
    }
    let subscriptions = aws.sns.list_subscriptions().send().await;
    for found in subscriptions.expect("subscriptions").subscriptions() {
        let label = format!("{:?} {:?}", found.topic_arn(), found.endpoint());
        census.add("subscription", found.subscription_arn(), &label, found);
    }
}

async fn domains(aws: &Observer, census: &mut Census) {
    let certificates = aws.acm.list_certificates().send().await;
    for found in certificates
        .expect("certificates")
        .certificate_summary_list()
    {
        let name = found.domain_name().unwrap_or_default();
        census.add("certificate", found.certificate_arn(), name, found);
    }
    let zones = aws.route53.list_hosted_zones().send().await.expect("zones");
    for zone in zones.hosted_zones() {
        let records = aws.route53.list_resource_record_sets();
        let records = records.hosted_zone_id(zone.id()).send().await;
        for record in records.expect("records").resource_record_sets() {
            let label = format!("{:?} {}", record.r#type(), record.name());
            census.add("record", label.as_str(), &label, record);
        }
    }
}
