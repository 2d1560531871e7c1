//! The program from outside: its contract with scripts, and a stack's whole life in the sandbox.

#![allow(missing_docs, unreachable_pub)]

mod contract;
mod documents;
mod explain;
mod fmt;
mod images;
mod init;
mod lifecycle;
mod manners;
mod newcomer;
mod output_schema;
mod policy;
mod program;
mod recording;
mod rehearsal;
mod screens;
mod shells;
mod shown;
mod stopping;
mod whole;
#[cfg(unix)]
mod window;
