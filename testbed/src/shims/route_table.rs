//! Route table associations.
//!
//! `AssociateRouteTable` of a subnet that another table is associated with: AWS refuses with
//! `Resource.AlreadyAssociated`; moto answers with the old association and changes nothing.

use super::{Answer, Next, Shim, refusal};
use crate::operation::Request;

pub(crate) struct RouteTable;

impl Shim for RouteTable {
    fn operations(&self) -> &'static [&'static str] {
        &["ec2:AssociateRouteTable"]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            let (subnet, table) = (request.text("SubnetId"), request.text("RouteTableId"));
            let filter = [
                ("Filter.1.Name", "association.subnet-id"),
                ("Filter.1.Value.1", subnet),
            ];
            let tables = next.read("ec2", "DescribeRouteTables", &filter).await?;
            let other = tables
                .members("routeTableSet")
                .iter()
                .any(|found| found.at("routeTableId") != table);
            if other {
                let message = format!(
                    "the specified association for route table {table} conflicts with an existing association"
                );
                return Ok(refusal(request, "Resource.AlreadyAssociated", &message));
            }
            next.forward(request).await
        })
    }
}
