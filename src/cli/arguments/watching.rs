//! How what is under way is told.
//!
//! May depend on nothing. Invariant: the command line comes before the environment.

use clap::{Args, ValueEnum};

/// How a run is told while it goes on.
#[derive(Debug, Args)]
pub struct Watching {
    /// How what is under way is told [default: live on a terminal, else plain] [env: QPIAC_PROGRESS]
    #[arg(long, value_enum, value_name = "HOW")]
    pub progress: Option<Watch>,
}

impl Watching {
    /// What was said, on the command line or in the environment.
    ///
    /// # Errors
    /// The environment says something else.
    pub fn wanted(&self) -> Result<Option<Watch>, String> {
        const VARIABLE: &str = "QPIAC_PROGRESS";
        let given = std::env::var(VARIABLE).unwrap_or_default();
        match (self.progress, given.as_str()) {
            (Some(watch), _) => Ok(Some(watch)),
            // One that is set to nothing says nothing.
            (None, "") => Ok(None),
            (None, given) => Watch::from_str(given, false)
                .map(Some)
                .map_err(|_| format!("{VARIABLE} is `{given}`; expected live or plain")),
        }
    }
}

/// How what is under way is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Watch {
    /// Lines that change in place, where the terminal can do that.
    Live,
    /// One line after the other, none of which changes: for logs and screen readers.
    Plain,
}
