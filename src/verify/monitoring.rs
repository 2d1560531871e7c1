//! Scenario 5: alarms, dashboard, logs and metrics.
//!
//! May depend on the rest of `verify`. Invariant: what receives nothing is not called present.

use std::collections::BTreeSet;

use aws_smithy_types::date_time::Format;

use super::application::{application, front_service};
use super::asking::Trial;
use super::check::{Check, Outcome, Scenario};
use super::facts::METRICS_WINDOW_S;
use crate::aws::facts::{AlarmState, AlarmWord};
use crate::spec::names;

pub(super) fn checks(trial: &Trial<'_>) -> Vec<Check> {
    let mut checks = vec![
        check("alarms", "all there, none in ALARM", alarms(trial)),
        check("dashboard", "there", dashboard(trial)),
    ];
    checks.extend(logs(trial));
    checks.push(check(
        "metrics of the load balancer",
        "data of healthy targets",
        metrics(trial),
    ));
    checks
}

fn check(name: &str, expected: impl Into<String>, outcome: Outcome) -> Check {
    Check::new(Scenario::Monitoring, name, expected, outcome)
}

fn alarms(trial: &Trial<'_>) -> Outcome {
    let wanted = &trial.stage.wanted_alarms;
    if wanted.is_empty() {
        return Outcome::not_applicable("stack.yaml asks for no alarms");
    }
    let there = trial.stage.alarms.iter().map(|one| &one.attributes.name);
    let there: BTreeSet<&String> = there.collect();
    let missing = wanted.iter().filter(|name| !there.contains(name));
    let missing: Vec<&str> = missing.map(String::as_str).collect();
    match (&trial.facts.alarms, missing.as_slice()) {
        (_, [_, ..]) => Outcome::Failed(format!("missing: {}", missing.join(", "))),
        (Err(fault), []) => Outcome::unknown(fault),
        (Ok(states), []) => stand(states, there.len()),
    }
}

fn stand(states: &[AlarmState], there: usize) -> Outcome {
    let of = |word: AlarmWord| states.iter().filter(move |state| state.word == word);
    let mut parts = vec![format!("{} quiet", of(AlarmWord::Quiet).count())];
    match of(AlarmWord::NoData).count() {
        0 => {}
        some => parts.push(format!("{some} without data yet")),
    }
    match there.saturating_sub(states.len()) {
        0 => {}
        gone => parts.push(format!("{gone} gone")),
    }
    let loud: Vec<&str> = of(AlarmWord::Alarm).map(|one| one.name.as_str()).collect();
    if !loud.is_empty() {
        parts.push(format!("in ALARM: {}", loud.join(", ")));
    }
    let is_good = loud.is_empty() && states.len() >= there;
    Outcome::of(is_good, parts.join(", "))
}

fn dashboard(trial: &Trial<'_>) -> Outcome {
    let wanted = trial.stage.spec.monitoring.as_ref();
    match trial.stage.dashboards.first() {
        _ if !wanted.is_some_and(|monitoring| monitoring.dashboard) => {
            Outcome::not_applicable("stack.yaml asks for none")
        }
        Some(dashboard) => Outcome::Passed(dashboard.attributes.name.clone()),
        None => Outcome::Failed("there is none".to_owned()),
    }
}

/// That tasks and functions have where to write, and that tasks have written.
fn logs(trial: &Trial<'_>) -> Vec<Check> {
    let spec = trial.stage.spec;
    let services = spec.services.iter().map(|service| {
        let group = names::log_group(&spec.stack, &service.name);
        let is_application = application(spec).is_ok_and(|one| one.service.name == service.name);
        let outcome = match service.count {
            0 => Outcome::not_applicable("stack.yaml asks for no tasks"),
            // It writes a line for each health check.
            _ if is_application => received(trial, &group, Needed::Lately),
            _ => received(trial, &group, Needed::Ever),
        };
        let name = format!("log of {}", service.name);
        check(&name, "new lines of its tasks", outcome)
    });
    let functions = spec.functions.iter().map(|function| {
        let group = names::function_log_group(&spec.stack, &function.name);
        let name = format!("log of the function {}", function.name);
        check(&name, "there", received(trial, &group, Needed::Never))
    });
    services.chain(functions).collect()
}

/// Whether a log must have got lines, which depends on who writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needed {
    Never,
    Ever,
    Lately,
}

/// What a log group has got.
fn received(trial: &Trial<'_>, group: &str, needed: Needed) -> Outcome {
    let times = match trial.facts.logs.get(group) {
        Some(Ok(times)) => times,
        Some(Err(fault)) => return Outcome::unknown(fault),
        None => return Outcome::Failed(format!("there is no log group {group}")),
    };
    let moment = times.since.max(times.newest);
    let seen = match moment {
        Some(moment) => {
            let moment = moment.fmt(Format::DateTime).unwrap_or_default();
            format!("{group}, last seen {moment}")
        }
        None => format!("{group}, nothing yet"),
    };
    let is_good = match needed {
        Needed::Never => true,
        Needed::Ever => moment.is_some(),
        Needed::Lately => times.since.is_some(),
    };
    Outcome::of(is_good, seen)
}

fn metrics(trial: &Trial<'_>) -> Outcome {
    if let Some(endpoint) = trial.web.endpoint() {
        let why = format!("all requests go to {endpoint}, not to AWS");
        return Outcome::not_applicable(why);
    }
    match &trial.facts.healthy_counts {
        None if trial.stage.spec.load_balancer.is_none() => {
            Outcome::not_applicable("the stack has no load balancer")
        }
        None => Outcome::unknown("load balancer or target group is not there"),
        Some(Err(fault)) => Outcome::unknown(fault),
        Some(Ok(values)) => {
            let minutes = METRICS_WINDOW_S / 60;
            match values.first() {
                Some(newest) => {
                    let is_good = *newest > 0.0 || wants_none(trial);
                    Outcome::of(is_good, format!("{newest} healthy, newest value"))
                }
                None => Outcome::Failed(format!("no data in the last {minutes} minutes")),
            }
        }
    }
}

/// Whether the service that is asked shall have no task.
fn wants_none(trial: &Trial<'_>) -> bool {
    front_service(trial.stage.spec).is_none_or(|(service, _)| service.count == 0)
}
