//! What is left of a stack.

use super::Observer;

impl Observer {
    /// Everything that bears this stack's tag or name, in words; empty when nothing is left. What AWS
    /// keeps is not told: inactive task definitions, and secrets in their recovery window.
    pub(crate) async fn left_of(&self, stack: &str) -> Vec<String> {
        let mut left = self.network_of(stack).await;
        left.extend(self.balancing_of(stack).await);
        left.extend(self.containers_of(stack).await);
        left.extend(self.named_like(stack).await);
        let roles = self.iam.list_roles().send().await.expect("roles");
        left.extend(
            roles
                .roles()
                .iter()
                .map(|role| role.role_name().to_owned())
                .filter(|name| name.starts_with(&format!("{stack}-"))),
        );
        let groups = self
            .logs
            .describe_log_groups()
            .send()
            .await
            .expect("log groups");
        left.extend(
            groups
                .log_groups()
                .iter()
                .filter_map(|group| group.log_group_name())
                .filter(|name| name.contains(&format!("/{stack}-")))
                .map(str::to_owned),
        );
        left
    }

    async fn network_of(&self, stack: &str) -> Vec<String> {
        let filter = || {
            aws_sdk_ec2::types::Filter::builder()
                .name("tag:qpiac:stack")
                .values(format!("{stack}@*"))
                .build()
        };
        let mut left = Vec::new();
        macro_rules! tagged {
            ($call:ident, $items:ident, $id:ident) => {
                let reply = self
                    .ec2
                    .$call()
                    .filters(filter())
                    .send()
                    .await
                    .expect("a reply");
                left.extend(
                    reply
                        .$items()
                        .iter()
                        .filter_map(|x| x.$id())
                        .map(str::to_owned),
                );
            };
        }
        tagged!(describe_vpcs, vpcs, vpc_id);
        tagged!(describe_subnets, subnets, subnet_id);
        tagged!(
            describe_internet_gateways,
            internet_gateways,
            internet_gateway_id
        );
        tagged!(describe_route_tables, route_tables, route_table_id);
        tagged!(describe_security_groups, security_groups, group_id);
        tagged!(describe_addresses, addresses, allocation_id);
        tagged!(describe_vpc_endpoints, vpc_endpoints, vpc_endpoint_id);
        let gateways = self
            .ec2
            .describe_nat_gateways()
            .filter(filter())
            .send()
            .await
            .expect("NAT");
        left.extend(
            gateways
                .nat_gateways()
                .iter()
                .filter(|nat| nat.state().is_some_and(|s| s.as_str() != "deleted"))
                .filter_map(|nat| nat.nat_gateway_id())
                .map(str::to_owned),
        );
        left
    }

    async fn balancing_of(&self, stack: &str) -> Vec<String> {
        let prefix = format!("{stack}-");
        let mut left = Vec::new();
        let balancers = self
            .elbv2
            .describe_load_balancers()
            .send()
            .await
            .expect("load balancers");
        left.extend(
            balancers
                .load_balancers()
                .iter()
                .filter_map(|l| l.load_balancer_name())
                .map(str::to_owned),
        );
        let groups = self
            .elbv2
            .describe_target_groups()
            .send()
            .await
            .expect("target groups");
        left.extend(
            groups
                .target_groups()
                .iter()
                .filter_map(|g| g.target_group_name())
                .map(str::to_owned),
        );
        left.retain(|name| name.starts_with(&prefix));
        left
    }

    async fn containers_of(&self, stack: &str) -> Vec<String> {
        let mut left = Vec::new();
        let clusters = self.ecs.list_clusters().send().await.expect("clusters");
        let described = self
            .ecs
            .describe_clusters()
            .set_clusters(Some(clusters.cluster_arns().to_vec()))
            .send()
            .await
            .expect("clusters");
        left.extend(
            described
                .clusters()
                .iter()
                .filter(|cluster| cluster.status() != Some("INACTIVE"))
                .filter_map(|cluster| cluster.cluster_name())
                .filter(|name| name.starts_with(&format!("{stack}-")))
                .map(str::to_owned),
        );
        let revisions = self
            .ecs
            .list_task_definitions()
            .status(aws_sdk_ecs::types::TaskDefinitionStatus::Active)
            .send()
            .await
            .expect("task definitions");
        left.extend(
            revisions
                .task_definition_arns()
                .iter()
                .filter(|arn| arn.contains(&format!("task-definition/{stack}-")))
                .cloned(),
        );
        left
    }

