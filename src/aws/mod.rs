//! What all kinds share when they speak with AWS: clients, faults, tags, counting.
//!
//! May depend on `model`. Invariant: nothing here knows a resource kind, and every call is counted.

mod clients;
mod codes;
pub mod ec2;
pub mod ecs;
pub mod elbv2;
mod fault;
pub mod iam;
pub mod marker;
mod meter;
mod notes;
mod once;
mod presence;
mod repeat;
mod rounds;
#[cfg(test)]
pub(crate) mod scripted;
#[cfg(test)]
mod tests;
mod vault;

pub use clients::{Caller, Clients, ConnectError, Settings};
pub use codes::of_code;
pub use fault::{Call, of_build, of_item, required};
pub use meter::{CallStats, Meter};
pub use presence::{if_present, name_in};
pub use rounds::branch;
pub use vault::{Plain, Vault};
