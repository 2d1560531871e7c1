//! The commands: one file per verb.
//!
//! May depend on everything. Invariant: what a program reads goes to stdout, what a person is told
//! goes to stderr, and a reader that has gone away ends the program quietly.

mod again;
mod apply;
pub mod arguments;
mod ask;
mod cloud;
mod conduct;
mod destroy;
mod engagement;
mod explain;
mod fmt;
mod goal;
mod history;
mod init;
mod keeping;
mod look;
mod man;
mod output;
mod panics;
mod picture;
mod plan;
mod policy;
mod questions;
mod saved;
mod show;
mod sources;
mod stack_file;
mod status;
mod stops;
mod subject;
mod telling;
mod terminal;
mod unlock;
mod validate;
mod verify;
mod wanted;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use self::arguments::{Arguments, Command};
use self::stops::Interrupted;
use self::terminal::Terminal;

/// How the program ends; scripts depend on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done,
    /// Failed.
    Failed,
    /// There are changes; only with `plan --detailed-exitcode`.
    Changes,
    /// Wrong usage.
    Usage,
    /// Interrupted.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Changes => 2,
            Exit::Usage => 64,
            Exit::Interrupted => 130,
        })
    }
}

/// Wrong usage that clap cannot see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Misuse(String);

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    panics::listen();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Where nobody reads the message, there is nobody to tell.
            let _ = error.print();
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
            return exit.into();
        }
    };
    let terminal = Terminal::new(arguments.color, arguments.verbose);
    match run(&arguments, &terminal) {
        Ok(exit) => exit.into(),
        Err(error) => {
            terminal.error(&error);
            let exit = if error.is::<Misuse>() {
                Exit::Usage
            } else if error.is::<Interrupted>() {
                Exit::Interrupted
            } else {
                Exit::Failed
            };
            exit.into()
        }
    }
}

fn run(arguments: &Arguments, terminal: &Terminal) -> anyhow::Result<Exit> {
    match &arguments.command {
        Command::Init(given) => init::run(given, terminal),
        Command::Fmt(given) => fmt::run(given, terminal),
        Command::Explain(given) => explain::run(given, terminal),
        Command::Man(given) => man::run(given, terminal),
        Command::Validate(given) => validate::run(given, terminal),
        Command::Plan(given) => waited_for(plan::run(given, terminal)),
        Command::Show(given) => show::run(given, terminal),
        Command::Apply(given) => waited_for(apply::run(given, terminal)),
        Command::Destroy(given) => waited_for(destroy::run(given, terminal)),
        Command::History(given) => waited_for(history::run(given, terminal)),
        Command::Unlock(given) => waited_for(unlock::run(given, terminal)),
        Command::Status(given) => waited_for(status::run(given, terminal)),
        Command::Output(given) => waited_for(output::run(given, terminal)),
        Command::Verify(given) => waited_for(verify::run(given, terminal)),
        Command::Policy(given) => policy::run(given, terminal),
        Command::Diagram(given) => waited_for(picture::diagram(given, terminal)),
        Command::Document(given) => waited_for(picture::document(given, terminal)),
        Command::Schema => {
            terminal.data(&(serde_json::to_string_pretty(&crate::spec::schema())? + "\n"))?;
            Ok(Exit::Done)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "qpiac", &mut script);
            terminal.data(&String::from_utf8(script)?)?;
            Ok(Exit::Done)
        }
    }
}

fn waited_for(command: impl Future<Output = anyhow::Result<Exit>>) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(command);
    // A question that nobody answered must not keep the program.
    runtime.shutdown_background();
    result
}

/// The reference of all commands, in Markdown.
pub fn reference() -> String {
    let mut program = Arguments::command().term_width(100);
    program.build();
    let mut text = String::from(
        "# Commands\n\nExit codes: 0 done or nothing to do; 1 failed; 2 there are changes, only with \
         `plan --detailed-exitcode`; 64 wrong usage; 130 interrupted.\n\nSet by the environment: \
         `QPIAC_SANDBOX` (`1` or a file) chooses the sandbox, `QPIAC_SANDBOX_BREAKS` (`KIND=REASON`) rehearses a failure in it: \
         the first resource of that kind that the run makes does not work, nor does the first that it changes; \
         `NO_COLOR` takes colours away, \
         `QPIAC_PACE_MS` is the pause before the first look at what AWS is working on (1000), \
         `QPIAC_READ_LAG_MS` how long AWS's listings may lag (10000), `QPIAC_LEASE_S` how long a lease is \
         good for without renewal (60). All that the AWS SDK reads \
         (`AWS_PROFILE`, `AWS_ENDPOINT_URL`, ...) counts too.\n",
    );
    let names: Vec<String> = program
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .filter(|name| name != "help")
        .collect();
    for name in names {
        if let Some(command) = program.find_subcommand_mut(&name) {
            let help = command.render_long_help().to_string();
            let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
            text.push_str(&format!(
                "\n## {name}\n\n```text\n{}\n```\n",
                lines.join("\n")
            ));
        }
    }
    text
}
