//! Running a plan: order, waiting, repeating, events.
//!
//! May depend on `plan` and `model`. Invariant: the engine sees plain data only, no kind.

mod event;
mod provider;

pub use event::{Cause, Ending, Event, Failure, Planned, Skip, Stop, What};
pub use provider::{Provider, Quota};
