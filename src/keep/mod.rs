//! What qpiac itself keeps in an account: who is changing a stack, what was done, and which saved
//! plans were used.
//!
//! May depend on `aws` and `engine`. Invariant: nothing in here says what a stack is; all of it can
//! be deleted, and no resource is lost.

mod bucket;
mod claim;
mod folder;
mod history;
mod hold;
mod keys;
mod lease;
#[cfg(test)]
mod memory;
mod moment;
mod store;
mod take;
#[cfg(test)]
mod tests;
mod unlock;

pub use bucket::{BUCKET_ACTIONS, Bucket, OBJECT_ACTIONS};
pub use claim::{Birth, Claim};
pub use folder::Folder;
pub use history::{Header, Recorder, Run, run, runs};
pub use hold::Hold;
pub use keys::plan as plan_key;
pub use lease::{Lease, Standing, Unreadable};
pub use store::{Etag, Object, Only, Store, Written};
pub use take::{Before, Notice, Refused, Seen, Settings, look, take};
pub use unlock::{Unlocked, unlock};
