//! Code beside the stack file: where it lies, what runs it, who may call it.
//!
//! Depends on the text types of this room. Invariant: a path that is read names something within
//! the directory of the stack file, and each place has one spelling.

use super::choice::words;
use super::text::{Hint, all, only, texts};

texts! {
    /// Path of a file or directory, relative to the stack file.
    SourcePath {
        name: "a path within the stack file's directory",
        expected: "a path relative to the stack file, such as workload/app, that does not leave its directory",
        example: "workload/app",
        pattern: r"^(\.|(?!\.\.?(/|$))[^/\\\x00-\x1f\x7f]+(/(?!\.\.?(/|$))[^/\\\x00-\x1f\x7f]+)*)$",
        length: 1..=255,
        read: |text| path(text),
    }

    /// What Lambda calls.
    Handler {
        name: "a handler",
        expected: "the file without its ending, a dot and the function, without spaces",
        example: "rotation.handler",
        pattern: "^[!-~]+$",
        length: 1..=128,
        read: |text| all(text, |byte| byte.is_ascii_graphic()),
    }

    /// What runs the code of a function.
    Runtime {
        name: "a runtime",
        expected: "the identifier of a runtime of AWS Lambda",
        example: "python3.13",
        pattern: r"^[a-z][a-z0-9]*(\.[a-z0-9]+)*$",
        length: 2..=64,
        read: |text| {
            only(text.starts_with(|first: char| first.is_ascii_lowercase()))?;
            text.split('.').try_for_each(|part| {
                all(part, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            })
        },
    }
}

words! {
    /// Who may call a function by its URL.
    UrlAccess {
        /// Whoever signs the request with credentials of the account that admit it
        Iam = "iam",
        /// Everybody: the function itself must find out who asks
        Public = "public",
    }
}

fn path(text: &str) -> Result<(), Hint> {
    if text == "." {
        return Ok(());
    }
    if text.contains('\\') {
        return Err(Some("write / between directories".to_owned()));
    }
    only(!text.chars().any(|letter| letter.is_ascii_control()))?;
    if text.starts_with('/') {
        return Err(Some(
            "begin with a directory that stands beside the stack file".to_owned(),
        ));
    }
    let parts: Vec<&str> = text.split('/').collect();
    if parts.contains(&"..") {
        return Err(Some(
            "`..` could leave the stack file's directory: move the code into it".to_owned(),
        ));
    }
    if parts.iter().any(|part| part.is_empty() || *part == ".") {
        let kept: Vec<&str> = parts
            .into_iter()
            .filter(|part| !part.is_empty() && *part != ".")
            .collect();
        let near = if kept.is_empty() {
            ".".to_owned()
        } else {
            kept.join("/")
        };
        return Err((!text.is_empty()).then(|| format!("write {near}")));
    }
    Ok(())
}
