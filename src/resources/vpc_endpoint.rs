//! The VPC endpoint.
//!
//! Recognised by its owner tags, which the create call gives together with a token, so that a
//! repeated create makes no second one.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{ResourceType, VpcEndpointType};

use super::lifecycle::{Lifecycle, Mark};
use super::route_table::RouteTableId;
use super::security_group::SecurityGroupId;
use super::subnet::SubnetId;
use super::vpc::VpcId;
use crate::aws::{Call, Clients, ec2, of_item, required};
use crate::classes;
use crate::model::{Changes, Class, Fault, Found, Id, Query, Ref, Resolved, State, TagChange};
use qpiac_derive::{Field, Outputs, Resource};

classes! {
    /// Identifies a VPC endpoint.
    VpcEndpointId = "vpc-endpoint", "vpce-#################";
}

/// A way from a VPC to a service of AWS that does not lead through the internet.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "vpc-endpoint",
    outputs = VpcEndpointOutputs,
    replacement = "create-first",
    outage = "calls to its service go by way of the internet, or fail",
    exclusive = "vpc_id, service_name",
    find = "ec2:DescribeVpcEndpoints",
    create = "ec2:CreateVpcEndpoint, ec2:CreateTags",
    update = "ec2:ModifyVpcEndpoint, ec2:CreateTags, ec2:DeleteTags",
    delete = "ec2:DeleteVpcEndpoints",
    wait_create = "60..600",
    wait_update = "30..600",
    wait_delete = "60..900"
)]
pub struct VpcEndpoint {
    /// The VPC.
    #[attribute(replace)]
    pub vpc_id: Ref<VpcId>,
    /// The service, such as `com.amazonaws.eu-west-1.s3`.
    #[attribute(replace)]
    pub service_name: String,
    /// How the service is reached.
    #[attribute(replace)]
    pub endpoint_type: EndpointType,
    /// Whether the service's usual host names lead to the endpoint. Needs both DNS attributes of
    /// the VPC, and an interface.
    #[attribute(update)]
    pub private_dns_enabled: bool,
    /// The subnets in which an interface endpoint has interfaces, one for each zone.
    #[attribute(update)]
    pub subnet_ids: BTreeSet<Ref<SubnetId>>,
    /// The security groups of the interfaces.
    #[attribute(update)]
    pub security_group_ids: BTreeSet<Ref<SecurityGroupId>>,
    /// The route tables that get a route to a gateway endpoint.
    #[attribute(update)]
    pub route_table_ids: BTreeSet<Ref<RouteTableId>>,
}

/// How an endpoint is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum EndpointType {
    /// By routes; free of charge, for S3 and DynamoDB only.
    #[field("Gateway")]
    Gateway,
    /// By network interfaces in subnets.
    #[field("Interface")]
    Interface,
}

/// What a VPC endpoint gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct VpcEndpointOutputs {
    /// The endpoint's identifier.
    pub id: Id<VpcEndpointId>,
}

impl Lifecycle for VpcEndpoint {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let endpoints = aws
            .ec2
            .describe_vpc_endpoints()
            .set_filters(ec2::filters(which, "vpc-endpoint-id"))
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .at("ec2:DescribeVpcEndpoints")?;
        endpoints
            .into_iter()
            .filter_map(|endpoint| Some((state(&endpoint)?, endpoint)))
            .map(|(state, endpoint)| read(endpoint, state))
            .collect()
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<VpcEndpointOutputs, Fault> {
        let call = aws
            .ec2
            .create_vpc_endpoint()
            .vpc_id(want.known(&want.vpc_id))
            .service_name(&want.service_name)
            .vpc_endpoint_type(VpcEndpointType::from(want.endpoint_type.as_word()))
            .client_token(&mark.token)
            .tag_specifications(ec2::tags(ResourceType::VpcEndpoint, &mark.tags));
        let call = match want.endpoint_type {
            EndpointType::Gateway => {
                call.set_route_table_ids(Some(known(want, &want.route_table_ids)))
            }
            EndpointType::Interface => call
                .private_dns_enabled(want.private_dns_enabled)
                .set_subnet_ids(Some(known(want, &want.subnet_ids)))
                .set_security_group_ids(Some(known(want, &want.security_group_ids))),
        };
        let reply = call.send().await.at("ec2:CreateVpcEndpoint")?;
        let id = required(
            "ec2:CreateVpcEndpoint",
            "the endpoint's id",
            reply.vpc_endpoint.and_then(|e| e.vpc_endpoint_id),
        )?;
        Ok(VpcEndpointOutputs { id: id.into() })
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        changes: Changes<'_>,
    ) -> Result<VpcEndpointOutputs, Fault> {
        let was = &found.attributes;
        let (add_subnets, remove_subnets) = difference(&was.subnet_ids, &want.subnet_ids);
        let (add_groups, remove_groups) =
            difference(&was.security_group_ids, &want.security_group_ids);
        let (add_tables, remove_tables) = difference(&was.route_table_ids, &want.route_table_ids);
        let private_dns = changes
            .has("private_dns_enabled")
            .then_some(want.private_dns_enabled);
        aws.ec2
            .modify_vpc_endpoint()
            .vpc_endpoint_id(&found.id)
            .set_private_dns_enabled(private_dns)
            .set_add_subnet_ids(add_subnets)
            .set_remove_subnet_ids(remove_subnets)
            .set_add_security_group_ids(add_groups)
            .set_remove_security_group_ids(remove_groups)
            .set_add_route_table_ids(add_tables)
            .set_remove_route_table_ids(remove_tables)
            .send()
            .await
            .at("ec2:ModifyVpcEndpoint")?;
        Ok(found.outputs)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        ec2::retag(aws, &found.id, tags).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let operation = "ec2:DeleteVpcEndpoints";
        let reply = aws
            .ec2
            .delete_vpc_endpoints()
            .vpc_endpoint_ids(found.id)
            .send()
            .await
            .at(operation)?;
        // A refusal is part of a successful reply.
        match reply.unsuccessful().iter().find_map(|item| item.error()) {
            Some(error) => Err(of_item(operation, error.code(), error.message())),
            None => Ok(()),
        }
    }
}

