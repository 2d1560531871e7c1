//! What others have in the same account, under similar names and with the marks of another stack.
//!
//! Made through the tests' own clients. Invariant: nothing here bears the tags of the stack under test,
//! and no name is one that it wants.

use aws_sdk_cloudfront::primitives::Blob as Code;
use aws_sdk_cloudfront::types::{CachePolicyConfig, FunctionConfig, FunctionRuntime};
use aws_sdk_cloudwatch::types::{ComparisonOperator, Statistic};
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, LoadBalancerSchemeEnum, ProtocolEnum, TargetTypeEnum,
};
use aws_sdk_lambda::primitives::Blob as Zip;
use aws_sdk_lambda::types::{FunctionCode, Runtime};

use crate::observer::Observer;

/// The other stack; its name starts with that of the one under test.
const OTHER: &str = "qp-iac-cdn-headers-b";
const OWNER: &str = "qp-iac-cdn-headers-b@us-east-1";
/// A zip file without files.
const EMPTY_ZIP: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}]}"#;
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;

pub(crate) async fn settle(aws: &Observer) {
    let (vpc, subnets) = network(aws).await;
    balancing(aws, &vpc, subnets).await;
    containers(aws).await;
    functions(aws).await;
    account(aws).await;
    edge(aws).await;
}

/// The marks of the other stack.
fn marks(kind: ResourceType, address: &str) -> TagSpecification {
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    TagSpecification::builder()
        .resource_type(kind)
        .tags(tag("qpiac:stack", OWNER))
        .tags(tag("qpiac:address", address))
        .tags(tag("Name", OTHER))
        .build()
}

/// A VPC with what is in it; gives its id and those of its subnets.
async fn network(aws: &Observer) -> (String, Vec<String>) {
    let vpc = aws.ec2.create_vpc().cidr_block("10.0.0.0/16");
    let vpc = vpc.tag_specifications(marks(ResourceType::Vpc, "vpc/main"));
    let vpc = vpc.send().await.expect("a VPC").vpc.expect("a VPC");
    let vpc = vpc.vpc_id().expect("an id").to_owned();
    let mut subnets = Vec::new();
    for (range, zone) in [("10.0.1.0/24", "a"), ("10.0.2.0/24", "b")] {
        let address = format!("subnet/public-{zone}");
        let subnet = aws.ec2.create_subnet().vpc_id(&vpc).cidr_block(range);
        let subnet = subnet.availability_zone(format!("us-east-1{zone}"));
        let subnet = subnet.tag_specifications(marks(ResourceType::Subnet, &address));
        let subnet = subnet.send().await.expect("a subnet").subnet;
        subnets.extend(subnet.and_then(|subnet| subnet.subnet_id));
    }
    let mark = marks(ResourceType::InternetGateway, "internet-gateway/main");
    let gateway = aws.ec2.create_internet_gateway().tag_specifications(mark);
    let gateway = gateway.send().await.expect("a gateway").internet_gateway;
    let id = gateway.and_then(|gateway| gateway.internet_gateway_id);
    let attach = aws.ec2.attach_internet_gateway().vpc_id(&vpc);
    let attach = attach.set_internet_gateway_id(id);
    attach.send().await.expect("an attachment");
    let mark = marks(ResourceType::RouteTable, "route-table/public");
    let table = aws.ec2.create_route_table().vpc_id(&vpc);
    let table = table.tag_specifications(mark).send().await;
    table.expect("a route table");
    let mark = marks(ResourceType::SecurityGroup, "security-group/app");
    let group = aws.ec2.create_security_group().vpc_id(&vpc);
    let group = group.group_name(format!("{OTHER}-app")).description(OTHER);
    let group = group.tag_specifications(mark).send().await;
    group.expect("a security group");
    let mark = marks(ResourceType::ElasticIp, "elastic-ip/nat-a");
    let address = aws.ec2.allocate_address().tag_specifications(mark);
    let address = address.send().await.expect("an address").allocation_id;
    let mark = marks(ResourceType::Natgateway, "nat-gateway/a");
    let nat = aws.ec2.create_nat_gateway().set_allocation_id(address);
    let nat = nat.subnet_id(&subnets[0]).tag_specifications(mark);
    nat.send().await.expect("a NAT gateway");
    (vpc, subnets)
}

async fn balancing(aws: &Observer, vpc: &str, subnets: Vec<String>) {
    let tag = |key: &str, value: &str| {
        let tag = aws_sdk_elasticloadbalancingv2::types::Tag::builder();
        tag.key(key).value(value).build()
    };
    let balancer = aws.elbv2.create_load_balancer();
    let balancer = balancer.name(format!("{OTHER}-alb"));
    let balancer = balancer.scheme(LoadBalancerSchemeEnum::Internal);
    let balancer = balancer.set_subnets(Some(subnets));
    let balancer = balancer.tags(tag("qpiac:stack", OWNER));
    let balancer = balancer.tags(tag("qpiac:address", "load-balancer/main"));
    let reply = balancer.send().await.expect("a load balancer");
    let balancer = reply.load_balancers()[0].load_balancer_arn();
    let group = aws.elbv2.create_target_group();
    let group = group.name(format!("{OTHER}-app")).vpc_id(vpc).port(8000);
    let group = group.protocol(ProtocolEnum::Http);
    let group = group.target_type(TargetTypeEnum::Ip);
    let group = group.tags(tag("qpiac:stack", OWNER));
    let group = group.tags(tag("qpiac:address", "target-group/app"));
    let group = group.send().await.expect("a target group");
    let group = group.target_groups()[0].target_group_arn();
    let forward = Action::builder().r#type(ActionTypeEnum::Forward);
    let forward = forward.set_target_group_arn(group.map(str::to_owned));
    let listener = aws.elbv2.create_listener();
    let listener = listener.set_load_balancer_arn(balancer.map(str::to_owned));
    let listener = listener.protocol(ProtocolEnum::Http).port(80);
    let listener = listener.default_actions(forward.build());
    listener.send().await.expect("a listener");
}

