//! The route table.
//!
//! Recognised by its owner tags, which the create call gives together with a token, so that a
//! repeated create makes no second one. Its routes and associations are kinds of their own.

use std::sync::Arc;

use aws_sdk_ec2::types::ResourceType;

use super::lifecycle::{Lifecycle, Mark};
use super::vpc::VpcId;
use crate::aws::{Call, Clients, ec2, required};
use crate::classes;
use crate::model::{Fault, Found, Id, Query, Ref, Resolved, State, TagChange};
use qpiac_derive::{Outputs, Resource};

classes! {
    /// Identifies a route table.
    RouteTableId = "route-table", "rtb-#################";
}

/// Where the traffic of its subnets goes.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "route-table",
    outputs = RouteTableOutputs,
    replacement = "create-first",
    find = "ec2:DescribeRouteTables",
    create = "ec2:CreateRouteTable, ec2:CreateTags",
    update = "ec2:CreateTags, ec2:DeleteTags",
    delete = "ec2:DeleteRouteTable"
)]
pub struct RouteTable {
    /// The VPC whose subnets may use it.
    #[attribute(replace)]
    pub vpc_id: Ref<VpcId>,
}

/// What a route table gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct RouteTableOutputs {
    /// The route table's identifier.
    pub id: Id<RouteTableId>,
}

impl Lifecycle for RouteTable {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let tables = match which {
            Query::Owned { owner, .. } => ec2::route_tables(aws, owner).await?,
            Query::Ids(ids) => {
                let filter = ec2::filter("route-table-id", ids.iter().cloned());
                Arc::new(ec2::route_tables_by(aws, filter).await?)
            }
            Query::Under(_) => Arc::default(),
        };
        tables.iter().map(read).collect()
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<RouteTableOutputs, Fault> {
        let reply = aws
            .ec2
            .create_route_table()
            .vpc_id(want.known(&want.vpc_id))
            .client_token(&mark.token)
            .tag_specifications(ec2::tags(ResourceType::RouteTable, &mark.tags))
            .send()
            .await
            .at("ec2:CreateRouteTable")?;
        let id = required(
            "ec2:CreateRouteTable",
            "the route table's id",
            reply.route_table.and_then(|t| t.route_table_id),
        )?;
        Ok(RouteTableOutputs { id: id.into() })
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        ec2::retag(aws, &found.id, tags).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.ec2
            .delete_route_table()
            .route_table_id(found.id)
            .send()
            .await
            .at("ec2:DeleteRouteTable")?;
        Ok(())
    }
}

fn read(table: &aws_sdk_ec2::types::RouteTable) -> Result<Found<RouteTable>, Fault> {
    let id = required(
        "ec2:DescribeRouteTables",
        "a route table's id",
        table.route_table_id.clone(),
    )?;
    Ok(Found {
        attributes: RouteTable {
            vpc_id: Ref::known(table.vpc_id.clone().unwrap_or_default()),
        },
        outputs: RouteTableOutputs {
            id: id.clone().into(),
        },
        tags: ec2::read_tags(table.tags.clone()),
        state: State::Ready,
        id,
    })
}
