//! What people and programs read, from plans and events made by hand, against golden files.

#![allow(missing_docs, unreachable_pub)]

#[path = "../fakes/mod.rs"]
mod fakes;

mod checks;
mod plans;
mod runs;
mod screens;

/// Compares with a golden file of these tests; `UPDATE_GOLDEN=1` writes it.
#[track_caller]
fn golden(name: &str, actual: &str) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/render");
    testbed::golden(std::path::Path::new(folder).join(name), actual);
}

/// A text without its colours.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