    /// What is known by its name.
    async fn named_like(&self, stack: &str) -> Vec<String> {
        let mut left = self.edge_of(stack).await;
        left.extend(self.domain_of(stack).await);
        macro_rules! named {
            ($client:ident.$call:ident $(.$more:ident($($value:expr)?))* => $items:ident.$name:ident) => {
                let reply = self.$client.$call() $(.$more($($value)?))*.send().await.expect("a reply");
                left.extend(
                    reply
                        .$items()
                        .iter()
                        .filter_map(|found| Option::<&str>::from(found.$name()))
                        .filter(|name| name.contains(stack))
                        .map(str::to_owned),
                );
            };
        }
        named!(secrets.list_secrets => secret_list.name);
        named!(lambda.list_functions => functions.function_name);
        named!(cloudwatch.describe_alarms => metric_alarms.alarm_name);
        named!(cloudwatch.list_dashboards => dashboard_entries.dashboard_name);
        named!(sns.list_topics => topics.topic_arn);
        named!(sns.list_subscriptions => subscriptions.topic_arn);
        named!(s3.list_buckets => buckets.name);
        named!(ecr.describe_repositories => repositories.repository_name);
        named!(events.list_rules => rules.name);
        let ecs = aws_sdk_applicationautoscaling::types::ServiceNamespace::Ecs;
        named!(autoscaling.describe_scalable_targets.service_namespace(ecs.clone())
            => scalable_targets.resource_id);
        named!(autoscaling.describe_scaling_policies.service_namespace(ecs)
            => scaling_policies.resource_id);
        left
    }

    /// What is left in CloudFront, with what only CloudFront uses.
    pub(crate) async fn edge_of(&self, stack: &str) -> Vec<String> {
        let edge = &self.cloudfront;
        let distributions = edge.list_distributions().send().await.expect("a reply");
        let functions = edge.list_functions().send().await.expect("a reply");
        let custom = || aws_sdk_cloudfront::types::CachePolicyType::Custom;
        let caches = edge.list_cache_policies().r#type(custom()).send().await;
        let custom = || aws_sdk_cloudfront::types::ResponseHeadersPolicyType::Custom;
        let headers = edge.list_response_headers_policies().r#type(custom());
        let scope = aws_sdk_wafv2::types::Scope::Cloudfront;
        let acls = self.wafv2.list_web_acls().scope(scope).send().await;
        let mut left = Vec::new();
        let list = distributions.distribution_list();
        left.extend(
            list.iter()
                .flat_map(|l| l.items())
                .map(|d| d.comment().to_owned()),
        );
        let list = functions.function_list();
        left.extend(
            list.iter()
                .flat_map(|l| l.items())
                .map(|f| f.name().to_owned()),
        );
        let caches = caches.expect("a reply").cache_policy_list;
        let caches = caches.iter().flat_map(|list| list.items());
        let caches = caches.filter_map(|item| item.cache_policy()?.cache_policy_config());
        left.extend(caches.map(|policy| policy.name().to_owned()));
        let headers = headers.send().await.expect("a reply");
        let headers = headers
            .response_headers_policy_list
            .iter()
            .flat_map(|list| list.items());
        let headers = headers.filter_map(|item| {
            item.response_headers_policy()?
                .response_headers_policy_config()
        });
        left.extend(headers.map(|policy| policy.name().to_owned()));
        let acls = acls.expect("a reply").web_acls.unwrap_or_default();
        left.extend(acls.iter().filter_map(|acl| acl.name()).map(str::to_owned));
        left.retain(|name| name.contains(stack));
        left
    }

    /// Certificates, and what is in zones besides what every zone has; of any stack.
    async fn domain_of(&self, stack: &str) -> Vec<String> {
        let mut left = Vec::new();
        let certificates = self.acm.list_certificates().send().await.expect("a reply");
        for certificate in certificates.certificate_summary_list() {
            let arn = certificate.certificate_arn().expect("an ARN");
            let tags = self.acm.list_tags_for_certificate().certificate_arn(arn);
            let tags = tags.send().await.expect("tags");
            let is_ours = tags.tags().iter().any(|tag| {
                tag.key() == "qpiac:stack"
                    && tag
                        .value()
                        .is_some_and(|v| v.starts_with(&format!("{stack}@")))
            });
            left.extend(is_ours.then(|| arn.to_owned()));
        }
        let zones = self
            .route53
            .list_hosted_zones()
            .send()
            .await
            .expect("a reply");
        for zone in zones.hosted_zones() {
            let records = self.route53.list_resource_record_sets();
            let records = records.hosted_zone_id(zone.id()).send().await;
            let records = records.expect("records").resource_record_sets;
            left.extend(
                records
                    .iter()
                    .filter(|record| !matches!(record.r#type().as_str(), "NS" | "SOA"))
                    .map(|record| format!("{} {}", record.r#type().as_str(), record.name())),
            );
        }
        left
    }
}
