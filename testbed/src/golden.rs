//! Golden files: what came out when somebody last read it.
//!
//! Depends on nothing. Invariant: a missing golden file fails a test, and only `UPDATE_GOLDEN=1`
//! writes one.

use std::fs;
use std::path::Path;

/// Compares with a golden file; `UPDATE_GOLDEN=1` writes it.
///
/// # Panics
///
/// When the file is missing, cannot be written, or holds something else.
#[track_caller]
pub fn golden(path: impl AsRef<Path>, actual: &str) {
    let path = path.as_ref();
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        let written = path
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(path, actual));
        if let Err(error) = written {
            panic!("{}: {error}", path.display());
        }
        return;
    }
    match fs::read_to_string(path) {
        Ok(expected) => assert_eq!(actual, expected, "{}", path.display()),
        Err(error) => panic!("{}: {error}; UPDATE_GOLDEN=1 writes it", path.display()),
    }
}
