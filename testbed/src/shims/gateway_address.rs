//! The addresses of NAT gateways on ministack.
//!
//! `CreateNatGateway`, `DescribeNatGateways`: AWS gives the address that a gateway was made with
//! (`allocationId`, `publicIp`, `associationId`), and `DescribeAddresses` its `associationId` until the
//! gateway is deleted; ministack forgets which address it was.

use std::collections::BTreeMap;
use std::sync::Mutex;

use anyhow::Result;

use super::{Answer, Next, Shim, memory};
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

#[derive(Default)]
pub(crate) struct GatewayAddress {
    /// Gateway to allocation.
    addresses: Mutex<BTreeMap<String, String>>,
}

impl Shim for GatewayAddress {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "ec2:CreateNatGateway",
            "ec2:DeleteNatGateway",
            "ec2:DescribeNatGateways",
            "ec2:DescribeAddresses",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(self.answer(request, next))
    }
}

impl GatewayAddress {
    async fn answer(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let reply = next.forward(request).await?;
        if !reply.is_success() {
            return Ok(reply);
        }
        let mut root = reply.element(request)?;
        match request.operation.as_str() {
            "CreateNatGateway" => {
                if let Some(gateway) = root.child_mut("natGateway") {
                    let id = gateway.at("natGatewayId").to_owned();
                    let address = request.text("AllocationId").to_owned();
                    memory(&self.addresses).insert(id, address);
                    self.restore(gateway, &public_addresses(next).await?);
                }
            }
            "DeleteNatGateway" => {
                memory(&self.addresses).remove(request.text("NatGatewayId"));
            }
            "DescribeNatGateways" => {
                let public = public_addresses(next).await?;
                let gateways = root.members_mut("natGatewaySet");
                for gateway in gateways.into_iter().flatten() {
                    self.restore(gateway, &public);
                }
            }
            _ => {
                let addresses = root.members_mut("addressesSet");
                for address in addresses.into_iter().flatten() {
                    let allocation = address.at("allocationId").to_owned();
                    if memory(&self.addresses)
                        .values()
                        .any(|used| *used == allocation)
                    {
                        address.put(Element::text("associationId", &association(&allocation)));
                    }
                }
            }
        }
        Ok(reply.with_element(&root))
    }

    fn restore(&self, gateway: &mut Element, public: &BTreeMap<String, String>) {
        let id = gateway.at("natGatewayId");
        let Some(allocation) = memory(&self.addresses).get(id).cloned() else {
            return;
        };
        let address = vec![
            Element::text("allocationId", &allocation),
            Element::text("associationId", &association(&allocation)),
            Element::text("isPrimary", "true"),
            Element::text(
                "publicIp",
                public.get(&allocation).map_or("", String::as_str),
            ),
            Element::text("status", "succeeded"),
        ];
        let item = Element::list("item", address);
        gateway.put(Element::list("natGatewayAddressSet", vec![item]));
    }
}

/// The id of the association of an address.
fn association(allocation: &str) -> String {
    allocation.replace("eipalloc-", "eipassoc-")
}

/// Allocation to public address.
async fn public_addresses(next: Next<'_>) -> Result<BTreeMap<String, String>> {
    let found = next.emulator("ec2", "DescribeAddresses", &[]).await?;
    let addresses = found.members("addressesSet").iter();
    Ok(addresses
        .map(|address| ["allocationId", "publicIp"].map(|field| address.at(field).to_owned()))
        .map(|[allocation, public]| (allocation, public))
        .collect())
}
