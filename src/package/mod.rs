//! Code and images that AWS gets from here: packed, named by their content, built.
//!
//! May depend on `model`, `spec`, the inputs of `stack`, and the interface of `aws` that builders
//! have. Invariant: equal content has equal bytes and equal digests on every machine, whatever the
//! clock, the order of directory entries and the user's mask say.

mod builders;
mod command;
mod digest;
mod dockerignore;
mod files;
mod process;
mod sources;
mod zip;

pub use builders::{BUILDERS, Builder};
pub use command::{CommandFailed, run_command};
pub use digest::context_digest;
pub use files::Unpackable;
pub use sources::{build_functions, gather};
pub use zip::{Package, sha256_base64, zip};
