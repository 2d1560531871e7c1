//! A simulated cloud: the rules that AWS has in general, over schemas and records.
//!
//! It serves two purposes. Tests ask it whether the engine is right: thousands of seeds a minute on
//! paused time, with every fault that a network and a cloud can have. And with its world kept in a
//! file it is the sandbox, where a newcomer sees a stack come and go without an account.
//!
//! What it refuses, for any kind: attributes that are missing, unknown or of another shape; a
//! create without owner tags; a reference to what does not exist or is leaving, or is not ready
//! where the attribute says `ready`; a name, a place or a child's key that is taken; a quota that
//! is used up; an update of an attribute that cannot be updated, or of a child's tags; a delete of
//! what something else still holds. What a schema only declares as an order (`after`) AWS does not
//! enforce when the later resource is made, so neither does the simulator; but while the later one
//! is still leaving, the earlier one cannot be deleted.
//!
//! Two things are more hostile than AWS. Idempotency tokens are not honoured, since most creates of
//! EC2 have none. And a child is never found by its tags: it has none.
//!
//! May depend on `engine` (the provider interface) and `model`. Invariant: nothing here names a
//! kind; two kinds differ only by their schemas.

mod calls;
mod cloud;
mod faults;
mod file;
mod mint;
mod provider;
mod refusal;
mod rules;
mod settings;
mod shape;
mod world;

pub use calls::{Action, Call};
pub use faults::{Afterwards, Death, Faults, Lag, Scripted, Strike};
pub use file::SandboxError;
pub use provider::Sim;
pub use settings::{Pace, Settings};
pub use world::{WORLD_VERSION, World};
