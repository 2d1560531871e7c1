//! How a run is told while it goes on.
//!
//! May depend on `engine` and `render`. Invariant: a reader that has gone does not stop the work.

use super::arguments::{Format, Watch};
use super::conduct::Request;
use super::terminal::Terminal;
use crate::engine::Event;
use crate::render::{self, Detail, Live, Progress};
use crate::sim::Pace;

/// How a run is told while it goes on.
pub(super) struct Telling<'a> {
    terminal: &'a Terminal,
    format: Format,
    is_sandbox: bool,
    live: Option<Live>,
    detail: Detail,
}

impl<'a> Telling<'a> {
    /// For this terminal, as it was asked for.
    pub(super) fn new(terminal: &'a Terminal, is_sandbox: bool, request: &Request<'_>) -> Self {
        let format = request.format;
        let detail = if terminal.verbose > 0 {
            Detail::All
        } else {
            Detail::Usual
        };
        let is_plain = request.watch == Some(Watch::Plain) || !terminal.is_watched();
        let is_live = format == Format::Human && !is_plain;
        let target = indicatif::ProgressDrawTarget::stderr();
        Self {
            terminal,
            format,
            is_sandbox,
            live: is_live.then(|| {
                let pace = if is_sandbox {
                    Pace::SANDBOX.factor
                } else {
                    1.0
                };
                Live::on(
                    target,
                    terminal.has_colour(),
                    detail,
                    pace,
                    super::terminal::columns_of_talk,
                )
            }),
            detail,
        }
    }

    /// Tells of an event that the progress has taken in.
    pub(super) fn tell(&mut self, progress: &Progress, event: &Event) {
        match (&mut self.live, self.format) {
            (Some(live), _) => live.show(progress, event),
            (None, Format::Jsonl) => {
                // A reader that has gone does not stop the work.
                let _ = self
                    .terminal
                    .data(&(render::event_json(event, self.is_sandbox) + "\n"));
            }
            (None, Format::Human | Format::Json) => {
                if let Some(line) = render::line(progress, event, self.detail) {
                    self.terminal.line(&line);
                }
            }
        }
    }
}
