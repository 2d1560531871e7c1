//! Names of secrets and functions where others refer to them.
//!
//! Depends on the sections of the spec. Invariant: a name that is not there is reported once, with
//! the name that was probably meant.

use std::fmt::Display;

use crate::spec::collection::Named;
use crate::spec::diagnostic::Diagnostic;
use crate::spec::leaf::{FunctionName, SecretName};
use crate::spec::reader::{Reader, Spanned, listed, nearest};
use crate::spec::sections::StackFile;

/// Reports a secret that the file does not have.
pub(super) fn check_secret(file: &StackFile, name: &Spanned<SecretName>, reader: &mut Reader) {
    check(&file.secrets, name, ("secret", "secrets"), "{}", reader);
}

/// Reports a function that the file does not have.
pub(super) fn check_function(file: &StackFile, name: &Spanned<FunctionName>, reader: &mut Reader) {
    check(
        &file.functions,
        name,
        ("function", "functions"),
        "{ code: ..., handler: ..., runtime: ... }",
        reader,
    );
}

/// Reports secrets that the file does not have, that stand twice, or that are the CDN's alone.
pub(super) fn check_read<'file>(
    file: &StackFile,
    reads: impl IntoIterator<Item = &'file Spanned<SecretName>>,
    reader: &mut Reader,
) {
    let auth = file.cdn.given().map(|cdn| &cdn.value.auth.value.secret);
    for name in reads {
        check_secret(file, name, reader);
        let Some(auth) = auth.filter(|auth| auth.value == name.value && !auth.is_broken()) else {
            continue;
        };
        reader.report(
            Diagnostic::error(
                name.span,
                format!(
                    "`{}` belongs to the CDN and the load balancer alone",
                    name.value
                ),
            )
            .expected("a secret of its own")
            .hint("whoever can read this one can pass for the CDN")
            .related(auth.span, "here it is used"),
        );
    }
}

/// Reports names that stand twice in a list.
pub(super) fn check_repeated<T: PartialEq + Display>(
    what: &str,
    items: &[Spanned<T>],
    reader: &mut Reader,
) {
    for (place, item) in items.iter().enumerate() {
        let earlier = items[..place].iter().find(|it| it.value == item.value);
        if let Some(first) = earlier {
            reader.report(
                Diagnostic::error(item.span, format!("{what} `{}` stands twice", item.value))
                    .expected("each of them once")
                    .hint("remove one of the two")
                    .related(first.span, "first here"),
            );
        }
    }
}

fn check<K: PartialEq + Display, T>(
    section: &Spanned<Named<K, T>>,
    name: &Spanned<K>,
    (what, key): (&str, &str),
    example: &str,
    reader: &mut Reader,
) {
    let entries = &section.value.0;
    // A section that is no section has been reported, and nobody knows what it was to hold.
    let unknown = section.is_broken() && entries.is_empty();
    if name.is_broken() || unknown || !section.value.lacks(&name.value) {
        return;
    }
    let known: Vec<String> = entries
        .iter()
        .map(|(known, _)| known.value.to_string())
        .collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let problem = Diagnostic::error(name.span, format!("there is no {what} `{}`", name.value));
    let problem = match known.as_slice() {
        [] => problem.expected(format!("a key in `{key}`, which is empty")),
        known => problem.expected(format!("one of {}", listed(known))),
    };
    reader.report(match nearest(&name.value.to_string(), &known) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint(format!("add `{}: {example}` to `{key}`", name.value)),
    });
}
