//! What all kinds share when they speak with AWS: clients, faults, tags, counting.
//!
//! May depend on `model`. Invariant: nothing here knows a resource kind, and every call is counted.

pub mod autoscaling;
pub mod bucket;
mod clients;
pub mod cloudfront;
pub mod cloudwatch;
mod codes;
pub mod ec2;
pub mod ecs;
pub mod elbv2;
pub mod facts;
mod fault;
pub mod iam;
mod images;
mod licence;
pub mod marker;
mod meter;
mod notes;
pub mod objects;
mod once;
mod pages;
mod presence;
mod repeat;
mod rounds;
pub mod route53;
#[cfg(test)]
pub(crate) mod scripted;
pub mod sns;
#[cfg(test)]
mod tests;
mod vault;

pub use clients::{Caller, Clients, ConnectError, Settings, partition_of};
pub use codes::of_code;
pub use fault::{Call, of_build, of_item, required};
pub use images::{ImageBuilder, RegistryLogin};
pub use licence::Permit;
pub use meter::{CallStats, Meter};
pub use pages::Pages;
pub use presence::{if_present, just_made, name_in};
pub use rounds::branch;
pub use vault::{Plain, Vault, without_secrets};
