//! The program from outside: its contract with scripts, and a stack's whole life in the sandbox.

#![allow(missing_docs, unreachable_pub)]

mod contract;
mod images;
mod lifecycle;
mod policy;
mod program;
mod shown;
mod stopping;
mod whole;
