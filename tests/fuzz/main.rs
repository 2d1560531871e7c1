//! What qpiac reads and did not write itself, mutated: stack files, plan files, the sandbox file,
//! leases, records of the history, and AWS's replies. Whatever stands there is accepted or refused;
//! nothing panics, hangs or takes the machine's memory.
//!
//! `cargo test` takes a sample, always the same one. The rest is for whoever has the time:
//!
//! - `QPIAC_FUZZ_S=3600` goes on for so many seconds, the parts in turn, and prints a row per part for
//!   `docs/reliability.md`, which `--nocapture` shows.
//! - `QPIAC_FUZZ_FROM=N` begins at this seed; unless told otherwise each long run has seeds of its own.
//! - `QPIAC_FUZZ_PART=replies` takes one part, and `QPIAC_FUZZ_SEED=S` with it the one input.
//!
//! The inputs are made from the corpus in `tests/fuzz/corpus`, which `corpus.rs` makes anew, and from
//! that of the specs in `tests/golden/spec`.

// The rows are for people.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../wire/program.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "other tests need more of it")]
mod program;

mod campaign;
mod case;
mod corpus;
mod history;
mod json;
mod lease;
mod machine;
mod mutate;
mod panics;
mod plan;
mod random;
mod recorded;
mod replies;
mod sandbox;
mod scene;
mod spec;
mod spec_words;
mod tally;
mod wire;
mod xml;
