//! The page of `apply --timings`: what took how long, and what the run's length came from.
//!
//! May depend on `engine`. Invariant: the page needs nothing from elsewhere, and runs nothing.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::paint::{count, duration, one_line};
use super::timeline::{End, Lane, Timeline};
use crate::engine::{Ending, Event};
use crate::model::Owner;
use crate::plan::StepId;

/// Where the bars begin, in pixels.
const LEFT: f64 = 300.0;
/// Where they end.
const RIGHT: f64 = 1180.0;
/// Height of a row, in pixels.
const ROW: f64 = 22.0;
/// Where the first row begins.
const TOP: f64 = 30.0;
/// The most characters of a name beside its bar.
const MOST_CHARACTERS: usize = 44;
/// How many times are written above the bars.
const TICKS: u64 = 8;

const STYLE: &str = "
  :root { color-scheme: light dark; --ground: #ffffff; --ink: #1b1f24; --faint: #57606a; --line: #d0d7de;
    --create: #1a7f37; --update: #9a6700; --delete: #cf222e; --wait: .38; --critical: #8250df }
  @media (prefers-color-scheme: dark) { :root { --ground: #0d1117; --ink: #e6edf3; --faint: #9ea7b3; --line: #30363d;
    --create: #3fb950; --update: #d29922; --delete: #f85149; --critical: #b083f0 } }
  body { background: var(--ground); color: var(--ink); font: 14px ui-sans-serif, system-ui, 'Segoe UI', sans-serif;
    margin: 2rem auto; max-width: 1200px; padding: 0 1rem }
  svg { width: 100%; height: auto } svg text { fill: var(--ink); font-size: 12px }
  .faint { fill: var(--faint); color: var(--faint) } .grid { stroke: var(--line) }
  .create { fill: var(--create) } .update { fill: var(--update) } .delete { fill: var(--delete) }
  .waits { fill-opacity: var(--wait) } .critical { stroke: var(--critical); stroke-width: 2 }
  .retry { stroke: var(--delete); stroke-width: 2 }
  table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top }
  td.number, th.number { text-align: right; white-space: nowrap } .failed { color: var(--delete) }
  .key { display: inline-block; width: .9em; height: .9em; margin: 0 .3em 0 1em; vertical-align: -.1em }
";

/// The page of a run.
pub fn timings(owner: &Owner, is_sandbox: bool, events: &[Event]) -> String {
    let timeline = Timeline::of(events);
    let critical = timeline.critical();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Timings of " (owner) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Timings of " (owner) }
                @if is_sandbox { p { "In a sandbox: nothing here is real, and its AWS is faster than AWS." } }
                p id="summary" { (summary(&timeline)) }
                h2 { "When" }
                (key())
                (gantt(&timeline, &critical))
                h2 { "What the length came from" }
                (way(&timeline, &critical))
                h2 { "Every step" }
                (table(&timeline))
            }
        }
    };
    page.into_string() + "\n"
}

fn summary(timeline: &Timeline) -> String {
    let how = match timeline.ending {
        Some(Ending::Complete) => "Done",
        Some(Ending::Partial) => "Failed",
        Some(Ending::Cancelled) | None => "Stopped",
    };
    let lanes = || timeline.lanes.values();
    let retries: usize = lanes().map(|lane| lane.retries.len()).sum();
    let waited = lanes().filter(|lane| !lane.waits.is_empty()).count();
    let together_ms: u64 = lanes().map(Lane::elapsed_ms).sum();
    format!(
        "{how} in {}: {} of {} begun, {} one after the other. {} for AWS, {}.",
        duration(timeline.total_ms),
        timeline.lanes.len(),
        count(timeline.planned, "step", "steps"),
        duration(together_ms),
        count(waited, "step waited", "steps waited"),
        count(retries, "call was repeated", "calls were repeated"),
    )
}

fn key() -> Markup {
    let kinds = [
        ("create", "create"),
        ("update", "update"),
        ("delete", "delete"),
    ];
    html! {
        p class="faint" {
            @for (class, name) in kinds {
                svg class="key" viewBox="0 0 10 10" aria-hidden="true" { rect class=(class) width="10" height="10" {} }
                (name)
            }
            ". Lighter: AWS is working on it. Framed: the run's length came from it. A red stroke: a call was repeated."
        }
    }
}

fn x(timeline: &Timeline, at_ms: u64) -> f64 {
    let total_ms = timeline.total_ms.max(1) as f64;
    LEFT + (RIGHT - LEFT) * at_ms as f64 / total_ms
}

