//! VPC endpoints.
//!
//! - `CreateVpcEndpoint` with a `ClientToken` that was used: AWS gives the same endpoint; moto makes
//!   another.
//! - `ModifyVpcEndpoint`: AWS moves the route to the prefix list with `AddRouteTableId` and
//!   `RemoveRouteTableId`; moto changes the list alone, and then cannot delete the endpoint. AWS
//!   keeps `PrivateDnsEnabled`; moto ignores the change.
//! - `DescribeVpcEndpoints`: for gateway endpoints AWS says `privateDnsEnabled` false; moto true. A
//!   deleted endpoint is gone on AWS (`InvalidVpcEndpointId.NotFound` by id); moto lists it for ever.
//!   AWS filters by `vpc-endpoint-id`; moto fails.
//! - `DeleteVpcEndpoints` after one of its route tables was deleted: AWS deletes it; moto fails. Of a
//!   missing one: AWS lists it in `unsuccessful`; moto says nothing, or fails on its routes.

use std::collections::BTreeMap;
use std::sync::Mutex;

use anyhow::Result;

use super::{Answer, Next, Shim, memory, refusal};
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

#[derive(Default)]
pub(crate) struct VpcEndpoint {
    /// Client token to endpoint.
    tokens: Mutex<BTreeMap<String, String>>,
    /// By the endpoint's id, whether private DNS is on, where that was changed.
    private_dns: Mutex<BTreeMap<String, String>>,
}

impl Shim for VpcEndpoint {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "ec2:CreateVpcEndpoint",
            "ec2:ModifyVpcEndpoint",
            "ec2:DescribeVpcEndpoints",
            "ec2:DeleteVpcEndpoints",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            match request.operation.as_str() {
                "CreateVpcEndpoint" => self.create(request, next).await,
                "ModifyVpcEndpoint" => self.modify(request, next).await,
                "DescribeVpcEndpoints" => self.describe(request, next).await,
                _ => delete(request, next).await,
            }
        })
    }
}

impl VpcEndpoint {
    async fn create(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let token = request.text("ClientToken").to_owned();
        let known = memory(&self.tokens).get(&token).cloned();
        if let Some(id) = known {
            let found = next
                .read("ec2", "DescribeVpcEndpoints", &[("VpcEndpointId.1", &id)])
                .await?;
            let mut endpoint = found.members("vpcEndpointSet")[0].clone();
            "vpcEndpoint".clone_into(&mut endpoint.name);
            return Ok(Reply::xml(
                Element::list("CreateVpcEndpointResponse", vec![endpoint]).to_string(),
            ));
        }
        let reply = next.forward(request).await?;
        if !reply.is_success() {
            return Ok(reply);
        }
        let mut root = reply.element(request)?;
        if let Some(endpoint) = root.child_mut("vpcEndpoint") {
            if !token.is_empty() {
                memory(&self.tokens).insert(token, endpoint.at("vpcEndpointId").to_owned());
            }
            self.restore(endpoint);
        }
        Ok(reply.with_element(&root))
    }

    async fn modify(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let reply = next.forward(request).await?;
        if !reply.is_success() {
            return Ok(reply);
        }
        let id = request.text("VpcEndpointId");
        let private_dns = request.text("PrivateDnsEnabled");
        if !private_dns.is_empty() {
            memory(&self.private_dns).insert(id.to_owned(), private_dns.to_owned());
        }
        let (added, removed) = (
            request.list("AddRouteTableId"),
            request.list("RemoveRouteTableId"),
        );
        if !added.is_empty() || !removed.is_empty() {
            let list = prefix_list(next, id).await?;
            for table in added {
                let route = [
                    ("RouteTableId", table),
                    ("DestinationPrefixListId", &list),
                    ("GatewayId", id),
                ];
                next.emulator("ec2", "CreateRoute", &route).await?;
            }
            for table in removed {
                let route = [("RouteTableId", table), ("DestinationPrefixListId", &list)];
                next.emulator("ec2", "DeleteRoute", &route).await?;
            }
        }
        Ok(reply)
    }

