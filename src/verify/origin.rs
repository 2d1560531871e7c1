//! The way from the CDN to the tasks: what the load balancer forwards, and what it refuses.
//!
//! May depend on the rest of `verify`. Invariant: the value of the header shows as a fingerprint.

use std::collections::BTreeSet;

use super::application::front_service;
use super::asking::Trial;
use super::check::{Check, Outcome};
use super::security::check;
use super::stage::Stage;
use super::web::NoAnswer;
use crate::model::Class;
use crate::resources::{Action, Condition, ListenerRule, WebAclArn};
use crate::spec::resolved::{Auth, Cdn, Service};

/// What the load balancer answers to what did not come through the CDN.
const REFUSED: u16 = 403;

const DIRECT: [&str; 2] = ["request past the CDN", "refused: no answer in time, or 403"];
const DEFAULT: [&str; 2] = ["listeners by default", "status 403"];
const HEADER: [&str; 2] = [
    "value of the CDN's header",
    "one in secret, distribution and rules",
];

pub(super) async fn checks(trial: &Trial<'_>) -> Vec<Check> {
    let mut checks = match &trial.stage.spec.cdn {
        Some(cdn) => vec![
            check(DIRECT[0], DIRECT[1], direct(trial).await),
            check(DEFAULT[0], DEFAULT[1], defaults(trial.stage)),
            check(HEADER[0], HEADER[1], header(trial, &cdn.auth)),
            web_acl(trial.stage, cdn),
        ],
        None => {
            let none = Outcome::not_applicable("the stack has no CDN");
            [DIRECT, DEFAULT, HEADER]
                .map(|[name, expected]| check(name, expected, none.clone()))
                .into()
        }
    };
    let services = trial.stage.spec.services.iter();
    checks.extend(services.map(|service| targets(trial, service)));
    checks
}

/// What somebody gets who asks the load balancer itself.
async fn direct(trial: &Trial<'_>) -> Outcome {
    let path = front_service(trial.stage.spec).map_or("/", |(_, web)| web.health.path.as_str());
    let request = match trial.bypass(path) {
        Ok(request) => request,
        Err(why) => return Outcome::unknown(why),
    };
    match trial.ask(request).await {
        // Security groups drop what they do not admit.
        Err(late @ NoAnswer::TimedOut(_)) => Outcome::Passed(late.to_string()),
        Err(broken @ NoAnswer::Broken(_)) => Outcome::Failed(broken.to_string()),
        Ok(answer) => Outcome::of(answer.status == REFUSED, answer.summary()),
    }
}

/// What listeners do with what no rule wants.
fn defaults(stage: &Stage<'_>) -> Outcome {
    let wanted: BTreeSet<u16> = stage.forwarding().map(|listener| listener.port).collect();
    let live = stage.listeners.iter().map(|found| &found.attributes);
    let live: Vec<(u16, String, bool)> = live
        .filter(|listener| wanted.contains(&listener.port))
        .map(|listener| {
            let (does, is_good) = match &listener.default_action {
                Action::FixedResponse(fixed) => (
                    format!("status {}", fixed.status_code),
                    fixed.status_code == REFUSED,
                ),
                Action::Forward(group) => (format!("forwards to {}", stage.name_of(group)), false),
                Action::RedirectToHttps(to) => (format!("redirects to port {}", to.port), false),
                Action::Other(what) => (what.clone(), false),
            };
            (listener.port, does, is_good)
        })
        .collect();
    let texts: Vec<String> = live
        .iter()
        .map(|(port, does, _)| format!("{port}: {does}"))
        .collect();
    if live.len() < wanted.len() {
        let all = wanted.len();
        return Outcome::Failed(format!("{} of {all} listeners are there", live.len()));
    }
    Outcome::of(
        live.iter().all(|(_, _, is_good)| *is_good),
        texts.join(", "),
    )
}

