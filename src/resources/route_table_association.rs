//! Which route table a subnet uses.
//!
//! Owned through its subnet, which has one such association at most; without one it uses the
//! VPC's main route table. Giving the subnet another table makes a new association in the same
//! call, so a crash leaves the subnet with either table.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{
    RouteTable, RouteTableAssociation as Association, RouteTableAssociationStateCode,
};

use super::lifecycle::{Lifecycle, Mark};
use super::route_table::RouteTableId;
use super::subnet::SubnetId;
use crate::aws::{Call, Clients, ec2, required};
use crate::classes;
use crate::model::{Changes, Fault, Found, Id, Parent, Query, Ref, Resolved, State, Tags};
use qpiac_derive::{Outputs, Resource};

classes! {
    /// Identifies the association of a subnet with a route table.
    RouteTableAssociationId = "route-table-association", "rtbassoc-#################";
}

/// Makes a subnet use a route table.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "route-table-association",
    outputs = RouteTableAssociationOutputs,
    replacement = "create-first",
    outage = "its subnet uses the main route table of the VPC",
    after = "route by route-table, vpc-endpoint by route-table",
    parent = "subnet_id",
    find = "ec2:DescribeRouteTables",
    create = "ec2:AssociateRouteTable, ec2:DescribeRouteTables, ec2:ReplaceRouteTableAssociation",
    update = "ec2:ReplaceRouteTableAssociation",
    delete = "ec2:DisassociateRouteTable",
    wait_create = "1..300",
    wait_update = "1..300"
)]
pub struct RouteTableAssociation {
    /// The subnet.
    #[attribute(replace)]
    pub subnet_id: Ref<SubnetId>,
    /// The route table.
    #[attribute(update)]
    pub route_table_id: Ref<RouteTableId>,
}

/// What an association gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct RouteTableAssociationOutputs {
    /// The association's identifier, which changes with the route table.
    #[output(volatile)]
    pub id: Id<RouteTableAssociationId>,
}

impl Lifecycle for RouteTableAssociation {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        match which {
            Query::Owned { .. } => Ok(Vec::new()),
            Query::Under(subnets) => find_under(aws, subnets).await,
            Query::Ids(ids) => {
                let name = "association.route-table-association-id";
                let filter = ec2::filter(name, ids.iter().cloned());
                let mut found = read(&ec2::route_tables_by(aws, filter).await?)?;
                found.retain(|association| ids.contains(&association.id));
                Ok(found)
            }
        }
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        _mark: &Mark,
    ) -> Result<RouteTableAssociationOutputs, Fault> {
        let operation = "ec2:AssociateRouteTable";
        let subnet = want.known(&want.subnet_id);
        let table = want.known(&want.route_table_id);
        let reply = aws
            .ec2
            .associate_route_table()
            .subnet_id(subnet)
            .route_table_id(table)
            .send()
            .await
            .at(operation);
        match reply {
            Ok(reply) => outputs(operation, reply.association_id),
            Err(fault) if fault.code == "Resource.AlreadyAssociated" => {
                match of_subnets(aws, [subnet.to_owned()]).await?.first() {
                    Some(found) => replace(aws, &found.id, table).await,
                    None => Err(fault),
                }
            }
            Err(fault) => Err(fault),
        }
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<RouteTableAssociationOutputs, Fault> {
        replace(aws, &found.id, want.known(&want.route_table_id)).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.ec2
            .disassociate_route_table()
            .association_id(found.id)
            .send()
            .await
            .at("ec2:DisassociateRouteTable")?;
        Ok(())
    }
}

/// The associations of these subnets, with whichever route table. Usually all are with tables of
/// the stack, which are read anyhow.
async fn find_under(
    aws: &Clients,
    subnets: &[Parent],
) -> Result<Vec<Found<RouteTableAssociation>>, Fault> {
    // All parents of one query are of one stack.
    let Some(owner) = subnets.first().map(|subnet| &subnet.owner) else {
        return Ok(Vec::new());
    };
    let mut missing: BTreeSet<&str> = subnets.iter().map(|s| s.id.as_str()).collect();
    let mut found = read(&ec2::route_tables(aws, owner).await?)?;
    found.retain(|association| {
        let subnet = association.attributes.subnet_id.id();
        subnet.is_some_and(|subnet| missing.remove(subnet))
    });
    if !missing.is_empty() {
        found.extend(of_subnets(aws, missing.into_iter().map(str::to_owned)).await?);
    }
    Ok(found)
}

