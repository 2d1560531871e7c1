//! The program is killed at each of its changing calls, and asked to stop at any moment, on the whole
//! stack over real API calls; two runs change one stack at once; AWS does to them what it does to its
//! callers. The next run puts everything right.
//!
//! `cargo test` takes a few points. The rest is for whoever has the time:
//!
//! - `QPIAC_SOAK=full` takes every call, both sides of it, a hundred moments, fifty races and 200
//!   seeds.
//! - `QPIAC_SOAK_FROM=N` and `QPIAC_SOAK_TO=N` take a part of the calls, where that is full.
//! - `QPIAC_SOAK_POINT=apply:17:after` takes the one point.
//! - `QPIAC_SOAK_WORKERS=N` kills in N test beds at a time; two unless told otherwise.
//! - `QPIAC_SEED=S` draws other points and moments.
//!
//! Each part prints a row for `docs/reliability.md`; `--nocapture` shows it.

#![cfg(unix)]
// A test that cannot look at what is there has failed, and its rows are for people.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

#[path = "../wire/observer/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    reason = "other tests need more of it"
)]
mod observer;
#[path = "../wire/program.rs"]
#[allow(dead_code, reason = "other tests need more of it")]
mod program;

mod audit;
mod census;
mod hostile;
mod kill;
mod lab;
mod neighbours;
mod point;
mod races;
mod reference;
mod size;
mod tally;
mod terminate;
