//! What can be said on the command line.
//!
//! May depend on `model` and `verify`. Invariant: nothing here does anything; an argument means the same for
//! every command that takes it.

pub mod authoring;
mod watching;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use watching::{Watch, Watching};

use crate::model::Address;
use crate::verify::Endpoint;

/// Where the sandbox keeps its world, unless another file is named.
pub const SANDBOX_FILE: &str = ".qpiac/sandbox.json";

/// What stands below the help of the program.
const AFTER_HELP: &str = "\
Exit codes: 0 done or nothing to do; 1 failed; 2 there are changes, only with plan --detailed-exitcode;
64 wrong usage; 130 interrupted.

Environment: QPIAC_SANDBOX=1 or FILE chooses the sandbox, QPIAC_SANDBOX_BREAKS=KIND=REASON rehearses a
failure in it, QPIAC_PROGRESS=live or plain, QPIAC_IMAGE_NAME=REF, NO_COLOR; and what AWS's tools read.

Try it without an AWS account: qpiac apply --sandbox";

/// Infrastructure as code for a web service on AWS: one file, one binary, no state file.
#[derive(Debug, Parser)]
#[command(
    name = "qpiac",
    version,
    after_help = AFTER_HELP
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// Say more; twice for even more.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a first stack.yaml, by asking or from options
    #[command(
        after_help = "Examples:\n  qpiac init\n  qpiac init --yes\n  qpiac init --yes --name shop --region eu-west-1 --build app --port 8000 --health /health --cdn\n  qpiac init --yes -f - | less\n\nBeside the file, .qpiac/stack.schema.json is written, by which editors complete and explain its keys."
    )]
    Init(authoring::Init),
    /// Check stack.yaml; nothing is read from AWS
    #[command(
        after_help = "Examples:\n  qpiac validate\n  qpiac validate -f staging.yaml --format json"
    )]
    Validate(Validate),
    /// Put stack.yaml into its usual form: two columns a level, sections in the reference's order
    #[command(
        after_help = "Examples:\n  qpiac fmt\n  qpiac fmt --check              # in CI: exits with 1 and shows the difference\n  qpiac fmt - < stack.yaml\n\nComments stay with what they are about. A file that would say something else in that form is left\nalone, and so is one with errors."
    )]
    Fmt(authoring::Fmt),
    /// Say what a key of stack.yaml or a kind of resource means
    #[command(
        after_help = "Examples:\n  qpiac explain\n  qpiac explain load_balancer\n  qpiac explain 'services.*.port'\n  qpiac explain port               # where only one key ends so\n  qpiac explain ecs-service\n  qpiac explain --format json | jq -r '.keys[].path'"
    )]
    Explain(authoring::Explain),
    /// Show what apply would change
    #[command(
        after_help = "Examples:\n  qpiac plan\n  qpiac plan --detailed-exitcode   # exits with 2 when there are changes\n  qpiac plan --format json | jq .summary\n  qpiac plan --target ecs-service/app\n  qpiac plan --out shop.plan        # to be carried out with `qpiac apply shop.plan`\n  qpiac plan --format markdown > comment.md"
    )]
    Plan(Plan),
    /// Show a plan that `plan --out` saved; nothing is read from AWS
    #[command(
        after_help = "Examples:\n  qpiac show shop.plan\n  qpiac show shop.plan --format json | jq .summary\n  qpiac show shop.plan --format markdown"
    )]
    Show(Show),
    /// Make AWS what stack.yaml says
    #[command(
        after_help = "Examples:\n  qpiac apply\n  qpiac apply --sandbox            # without an AWS account\n  qpiac apply --yes --format jsonl # in CI, one event a line\n  qpiac apply --replace nat-gateway/a\n  qpiac apply --timings timings.html\n  qpiac apply --progress plain     # no line changes in place: for logs and screen readers\n  qpiac plan --out shop.plan && qpiac apply shop.plan   # that plan, or nothing"
    )]
    Apply(Apply),
    /// Delete everything that belongs to the stack
    #[command(
        after_help = "Examples:\n  qpiac destroy\n  qpiac destroy --stack shop --region eu-west-1   # without stack.yaml"
    )]
    Destroy(Destroy),
    /// Show what was done to the stack: the last runs, or all that happened in one
    #[command(
        after_help = "Examples:\n  qpiac history\n  qpiac history 20260504T030201Z-0a1b2c3d\n  qpiac history --stack shop --region eu-west-1 --limit 100\n  qpiac history --format json | jq -r '.runs[] | select(.outcome != \"complete\") | .run'\n\nThe record is a convenience, kept in the bucket qpiac-ACCOUNT-REGION: deleting it loses nothing."
    )]
    History(History),
    /// Take the stack's lease away from a run that is dead
    #[command(
        after_help = "Examples:\n  qpiac unlock\n  qpiac unlock --stack shop --region eu-west-1 --yes\n  qpiac unlock --yes --format json | jq -r .outcome\n\nA lease ends by itself within a minute after its holder died, so this is seldom needed. A holder\nthat is still alive notices, and begins nothing new."
    )]
    Unlock(Unlock),
    /// Show how the stack is now: every resource, its health, and why something is not well
    #[command(
        after_help = "Examples:\n  qpiac status\n  qpiac status --format json\n  qpiac status --stack shop --region eu-west-1   # without stack.yaml\n\nExits with 1 when something is not well."
    )]
    Status(Status),
    /// Try out whether the live stack does what it is for, and print every check
    #[command(
        after_help = "Examples:\n  qpiac verify\n  qpiac verify --format json | jq .summary\n  qpiac verify --endpoint http://127.0.0.1:8080   # in front of a stand-in for AWS\n\nReads the secrets of the reference application to log in to it, and never shows them. Exits with\n1 when a check fails."
    )]
    Verify(Verify),
    /// Print addresses, domain names and ARNs of the stack
    #[command(
        after_help = "Examples:\n  qpiac output\n  qpiac output url\n  curl \"$(qpiac output url)/health\"\n  qpiac output --format json | jq -r .\\\"ecs-service/app.arn\\\""
    )]
    Output(Output),
    /// Print the least IAM policy for whoever deploys this stack; nothing is read from AWS
    #[command(
        after_help = "Examples:\n  qpiac policy > deploy.json\n  qpiac policy --plan-only            # for whoever may look and not touch\n  qpiac policy --split | jq -c '.[]'  # one policy a line, each short enough for IAM\n\nA plan reads all kinds of resources, and apply changes those that the stack has. Before a section is\ntaken out of stack.yaml, make the policy from the file that still has it, or with --all-kinds: apply\ndeletes what is not wanted any more, and needs the rights for it."
    )]
    Policy(Policy),
    /// Draw the architecture, as text, Mermaid or SVG
    #[command(
        after_help = "Examples:\n  qpiac diagram\n  qpiac diagram --out architecture.svg\n  qpiac diagram --format mermaid\n  qpiac diagram --from live --out architecture.svg   # with what AWS calls everything"
    )]
    Diagram(Diagram),
    /// Write the document of the architecture: picture, components, flows, layers of security
    #[command(
        after_help = "Examples:\n  qpiac document --out docs/infrastructure.md\n  qpiac document --out architecture.html\n  qpiac document --from spec              # without a look at AWS\n  qpiac document --stack shop --region eu-west-1\n\nNothing in it depends on when it is written: it differs only where the stack does."
    )]
    Document(Document),
    /// Print the JSON Schema of stack.yaml, for editors
    #[command(after_help = "Example:\n  qpiac schema > stack.schema.json")]
    Schema,
    /// Print the completions of a shell
    #[command(
        after_help = "Examples:\n  qpiac completions bash > ~/.local/share/bash-completion/completions/qpiac\n  qpiac completions fish > ~/.config/fish/completions/qpiac.fish\n  qpiac completions zsh > ~/.zfunc/_qpiac   # with `fpath+=~/.zfunc` before compinit in ~/.zshrc"
    )]
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page of qpiac, or write those of all commands
    #[command(
        after_help = "Examples:\n  qpiac man | man -l -\n  qpiac man ~/.local/share/man/man1   # then: man qpiac-plan"
    )]
    Man(authoring::Man),
}

