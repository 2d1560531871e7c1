//! IAM roles.
//!
//! - `CreateServiceLinkedRole`: the roles have names of AWS's own choice, such as
//!   `AWSServiceRoleForECS`; the emulators make them from the service's name. Of one that exists: AWS
//!   refuses with `InvalidInput` and "has been taken"; the emulators with `EntityAlreadyExists`.
//! - `GetAccountAuthorizationDetails`: AWS gives `AssumeRolePolicyDocument` URL-encoded, as it does
//!   everywhere; moto gives it plain here.

use anyhow::Result;
use serde_json::Value;

use super::{Answer, Next, Shim, refusal};
use crate::homes::SetUp;
use crate::operation::Request;
use crate::reply::Reply;

/// The role as an emulator calls it, and as AWS does.
type Names = [(&'static str, &'static str)];

/// moto's names.
const ON_MOTO: [(&str, &str); 3] = [
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

/// ministack's names; it has one for both roles of ECS.
const ON_MINISTACK: [(&str, &str); 2] = [
    ("AWSServiceRoleForEcs", "AWSServiceRoleForECS"),
    (
        "AWSServiceRoleForElasticloadbalancing",
        "AWSServiceRoleForElasticLoadBalancing",
    ),
];

pub(crate) struct Iam {
    names: &'static Names,
}

impl Iam {
    pub(crate) fn new(set_up: SetUp) -> Iam {
        let names: &'static Names = match set_up {
            SetUp::ControlPlane => &ON_MOTO,
            SetUp::DataPlane => &ON_MINISTACK,
        };
        Iam { names }
    }
}

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
        Box::pin(serve(request, next, self.names))
    }
}

async fn serve(request: &Request, next: Next<'_>, names: &Names) -> Result<Reply> {
    let mut form = request.form();
    if let Some((theirs, _)) = names
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
        // moto's names hold the service's own.
        let name = renamed(&format!("AWSServiceRoleFor{service}"), &ON_MOTO);
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
        root.change_all(name, &mut |element| {
            element.text = renamed(&element.text, names);
        });
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

/// A name or ARN that ends in an emulator's name of a service-linked role, with AWS's instead.
fn renamed(text: &str, names: &Names) -> String {
    for (theirs, ours) in names {
        if let Some(start) = text.strip_suffix(theirs) {
            return format!("{start}{ours}");
        }
    }
    text.to_owned()
}