fn gantt(timeline: &Timeline, critical: &[StepId]) -> Markup {
    let height = TOP + ROW * timeline.lanes.len() as f64 + 10.0;
    let box_of_view = format!("0 0 1200 {height}");
    let mut lanes: Vec<(&StepId, &Lane)> = timeline.lanes.iter().collect();
    lanes.sort_by_key(|(step, lane)| (lane.begun_ms, **step));
    html! {
        svg id="gantt" viewBox=(box_of_view) role="img" aria-label="When each step was under way" {
            @for tick in 0..=TICKS {
                @let at_ms = timeline.total_ms * tick / TICKS;
                @let at = x(timeline, at_ms);
                line class="grid" x1=(at) x2=(at) y1=(TOP - 6.0) y2=(height) {}
                text class="faint" x=(at) y=(TOP - 12.0) text-anchor="middle" { (duration(at_ms)) }
            }
            @for (row, (step, lane)) in lanes.iter().enumerate() {
                (bar(timeline, lane, critical.contains(step), TOP + ROW * row as f64))
            }
        }
    }
}

fn bar(timeline: &Timeline, lane: &Lane, is_critical: bool, top: f64) -> Markup {
    let (from, to) = (x(timeline, lane.begun_ms), x(timeline, lane.ended_ms));
    let waits = lane.waits_since_ms().map_or(to, |at_ms| x(timeline, at_ms));
    let class = lane.planned.action;
    let frame = if is_critical { "critical" } else { "" };
    html! {
        g data-step=(lane.planned.address) {
            title { (told(lane)) }
            text x=(LEFT - 8.0) y=(top + 15.0) text-anchor="end" { (short(&lane.planned.address.to_string())) }
            rect class=(class) x=(from) y=(top + 4.0) width=((waits - from).max(1.0)) height=(ROW - 8.0) {}
            rect class={ (class) " waits" } x=(waits) y=(top + 4.0) width=((to - waits).max(0.0)) height=(ROW - 8.0) {}
            rect class=(frame) fill="none" x=(from) y=(top + 4.0) width=((to - from).max(1.0)) height=(ROW - 8.0) {}
            @for (at_ms, _) in &lane.retries {
                @let at = x(timeline, *at_ms);
                line class="retry" x1=(at) x2=(at) y1=(top + 2.0) y2=(top + ROW - 2.0) {}
            }
        }
    }
}

/// The end of a name that is too long for its place; the bar's title has all of it.
fn short(name: &str) -> String {
    let count = name.chars().count();
    if count <= MOST_CHARACTERS {
        return name.to_owned();
    }
    let tail: String = name.chars().skip(count + 1 - MOST_CHARACTERS).collect();
    format!("…{tail}")
}

fn told(lane: &Lane) -> String {
    let planned = &lane.planned;
    format!(
        "{} {}: from {} for {}",
        planned.action,
        planned.address,
        duration(lane.begun_ms),
        duration(lane.elapsed_ms())
    )
}

fn way(timeline: &Timeline, critical: &[StepId]) -> Markup {
    html! {
        ol id="critical" {
            @for step in critical {
                @let lane = &timeline.lanes[step];
                li { (lane.planned.action) " " (lane.planned.address) ", " (duration(lane.elapsed_ms())) }
            }
        }
    }
}

fn table(timeline: &Timeline) -> Markup {
    let mut lanes: Vec<&Lane> = timeline.lanes.values().collect();
    lanes.sort_by_key(|lane| std::cmp::Reverse(lane.elapsed_ms()));
    html! {
        table id="steps" {
            thead { tr { th { "Step" } th class="number" { "Begun" } th class="number" { "Took" } th class="number" { "AWS worked" } th { "What AWS said" } } }
            tbody {
                @for lane in lanes {
                    tr {
                        td { (lane.planned.action) " " (lane.planned.address) (ended(&lane.end)) }
                        td class="number" { (duration(lane.begun_ms)) }
                        td class="number" { (duration(lane.elapsed_ms())) }
                        td class="number" { @if let Some(since_ms) = lane.waits_since_ms() { (duration(lane.ended_ms.saturating_sub(since_ms))) } }
                        td { (said(lane)) }
                    }
                }
            }
        }
    }
}

fn ended(end: &End) -> Markup {
    match end {
        End::Done => html! {},
        End::Failed(why) => html! { div class="failed" { "failed: " (why) } },
        End::Left => html! { div { "left; AWS goes on" } },
    }
}

fn said(lane: &Lane) -> Markup {
    let all = lane.waits.iter().chain(&lane.retries);
    html! {
        @for (at_ms, message) in all {
            div { span class="faint" { (duration(*at_ms)) } " " (one_line(message)) }
        }
    }
}
