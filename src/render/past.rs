//! Runs of the past.
//!
//! May depend on `engine` and `keep`. Invariant: a run whose end was not recorded never looks like
//! one that succeeded.

use serde_json::{Value as Json, json};

use super::lines::{Detail, line};
use super::paint::{BAD, CAUTION, FAINT, GOOD, STRONG, duration, one_line, paint};
use super::progress::Progress;
use super::report::numbers;
use crate::engine::{Ending, Event};
use crate::keep::Header;

/// What stands for the outcome of a run that nobody saw the end of.
const OPEN: &str = "unfinished";

fn folded(events: &[Event]) -> Progress {
    let mut progress = Progress::default();
    events.iter().for_each(|event| progress.fold(event));
    progress
}

fn outcome(progress: &Progress) -> &'static str {
    match progress.ending() {
        Some(Ending::Complete) => "complete",
        Some(Ending::Partial) => "failed",
        Some(Ending::Cancelled) => "stopped",
        None => OPEN,
    }
}

/// A run in two lines.
pub fn line_of(header: &Header, events: &[Event]) -> String {
    let progress = folded(events);
    let word = outcome(&progress);
    let style = match progress.ending() {
        Some(Ending::Complete) => GOOD,
        Some(Ending::Partial) => BAD,
        Some(Ending::Cancelled) | None => CAUTION,
    };
    let claim = &header.claim;
    format!(
        "{}  {}: {} in {}\n    {}\n",
        paint(STRONG, one_line(&claim.run)),
        paint(style, word),
        numbers(&progress),
        duration(progress.elapsed_ms()),
        paint(FAINT, by(header)),
    )
}

fn by(header: &Header) -> String {
    let claim = &header.claim;
    one_line(&format!(
        "{} by {} on {}, from {}",
        claim.command, claim.who, claim.host, header.started_at
    ))
}

/// A run with all that happened in it.
pub fn whole(header: &Header, events: &[Event]) -> String {
    let mut text = format!(
        "{}\n{}\n",
        paint(STRONG, one_line(&header.claim.run)),
        by(header)
    );
    let mut progress = Progress::default();
    for event in events {
        progress.fold(event);
        if let Some(line) = line(&progress, event, Detail::All) {
            let at = duration(event.at_ms);
            text.push_str(&format!("{} {line}\n", paint(FAINT, format!("{at:>8}"))));
        }
    }
    let end = match progress.ending() {
        Some(_) => format!("{}: {}", outcome(&progress), numbers(&progress)),
        None => format!(
            "{OPEN}: nobody recorded the end of this run, which goes on or was killed ({})",
            numbers(&progress)
        ),
    };
    text.push_str(&format!("{end}\n"));
    text
}

/// A run as a document, with its events where they are wanted.
pub fn document(header: &Header, events: &[Event], with_events: bool) -> Json {
    let progress = folded(events);
    let mut document = json!(header);
    document["outcome"] = json!(outcome(&progress));
    document["elapsed_ms"] = json!(progress.elapsed_ms());
    if with_events {
        document["events"] = json!(events);
    }
    document
}
