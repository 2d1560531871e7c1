//! The route.
//!
//! Owned through its route table, in which no two routes have the same destination. A crash leaves
//! either a whole route or none.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use aws_sdk_ec2::types::RouteOrigin;

use super::internet_gateway::InternetGatewayId;
use super::lifecycle::{Lifecycle, Mark};
use super::nat_gateway::NatGatewayId;
use super::route_table::RouteTableId;
use crate::aws::{Call, Clients, ec2, required};
use crate::classes;
use crate::model::{
    Changes, Cidr, Fault, FaultClass, Field, Found, Id, Misfit, Query, Ref, Resolved, Shape, State,
    Value,
};
use qpiac_derive::{Field, Outputs, Resource};

classes! {
    /// Identifies a route: its table and destination.
    RouteId = "route", "{route_table_id}/{destination}";
}

/// One line of a route table.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "route",
    outputs = RouteOutputs,
    replacement = "create-first",
    outage = "the traffic that it leads gets nowhere",
    parent = "route_table_id",
    key = "destination",
    find = "ec2:DescribeRouteTables",
    create = "ec2:CreateRoute, ec2:ReplaceRoute",
    update = "ec2:ReplaceRoute",
    delete = "ec2:DeleteRoute"
)]
pub struct Route {
    /// The route table that it is in.
    #[attribute(replace)]
    pub route_table_id: Ref<RouteTableId>,
    /// Which addresses it is for.
    #[attribute(replace)]
    pub destination: RouteDestination,
    /// Where packets to these addresses go. AWS lets the target be deleted, whereupon they go
    /// nowhere.
    #[attribute(update, loose, ready)]
    pub target: RouteTarget,
}

/// Which addresses a route is for; a text such as `0.0.0.0/0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RouteDestination {
    /// An IPv4 range.
    Ipv4(Cidr),
    /// An IPv6 range.
    Ipv6(String),
    /// The ranges of a prefix list.
    PrefixList(String),
}

impl fmt::Display for RouteDestination {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipv4(range) => range.fmt(out),
            Self::Ipv6(text) | Self::PrefixList(text) => out.write_str(text),
        }
    }
}

impl FromStr for RouteDestination {
    type Err = <Cidr as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("pl-") {
            Ok(Self::PrefixList(text.to_owned()))
        } else if text.contains(':') {
            Ok(Self::Ipv6(text.to_owned()))
        } else {
            text.parse().map(Self::Ipv4)
        }
    }
}

impl Field for RouteDestination {
    const SHAPE: Shape = Shape::Text("IPv4 range, IPv6 range or prefix list");

    fn value(&self) -> Value {
        Value::Text(self.to_string())
    }

    fn from_value(value: &Value) -> Result<Self, Misfit> {
        let misfit = || Misfit::new("a destination of a route", value);
        match value {
            Value::Text(text) => text.parse().map_err(|_| misfit()),
            _ => Err(misfit()),
        }
    }
}

/// Where a route leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum RouteTarget {
    /// To the internet, from public addresses.
    InternetGateway(Ref<InternetGatewayId>),
    /// To the internet, from private addresses.
    NatGateway(Ref<NatGatewayId>),
    /// Somewhere else, by AWS's identifier. Such routes are recognised, never made.
    Other(String),
}

/// What a route gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct RouteOutputs {
    /// Its table and destination.
    pub id: Id<RouteId>,
}

