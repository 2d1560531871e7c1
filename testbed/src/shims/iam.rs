//! IAM roles.
//!
//! - `CreateServiceLinkedRole`: the roles have names of AWS's own choice, such as
//!   `AWSServiceRoleForECS`; moto makes them from the service's name. Of one that exists: AWS
//!   refuses with `InvalidInput` and "has been taken"; moto with `EntityAlreadyExists`.
//! - `GetAccountAuthorizationDetails`: AWS gives `AssumeRolePolicyDocument` URL-encoded, as it does
//!   everywhere; moto gives it plain here.

use anyhow::Result;
use serde_json::Value;

use super::{Answer, Next, Shim, refusal};
use crate::operation::Request;
use crate::reply::Reply;

/// The service in moto's name of the role, and in AWS's.
const NAMES: [(&str, &str); 3] = [
    (
        "AWSServiceRoleForecs.application-autoscaling",
        "AWSServiceRoleForApplicationAutoScaling_ECSService",
    ),
    ("AWSServiceRoleForecs", "AWSServiceRoleForECS"),
    (
        "AWSServiceRoleForelasticloadbalancing",
        "AWSServiceRoleForElasticLoadBalancing",
    ),
];

pub(crate) struct Iam;

impl Shim for Iam {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "iam:CreateServiceLinkedRole",
            "iam:GetRole",
            "iam:ListRoles",
            "iam:GetAccountAuthorizationDetails",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(serve(request, next))
    }
}

async fn serve(request: &Request, next: Next<'_>) -> Result<Reply> {
    let mut form = request.form();
    if let Some((theirs, _)) = NAMES
        .iter()
        .find(|(_, ours)| *ours == request.text("RoleName"))
    {
        form.insert("RoleName".to_owned(), Value::from(*theirs));
    }
    let reply = next.forward(&request.with_form(form)).await?;
    if request.operation == "CreateServiceLinkedRole" && reply.code() == "EntityAlreadyExists" {
        let service = request
            .text("AWSServiceName")
            .trim_end_matches(".amazonaws.com");
        let name = renamed(&format!("AWSServiceRoleFor{service}"));
        let message = format!(
            "Service role name {name} has been taken in this account, please try a different suffix."
        );
        return Ok(refusal(request, "InvalidInput", &message));
    }
    if !reply.is_success() {
        return Ok(reply);
    }
    let mut root = reply.element(request)?;
    for name in ["RoleName", "Arn"] {
        root.change_all(name, &mut |element| element.text = renamed(&element.text));
    }
    root.change_all("AssumeRolePolicyDocument", &mut |element| {
        if element.text.starts_with('{') {
            let encoded: String =
                form_urlencoded::byte_serialize(element.text.as_bytes()).collect();
            element.text = encoded.replace('+', "%20");
        }
    });
    Ok(reply.with_element(&root))
}

/// A name or ARN that ends in moto's name of a service-linked role, with AWS's instead.
fn renamed(text: &str) -> String {
    for (theirs, ours) in NAMES {
        if let Some(start) = text.strip_suffix(theirs) {
            return format!("{start}{ours}");
        }
    }
    text.to_owned()
}
