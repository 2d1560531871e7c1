//! The resource kinds, one file each, and their registration.
//!
//! May depend on `model`, `aws` and `engine::provider`. Invariant: a kind is one file and one line
//! in [`KINDS`]; nothing else in the program names it, but for the recipes in `stack`.

mod lifecycle;
mod provider;
mod subnet;
mod vpc;

pub use lifecycle::{Entry, Lifecycle, Mark};
pub use provider::Aws;
pub use subnet::{Subnet, SubnetId, SubnetOutputs, SubnetOutputsRefs};
pub use vpc::{Vpc, VpcId, VpcOutputs, VpcOutputsRefs};

/// Every kind.
pub static KINDS: &[Entry] = &[Entry::of::<Vpc>(), Entry::of::<Subnet>()];
