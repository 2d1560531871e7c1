//! The network's kinds.

use aws_sdk_ec2::types::AttributeBooleanValue;

use super::{ANYWHERE, CLUSTER, SERVICE, Scene, filter};
use crate::program::WEB_STACK;

fn boolean(value: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(value).build()
}

#[tokio::test(flavor = "multi_thread")]
async fn networks_and_gateways() {
    let scene = Scene::with(WEB_STACK).await;
    vpc(&scene).await;
    internet_gateway(&scene).await;
    nat_gateway(&scene).await;
    whole_network(&scene).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn subnets_and_routes() {
    let scene = Scene::with(WEB_STACK).await;
    subnet(&scene).await;
    route_table(&scene).await;
    route(&scene).await;
    association(&scene).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints() {
    let stack = WEB_STACK.replace("nat: single", "nat: none");
    let scene = Scene::with(&stack).await;
    scene
        .drifts("endpoint_private_dns", async |s| {
            let id = s.endpoint("vpc-endpoint/logs").await;
            let ec2 = &s.aws.ec2;
            ec2.modify_vpc_endpoint()
                .vpc_endpoint_id(id)
                .private_dns_enabled(false)
                .send()
                .await
                .unwrap();
        })
        .await;
    scene
        .drifts("endpoint_subnet", async |s| {
            let id = s.endpoint("vpc-endpoint/ecr-api").await;
            let subnet = s.subnet("subnet/private-b").await;
            let ec2 = &s.aws.ec2;
            ec2.modify_vpc_endpoint()
                .vpc_endpoint_id(id)
                .remove_subnet_ids(subnet)
                .send()
                .await
                .unwrap();
        })
        .await;
    scene
        .drifts("gateway_endpoint_table", async |s| {
            let id = s.endpoint("vpc-endpoint/s3").await;
            let table = s.table("route-table/private-a").await;
            let ec2 = &s.aws.ec2;
            ec2.modify_vpc_endpoint()
                .vpc_endpoint_id(id)
                .remove_route_table_ids(table)
                .send()
                .await
                .unwrap();
        })
        .await;
    scene
        .drifts("endpoints_deleted", async |s| {
            let interface = s.endpoint("vpc-endpoint/secretsmanager").await;
            let gateway = s.endpoint("vpc-endpoint/s3").await;
            let ec2 = &s.aws.ec2;
            ec2.delete_vpc_endpoints()
                .vpc_endpoint_ids(interface)
                .vpc_endpoint_ids(gateway)
                .send()
                .await
                .unwrap();
        })
        .await;
}

async fn vpc(scene: &Scene) {
    scene
        .drifts("vpc_hostnames", async |s| {
            let id = s.vpc("vpc/main").await;
            let ec2 = &s.aws.ec2;
            ec2.modify_vpc_attribute()
                .vpc_id(id)
                .enable_dns_hostnames(boolean(false))
                .send()
                .await
                .unwrap();
        })
        .await;
    scene
        .drifts("vpc_tag_added", async |s| {
            let id = s.vpc("vpc/main").await;
            s.tag(&id).await;
        })
        .await;
}

async fn internet_gateway(scene: &Scene) {
    // AWS wants every public address gone before; that they are back in the way here makes the
    // plan no other.
    scene
        .drifts("internet_gateway_detached", async |s| {
            let id = s.gateway("internet-gateway/main").await;
            let vpc = s.vpc("vpc/main").await;
            let which = [("InternetGatewayId", id.as_str()), ("VpcId", &vpc)];
            s.bare("ec2", "DetachInternetGateway", &which).await;
        })
        .await;
    scene
        .drifts("internet_gateway_deleted", async |s| {
            let id = s.gateway("internet-gateway/main").await;
            let vpc = s.vpc("vpc/main").await;
            let which = [("InternetGatewayId", id.as_str()), ("VpcId", &vpc)];
            s.bare("ec2", "DetachInternetGateway", &which).await;
            s.bare("ec2", "DeleteInternetGateway", &which[..1]).await;
        })
        .await;
}

async fn nat_gateway(scene: &Scene) {
    scene
        .drifts("nat_gateway_tag_added", async |s| {
            let id = s.nat().await;
            s.tag(&id).await;
        })
        .await;
    scene
        .drifts("elastic_ip_name_removed", async |s| {
            let id = s.address("elastic-ip/nat-a").await;
            s.unname(&id).await;
        })
        .await;
    scene
        .drifts("nat_gateway_deleted", delete_nat_gateway)
        .await;
    scene
        .drifts("elastic_ip_released", async |s| {
            delete_nat_gateway(s).await;
            release(s).await;
        })
        .await;
}

async fn delete_nat_gateway(s: &Scene) {
    let id = s.nat().await;
    let ec2 = &s.aws.ec2;
    ec2.delete_nat_gateway()
        .nat_gateway_id(id)
        .send()
        .await
        .unwrap();
}

async fn release(s: &Scene) {
    let id = s.address("elastic-ip/nat-a").await;
    let ec2 = &s.aws.ec2;
    ec2.release_address()
        .allocation_id(id)
        .send()
        .await
        .unwrap();
}

/// The VPC gone, with everything that AWS wants gone before.
async fn whole_network(scene: &Scene) {
    scene
        .drifts("vpc_deleted", async |s| {
            let ec2 = &s.aws.ec2;
            let vpc = s.vpc("vpc/main").await;
            s.delete_service().await;
            s.delete_load_balancer().await;
            delete_nat_gateway(s).await;
            release(s).await;
            let inside = || filter("vpc-id", &vpc);
            let groups = ec2.describe_security_groups().filters(inside());
            let groups = groups.send().await.unwrap();
            let ours = groups.security_groups().iter();
            let ours: Vec<_> = ours.filter(|g| g.group_name() != Some("default")).collect();
            for group in &ours {
                for rule in s.rules(group.group_id().unwrap()).await {
                    s.revoke(&rule).await;
                }
            }
            for group in ours {
                let id = group.group_id().unwrap();
                ec2.delete_security_group()
                    .group_id(id)
                    .send()
                    .await
                    .unwrap();
            }
            delete_tables(s).await;
            let subnets = ec2
                .describe_subnets()
                .filters(inside())
                .send()
                .await
                .unwrap();
            for subnet in subnets.subnets() {
                let id = subnet.subnet_id().unwrap();
                ec2.delete_subnet().subnet_id(id).send().await.unwrap();
            }
            let id = s.gateway("internet-gateway/main").await;
            let detach = ec2.detach_internet_gateway().internet_gateway_id(&id);
            detach.vpc_id(&vpc).send().await.unwrap();
            let delete = ec2.delete_internet_gateway().internet_gateway_id(&id);
            delete.send().await.unwrap();
            ec2.delete_vpc().vpc_id(&vpc).send().await.unwrap();
        })
        .await;
}

async fn delete_tables(s: &Scene) {
    let ec2 = &s.aws.ec2;
    for name in ["public", "private-a", "private-b"] {
        let id = s.table(&format!("route-table/{name}")).await;
        s.dissociate("route-table-id", &id).await;
        ec2.delete_route_table()
            .route_table_id(id)
            .send()
            .await
            .unwrap();
    }
}

async fn subnet(scene: &Scene) {
    scene
        .drifts("subnet_public_addresses", async |s| {
            let id = s.subnet("subnet/public-b").await;
            let ec2 = &s.aws.ec2;
            ec2.modify_subnet_attribute()
                .subnet_id(id)
                .map_public_ip_on_launch(boolean(true))
                .send()
                .await
                .unwrap();
        })
        .await;
    scene
        .drifts("subnet_deleted", async |s| {
            let id = s.subnet("subnet/private-b").await;
            let other = s.subnet("subnet/private-a").await;
            let group = s.group("security-group/app").await;
            let vpc = aws_sdk_ecs::types::AwsVpcConfiguration::builder()
                .subnets(other)
                .security_groups(group)
                .build()
                .unwrap();
            let network = aws_sdk_ecs::types::NetworkConfiguration::builder()
                .awsvpc_configuration(vpc)
                .build();
            let update = s.aws.ecs.update_service().cluster(CLUSTER).service(SERVICE);
            update.network_configuration(network).send().await.unwrap();
            // AWS takes the association away with the subnet.
            s.dissociate("association.subnet-id", &id).await;
            let ec2 = &s.aws.ec2;
            ec2.delete_subnet().subnet_id(id).send().await.unwrap();
        })
        .await;
}

async fn route_table(scene: &Scene) {
    scene
        .drifts("route_table_tag_added", async |s| {
            let id = s.table("route-table/public").await;
            s.tag(&id).await;
        })
        .await;
    scene
        .drifts("route_table_deleted", async |s| {
            let id = s.table("route-table/private-a").await;
            s.dissociate("route-table-id", &id).await;
            let ec2 = &s.aws.ec2;
            ec2.delete_route_table()
                .route_table_id(id)
                .send()
                .await
                .unwrap();
        })
        .await;
}

async fn route(scene: &Scene) {
    scene
        .drifts("route_elsewhere", async |s| {
            let gateway = s.gateway("internet-gateway/main").await;
            let table = s.table("route-table/private-a").await;
            let ec2 = &s.aws.ec2;
            ec2.replace_route()
                .route_table_id(table)
                .destination_cidr_block(ANYWHERE)
                .gateway_id(gateway)
                .send()
                .await
                .unwrap();
        })
        .await;
    scene
        .drifts("route_deleted", async |s| {
            let table = s.table("route-table/public").await;
            let ec2 = &s.aws.ec2;
            ec2.delete_route()
                .route_table_id(table)
                .destination_cidr_block(ANYWHERE)
                .send()
                .await
                .unwrap();
        })
        .await;
    scene
        .drifts("route_added", async |s| {
            let gateway = s.gateway("internet-gateway/main").await;
            let table = s.table("route-table/private-b").await;
            let ec2 = &s.aws.ec2;
            ec2.create_route()
                .route_table_id(table)
                .destination_cidr_block("203.0.113.0/24")
                .gateway_id(gateway)
                .send()
                .await
                .unwrap();
        })
        .await;
}

async fn association(scene: &Scene) {
    scene
        .drifts("association_elsewhere", async |s| {
            let subnet = s.subnet("subnet/private-a").await;
            let table = s.table("route-table/public").await;
            s.dissociate("association.subnet-id", &subnet).await;
            let ec2 = &s.aws.ec2;
            ec2.associate_route_table()
                .subnet_id(subnet)
                .route_table_id(table)
                .send()
                .await
                .unwrap();
        })
        .await;
    scene
        .drifts("association_deleted", async |s| {
            let subnet = s.subnet("subnet/public-a").await;
            s.dissociate("association.subnet-id", &subnet).await;
        })
        .await;
}
