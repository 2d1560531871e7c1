//! Properties of planner, engine and simulator together, over random pairs of graphs.
//!
//! A scenario is what a stack is and what it shall become, with the pace of the cloud, the width of
//! the engine, and whatever goes wrong. It follows from its seed alone: each property takes the
//! seeds from 0 on, on paused time, and a failure prints the seed and a scenario that was made as
//! small as possible.
//!
//! - `QPIAC_SEEDS=N cargo test --test properties` takes N seeds for each property.
//! - `QPIAC_SEED=S cargo test --test properties NAME` takes the one seed S.
//!
//! Failures are shrunk for at most a minute; `QPIAC_SHRINK=0` leaves them as they are.

#[path = "../fakes/mod.rs"]
mod fakes;

mod audit;
mod crash;
mod drift;
mod failure;
mod faults;
mod foreign;
mod harness;
mod lab;
mod layout;
mod makespan;
mod orders;
mod replay;
mod scenario;
mod scope;
mod specs;
mod whole;
mod wish;
