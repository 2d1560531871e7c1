//! Arguments of the commands around the stack file: write it, format it, explain it.
//!
//! May depend on nothing. Invariant: as in the parent module.

use std::path::PathBuf;

use clap::Args;

use super::Format;

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// The stack's name: the first part of every name that it has on AWS
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The region that holds the stack
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// The container image to run
    #[arg(long, value_name = "REF", conflicts_with = "build")]
    pub image: Option<String>,
    /// The directory with the Dockerfile of the image to run, relative to the file
    #[arg(long, value_name = "DIR")]
    pub build: Option<String>,
    /// The port that the container listens to
    #[arg(long, value_name = "PORT")]
    pub port: Option<String>,
    /// The path that is asked to see whether a task is well
    #[arg(long, value_name = "PATH")]
    pub health: Option<String>,
    /// The number of tasks
    #[arg(long, value_name = "NUMBER", default_value = "2")]
    pub count: String,
    /// Put CloudFront in front; with `=false`, do not, and do not ask
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub cdn: Option<bool>,
    /// A domain name of your own, with certificates and DNS records
    #[arg(long, value_name = "NAME")]
    pub domain: Option<String>,
    /// The hosted zone that the domain name is in [default: what follows the name's first dot]
    #[arg(long, value_name = "ZONE", requires = "domain")]
    pub zone: Option<String>,
    /// Ask nothing: take the default of whatever is not given
    #[arg(long)]
    pub yes: bool,
    /// The file to write; `-` is the standard output
    #[arg(short, long, value_name = "FILE", default_value = "stack.yaml")]
    pub file: PathBuf,
    /// Overwrite the file if it is there
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `fmt`.
#[derive(Debug, Args)]
pub struct Fmt {
    /// The files; `-` formats the standard input to the standard output
    #[arg(value_name = "FILE", default_value = "stack.yaml")]
    pub files: Vec<PathBuf>,
    /// Write nothing: exit with 1 and show the difference where one is not in its form
    #[arg(long)]
    pub check: bool,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A key of stack.yaml, such as services.*.port or only port, or a kind of resource, such as ecs-service; without it, all there are
    #[arg(value_name = "KEY")]
    pub key: Option<String>,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// Write the pages of all commands into this directory, instead of that of qpiac to the standard output
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,
}
