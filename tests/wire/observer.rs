//! SDK clients of the tests' own: what is there, asked past the program, and changes behind its back.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_http_client::Builder;
use testbed::Testbed;

/// Clients whose calls stand in no journal.
pub(crate) struct Observer {
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) ecs: aws_sdk_ecs::Client,
    pub(crate) elbv2: aws_sdk_elasticloadbalancingv2::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
}

impl Observer {
    pub(crate) fn of(bed: &Testbed) -> Self {
        Self::in_region(bed, testbed::REGION)
    }

    pub(crate) fn in_region(bed: &Testbed, region: &str) -> Self {
        let environment = bed.observer_environment();
        let value = |name: &str| {
            environment
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
                .expect("the environment names it")
        };
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .endpoint_url(value("AWS_ENDPOINT_URL"))
            .credentials_provider(
                aws_credential_types::provider::SharedCredentialsProvider::new(Credentials::new(
                    value("AWS_ACCESS_KEY_ID"),
                    value("AWS_SECRET_ACCESS_KEY"),
                    None,
                    None,
                    "test",
                )),
            )
            .http_client(Builder::new().build_http())
            .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
            .build();
        Self {
            ec2: aws_sdk_ec2::Client::new(&config),
            ecs: aws_sdk_ecs::Client::new(&config),
            elbv2: aws_sdk_elasticloadbalancingv2::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            logs: aws_sdk_cloudwatchlogs::Client::new(&config),
        }
    }

    /// Everything that bears this stack's tag or name, in words; empty when nothing is left.
    pub(crate) async fn left_of(&self, stack: &str) -> Vec<String> {
        let mut left = self.network_of(stack).await;
        left.extend(self.balancing_of(stack).await);
        left.extend(self.containers_of(stack).await);
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
                .filter(|name| name.starts_with(&format!("/ecs/{stack}-")))
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
}
