//! What a recipe needs beside the spec: the account, and the digests of what is packed here.
//!
//! May depend on nothing. Invariant: plain data, gathered before a recipe runs.

use std::collections::BTreeMap;

/// The account for graphs that are made before anyone has asked whose credentials these are. Names
/// that contain the account are then not real; everything else is.
const NO_ACCOUNT: &str = "000000000000";

/// Digests of what the stack file refers to, as far as there is any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digests {
    /// Of the functions' zips, by the function's name: SHA-256 in Base64, as Lambda shows it.
    pub functions: BTreeMap<String, String>,
    /// Of the services' build contexts, by the service's name: the tag of the image.
    pub images: BTreeMap<String, String>,
    /// Of the CloudFront Function's code: SHA-256 in hexadecimal digits.
    pub edge: Option<String>,
}

/// What a recipe needs beside the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// The account's number, 12 digits.
    pub account: String,
    /// Digests.
    pub digests: Digests,
}

impl Inputs {
    /// These digests, in an account that is not known yet.
    pub fn anywhere(digests: Digests) -> Self {
        Self {
            account: NO_ACCOUNT.to_owned(),
            digests,
        }
    }

    /// The digest of a function's code; of one that was not packed, something that no code has.
    pub(super) fn function(&self, name: &str) -> String {
        self.digests
            .functions
            .get(name)
            .cloned()
            .unwrap_or_default()
    }

    /// The tag of a service's image.
    pub(super) fn image(&self, name: &str) -> String {
        self.digests.images.get(name).cloned().unwrap_or_default()
    }

    /// The digest of the CloudFront Function's code.
    pub(super) fn edge(&self) -> String {
        self.digests.edge.clone().unwrap_or_default()
    }
}
