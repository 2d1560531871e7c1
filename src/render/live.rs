//! A run on a terminal: what is under way now at the bottom, what is over scrolls away above.
//!
//! May depend on `engine`. Invariant: what scrolls away is exactly the plain lines.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::style::ProgressTracker;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::lines::{Detail, doing, line};
use super::paint::{duration, one_line, plain};
use super::progress::{Progress, Status, StepProgress};
use crate::engine::{Event, What};
use crate::plan::StepId;

/// How often the screen is drawn anew, in milliseconds.
const TICK_MS: u64 = 120;
/// The most resources that are shown at a time.
const MOST_SHOWN: usize = 12;

/// Columns before what is said of a resource: what turns, and the time.
const BEFORE: usize = 8;

/// How many of the steps that come next are named.
const MOST_NEXT: usize = 3;

/// The live view.
pub struct Live {
    screen: MultiProgress,
    total: ProgressBar,
    next: ProgressBar,
    /// When the run ends if everything takes what it usually does, in milliseconds since its start.
    ends_ms: Arc<AtomicU64>,
    /// How long this cloud takes for what AWS takes a second for.
    pace: f64,
    shown: BTreeMap<StepId, ProgressBar>,
    colour: bool,
    detail: Detail,
    /// How many columns there are now: a terminal may be made wider or narrower at any time.
    columns: fn() -> usize,
}

impl Live {
    /// A view on this target, which has so many columns.
    ///
    /// `pace` is how long this cloud takes for what AWS takes a second for.
    pub fn on(
        target: ProgressDrawTarget,
        colour: bool,
        detail: Detail,
        pace: f64,
        columns: fn() -> usize,
    ) -> Self {
        let screen = MultiProgress::with_draw_target(target);
        let next = screen.add(ProgressBar::new(0));
        // Nothing is filled up with blanks: a terminal that becomes narrower would break it into two lines.
        next.set_style(style("{msg}"));
        let total = screen.add(ProgressBar::new(0));
        let ends_ms = Arc::new(AtomicU64::new(0));
        total.set_style(style("{pos}/{len} done, {msg} ({elapsed}{left})").with_key(
            "left",
            Left {
                ends_ms: Arc::clone(&ends_ms),
            },
        ));
        Self {
            screen,
            total,
            next,
            ends_ms,
            pace,
            shown: BTreeMap::new(),
            colour,
            detail,
            columns,
        }
    }

    /// Shows an event that the progress has already taken in.
    pub fn show(&mut self, progress: &Progress, event: &Event) {
        if let Some(line) = self
            .scrolls(event)
            .then(|| line(progress, event, self.detail))
        {
            self.print(line);
        }
        match &event.what {
            What::RunStarted { .. } => self
                .total
                .enable_steady_tick(Duration::from_millis(TICK_MS)),
            What::StepStarted { step }
            | What::StepRetrying { step, .. }
            | What::StepWaiting { step, .. } => self.update(progress, *step),
            What::StepFinished { step, .. }
            | What::StepFailed { step, .. }
            | What::StepSkipped { step, .. }
            | What::StepAbandoned { step, .. } => self.remove(*step),
            What::StepReached { .. } | What::StopRequested { .. } | What::TenureLost { .. } => {}
            What::RunFinished { .. } => return self.close(),
        }
        self.count(progress);
    }

    /// What is under way stands at the bottom and need not scroll.
    fn scrolls(&self, event: &Event) -> bool {
        let under_way = matches!(
            event.what,
            What::StepStarted { .. } | What::StepWaiting { .. }
        );
        !under_way || self.detail == Detail::All
    }

    fn print(&self, line: Option<String>) {
        if let Some(line) = line {
            let line = if self.colour { line } else { plain(&line) };
            // A terminal that is gone must not end the run.
            let _ = self.screen.println(line);
        }
    }