impl Lifecycle for Route {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        match which {
            Query::Owned { .. } => Ok(Vec::new()),
            Query::Under(parents) => {
                // All parents of one query are of one stack.
                let Some(owner) = parents.first().map(|parent| &parent.owner) else {
                    return Ok(Vec::new());
                };
                let tables: BTreeSet<&str> = parents.iter().map(|p| p.id.as_str()).collect();
                let mut routes = read(&ec2::route_tables(aws, owner).await?)?;
                routes.retain(|route| {
                    let table = route.attributes.route_table_id.id();
                    table.is_some_and(|table| tables.contains(table))
                });
                Ok(routes)
            }
            Query::Ids(ids) => {
                let tables = ids.iter().filter_map(|id| id.split_once('/'));
                let tables = tables.map(|(table, _)| table.to_owned());
                let filter = ec2::filter("route-table-id", tables);
                let mut routes = read(&ec2::route_tables_by(aws, filter).await?)?;
                routes.retain(|route| ids.contains(&route.id));
                Ok(routes)
            }
        }
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        _mark: &Mark,
    ) -> Result<RouteOutputs, Fault> {
        let operation = "ec2:CreateRoute";
        let route = Ends::of(operation, want)?;
        let created = aws
            .ec2
            .create_route()
            .route_table_id(want.known(&want.route_table_id))
            .set_destination_cidr_block(route.ipv4)
            .set_destination_ipv6_cidr_block(route.ipv6)
            .set_destination_prefix_list_id(route.prefix_list)
            .set_gateway_id(route.gateway)
            .set_nat_gateway_id(route.nat_gateway)
            .send()
            .await
            .at(operation);
        match created {
            Ok(_) => Ok(outputs(want)),
            Err(fault) if fault.code == "RouteAlreadyExists" => replace(aws, want).await,
            Err(fault) => Err(fault),
        }
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        _found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<RouteOutputs, Fault> {
        replace(aws, want).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let (ipv4, ipv6, prefix_list) = parts(&found.attributes.destination);
        aws.ec2
            .delete_route()
            .set_route_table_id(found.attributes.route_table_id.id().map(str::to_owned))
            .set_destination_cidr_block(ipv4)
            .set_destination_ipv6_cidr_block(ipv6)
            .set_destination_prefix_list_id(prefix_list)
            .send()
            .await
            .at("ec2:DeleteRoute")?;
        Ok(())
    }
}

/// Gives the route of this destination another target.
async fn replace(aws: &Clients, want: &Resolved<Route>) -> Result<RouteOutputs, Fault> {
    let operation = "ec2:ReplaceRoute";
    let route = Ends::of(operation, want)?;
    aws.ec2
        .replace_route()
        .route_table_id(want.known(&want.route_table_id))
        .set_destination_cidr_block(route.ipv4)
        .set_destination_ipv6_cidr_block(route.ipv6)
        .set_destination_prefix_list_id(route.prefix_list)
        .set_gateway_id(route.gateway)
        .set_nat_gateway_id(route.nat_gateway)
        .send()
        .await
        .at(operation)?;
    Ok(outputs(want))
}

/// The ends of a route as parameters of a call.
struct Ends {
    ipv4: Option<String>,
    ipv6: Option<String>,
    prefix_list: Option<String>,
    gateway: Option<String>,
    nat_gateway: Option<String>,
}

impl Ends {
    fn of(operation: &str, want: &Resolved<Route>) -> Result<Self, Fault> {
        let (ipv4, ipv6, prefix_list) = parts(&want.destination);
        let (gateway, nat_gateway) = match &want.target {
            RouteTarget::InternetGateway(gateway) => (Some(want.known(gateway).to_owned()), None),
            RouteTarget::NatGateway(gateway) => (None, Some(want.known(gateway).to_owned())),
            RouteTarget::Other(id) => {
                let message = format!("no route can be made to {id}");
                return Err(Fault::own(FaultClass::Rejected, operation, message));
            }
        };
        Ok(Self {
            ipv4,
            ipv6,
            prefix_list,
            gateway,
            nat_gateway,
        })
    }
}

type Parts = (Option<String>, Option<String>, Option<String>);

/// A destination as the three parameters of which a call takes one.
fn parts(destination: &RouteDestination) -> Parts {
    match destination {
        RouteDestination::Ipv4(range) => (Some(range.to_string()), None, None),
        RouteDestination::Ipv6(range) => (None, Some(range.clone()), None),
        RouteDestination::PrefixList(id) => (None, None, Some(id.clone())),
    }
}

fn outputs(want: &Resolved<Route>) -> RouteOutputs {
    let table = want.known(&want.route_table_id);
    RouteOutputs {
        id: format!("{table}/{}", want.destination).into(),
    }
}

fn read(tables: &[aws_sdk_ec2::types::RouteTable]) -> Result<Vec<Found<Route>>, Fault> {
    tables
        .iter()
        .filter_map(|table| Some((table.route_table_id()?, table.routes())))
        .flat_map(|(table, routes)| routes.iter().map(move |route| (table, route)))
        .filter(|(_, route)| is_made_by_hand(route))
        .map(|(table, route)| read_route(table, route))
        .collect()
}

/// AWS itself makes the `local` route, propagated routes and those of gateway endpoints.
fn is_made_by_hand(route: &aws_sdk_ec2::types::Route) -> bool {
    let by_aws = matches!(
        route.origin,
        Some(
            RouteOrigin::CreateRouteTable
                | RouteOrigin::EnableVgwRoutePropagation
                | RouteOrigin::Advertisement
        )
    );
    let gateway = route.gateway_id().unwrap_or_default();
    let of_endpoint = gateway.starts_with("vpce-") && route.destination_prefix_list_id().is_some();
    !by_aws && gateway != "local" && !of_endpoint
}

