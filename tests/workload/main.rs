//! What the default stack runs, run for real: the application and the functions by the tests in
//! `workload/tests`, the edge function in a JavaScript engine.

// A test that cannot look at what is there has failed.
#![allow(clippy::unwrap_used)]

mod edge;
mod python;
mod tokens;
