//! Checks of secrets: their names, their renewal, and what they are for.
//!
//! Depends on the sections of the spec. Invariant: the value of the CDN's header is used for
//! nothing else.

use super::references;
use crate::spec::diagnostic::Diagnostic;
use crate::spec::leaf::{FunctionName, SecretName};
use crate::spec::names;
use crate::spec::reader::{Reader, Spanned};
use crate::spec::resolved::{Rotation, Secret, SecretUsage};
use crate::spec::sections::StackFile;

/// Characters that Secrets Manager puts behind the hyphen at the end of each ARN.
const SUFFIX_LENGTH: usize = 6;
/// Seconds that a function needs at least to renew the value of the CDN's header: for fifteen of them it
/// waits until the rules work on every node of the load balancer.
const HEADER_ROTATION_S: u32 = 30;

pub(super) fn secrets(file: &StackFile, reader: &mut Reader) -> Vec<Secret> {
    let auth = file.cdn.given().map(|cdn| &cdn.value.auth.value.secret);
    if let Some(auth) = auth {
        references::check_secret(file, auth, reader);
    }
    let entries = file.secrets.value.0.iter();
    entries
        .map(|(name, section)| {
            check_name(file, name, reader);
            let rotation = section.value.rotation.given().map(|it| &it.value);
            if let Some(rotation) = rotation {
                references::check_function(file, &rotation.function, reader);
                if auth.is_some_and(|auth| auth.value == name.value) {
                    check_time(file, &rotation.function, reader);
                }
            }
            Secret {
                name: name.value.clone(),
                usage: if auth.is_some_and(|auth| auth.value == name.value) {
                    SecretUsage::OriginHeader
                } else {
                    SecretUsage::Application
                },
                rotation: rotation.map(|rotation| Rotation {
                    function: rotation.function.value.clone(),
                    days: rotation.days.value.0,
                }),
                recovery_days: section.value.recovery_days.value.0,
            }
        })
        .collect()
}

/// A rotation of the CDN's header whose function is given up too early never comes to its end.
fn check_time(file: &StackFile, function: &Spanned<FunctionName>, reader: &mut Reader) {
    let functions = file.functions.value.0.iter();
    let mut named = functions.filter(|(name, _)| name.value == function.value);
    let Some((_, section)) = named.next() else {
        return;
    };
    let timeout = &section.value.timeout_s;
    if timeout.is_broken() || timeout.value.0 >= HEADER_ROTATION_S {
        return;
    }
    let message = format!(
        "{} s are too few to renew the value of the CDN's header",
        timeout.value.0
    );
    reader.report(
        Diagnostic::warning(timeout.span, message)
            .expected(format!("`timeout_s` of {HEADER_ROTATION_S} or more"))
            .hint("one step waits until the new value works on every node of the load balancer")
            .related(function.span, "this function renews it"),
    );
}

/// An ARN ends in a hyphen and six characters, which may be left out where a secret is looked for.
/// A name that ends so itself would be taken for one that does not.
fn check_name(file: &StackFile, name: &Spanned<SecretName>, reader: &mut Reader) {
    if file.stack.is_broken() {
        return;
    }
    let full = names::secret(&file.stack.value, &name.value);
    let hyphen = full.len().checked_sub(SUFFIX_LENGTH + 1);
    if hyphen.is_some_and(|place| full.as_bytes()[place] == b'-') {
        let message = format!("the name `{full}` ends in a hyphen and {SUFFIX_LENGTH} characters");
        reader.report(
            Diagnostic::error(name.span, message)
                .expected("a name that is shorter or longer behind its last hyphen")
                .hint("Secrets Manager puts such an ending behind every name, and would take it for that"),
        );
    }
}