fn read_route(table: &str, route: &aws_sdk_ec2::types::Route) -> Result<Found<Route>, Fault> {
    let operation = "ec2:DescribeRouteTables";
    let destination = route
        .destination_cidr_block()
        .or(route.destination_ipv6_cidr_block())
        .or(route.destination_prefix_list_id());
    let destination = required(operation, "a route's destination", destination)?;
    let id = format!("{table}/{destination}");
    Ok(Found {
        attributes: Route {
            route_table_id: Ref::known(table),
            destination: destination
                .parse()
                .map_err(|error: crate::model::CidrError| {
                    Fault::own(FaultClass::Rejected, operation, error.to_string())
                })?,
            target: target(route),
        },
        outputs: RouteOutputs {
            id: id.clone().into(),
        },
        tags: crate::model::Tags::new(),
        // A route whose target is gone works again as soon as it leads elsewhere.
        state: State::Ready,
        id,
    })
}

fn target(route: &aws_sdk_ec2::types::Route) -> RouteTarget {
    if let Some(id) = route.nat_gateway_id() {
        return RouteTarget::NatGateway(Ref::known(id));
    }
    if let Some(id) = route.gateway_id().filter(|id| id.starts_with("igw-")) {
        return RouteTarget::InternetGateway(Ref::known(id));
    }
    let other = route
        .gateway_id()
        .or(route.transit_gateway_id())
        .or(route.vpc_peering_connection_id())
        .or(route.egress_only_internet_gateway_id())
        .or(route.network_interface_id())
        .or(route.instance_id())
        .or(route.local_gateway_id())
        .or(route.carrier_gateway_id())
        .or(route.core_network_arn())
        .or(route.odb_network_arn());
    RouteTarget::Other(other.unwrap_or("unknown").to_owned())
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{Route as AwsRoute, RouteTable};

    use super::*;

    #[test]
    fn routes_that_aws_makes_are_left_out() {
        let route = AwsRoute::builder;
        let table = RouteTable::builder()
            .route_table_id("rtb-1")
            .routes(
                route()
                    .destination_cidr_block("10.0.0.0/16")
                    .gateway_id("local")
                    .origin(RouteOrigin::CreateRouteTable)
                    .build(),
            )
            .routes(
                route()
                    .destination_prefix_list_id("pl-1")
                    .gateway_id("vpce-1")
                    .origin(RouteOrigin::CreateRoute)
                    .build(),
            )
            .routes(
                route()
                    .destination_cidr_block("172.16.0.0/12")
                    .gateway_id("vgw-1")
                    .origin(RouteOrigin::EnableVgwRoutePropagation)
                    .build(),
            )
            .routes(
                route()
                    .destination_cidr_block("0.0.0.0/0")
                    .nat_gateway_id("nat-1")
                    .origin(RouteOrigin::CreateRoute)
                    .build(),
            )
            .routes(
                route()
                    .destination_ipv6_cidr_block("::/0")
                    .gateway_id("igw-1")
                    .origin(RouteOrigin::CreateRoute)
                    .build(),
            )
            .routes(
                route()
                    .destination_prefix_list_id("pl-2")
                    .transit_gateway_id("tgw-1")
                    .build(),
            )
            .build();
        let found: Vec<(String, RouteTarget)> = read(&[table])
            .expect("all routes are readable")
            .into_iter()
            .map(|found| (found.id, found.attributes.target))
            .collect();
        assert_eq!(
            found,
            [
                (
                    "rtb-1/0.0.0.0/0".to_owned(),
                    RouteTarget::NatGateway(Ref::known("nat-1"))
                ),
                (
                    "rtb-1/::/0".to_owned(),
                    RouteTarget::InternetGateway(Ref::known("igw-1"))
                ),
                (
                    "rtb-1/pl-2".to_owned(),
                    RouteTarget::Other("tgw-1".to_owned())
                ),
            ]
        );
    }

    #[test]
    fn destinations_survive_text() {
        for text in ["0.0.0.0/0", "10.1.0.0/16", "::/0", "pl-3b927c52"] {
            let destination: RouteDestination = text.parse().expect("a destination");
            assert_eq!(destination.to_string(), text);
            assert_eq!(
                RouteDestination::from_value(&destination.value()),
                Ok(destination)
            );
        }
        assert!("10.1.2.3/16".parse::<RouteDestination>().is_err());
    }
}
