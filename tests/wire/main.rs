//! The program itself, over real API calls, against an emulator behind the proxy of `testbed`.
//!
//! One file per promise. Every scenario starts a test bed of its own, runs the binary as a person
//! would, and looks at what is there through SDK calls that the binary does not make.

// A test that cannot look at what is there has failed.
#![allow(clippy::unwrap_used)]

mod asking;
mod budget;
mod denied;
mod drift;
mod edits;
mod failure;
mod foreign;
mod history;
mod images;
mod lease;
mod live;
mod observer;
#[path = "../cli/output_schema.rs"]
#[allow(dead_code, reason = "other tests need more of it")]
mod output_schema;
mod permissions;
mod program;
#[path = "../cli/recording.rs"]
#[allow(dead_code, reason = "other tests need more of it")]
mod recording;
mod reference;
mod resuming;
mod rotation;
mod saved;
mod scope;
mod secrecy;
mod verify;
