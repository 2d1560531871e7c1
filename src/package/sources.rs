//! From the sources that a stack file names to their digests and contents.
//!
//! May depend on the rest of the room, `model`, `spec`, and the inputs of `stack`. Invariant: everything that is wrong is
//! told at once, each at the place in the file that names it.

use std::path::Path;

use super::command::{CommandFailed, run_command};
use super::digest::{context_digest, sha256_hex};
use super::files::{self, Unpackable};
use super::zip::zip;
use crate::model::{BuildContext, Content, Contents};
use crate::spec::leaf::{Architecture, FunctionName, ServiceName};
use crate::spec::resolved::{Function, Image, Service};
use crate::spec::{Diagnostic, Purpose, Source, Spec};
use crate::stack::Digests;

/// Most bytes of the code of a CloudFront Function (CloudFront quotas: 10 KB).
const EDGE_FUNCTION_LIMIT: u64 = 10_240;

/// The digests and contents of the sources that a stack file in `directory` names. Where an image
/// stands in for one that would be built, its directory is not looked at.
///
/// # Errors
/// What is wrong with which of them.
pub fn gather(
    spec: &Spec,
    named: &[Source],
    directory: &Path,
) -> Result<(Digests, Contents), Vec<Diagnostic>> {
    let mut gathered = Gathered::default();
    let mut problems = Vec::new();
    for source in named {
        let place = directory.join(source.path.as_str());
        let added = match &source.purpose {
            Purpose::Image(name) => gathered.add_image(spec, name, &place),
            Purpose::Function(name) => gathered.add_function(name, &place),
            Purpose::EdgeFunction => gathered.add_edge_function(&place),
        };
        if let Err(error) = added {
            problems.push(source.problem(error.to_string(), error.hint()));
        }
    }
    if problems.is_empty() {
        Ok((gathered.digests, gathered.contents))
    } else {
        Err(problems)
    }
}

/// Runs the build commands of the functions that have one, one after the other, in the order of the
/// file. Each line that they say goes to `tell`.
///
/// # Errors
/// What is wrong with the directory or the command of the first one that fails.
pub async fn build_functions(
    spec: &Spec,
    named: &[Source],
    directory: &Path,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<(), Diagnostic> {
    for source in named {
        let Purpose::Function(name) = &source.purpose else {
            continue;
        };
        let Some(words) = function(spec, name).and_then(|function| function.build.as_ref()) else {
            continue;
        };
        let words: Vec<String> = words.iter().map(|word| word.as_str().to_owned()).collect();
        let place = directory.join(source.path.as_str());
        files::check_directory(&place)
            .map_err(|error| source.problem(error.to_string(), error.hint()))?;
        run_command(&words, &place, tell)
            .await
            .map_err(|error| problem_of_command(source, name, &error))?;
    }
    Ok(())
}

fn problem_of_command(source: &Source, name: &FunctionName, error: &CommandFailed) -> Diagnostic {
    let message = format!("the code of the function `{name}` was not built: {error}");
    let hint = format!("run `{}` in {} to see more", error.command, source.path);
    Diagnostic::error(source.span, message).hint(hint)
}

#[derive(Default)]
struct Gathered {
    digests: Digests,
    contents: Contents,
}

impl Gathered {
    fn add_image(
        &mut self,
        spec: &Spec,
        name: &ServiceName,
        directory: &Path,
    ) -> Result<(), Unpackable> {
        let Some(service) = service(spec, name) else {
            return Ok(());
        };
        match &service.image {
            Image::Reference(_) | Image::BuiltElsewhere(_) => return Ok(()),
            Image::Build(_) => {}
        }
        let platform = platform(service.architecture);
        let tag = context_digest(directory, platform)?;
        let context = BuildContext {
            directory: directory.to_owned(),
            platform: platform.to_owned(),
        };
        self.contents.add(&tag, Content::BuildContext(context));
        self.digests.images.insert(name.to_string(), tag);
        Ok(())
    }

    fn add_function(&mut self, name: &FunctionName, directory: &Path) -> Result<(), Unpackable> {
        let package = zip(directory)?;
        self.contents
            .add(&package.sha256, Content::Bytes(package.bytes));
        self.digests
            .functions
            .insert(name.to_string(), package.sha256);
        Ok(())
    }

    fn add_edge_function(&mut self, file: &Path) -> Result<(), Unpackable> {
        let code = files::read(file)?;
        if code.is_empty() {
            return Err(Unpackable::NoCode(file.to_owned()));
        }
        let size = code.len() as u64;
        files::check_size("the code", size, EDGE_FUNCTION_LIMIT)?;
        let digest = sha256_hex(&code);
        self.contents.add(&digest, Content::Bytes(code.into()));
        self.digests.edge = Some(digest);
        Ok(())
    }
}

fn service<'a>(spec: &'a Spec, name: &ServiceName) -> Option<&'a Service> {
    spec.services.iter().find(|service| service.name == *name)
}

fn function<'a>(spec: &'a Spec, name: &FunctionName) -> Option<&'a Function> {
    spec.functions
        .iter()
        .find(|function| function.name == *name)
}

/// What builders call a processor family, with Linux.
fn platform(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86 => "linux/amd64",
        Architecture::Arm => "linux/arm64",
    }
}
