//! The two streams, their colours, and who is at the other end.
//!
//! May depend on `render`. Invariant: nothing else in the program writes to a stream.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};

use super::arguments::Color;
use crate::model::Fault;
use crate::render::{Layout, message, told};

/// Columns where nothing says how many there are.
const COLUMNS: usize = 100;

/// Where output goes.
#[derive(Debug)]
pub(super) struct Terminal {
    choice: ColorChoice,
    /// How often `-v` was given.
    pub(super) verbose: u8,
}

impl Terminal {
    /// Streams with these colours; starts the log that `-v` asks for.
    pub(super) fn new(color: Color, verbose: u8) -> Self {
        let choice = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        // clap writes through the same choice.
        choice.write_global();
        let level = match verbose {
            0 => "error",
            1 => "qpiac=info,warn",
            _ => "qpiac=debug,aws_config=info,warn",
        };
        let filter = tracing_subscriber::EnvFilter::new(level);
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(io::stderr)
            .with_ansi(false)
            .without_time()
            .log_internal_errors(false)
            .init();
        Self { choice, verbose }
    }

    /// What a program reads. That it stopped reading does not stop the work, nor is it an error.
    pub(super) fn data(&self, text: &str) -> io::Result<()> {
        let mut out = AutoStream::new(io::stdout(), self.choice);
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// What a person is told. That nobody listens does not stop the work.
    pub(super) fn say(&self, text: &str) {
        let mut err = AutoStream::new(io::stderr(), self.choice);
        let _ = err.write_all(text.as_bytes());
        let _ = err.flush();
    }

    /// A line that a person is told.
    pub(super) fn line(&self, text: &str) {
        self.say(&format!(
            "{}\n",
            told(text, self.width_of_talk().unwrap_or(usize::MAX))
        ));
    }

    /// An error with its causes and hints.
    pub(super) fn error(&self, error: &anyhow::Error) {
        let mut messages: Vec<String> = Vec::new();
        let mut hints: Vec<String> = Vec::new();
        for cause in error.chain() {
            let text = cause.to_string();
            let (hint, message): (Vec<&str>, Vec<&str>) =
                text.lines().partition(|line| line.starts_with("hint: "));
            let message = message.join("\n");
            // Some errors say themselves what caused them.
            if !messages.iter().any(|before| before.contains(&message)) {
                messages.push(message);
            }
            hints.extend(hint.iter().map(|hint| hint.replacen("hint: ", "", 1)));
            hints.extend(cause.downcast_ref::<Fault>().and_then(Fault::advice));
        }
        self.line(&message::error(messages.join(": ")));
        for hint in hints {
            self.line(&message::hint(hint));
        }
    }

    /// Whether a person can answer questions.
    pub(super) fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Whether a person watches what is said.
    pub(super) fn is_watched(&self) -> bool {
        io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
    }

    /// Whether what is said has colours.
    pub(super) fn has_colour(&self) -> bool {
        AutoStream::new(io::stderr(), self.choice).current_choice() != ColorChoice::Never
    }

    /// How much of a plan is shown here.
    pub(super) fn layout(&self) -> Layout {
        let usual = Layout::default();
        Layout {
            width: self.width(),
            value_lines: usual.value_lines.filter(|_| self.verbose == 0),
        }
    }

    /// Columns of the terminal that shows stdout, as far as that can be known.
    pub(super) fn width(&self) -> usize {
        columns_given()
            .or_else(|| columns_of(&io::stdout()))
            // Read through a pager, on the same terminal.
            .or_else(|| columns_of(&io::stderr()))
            .unwrap_or(COLUMNS)
    }

    /// Columns of the terminal that shows what is said; nothing where that is a log, which has as many as a
    /// line needs, so that it can be searched.
    pub(super) fn width_of_talk(&self) -> Option<usize> {
        let columns = columns_of(&io::stderr())?;
        Some(columns_given().unwrap_or(columns))
    }
}

/// Columns of the terminal that shows what is said, at this moment.
pub(super) fn columns_of_talk() -> usize {
    columns_of(&io::stderr()).unwrap_or(COLUMNS)
}

fn columns_given() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok()
}

fn columns_of(stream: &(impl IsTerminal + std::os::fd::AsFd)) -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(stream)?;
    stream.is_terminal().then_some(usize::from(width.0))
}
