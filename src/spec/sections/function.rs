//! The `functions` section.
//!
//! Depends on the reader and the leaf types of the spec. Invariant: see the parent module.

use qpiac_derive::Section;

use super::service::{LogsSection, Policy};
use crate::spec::choice::Whole;
use crate::spec::collection::Named;
use crate::spec::leaf::{
    Architecture, EnvironmentName, Handler, Literal, Runtime, SecretName, SourcePath, UrlAccess,
};
use crate::spec::reader::{Optional, Spanned};

/// A function on AWS Lambda, named `STACK-NAME`, outside the network.
#[derive(Debug, Section)]
pub(crate) struct FunctionSection {
    /// Directory whose content is the code.
    #[key(example = "workload/functions/rotation")]
    pub(crate) code: Spanned<SourcePath>,
    /// Command to run in that directory before it is packed, one item for each argument.
    #[key(
        absent = "the directory is packed as it is",
        example = "[pip, install, -r, requirements.txt, --target, .]"
    )]
    pub(crate) build: Optional<Vec<Spanned<Literal>>>,
    /// What is called, such as `rotation.handler` for `handler` in `rotation.py`.
    #[key(example = "rotation.handler")]
    pub(crate) handler: Spanned<Handler>,
    /// What runs the code.
    #[key(example = "python3.13")]
    pub(crate) runtime: Spanned<Runtime>,
    /// Processor family.
    #[key(default = "x86_64")]
    pub(crate) architecture: Spanned<Architecture>,
    /// Memory in MiB; processor time grows with it.
    #[key(default = "128")]
    pub(crate) memory: Spanned<Whole<128, 10_240>>,
    /// Seconds after which a call is given up. A function that renews the value of the CDN's header
    /// needs 30 or more.
    #[key(default = "10")]
    pub(crate) timeout_s: Spanned<Whole<1, 900>>,
    /// Environment. It can be read by whoever may see the function: no place for a password.
    #[key(default = "{}", example = "{ LOG_LEVEL: info }")]
    pub(crate) environment: Spanned<Named<EnvironmentName, Literal>>,
    /// Keys in `secrets` that it may read. It finds the ARN of `NAME` in the variable
    /// `NAME_SECRET_ARN`, with capitals and `_` for `-`.
    #[key(default = "[]", example = "[jwt]", distinct)]
    pub(crate) reads: Spanned<Vec<Spanned<SecretName>>>,
    /// A URL to call it by, and who may.
    #[key(absent = "no URL", example = "iam")]
    pub(crate) url: Optional<UrlAccess>,
    /// Where its output goes.
    #[key(default = "{}")]
    pub(crate) logs: Spanned<LogsSection>,
    /// What else it may do on AWS: ARNs of managed policies, and statements that allow actions.
    #[key(
        default = "[]",
        example = "[{ actions: s3:GetObject, resources: \"arn:aws:s3:::shop-images/*\" }]"
    )]
    pub(crate) policies: Spanned<Vec<Spanned<Policy>>>,
}
