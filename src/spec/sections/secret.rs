//! The `secrets` section.
//!
//! Depends on the reader and the leaf types of the spec. Invariant: see the parent module.

use qpiac_derive::Section;

use crate::spec::choice::Whole;
use crate::spec::leaf::FunctionName;
use crate::spec::reader::{Optional, Spanned};

/// A secret in Secrets Manager, named `STACK/NAME`. Its value, 64 hexadecimal digits, is generated
/// and never shown. `NAME: {}` takes every default.
#[derive(Debug, Section)]
pub(crate) struct SecretSection {
    /// How the value is renewed.
    #[key(
        absent = "the value stays",
        example = "{ function: rotation, days: 30 }"
    )]
    pub(crate) rotation: Optional<RotationSection>,
    /// Days for which it can be restored after it was deleted.
    #[key(default = "30")]
    pub(crate) recovery_days: Spanned<Whole<7, 30>>,
}

/// Renewal of a secret. `rotation: FUNCTION` is short for `rotation: { function: FUNCTION }`.
#[derive(Debug, Section)]
#[section(short = "function")]
pub(crate) struct RotationSection {
    /// Key in `functions`: the function that Secrets Manager calls for each step. It may renew the
    /// secret, and finds whom to tell of it in the variables `CONSUMERS` and `ORIGIN`.
    #[key(example = "rotation")]
    pub(crate) function: Spanned<FunctionName>,
    /// Days between two renewals.
    #[key(default = "30")]
    pub(crate) days: Spanned<Whole<1, 1000>>,
}
