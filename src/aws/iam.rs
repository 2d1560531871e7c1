//! IAM's tags, policy texts and service-linked roles.
//!
//! May depend on `fault`. Invariant: tags that AWS sets itself (`aws:`) are never seen above.

use super::clients::Clients;
use super::fault::Call;
use crate::model::Fault;

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
        Err(fault) if !is_taken(&fault) => Err(fault),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// IAM's API reference names no error for a role that exists; it answers `InvalidInput` with
/// "Service role name ... has been taken in this account".
fn is_taken(fault: &Fault) -> bool {
    fault.code == "EntityAlreadyExists"
        || fault.code == "InvalidInput" && fault.message.contains("has been taken")
}