/// Whether secret, distribution and rules have one value.
fn header(trial: &Trial<'_>, auth: &Auth) -> Outcome {
    let stage = trial.stage;
    let current = match &trial.facts.auth {
        Some(Ok(current)) => current.as_str(),
        Some(Err(fault)) => return Outcome::unknown(fault),
        None => return Outcome::unknown("nobody read the secret"),
    };
    let name = auth.header.as_str();
    let Some(distribution) = &stage.distribution else {
        return Outcome::Failed("the stack has no distribution".to_owned());
    };
    let headers = &distribution.attributes.origin_headers;
    let sent = headers
        .iter()
        .find(|(one, _)| one.eq_ignore_ascii_case(name));
    let sent = sent.and_then(|(_, value)| value.id()).unwrap_or("nothing");
    let rules = stage.rules.iter().map(|rule| &rule.attributes);
    let forwarding: Vec<&ListenerRule> = rules
        .filter(|rule| match rule.action {
            Action::Forward(_) => true,
            Action::FixedResponse(_) | Action::RedirectToHttps(_) | Action::Other(_) => false,
        })
        .collect();
    let asked: BTreeSet<String> = forwarding.iter().map(|rule| asked_by(rule, name)).collect();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    if sent == current && asked == [current] {
        let rules = forwarding.len();
        return Outcome::Passed(format!("one, also in {rules} of {rules} rules"));
    }
    let asked = if asked.is_empty() {
        "no rule forwards".to_owned()
    } else {
        format!("rules {}", asked.join(" and "))
    };
    Outcome::Failed(format!("secret {current}, distribution {sent}, {asked}"))
}

/// The values that a rule asks for in this header.
fn asked_by(rule: &ListenerRule, name: &str) -> String {
    let values = rule
        .conditions
        .iter()
        .find_map(|condition| match condition {
            Condition::HttpHeader(header) if header.name.eq_ignore_ascii_case(name) => {
                Some(&header.values)
            }
            Condition::HttpHeader(_)
            | Condition::PathPattern(_)
            | Condition::HostHeader(_)
            | Condition::Other(_) => None,
        });
    let Some(values) = values else {
        return "without the header".to_owned();
    };
    let values: Vec<&str> = values.iter().filter_map(|value| value.id()).collect();
    values.join(" or ")
}

fn web_acl(stage: &Stage<'_>, cdn: &Cdn) -> Check {
    let live = stage.distribution.as_ref();
    let live = live.and_then(|found| found.attributes.web_acl_arn.as_ref());
    let outcome = match (&cdn.waf, live) {
        (None, _) => Outcome::not_applicable("stack.yaml asks for none"),
        (Some(_), Some(acl)) => {
            let id = acl.id().unwrap_or_default();
            let is_ours = stage.names.owner_of(WebAclArn::CLASS, id).is_some();
            Outcome::of(is_ours, stage.name_of(acl))
        }
        (Some(_), None) => Outcome::Failed("none".to_owned()),
    };
    check("web ACL of the CDN", "the stack's own", outcome)
}

/// Whether a service's tasks are healthy in the load balancer's eyes.
fn targets(trial: &Trial<'_>, service: &Service) -> Check {
    let name = format!("targets of {}", service.name);
    let count = service.count as usize;
    let expected = format!("all healthy, {count} or more");
    let outcome = match (&service.web, trial.facts.targets.get(service.name.as_str())) {
        (None, _) => Outcome::not_applicable("it gets no requests"),
        (Some(_), None) => Outcome::unknown("there is no target group"),
        (Some(_), Some(Err(fault))) => Outcome::unknown(fault),
        (Some(_), Some(Ok(targets))) => {
            let there: Vec<_> = targets.iter().filter(|one| !one.is_leaving()).collect();
            let ill: Vec<String> = there
                .iter()
                .filter(|one| !one.is_healthy())
                .map(ToString::to_string)
                .collect();
            let healthy = there.len() - ill.len();
            let seen = format!("{healthy} of {} healthy", there.len());
            match ill.as_slice() {
                [] => Outcome::of(healthy >= count, seen),
                [_, ..] => Outcome::Failed(format!("{seen}; {}", ill.join("; "))),
            }
        }
    };
    check(&name, expected, outcome)
}
