//! IAM's tags, policy texts and service-linked roles.
//!
//! May depend on `fault`. Invariant: tags that AWS sets itself (`aws:`) are never seen above.

use aws_sdk_iam::types::Tag;
use percent_encoding::percent_decode_str;

use super::clients::Clients;
use super::fault::{Call, of_build};
use crate::model::{Fault, FaultClass, Tags};

/// Tags as a call takes them.
///
/// # Errors
/// A fault where the SDK refuses one.
pub fn tags(operation: &str, tags: &Tags) -> Result<Vec<Tag>, Fault> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect::<Result<_, _>>()
        .map_err(|error| of_build(operation, &error))
}

/// Tags as a reply gives them.
pub fn read_tags(tags: &[Tag]) -> Tags {
    tags.iter()
        .map(|tag| (tag.key.clone(), tag.value.clone()))
        .filter(|(key, _)| !key.starts_with("aws:"))
        .collect()
}

/// A policy document without the percent-encoding that IAM gives it (RFC 3986).
pub fn decoded(document: &str) -> String {
    percent_decode_str(document)
        .decode_utf8_lossy()
        .into_owned()
}

/// Makes the role through which an AWS service acts in the account, where it is not there yet.
///
/// `service` is a service principal such as `ecs.amazonaws.com`. Such a role belongs to the account
/// and is never deleted again.
///
/// # Errors
/// The fault of the call, unless it says that the role exists.
pub async fn ensure_service_linked_role(aws: &Clients, service: &str) -> Result<(), Fault> {
    let made = aws
        .iam
        .create_service_linked_role()
        .aws_service_name(service)
        .send()
        .await
        .at("iam:CreateServiceLinkedRole");
    match made {
        // Whoever may not make the role may well find it there; if not, the call that needs it says so.
        Err(fault) if !is_taken(&fault) && fault.class != FaultClass::Denied => Err(fault),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// IAM's API reference names no error for a role that exists; it answers `InvalidInput` with
/// "Service role name ... has been taken in this account".
fn is_taken(fault: &Fault) -> bool {
    fault.code == "EntityAlreadyExists"
        || fault.code == "InvalidInput" && fault.message.contains("has been taken")
}
