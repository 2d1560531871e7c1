//! Secrets, resolved.
//!
//! Depends on the leaf types of the spec. Invariant: see the parent module.

use serde::Serialize;

use crate::spec::leaf::{FunctionName, SecretName};

/// A generated secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Secret {
    /// Key of the secret in the file.
    pub name: SecretName,
    /// What it is for.
    pub usage: SecretUsage,
    /// How it is renewed; `None` keeps it.
    pub rotation: Option<Rotation>,
    /// Days for which it can be restored after it was deleted.
    pub recovery_days: u32,
}

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretUsage {
    /// Services and functions read it.
    Application,
    /// It is the value of the header field by which the load balancer knows the CDN.
    OriginHeader,
}

/// How a secret is renewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rotation {
    /// Function that does it.
    pub function: FunctionName,
    /// Days between two renewals.
    pub days: u32,
}