async fn containers(aws: &Observer) {
    let name = format!("{OTHER}-legacy");
    let cluster = aws.ecs.create_cluster().cluster_name(&name);
    cluster.send().await.expect("a cluster");
    let container = aws_sdk_ecs::types::ContainerDefinition::builder()
        .name("legacy")
        .image("legacy")
        .memory(128);
    let definition = aws.ecs.register_task_definition().family(&name);
    let definition = definition.container_definitions(container.build());
    definition.send().await.expect("a task definition");
    let service = aws.ecs.create_service().cluster(&name).service_name(&name);
    let service = service.task_definition(&name).desired_count(1);
    service.send().await.expect("a service");
    let repository = aws.ecr.create_repository();
    let repository = repository.repository_name(format!("{OTHER}/app"));
    repository.send().await.expect("a repository");
}

async fn functions(aws: &Observer) {
    let name = format!("{OTHER}-rotation");
    let role = aws.iam.create_role().role_name(&name);
    let role = role.assume_role_policy_document(TRUST).send().await;
    let role = role.expect("a role").role.expect("a role");
    let policy = aws.iam.put_role_policy().role_name(&name);
    let policy = policy.policy_name(&name).policy_document(POLICY);
    policy.send().await.expect("a policy");
    let code = FunctionCode::builder().zip_file(Zip::new(EMPTY_ZIP));
    let function = aws.lambda.create_function().function_name(&name);
    let function = function.role(role.arn()).runtime(Runtime::Python313);
    let function = function.handler("a.b").code(code.build());
    let function = function.tags("qpiac:stack", OWNER);
    let function = function.tags("qpiac:address", "lambda-function/rotation");
    function.send().await.expect("a function");
    let permission = aws.lambda.add_permission().function_name(&name);
    let permission = permission.statement_id("invoke-rotation");
    let permission = permission.action("lambda:InvokeFunction");
    let permission = permission.principal("secretsmanager.amazonaws.com");
    permission.send().await.expect("a permission");
}

async fn account(aws: &Observer) {
    let name = format!("{OTHER}/jwt");
    let secret = aws.secrets.create_secret().name(name).secret_string("x");
    let tag = aws_sdk_secretsmanager::types::Tag::builder();
    let secret = secret.tags(tag.key("qpiac:stack").value(OWNER).build());
    secret.send().await.expect("a secret");
    let group = aws.logs.create_log_group();
    let group = group.log_group_name(format!("/ecs/{OTHER}-app"));
    let group = group.tags("qpiac:stack", OWNER);
    group.send().await.expect("a log group");
    let bucket = format!("{OTHER}-logs-{}", testbed::ACCOUNT);
    aws.s3
        .create_bucket()
        .bucket(&bucket)
        .send()
        .await
        .expect("a bucket");
    let object = aws.s3.put_object().bucket(&bucket).key("a");
    object.send().await.expect("an object");
    let topic = aws.sns.create_topic().name(format!("{OTHER}-alarms"));
    topic.send().await.expect("a topic");
    let alarm = aws.cloudwatch.put_metric_alarm();
    let alarm = alarm.alarm_name(format!("{OTHER}-app-cpu"));
    let alarm = alarm.namespace("AWS/ECS").metric_name("CPUUtilization");
    let alarm = alarm.statistic(Statistic::Average).threshold(80.0);
    let alarm = alarm.period(60).evaluation_periods(1);
    let operator = ComparisonOperator::GreaterThanThreshold;
    let alarm = alarm.comparison_operator(operator);
    alarm.send().await.expect("an alarm");
    let rule = aws.events.put_rule().name(format!("{OTHER}-deployments"));
    let rule = rule.event_pattern(r#"{"source":["aws.ecs"]}"#);
    rule.send().await.expect("a rule");
    let dashboard = aws.cloudwatch.put_dashboard().dashboard_name(OTHER);
    let dashboard = dashboard.dashboard_body(r#"{"widgets":[]}"#);
    dashboard.send().await.expect("a dashboard");
}

async fn edge(aws: &Observer) {
    let policy = CachePolicyConfig::builder().name(format!("{OTHER}-default"));
    let policy = policy.min_ttl(0).build().expect("a configuration");
    let create = aws.cloudfront.create_cache_policy();
    let create = create.cache_policy_config(policy);
    create.send().await.expect("a cache policy");
    let config = FunctionConfig::builder().comment(OTHER);
    let config = config.runtime(FunctionRuntime::CloudfrontJs20).build();
    let function = aws.cloudfront.create_function();
    let function = function.name(format!("{OTHER}-guard"));
    let function = function.function_config(config.expect("a configuration"));
    let code = "function handler(e) { return e.request; }";
    let function = function.function_code(Code::new(code));
    function.send().await.expect("an edge function");
}