/// Which form the output has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// One document at the end.
    Json,
    /// One document a line, as things happen.
    Jsonl,
}

/// Which form a plan has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For people.
    Human,
    /// One document.
    Json,
    /// One document on one line.
    Jsonl,
    /// For a pull request: at most 60,000 bytes, with the attributes to unfold.
    Markdown,
}

/// Where the stack file is.
#[derive(Debug, Args)]
pub struct File {
    /// The file that describes the stack
    #[arg(short, long, value_name = "FILE", default_value = "stack.yaml")]
    pub file: PathBuf,
    /// Run this image in the service NAME, whatever the file says, and build none for it; may be given several times [env: QPIAC_IMAGE_NAME=REF]
    #[arg(long, value_name = "NAME=REF", value_parser = substitute)]
    pub image: Vec<Substitute>,
}

/// An image that stands in for a service's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substitute {
    /// The service's name.
    pub service: String,
    /// The reference to the image.
    pub image: String,
}

/// Which cloud is meant.
#[derive(Debug, Args)]
pub struct Cloud {
    /// The region; must be the stack file's where that names one
    #[arg(long, value_name = "REGION", value_parser = word)]
    pub region: Option<String>,
    /// The profile of the AWS configuration to use
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// Use a simulated AWS, kept in FILE, instead of the real one [default FILE: .qpiac/sandbox.json] [env: QPIAC_SANDBOX=1 or FILE]
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = SANDBOX_FILE)]
    pub sandbox: Option<PathBuf>,
    /// Say which calls were made, in how many rounds, with how many repetitions
    #[arg(long)]
    pub stats: bool,
}

