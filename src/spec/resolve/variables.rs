//! Checks of environments: what the user sets, and what is set beside it.
//!
//! Depends on the sections of the spec. Invariant: no variable is set twice.

use std::collections::BTreeMap;

use crate::spec::collection::Named;
use crate::spec::diagnostic::{Diagnostic, Span};
use crate::spec::leaf::{EnvironmentName, Literal, SecretName};
use crate::spec::names::secret_variable;
use crate::spec::reader::{Reader, Spanned};

/// Variables that a rotation function gets, to know whom it has to tell.
pub(super) const ROTATION: &[&str] = &["CONSUMERS", "ORIGIN"];

/// Names that AWS Lambda keeps for itself. Source: AWS Lambda Developer Guide, "Defined runtime
/// environment variables".
const RESERVED: &[&str] = &[
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];
const RESERVED_PREFIX: &str = "AWS_LAMBDA_";

/// Variables of one environment, by name, with the place that sets each.
#[derive(Default)]
pub(super) struct Variables(BTreeMap<String, (Span, String)>);

impl Variables {
    /// What the user writes out.
    pub(super) fn of(environment: &Named<EnvironmentName, Literal>) -> Self {
        let written = environment.0.iter().map(|(name, _)| {
            let words = "`environment` sets it too".to_owned();
            (name.value.to_string(), (name.span, words))
        });
        Self(written.collect())
    }

    /// Secrets that are put into variables.
    pub(super) fn add_secrets(
        &mut self,
        secrets: &Named<EnvironmentName, SecretName>,
        reader: &mut Reader,
    ) {
        for (name, _) in &secrets.0 {
            let words = "`secrets` sets it too";
            self.add(name.value.as_str(), name.span, words, reader);
        }
    }

    /// Secrets whose ARN is put into a variable.
    pub(super) fn add_reads(&mut self, reads: &[Spanned<SecretName>], reader: &mut Reader) {
        for (place, secret) in reads.iter().enumerate() {
            if reads[..place].iter().all(|it| it.value != secret.value) {
                let name = secret_variable(&secret.value);
                let words = format!("the ARN of `{}` is put there", secret.value);
                self.add(&name, secret.span, &words, reader);
            }
        }
    }

    /// What a rotation function gets.
    pub(super) fn add_rotation(&mut self, span: Span, reader: &mut Reader) {
        for name in ROTATION {
            self.add(
                name,
                span,
                "a rotation function finds its consumers there",
                reader,
            );
        }
    }

    fn add(&mut self, name: &str, span: Span, words: &str, reader: &mut Reader) {
        if let Some((first, why)) = self.0.get(name) {
            reader.report(
                Diagnostic::error(span, format!("the variable `{name}` is set twice"))
                    .expected("a name of its own for each variable")
                    .hint("rename the one in the file")
                    .related(*first, why.clone()),
            );
            return;
        }
        self.0.insert(name.to_owned(), (span, words.to_owned()));
    }
}

/// Lambda admits fewer names than a container.
pub(super) fn check_function_names(
    environment: &Named<EnvironmentName, Literal>,
    reader: &mut Reader,
) {
    for (name, _) in &environment.0 {
        let text = name.value.as_str();
        let problem = if RESERVED.contains(&text) || text.starts_with(RESERVED_PREFIX) {
            Diagnostic::error(name.span, format!("AWS Lambda sets `{text}` itself"))
                .expected("another name")
                .hint("remove it; the function finds Lambda's value there")
        } else if text.starts_with('_') || text.len() < 2 {
            Diagnostic::error(name.span, format!("AWS Lambda admits no variable `{text}`"))
                .expected("at least two characters, beginning with a letter")
                .hint("for example LOG_LEVEL")
        } else {
            continue;
        };
        reader.report(problem);
    }
}
