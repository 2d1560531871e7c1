//! What people and programs read, from plans and events made by hand, against golden files.

#![allow(missing_docs, unreachable_pub)]

#[path = "../fakes/mod.rs"]
mod fakes;

mod plans;
mod runs;

use std::path::Path;

/// Compares with a golden file; `UPDATE_GOLDEN=1` writes it.
#[track_caller]
fn golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/render")
        .join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, actual).expect("a golden file");
        return;
    }
    let expected = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{}: {e}; UPDATE_GOLDEN=1 writes it", path.display()));
    assert_eq!(actual, expected, "{}", path.display());
}

/// A text without its colours.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
