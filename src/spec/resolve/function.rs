//! Checks of functions: code, runtime, environment, names.
//!
//! Depends on the sections of the spec. Invariant: see the parent module.

use super::permissions::permissions;
use super::references;
use super::variables::{self, Variables};
use crate::spec::diagnostic::{Diagnostic, Span};
use crate::spec::leaf::{FunctionName, Handler, Runtime};
use crate::spec::names;
use crate::spec::reader::{Reader, Spanned, nearest};
use crate::spec::resolved::Function;
use crate::spec::sections::StackFile;
use crate::spec::sections::function::FunctionSection;

/// Runtimes that new functions can have.
const RUNTIMES: &[&str] = &[
    "dotnet8",
    "dotnet10",
    "java8.al2",
    "java11",
    "java17",
    "java21",
    "java25",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "provided.al2",
    "provided.al2023",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "ruby3.2",
    "ruby3.3",
    "ruby3.4",
];
/// Languages whose handlers are a file and a function.
const FILE_AND_FUNCTION: &[&str] = &["nodejs", "python", "ruby"];

pub(super) fn functions(file: &StackFile, reader: &mut Reader) -> Vec<Function> {
    let entries = file.functions.value.0.iter();
    entries
        .map(|(name, section)| function(file, name, &section.value, reader))
        .collect()
}

fn function(
    file: &StackFile,
    name: &Spanned<FunctionName>,
    section: &FunctionSection,
    reader: &mut Reader,
) -> Function {
    check_role_name(file, name, reader);
    check_runtime(&section.runtime, reader);
    check_handler(&section.handler, &section.runtime, reader);
    check_variables(file, name, section, reader);
    references::check_read(file, &section.reads.value, reader);
    references::check_repeated("the secret", &section.reads.value, reader);
    let build = section.build.given();
    if let Some(build) = build.filter(|build| build.value.is_empty() && !build.is_broken()) {
        reader.report(
            Diagnostic::error(build.span, "there is no command")
                .expected("a command, and its arguments")
                .hint("leave `build` out to pack the directory as it is"),
        );
    }
    Function {
        name: name.value.clone(),
        code: section.code.value.clone(),
        build: build.map(|words| words.value.iter().map(|it| it.value.clone()).collect()),
        handler: section.handler.value.clone(),
        runtime: section.runtime.value.clone(),
        architecture: section.architecture.value,
        memory: section.memory.value.0,
        timeout_s: section.timeout_s.value.0,
        environment: section
            .environment
            .value
            .0
            .iter()
            .map(|(name, value)| (name.value.clone(), value.value.clone()))
            .collect(),
        reads: section
            .reads
            .value
            .iter()
            .map(|it| it.value.clone())
            .collect(),
        url: section.url.given().map(|url| url.value),
        retention_days: section.logs.value.retention_days.value.0,
        permissions: permissions(&section.policies, reader),
    }
}

/// Where a secret asks for this function.
fn rotates(file: &StackFile, name: &FunctionName) -> Option<Span> {
    let secrets = file.secrets.value.0.iter();
    let mut rotations = secrets.filter_map(|(_, secret)| secret.value.rotation.given());
    let rotation = rotations.find(|rotation| rotation.value.function.value == *name)?;
    Some(rotation.value.function.span)
}

fn check_variables(
    file: &StackFile,
    name: &Spanned<FunctionName>,
    section: &FunctionSection,
    reader: &mut Reader,
) {
    let environment = &section.environment.value;
    variables::check_function_names(environment, reader);
    let mut variables = Variables::of(environment);
    variables.add_reads(&section.reads.value, reader);
    if let Some(span) = rotates(file, &name.value) {
        variables.add_rotation(span, reader);
    }
}

/// Roles are named after services too, and all of them share one account.
fn check_role_name(file: &StackFile, name: &Spanned<FunctionName>, reader: &mut Reader) {
    if file.stack.is_broken() || file.region.is_broken() {
        return;
    }
    let (stack, region) = (&file.stack.value, &file.region.value);
    let role = names::function_role(stack, &name.value, region);
    super::check_name(reader, name.span, "its role", &role, (0, names::ROLE_LIMIT));
    let services = file.services.value.0.iter().map(|(service, _)| service);
    let same = services.into_iter().find(|service| {
        [
            names::execution_role(stack, &service.value, region),
            names::task_role(stack, &service.value, region),
        ]
        .contains(&role)
    });
    if let Some(service) = same {
        reader.report(
            Diagnostic::error(
                name.span,
                format!(
                    "the role of `{}` has the name of another one: `{role}`",
                    name.value
                ),
            )
            .expected("a name that no role of a service has")
            .hint("rename the function or the service")
            .related(service.span, "a role of this service"),
        );
    }
}

fn check_runtime(runtime: &Spanned<Runtime>, reader: &mut Reader) {
    let text = runtime.value.as_str();
    if runtime.is_broken() || RUNTIMES.contains(&text) {
        return;
    }
    let problem = Diagnostic::warning(
        runtime.span,
        format!("the runtime `{text}` is not known here"),
    )
    .expected("a runtime that AWS Lambda supports");
    reader.report(match nearest(text, RUNTIMES) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint("if AWS has added it lately, go on"),
    });
}

fn check_handler(handler: &Spanned<Handler>, runtime: &Spanned<Runtime>, reader: &mut Reader) {
    let named = FILE_AND_FUNCTION
        .iter()
        .any(|language| runtime.value.as_str().starts_with(language));
    if handler.is_broken() || runtime.is_broken() || !named {
        return;
    }
    let text = handler.value.as_str();
    let parts = text.rsplit_once('.');
    if parts.is_some_and(|(file, function)| !file.is_empty() && !function.is_empty()) {
        return;
    }
    let known = text.trim_matches('.');
    reader.report(
        Diagnostic::error(handler.span, format!("`{text}` names no file and function"))
            .expected("FILE.FUNCTION, with the file without its ending")
            .hint(format!("for example {known}.handler"))
            .related(runtime.span, "the runtime"),
    );
}
