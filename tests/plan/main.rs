//! Scenarios of the planner: what changes, and the plan that follows.

#![allow(clippy::unwrap_used)]

#[path = "../fakes/mod.rs"]
mod fakes;

mod changes;
mod saved;
mod scene;
mod scope;
mod worlds;
