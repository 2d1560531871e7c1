//! The program of this machine that builds container images.
//!
//! May depend on `process` and on the interface of `aws` that a builder has. Invariant: a password
//! goes through a pipe, never onto a command line, and never into an error.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use futures::future::BoxFuture;
use tokio::process::Command;

use super::process;
use crate::aws::{ImageBuilder, RegistryLogin};
use crate::model::BuildContext;

/// The programs that will do, in the order of preference; all understand the same commands.
pub const BUILDERS: [&str; 4] = ["docker", "podman", "buildah", "finch"];

/// A program that builds container images.
///
/// Whether it works, for example whether Docker's daemon runs, shows when it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Builder {
    name: &'static str,
    program: PathBuf,
}

impl Builder {
    /// The one that is installed: the first of [`BUILDERS`] on the `PATH`.
    pub fn installed() -> Option<Self> {
        Self::in_path(&env::var_os("PATH")?)
    }

    /// The first of [`BUILDERS`] in a list of directories of the form of `PATH`.
    pub fn in_path(path: &OsStr) -> Option<Self> {
        let directories: Vec<PathBuf> = env::split_paths(path).collect();
        BUILDERS.iter().find_map(|name| {
            let places = directories.iter().map(|directory| directory.join(name));
            let program = places.into_iter().find(|place| is_program(place))?;
            Some(Self { name, program })
        })
    }

    /// Its name, such as `docker`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    async fn work(
        &self,
        context: &BuildContext,
        reference: &str,
        login: &RegistryLogin,
    ) -> Result<(), String> {
        let RegistryLogin {
            registry,
            user,
            password,
        } = login;
        let password = password.expose();
        let entry = ["login", "--username", user, "--password-stdin", registry];
        self.run(entry.map(OsStr::new), Some(password)).await?;
        let build = ["build", "--platform", &context.platform, "--tag", reference];
        // A relative path could be taken for an address or an option.
        let directory = std::path::absolute(&context.directory).map_err(|e| e.to_string())?;
        let build = build.map(OsStr::new).into_iter();
        let build = build.chain([directory.as_os_str()]);
        self.run(build, None).await?;
        self.run(["push", reference].map(OsStr::new), None).await
    }

    async fn run<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a OsStr>,
        input: Option<&str>,
    ) -> Result<(), String> {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            // Equal sources shall give equal images, and an attestation has a time in it.
            .env("BUILDX_NO_DEFAULT_ATTESTATIONS", "1");
        let words = command.as_std().get_args().next();
        let verb = words.unwrap_or_default().to_string_lossy().into_owned();
        process::run(command, input, &|_| {})
            .await
            .map_err(|error| {
                let said = format!("`{} {verb}` failed: {error}", self.name);
                input.map_or(said.clone(), |secret| said.replace(secret, "(secret)"))
            })
    }
}

impl ImageBuilder for Builder {
    fn build_and_push<'a>(
        &'a self,
        context: &'a BuildContext,
        reference: &'a str,
        login: &'a RegistryLogin,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(self.work(context, reference, login))
    }
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.with_extension("exe").is_file()
}
