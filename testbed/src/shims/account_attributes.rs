//! The account's attributes of EC2.
//!
//! `DescribeAccountAttributes`: AWS gives limits such as `vpc-max-elastic-ips`; ministack does not know
//! the operation.

use super::{Answer, Next, Shim};
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

/// What a new account has.
const ATTRIBUTES: [(&str, &str); 3] = [
    ("supported-platforms", "VPC"),
    ("max-elastic-ips", "5"),
    ("vpc-max-elastic-ips", "5"),
];

pub(crate) struct AccountAttributes;

impl Shim for AccountAttributes {
    fn operations(&self) -> &'static [&'static str] {
        &["ec2:DescribeAccountAttributes"]
    }

    fn serve<'a>(&'a self, request: &'a Request, _: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            let asked = request.list("AttributeName");
            let items = ATTRIBUTES
                .iter()
                .filter(|(name, _)| asked.is_empty() || asked.contains(name))
                .map(|(name, value)| {
                    let value = Element::list("item", vec![Element::text("attributeValue", value)]);
                    let values = Element::list("attributeValueSet", vec![value]);
                    Element::list("item", vec![Element::text("attributeName", name), values])
                });
            let set = Element::list("accountAttributeSet", items.collect());
            let root = Element::list("DescribeAccountAttributesResponse", vec![set]);
            Ok(Reply::xml(root.to_string()))
        })
    }
}
