//! qpiac: infrastructure as code for a web service on AWS, with one file and no state.
//!
//! ```text
//! stack.yaml -> spec -> stack -> Graph (wanted) --+
//!                                                 +--> plan --> engine ==Event==> render
//! AWS --find, batched--> Snapshot (found) --------+               |
//!                                                             aws or sim
//! ```
//!
//! A *spec* is what the user wrote, a *graph* is what they want as typed resources, a *snapshot* is
//! what is there, a *plan* is the ordered difference. Only reading the snapshot and running the plan
//! touch the network. Which room may use which is kept by `tests/architecture.rs`.

extern crate self as qpiac;

pub mod aws;
pub mod cli;
pub mod engine;
pub mod files;
pub mod keep;
pub mod model;
pub mod package;
pub mod picture;
pub mod plan;
pub mod render;
pub mod resources;
pub mod sim;
pub mod spec;
pub mod stack;
pub mod verify;
