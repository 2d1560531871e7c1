//! Functions, resolved.
//!
//! Depends on the leaf types of the spec. Invariant: see the parent module.

use serde::Serialize;

use super::Permissions;
use crate::spec::leaf::{
    Architecture, EnvironmentName, FunctionName, Handler, Literal, Runtime, SecretName, SourcePath,
    UrlAccess,
};

/// A function on AWS Lambda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Function {
    /// Key of the function in the file.
    pub name: FunctionName,
    /// Directory whose content is its code.
    pub code: SourcePath,
    /// Command and arguments that run in that directory before it is packed.
    pub build: Option<Vec<Literal>>,
    /// What is called.
    pub handler: Handler,
    /// What runs the code.
    pub runtime: Runtime,
    /// Processor family.
    pub architecture: Architecture,
    /// Memory in MiB.
    pub memory: u32,
    /// Seconds after which a call is given up.
    pub timeout_s: u32,
    /// Environment, in the order of the file.
    pub environment: Vec<(EnvironmentName, Literal)>,
    /// Secrets that it may read; it learns the ARN of each from
    /// [`crate::spec::names::secret_variable`].
    pub reads: Vec<SecretName>,
    /// Who may call it by a URL; `None` for no URL.
    pub url: Option<UrlAccess>,
    /// Days for which log lines are kept.
    pub retention_days: u32,
    /// What else it may do on AWS.
    pub permissions: Permissions,
}
