//! The difference between what is wanted and what is there, as ordered steps.
//!
//! May depend on `model`. Invariant: planning is synchronous and pure, and a plan leaves no choice
//! to whoever carries it out.

mod decide;
mod edges;
mod following;
pub mod forecast;
mod order;
mod planner;
mod refuse;
pub mod saved;
mod scope;
mod step;

pub use planner::{Options, plan};
pub use refuse::{Refusal, Refused};
pub use step::{Action, After, Plan, Reason, Scope, Step, StepId, Summary};
