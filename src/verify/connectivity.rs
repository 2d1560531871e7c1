//! Scenario 1: the page, the health endpoint, and requests spread over tasks.
//!
//! May depend on the rest of `verify`. Invariant: the number of requests is limited.

use std::collections::BTreeSet;

use futures::future::join4;
use serde_json::Value;

use super::application::{application, front_service};
use super::asking::Trial;
use super::check::{Check, Outcome, Scenario};
use super::web::Answer;

/// How many requests are sent at most to see two tasks answer.
const SPREAD_REQUESTS: usize = 30;
/// How many tasks shall be seen.
const SPREAD_TASKS: usize = 2;
/// Where the reference application names the task that answers.
pub(super) const STATUS_PATH: &str = "/api/status";

pub(super) async fn checks(trial: &Trial<'_>) -> Vec<Check> {
    let (page, health, redirect, spread) =
        join4(page(trial), health(trial), redirect(trial), spread(trial)).await;
    vec![page, health, redirect, spread]
}

fn check(name: &str, expected: impl Into<String>, outcome: Outcome) -> Check {
    Check::new(Scenario::Connectivity, name, expected, outcome)
}

async fn page(trial: &Trial<'_>) -> Check {
    let outcome = match application(trial.stage.spec) {
        Err(why) => Outcome::not_applicable(why),
        Ok(_) => trial.get("/").await.map_or_else(Outcome::Failed, |answer| {
            let kind = answer.header("content-type").unwrap_or("no content type");
            let is_page = answer.status == 200 && kind.starts_with("text/html");
            Outcome::of(is_page, format!("{}, {kind}", answer.summary()))
        }),
    };
    check("page", "status 200, text/html", outcome)
}

async fn health(trial: &Trial<'_>) -> Check {
    let Some((_, web)) = front_service(trial.stage.spec) else {
        let why = "no service of the stack gets requests";
        return check(
            "health endpoint",
            "a good status",
            Outcome::not_applicable(why),
        );
    };
    let matcher = web.health.matcher.as_str();
    let path = web.health.path.as_str();
    let outcome = trial
        .get(path)
        .await
        .map_or_else(Outcome::Failed, |answer| {
            Outcome::of(matches(matcher, answer.status), answer.summary())
        });
    check(
        "health endpoint",
        format!("{path}: status {matcher}"),
        outcome,
    )
}

/// Whether a status is among `200`, `200,204` or `200-299`.
fn matches(matcher: &str, status: u16) -> bool {
    matcher.split(',').any(|part| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let ends = from.parse::<u16>().ok().zip(to.parse().ok());
        ends.is_some_and(|(from, to)| (from..=to).contains(&status))
    })
}

/// Visitors who come over HTTP are sent to HTTPS.
async fn redirect(trial: &Trial<'_>) -> Check {
    let outcome = match (&trial.stage.spec.cdn, trial.web.endpoint()) {
        (None, _) => Outcome::not_applicable("the stack has no CDN"),
        (Some(_), Some(endpoint)) => {
            Outcome::not_applicable(format!("all requests go to {endpoint}"))
        }
        (Some(_), None) => {
            let over_http = |mut request: super::Request| {
                request.scheme = "http";
                request
            };
            let answer = trial.ask_with("/", over_http).await;
            answer.map_or_else(Outcome::Failed, |answer| redirected(&answer))
        }
    };
    check("HTTP leads to HTTPS", "a redirection to https://", outcome)
}

fn redirected(answer: &Answer) -> Outcome {
    let to = answer.header("location").unwrap_or("nowhere");
    let is_good = (300..400).contains(&answer.status) && to.starts_with("https://");
    Outcome::of(is_good, format!("status {} to {to}", answer.status))
}

async fn spread(trial: &Trial<'_>) -> Check {
    let outcome = match application(trial.stage.spec) {
        Err(why) => Outcome::not_applicable(why),
        Ok(app) if (app.service.count as usize) < SPREAD_TASKS => {
            Outcome::not_applicable("stack.yaml asks for fewer than two tasks")
        }
        Ok(_) => seen_tasks(trial).await,
    };
    check("requests spread over tasks", "two tasks answer", outcome)
}

async fn seen_tasks(trial: &Trial<'_>) -> Outcome {
    let mut tasks = BTreeSet::new();
    for sent in 1..=SPREAD_REQUESTS {
        let answer = match trial.get(STATUS_PATH).await {
            Ok(answer) => answer,
            Err(why) => return Outcome::Failed(format!("request {sent}: {why}")),
        };
        let body = answer.json();
        let task = body.get("task").and_then(Value::as_str);
        let (200, Some(task)) = (answer.status, task) else {
            return Outcome::Failed(format!("request {sent}: {}, no task", answer.summary()));
        };
        tasks.insert(task.to_owned());
        if tasks.len() == SPREAD_TASKS {
            return Outcome::Passed(format!("two tasks after {sent} requests"));
        }
    }
    Outcome::Failed(format!("one task answered {SPREAD_REQUESTS} requests"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_match_as_load_balancers_match_them() {
        for (matcher, status, expected) in [
            ("200", 200, true),
            ("200", 201, false),
            ("200,204", 204, true),
            ("200-299", 250, true),
            ("200-299,404", 404, true),
            ("200-299", 300, false),
        ] {
            assert_eq!(matches(matcher, status), expected, "{matcher} {status}");
        }
    }
}