    fn update(&mut self, progress: &Progress, id: StepId) {
        let Some(step) = progress.step(id) else {
            return;
        };
        if !self.shown.contains_key(&id) && self.shown.len() >= MOST_SHOWN {
            return;
        }
        let (screen, next) = (&self.screen, &self.next);
        let bar = self.shown.entry(id).or_insert_with(|| {
            let bar = screen.insert_before(next, ProgressBar::new_spinner());
            bar.set_style(style("{spinner} {elapsed:>4} {msg}"));
            bar.enable_steady_tick(Duration::from_millis(TICK_MS));
            bar
        });
        bar.set_message(fitted(
            &under_way(step),
            (self.columns)().saturating_sub(BEFORE),
        ));
    }

    fn remove(&mut self, id: StepId) {
        if let Some(bar) = self.shown.remove(&id) {
            bar.finish_and_clear();
            self.screen.remove(&bar);
        }
    }

    fn count(&self, progress: &Progress) {
        let number = |status: fn(&Status) -> bool| progress.number(status);
        let done = number(|s| matches!(s, Status::Done { .. }));
        let running = number(|s| matches!(s, Status::Running { .. }));
        let failed = number(|s| matches!(s, Status::Failed { .. }));
        self.total.set_length(progress.total() as u64);
        self.total.set_position(done as u64);
        let failed = if failed > 0 {
            format!(", {failed} failed")
        } else {
            String::new()
        };
        self.total
            .set_message(format!("{running} under way{failed}"));
        let remaining_ms = progress.remaining_s() as f64 * 1000.0 * self.pace;
        let ends_ms = progress.elapsed_ms() + remaining_ms as u64;
        self.ends_ms.store(ends_ms, Ordering::Relaxed);
        self.next
            .set_message(fitted(&coming(progress), (self.columns)()));
    }

    fn close(&mut self) {
        for (_, bar) in std::mem::take(&mut self.shown) {
            bar.finish_and_clear();
        }
        self.next.finish_and_clear();
        self.total.finish_and_clear();
    }
}

/// What is left until the run's end, which shrinks by itself between events.
#[derive(Clone)]
struct Left {
    ends_ms: Arc<AtomicU64>,
}

impl ProgressTracker for Left {
    fn clone_box(&self) -> Box<dyn ProgressTracker> {
        Box::new(self.clone())
    }

    fn tick(&mut self, _: &ProgressState, _: Instant) {}

    fn reset(&mut self, _: &ProgressState, _: Instant) {}

    fn write(&self, state: &ProgressState, out: &mut dyn fmt::Write) {
        let elapsed_ms = u64::try_from(state.elapsed().as_millis()).unwrap_or(u64::MAX);
        let left_ms = (self.ends_ms.load(Ordering::Relaxed)).saturating_sub(elapsed_ms);
        if left_ms >= 1000 {
            // What a writer in memory answers cannot be an error.
            let _ = write!(out, ", about {} left", duration(left_ms));
        }
    }
}

/// `next: route/a, ecs-service/app and 3 more`.
fn coming(progress: &Progress) -> String {
    let mut next: Vec<String> = progress
        .next()
        .map(|step| step.planned.address.to_string())
        .collect();
    let more = next.len().saturating_sub(MOST_NEXT);
    next.truncate(MOST_NEXT);
    match (next.is_empty(), more) {
        (true, _) => String::new(),
        (false, 0) => format!("next: {}", next.join(", ")),
        (false, more) => format!("next: {} and {more} more", next.join(", ")),
    }
}

/// A text on one line of so many columns.
fn fitted(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    let cut: String = text.chars().take(columns.saturating_sub(1)).collect();
    format!("{cut}…")
}

fn under_way(step: &StepProgress) -> String {
    let message = step
        .message
        .as_deref()
        .map_or_else(String::new, |message| format!(": {}", one_line(message)));
    format!("{} {}{message}", step.planned.address, doing(step))
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates of this file are well-formed")
}