    async fn describe(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let filtered = filtered_ids(request);
        let mut form = request.form();
        if let Some((filter, _)) = &filtered {
            form.retain(|name, _| !name.starts_with(filter.as_str()));
        }
        let reply = next.forward(&request.with_form(form)).await?;
        if !reply.is_success() {
            return Ok(reply);
        }
        let mut root = reply.element(request)?;
        if let Some(endpoints) = root.members_mut("vpcEndpointSet") {
            endpoints.retain(|endpoint| endpoint.at("state") != "deleted");
            if let Some((_, ids)) = &filtered {
                endpoints.retain(|endpoint| ids.contains(&endpoint.at("vpcEndpointId")));
            }
            endpoints
                .iter_mut()
                .for_each(|endpoint| self.restore(endpoint));
            let present = |id: &&str| {
                endpoints
                    .iter()
                    .any(|endpoint| endpoint.at("vpcEndpointId") == *id)
            };
            if let Some(id) = request
                .list("VpcEndpointId")
                .into_iter()
                .find(|id| !present(id))
            {
                let message = format!("The Vpc Endpoint Id '{id}' does not exist");
                return Ok(refusal(request, "InvalidVpcEndpointId.NotFound", &message));
            }
        }
        Ok(reply.with_element(&root))
    }

    fn restore(&self, endpoint: &mut Element) {
        let changed = memory(&self.private_dns)
            .get(endpoint.at("vpcEndpointId"))
            .cloned();
        if endpoint.at("vpcEndpointType") == "Gateway" {
            endpoint.put(Element::text("privateDnsEnabled", "false"));
        } else if let Some(private_dns) = changed {
            endpoint.put(Element::text("privateDnsEnabled", &private_dns));
        }
    }
}

/// The filter by id, as the start of its parameters' names, and its values.
fn filtered_ids(request: &Request) -> Option<(String, Vec<&str>)> {
    (1..)
        .map(|index| format!("Filter.{index}."))
        .take_while(|filter| !request.text(&format!("{filter}Name")).is_empty())
        .find(|filter| request.text(&format!("{filter}Name")) == "vpc-endpoint-id")
        .map(|filter| {
            let ids = request.list(&format!("{filter}Value"));
            (filter, ids)
        })
}

/// The prefix list of the service that a gateway endpoint is for.
async fn prefix_list(next: Next<'_>, endpoint: &str) -> Result<String> {
    let found = next
        .emulator(
            "ec2",
            "DescribeVpcEndpoints",
            &[("VpcEndpointId.1", endpoint)],
        )
        .await?;
    let service = found
        .members("vpcEndpointSet")
        .first()
        .map_or("", |endpoint| endpoint.at("serviceName"));
    let lists = next
        .emulator("ec2", "DescribeManagedPrefixLists", &[])
        .await?;
    let lists = lists.members("prefixListSet");
    let list = lists
        .iter()
        .find(|list| list.at("prefixListName") == service);
    Ok(list.map_or_else(String::new, |list| list.at("prefixListId").to_owned()))
}

/// Takes the route tables that are gone out of the endpoints, then deletes them; those that are not
/// there are told as unsuccessful.
async fn delete(request: &Request, next: Next<'_>) -> Result<Reply> {
    let tables = next.emulator("ec2", "DescribeRouteTables", &[]).await?;
    let there: Vec<&str> = tables
        .members("routeTableSet")
        .iter()
        .map(|table| table.at("routeTableId"))
        .collect();
    let endpoints = next.read("ec2", "DescribeVpcEndpoints", &[]).await?;
    let mut form = request.form();
    form.retain(|name, _| !name.starts_with("VpcEndpointId."));
    let (mut present, mut missing) = (0, Vec::new());
    for id in request.list("VpcEndpointId") {
        let mut known = endpoints.members("vpcEndpointSet").iter();
        let Some(endpoint) = known.find(|endpoint| endpoint.at("vpcEndpointId") == id) else {
            missing.push(unsuccessful(id));
            continue;
        };
        present += 1;
        form.insert(format!("VpcEndpointId.{present}"), id.into());
        let listed = endpoint
            .members("routeTableIdSet")
            .iter()
            .map(|table| table.text.as_str());
        for gone in listed.filter(|table| !there.contains(table)) {
            let change = [("VpcEndpointId", id), ("RemoveRouteTableId.1", gone)];
            next.emulator("ec2", "ModifyVpcEndpoint", &change).await?;
        }
    }
    if present > 0 {
        let reply = next.forward(&request.with_form(form)).await?;
        if !reply.is_success() {
            return Ok(reply);
        }
    }
    let list = Element::list("unsuccessful", missing);
    Ok(Reply::xml(
        Element::list("DeleteVpcEndpointsResponse", vec![list]).to_string(),
    ))
}

fn unsuccessful(id: &str) -> Element {
    let message = format!("The Vpc Endpoint Id '{id}' does not exist");
    let error = vec![
        Element::text("code", "InvalidVpcEndpointId.NotFound"),
        Element::text("message", &message),
    ];
    Element::list(
        "item",
        vec![
            Element::list("error", error),
            Element::text("resourceId", id),
        ],
    )
}
