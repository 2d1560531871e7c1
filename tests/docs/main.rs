//! The documentation: every example is run, every shown output is what comes, every link leads
//! somewhere.
//!
//! A block that nothing runs is an error. Those that cannot be run stand in `exceptions.rs`, each with
//! its reason.

#![allow(missing_docs, unreachable_pub)]

mod book;
mod commands;
mod deploying;
mod exceptions;
mod failing;
mod fate;
mod helps;
mod links;
mod pages;
mod place;
mod scenes;
mod shown;
mod stacks;
mod testbed_readme;
mod transcript;
