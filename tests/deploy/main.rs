//! The deploy job, end to end: the jobs of `.github/workflows/deploy.yml` are run as a runner would, with
//! their scripts, git and qpiac itself, against the emulators and a stand-in for GitHub that keeps what it
//! is sent and asks for the rights that GitHub asks for.
//!
//! One file per promise of `docs/deploy.md`. Releases are looked at here too: `install`, `release`.

#![cfg(unix)]
// A test that cannot look at what is there has failed.
#![allow(clippy::unwrap_used)]

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

mod expression;
mod github;
mod machine;
mod runner;
mod scene;

mod apply;
mod files;
mod install;
mod pull_request;
mod release;
mod secrecy;
mod together;
mod watch;