fn known<C: Class>(want: &Resolved<VpcEndpoint>, refs: &BTreeSet<Ref<C>>) -> Vec<String> {
    refs.iter().map(|r| want.known(r).to_owned()).collect()
}

/// What to add and what to remove; nothing where that is none.
fn difference<C: Class>(
    was: &BTreeSet<Ref<C>>,
    want: &BTreeSet<Ref<C>>,
) -> (Option<Vec<String>>, Option<Vec<String>>) {
    let without = |some: &BTreeSet<Ref<C>>, others: &BTreeSet<Ref<C>>| {
        let ids: Vec<String> = some
            .difference(others)
            .filter_map(|reference| reference.id().map(str::to_owned))
            .collect();
        (!ids.is_empty()).then_some(ids)
    };
    (without(want, was), without(was, want))
}

/// How it is; nothing where it is deleted. The API spells states in either case.
fn state(endpoint: &aws_sdk_ec2::types::VpcEndpoint) -> Option<State> {
    let state = endpoint.state().map_or("", |state| state.as_str());
    let reason = || {
        let error = endpoint.last_error();
        let said = error
            .and_then(|error| error.message())
            .or(endpoint.failure_reason());
        match said {
            Some(message) => format!("{state}: {message}"),
            None => state.to_owned(),
        }
    };
    match state.to_ascii_lowercase().as_str() {
        "deleted" => None,
        "deleting" => Some(State::Leaving),
        "pending" | "pendingacceptance" | "partial" => Some(State::Busy(state.to_owned())),
        "failed" | "rejected" | "expired" => Some(State::Broken(reason())),
        _ => Some(State::Ready),
    }
}

fn read(
    endpoint: aws_sdk_ec2::types::VpcEndpoint,
    state: State,
) -> Result<Found<VpcEndpoint>, Fault> {
    let operation = "ec2:DescribeVpcEndpoints";
    let id = required(operation, "an endpoint's id", endpoint.vpc_endpoint_id)?;
    let endpoint_type = endpoint
        .vpc_endpoint_type
        .and_then(|word| EndpointType::from_word(word.as_str()));
    let groups = endpoint.groups.unwrap_or_default();
    Ok(Found {
        attributes: VpcEndpoint {
            vpc_id: Ref::known(endpoint.vpc_id.unwrap_or_default()),
            service_name: endpoint.service_name.unwrap_or_default(),
            endpoint_type: required(operation, "a known type of endpoint", endpoint_type)?,
            private_dns_enabled: endpoint.private_dns_enabled.unwrap_or_default(),
            subnet_ids: refs(endpoint.subnet_ids.unwrap_or_default()),
            security_group_ids: refs(groups.into_iter().filter_map(|group| group.group_id)),
            route_table_ids: refs(endpoint.route_table_ids.unwrap_or_default()),
        },
        outputs: VpcEndpointOutputs {
            id: id.clone().into(),
        },
        tags: ec2::read_tags(endpoint.tags),
        state,
        id,
    })
}

fn refs<C: Class>(ids: impl IntoIterator<Item = String>) -> BTreeSet<Ref<C>> {
    ids.into_iter().map(Ref::known).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::LastError;

    use super::*;
    use crate::aws::scripted::{Scripted, ec2_reply};
    use crate::model::FaultClass;

    fn endpoint(word: &str) -> aws_sdk_ec2::types::VpcEndpoint {
        aws_sdk_ec2::types::VpcEndpoint::builder()
            .vpc_endpoint_id("vpce-1")
            .vpc_endpoint_type(VpcEndpointType::Gateway)
            .state(word.into())
            .last_error(LastError::builder().message("no room").build())
            .build()
    }

    #[test]
    fn states_are_told_apart_in_either_case() {
        let cases = [
            ("available", Some(State::Ready)),
            ("Available", Some(State::Ready)),
            ("pending", Some(State::Busy("pending".to_owned()))),
            (
                "pendingAcceptance",
                Some(State::Busy("pendingAcceptance".to_owned())),
            ),
            ("deleting", Some(State::Leaving)),
            ("Deleting", Some(State::Leaving)),
            ("deleted", None),
            ("failed", Some(State::Broken("failed: no room".to_owned()))),
            (
                "Rejected",
                Some(State::Broken("Rejected: no room".to_owned())),
            ),
        ];
        for (word, expected) in cases {
            assert_eq!(state(&endpoint(word)), expected, "{word}");
        }
    }

    #[tokio::test]
    async fn a_refusal_within_a_success_is_a_fault() {
        let refusal = "<unsuccessful><item><error><code>InvalidVpcEndpointId.NotFound</code>\
                       <message>it does not exist</message></error></item></unsuccessful>";
        let cases = [
            ("<unsuccessful/>", None),
            (refusal, Some(FaultClass::Missing)),
        ];
        for (body, expected) in cases {
            let cloud = Scripted::new([ec2_reply("DeleteVpcEndpoints", body)]);
            let found = read(endpoint("available"), State::Ready).expect("an endpoint");
            let deleted = VpcEndpoint::delete(&cloud.clients(), found).await;
            assert_eq!(deleted.err().map(|fault| fault.class), expected);
        }
    }
}