async fn of_subnets(
    aws: &Clients,
    subnets: impl IntoIterator<Item = String>,
) -> Result<Vec<Found<RouteTableAssociation>>, Fault> {
    let subnets: BTreeSet<String> = subnets.into_iter().collect();
    let filter = ec2::filter("association.subnet-id", subnets.iter().cloned());
    let mut found = read(&ec2::route_tables_by(aws, filter).await?)?;
    found.retain(|association| {
        let subnet = association.attributes.subnet_id.id();
        subnet.is_some_and(|subnet| subnets.contains(subnet))
    });
    Ok(found)
}

async fn replace(
    aws: &Clients,
    id: &str,
    table: &str,
) -> Result<RouteTableAssociationOutputs, Fault> {
    let operation = "ec2:ReplaceRouteTableAssociation";
    let reply = aws
        .ec2
        .replace_route_table_association()
        .association_id(id)
        .route_table_id(table)
        .send()
        .await
        .at(operation)?;
    outputs(operation, reply.new_association_id)
}

fn outputs(operation: &str, id: Option<String>) -> Result<RouteTableAssociationOutputs, Fault> {
    Ok(RouteTableAssociationOutputs {
        id: required(operation, "the association's id", id)?.into(),
    })
}

/// The associations of subnets; those of gateways and of a VPC's main table are left out.
fn read(tables: &[RouteTable]) -> Result<Vec<Found<RouteTableAssociation>>, Fault> {
    tables
        .iter()
        .flat_map(RouteTable::associations)
        .filter(|association| association.subnet_id().is_some())
        .filter_map(|association| Some((association, state(association)?)))
        .map(|(association, state)| {
            let operation = "ec2:DescribeRouteTables";
            let id = association.route_table_association_id().map(str::to_owned);
            let outputs = outputs(operation, id)?;
            Ok(Found {
                id: outputs.id.as_str().to_owned(),
                attributes: RouteTableAssociation {
                    subnet_id: Ref::known(association.subnet_id().unwrap_or_default()),
                    route_table_id: Ref::known(association.route_table_id().unwrap_or_default()),
                },
                outputs,
                tags: Tags::new(),
                state,
            })
        })
        .collect()
}

/// How it is; nothing where it has ended.
fn state(association: &Association) -> Option<State> {
    let state = association.association_state();
    match state.and_then(|state| state.state.as_ref()) {
        Some(RouteTableAssociationStateCode::Associating) => {
            Some(State::Busy("associating".to_owned()))
        }
        Some(RouteTableAssociationStateCode::Disassociating) => Some(State::Leaving),
        Some(RouteTableAssociationStateCode::Disassociated) => None,
        Some(RouteTableAssociationStateCode::Failed) => {
            let message = state.and_then(|state| state.status_message());
            Some(State::Broken(message.unwrap_or("failed").to_owned()))
        }
        _ => Some(State::Ready),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::RouteTableAssociationState;

    use super::*;

    fn association(word: &str) -> aws_sdk_ec2::types::builders::RouteTableAssociationBuilder {
        let state = RouteTableAssociationState::builder()
            .state(RouteTableAssociationStateCode::from(word))
            .status_message("no")
            .build();
        Association::builder()
            .route_table_association_id("rtbassoc-1")
            .route_table_id("rtb-1")
            .association_state(state)
    }

    #[test]
    fn states_are_told_apart() {
        let cases = [
            ("associating", Some(State::Busy("associating".to_owned()))),
            ("associated", Some(State::Ready)),
            ("disassociating", Some(State::Leaving)),
            ("disassociated", None),
            ("failed", Some(State::Broken("no".to_owned()))),
        ];
        for (word, expected) in cases {
            assert_eq!(state(&association(word).build()), expected, "{word}");
        }
    }

    #[test]
    fn only_subnets_count() {
        let associated = || association("associated");
        let table = RouteTable::builder()
            .associations(associated().main(true).build())
            .associations(associated().gateway_id("igw-1").build())
            .associations(associated().subnet_id("subnet-1").build())
            .build();
        let found = read(&[table]).expect("associations");
        let subnets: Vec<Option<&str>> = found
            .iter()
            .map(|found| found.attributes.subnet_id.id())
            .collect();
        assert_eq!(subnets, [Some("subnet-1")]);
    }
}