/// Which stack is meant: the one of a stack file, or one by name.
#[derive(Debug, Args)]
pub struct Subject {
    /// The stack file.
    #[command(flatten)]
    pub file: File,
    /// The cloud.
    #[command(flatten)]
    pub cloud: Cloud,
    /// The stack's name, instead of a stack file
    #[arg(
        long,
        value_name = "NAME",
        value_parser = word,
        requires = "region",
        conflicts_with_all = ["file", "image"]
    )]
    pub stack: Option<String>,
}

/// A part of the stack.
#[derive(Debug, Args)]
pub struct Choice {
    /// Only this resource and what it needs; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    pub target: Vec<Address>,
    /// Everything but this resource and what needs it; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    pub exclude: Vec<Address>,
}

/// Arguments of `validate`.
#[derive(Debug, Args)]
pub struct Validate {
    /// The stack file.
    #[command(flatten)]
    pub file: File,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// What is wanted, and where.
#[derive(Debug, Args)]
pub struct Wanted {
    /// The stack file.
    #[command(flatten)]
    pub file: File,
    /// The cloud.
    #[command(flatten)]
    pub cloud: Cloud,
    /// A part of the stack.
    #[command(flatten)]
    pub choice: Choice,
    /// Replace this resource although nothing demands it; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    pub replace: Vec<Address>,
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub struct Plan {
    /// What is wanted, and where.
    #[command(flatten)]
    pub wanted: Wanted,
    /// Exit with 2 when there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Save the plan to FILE, for `qpiac apply FILE`
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = PlanFormat::Human)]
    pub format: PlanFormat,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The file that `plan --out` wrote
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = PlanFormat::Human)]
    pub format: PlanFormat,
}

/// How the stack's lease is taken.
#[derive(Debug, Args)]
pub struct Leasing {
    /// Wait so long for another run to end that changes the stack; 0 does not wait
    #[arg(long, value_name = "SECONDS", default_value_t = 90)]
    pub lease_wait: u64,
}

/// Arguments of `apply`.
#[derive(Debug, Args)]
pub struct Apply {
    /// Carry out this plan, which `plan --out` saved, or refuse where something moved since
    #[arg(value_name = "PLAN", conflicts_with_all = ["target", "exclude", "replace"])]
    pub saved: Option<PathBuf>,
    /// What is wanted, and where.
    #[command(flatten)]
    pub wanted: Wanted,
    /// Wait also until this has happened, which nothing else needs
    #[arg(long, value_enum, value_name = "WHAT")]
    pub wait: Option<WaitFor>,
    /// The lease.
    #[command(flatten)]
    pub leasing: Leasing,
    /// Write a page to FILE that shows what took how long
    #[arg(long, value_name = "FILE.html")]
    pub timings: Option<PathBuf>,
    /// How the run is told.
    #[command(flatten)]
    pub watching: Watching,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// What a run waits for although nothing else needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WaitFor {
    /// That CloudFront has deployed the distribution everywhere.
    Deployed,
}

/// Arguments of `destroy`.
#[derive(Debug, Args)]
pub struct Destroy {
    /// The stack.
    #[command(flatten)]
    pub subject: Subject,
    /// A part of the stack.
    #[command(flatten)]
    pub choice: Choice,
    /// The lease.
    #[command(flatten)]
    pub leasing: Leasing,
    /// How the run is told.
    #[command(flatten)]
    pub watching: Watching,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// Arguments of `history`.
#[derive(Debug, Args)]
pub struct History {
    /// Only this run, with all that happened in it
    #[arg(value_name = "RUN", value_parser = run)]
    pub run: Option<String>,
    /// The stack.
    #[command(flatten)]
    pub subject: Subject,
    /// Show at most so many runs, the last ones
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    pub limit: usize,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// Arguments of `unlock`.
#[derive(Debug, Args)]
pub struct Unlock {
    /// The stack.
    #[command(flatten)]
    pub subject: Subject,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// Arguments of `status`.
#[derive(Debug, Args)]
pub struct Status {
    /// The stack.
    #[command(flatten)]
    pub subject: Subject,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// The stack file.
    #[command(flatten)]
    pub file: File,
    /// The cloud.
    #[command(flatten)]
    pub cloud: Cloud,
    /// The name that visitors use, where the file does not say it: that of a certificate of one's own
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Send all requests to this address, each with the host that it is for in its `Host` header
    #[arg(long, value_name = "http://HOST[:PORT]")]
    pub endpoint: Option<Endpoint>,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// Arguments of `policy`.
#[derive(Debug, Args)]
pub struct Policy {
    /// The stack file.
    #[command(flatten)]
    pub file: File,
    /// The region; must be the stack file's where that names one
    #[arg(long, value_name = "REGION", value_parser = word)]
    pub region: Option<String>,
    /// The account in the ARNs [default: the stack file's `account`, else any]
    #[arg(long, value_name = "ID", value_parser = account)]
    pub account: Option<String>,
    /// Only what `plan`, `status` and `output` need
    #[arg(long)]
    pub plan_only: bool,
    /// Also what `verify` needs
    #[arg(long)]
    pub verify: bool,
    /// Allow changes of all kinds of resources, not only of those that the stack has
    #[arg(long, conflicts_with = "plan_only")]
    pub all_kinds: bool,
    /// Print a list of policies that are each short enough for IAM
    #[arg(long)]
    pub split: bool,
}

/// Arguments of `output`.
#[derive(Debug, Args)]
pub struct Output {
    /// Only this one, its value alone
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// The stack.
    #[command(flatten)]
    pub subject: Subject,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// What is drawn, and where to.
#[derive(Debug, Args)]
pub struct Picturing {
    /// The stack.
    #[command(flatten)]
    pub subject: Subject,
    /// What is drawn [default: `spec` for diagram, `live` for document]
    #[arg(long, value_enum, value_name = "SOURCE")]
    pub from: Option<Source>,
    /// Write it to FILE
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Source {
    /// What stack.yaml wants; nothing is read from AWS.
    Spec,
    /// What is in AWS.
    Live,
}

/// Arguments of `diagram`.
#[derive(Debug, Args)]
pub struct Diagram {
    /// What is drawn, and where to.
    #[command(flatten)]
    pub picturing: Picturing,
    /// The form [default: by the name of FILE, else text]
    #[arg(long, value_enum)]
    pub format: Option<DiagramFormat>,
}

/// Which form a diagram has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiagramFormat {
    /// A picture for a page, in light and in dark.
    Svg,
    /// A flowchart of Mermaid, which GitHub draws.
    Mermaid,
    /// Plain text.
    Text,
}

/// Arguments of `document`.
#[derive(Debug, Args)]
pub struct Document {
    /// What is drawn, and where to.
    #[command(flatten)]
    pub picturing: Picturing,
    /// The form [default: by the name of FILE, else markdown]
    #[arg(long, value_enum)]
    pub format: Option<DocumentFormat>,
}

/// Which form a document has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DocumentFormat {
    /// Text with a flowchart of Mermaid, which GitHub draws.
    Markdown,
    /// A page of its own with the picture in it, in light and in dark.
    Html,
}

/// A service and an image.
fn substitute(text: &str) -> Result<Substitute, String> {
    match text.split_once('=') {
        Some((service, image)) if !service.is_empty() && !image.is_empty() => Ok(Substitute {
            service: service.to_owned(),
            image: image.to_owned(),
        }),
        Some(_) | None => Err("expected a service and an image, as NAME=REF".to_owned()),
    }
}

/// The number of a run, which becomes part of a key.
fn run(text: &str) -> Result<String, String> {
    let is_admitted = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if !text.is_empty() && text.chars().all(is_admitted) {
        Ok(text.to_owned())
    } else {
        Err("expected the number of a run, as `qpiac history` shows it".to_owned())
    }
}

/// The number of an account.
fn account(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("expected 12 digits".to_owned())
    }
}

/// The name of a stack or a region, which becomes part of names and filters.
fn word(text: &str) -> Result<String, String> {
    let is_admitted = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !text.is_empty() && text.chars().all(is_admitted) {
        Ok(text.to_owned())
    } else {
        Err("expected lower-case letters, digits and hyphens".to_owned())
    }
}
