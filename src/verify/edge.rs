//! Scenario 3: what the CDN does to requests and answers.
//!
//! May depend on the rest of `verify`. Invariant: the live configuration is looked at whether or not
//! the endpoint of the requests behaves like CloudFront.

use std::collections::BTreeSet;

use futures::future::join4;
use serde_json::Value;

use super::application::application;
use super::asking::Trial;
use super::caching;
use super::check::{Check, Outcome, Scenario};
use super::login::PROTECTED;
use super::stage::Stage;
use super::web::Answer;
use crate::model::Found;
use crate::resources::{CacheBehavior, Distribution, GeoRestriction, ViewerProtocolPolicy};
use crate::spec::resolved::{Cdn, Geo};

/// Where the reference application shows the headers that reached it.
const HEADERS: &str = "/debug/headers";
/// A header of the kind that no viewer may send.
const FORGED: &str = "x-cdn-forged";
/// What a viewer would like the application to believe.
const LIE: &str = "forged-by-the-viewer";
const VALIDATED: &str = "x-cdn-validated";
const REQUEST_ID: &str = "x-request-id";

const ADDED: [&str; 2] = [
    "headers of the edge function",
    "x-request-id, x-cdn-validated",
];
const REMOVED: [&str; 2] = ["forged headers", "none arrives"];
const SECRET: &str = "header of the CDN";
const NO_TOKEN: [&str; 2] = ["no token", "status 401 of the edge, x-request-id"];
const BAD_TOKEN: [&str; 2] = ["malformed token", "status 401 of the edge, x-request-id"];

pub(super) async fn checks(trial: &Trial<'_>) -> Vec<Check> {
    let Some(cdn) = &trial.stage.spec.cdn else {
        let none = Outcome::not_applicable("the stack has no CDN");
        return [
            ADDED,
            REMOVED,
            [SECRET, "it arrives"],
            NO_TOKEN,
            BAD_TOKEN,
            HTTPS,
            FUNCTION,
            GEO,
        ]
        .into_iter()
        .map(|[name, expected]| check(name, expected, none.clone()))
        .chain([caching::without_cdn()])
        .collect();
    };
    let (arrived, no_token, bad_token, kept) = join4(
        arrived(trial, cdn),
        refused(trial, cdn, NO_TOKEN, None),
        refused(trial, cdn, BAD_TOKEN, Some("not.a-token")),
        caching::by_answers(trial, cdn),
    )
    .await;
    let mut checks = arrived;
    checks.extend([no_token, bad_token]);
    checks.extend(caching::by_configuration(trial.stage, cdn));
    checks.extend(kept);
    checks.extend(by_configuration(trial.stage, cdn));
    checks
}

pub(super) fn check(name: &str, expected: impl Into<String>, outcome: Outcome) -> Check {
    Check::new(Scenario::Edge, name, expected, outcome)
}

/// Why there is nothing to see of the edge function, if so.
fn without_function(trial: &Trial<'_>, cdn: &Cdn) -> Option<String> {
    if cdn.function.is_none() {
        return Some("the CDN has no function".to_owned());
    }
    application(trial.stage.spec).err()
}

/// What of a viewer's headers, honest and forged, reaches the application.
async fn arrived(trial: &Trial<'_>, cdn: &Cdn) -> Vec<Check> {
    let name = cdn.auth.header.to_string();
    let expected = format!("{name} arrives");
    let each = |added: Outcome, removed: Outcome, secret: Outcome| {
        let [first, second] = [ADDED, REMOVED];
        vec![
            check(first[0], first[1], added),
            check(second[0], second[1], removed),
            check(SECRET, expected.clone(), secret),
        ]
    };
    if let Err(why) = application(trial.stage.spec) {
        let none = Outcome::not_applicable(why);
        return each(none.clone(), none.clone(), none);
    }
    let forge = |request: super::Request| {
        let forged = [FORGED, VALIDATED, REQUEST_ID, name.as_str()];
        forged
            .into_iter()
            .fold(request, |request, name| request.with(name, LIE))
    };
    let answer = match trial.ask_with(HEADERS, forge).await {
        Ok(answer) if answer.status == 200 => answer,
        Ok(answer) => {
            let failed = Outcome::Failed(answer.summary());
            return each(failed.clone(), failed.clone(), failed);
        }
        Err(why) => {
            let failed = Outcome::Failed(why);
            return each(failed.clone(), failed.clone(), failed);
        }
    };
    let body = answer.json();
    let headers = body.get("headers").unwrap_or(&Value::Null);
    let secret = headers.get(name.to_ascii_lowercase());
    let secret = match secret.and_then(Value::as_str) {
        Some(value) if value.contains(LIE) => Outcome::Failed("the viewer's value".to_owned()),
        Some(_) => Outcome::Passed("it arrives; its value is not shown".to_owned()),
        None => Outcome::Failed("it does not arrive".to_owned()),
    };
    match without_function(trial, cdn) {
        Some(why) => {
            let none = Outcome::not_applicable(why);
            each(none.clone(), none, secret)
        }
        None => each(added(headers), removed(headers), secret),
    }
}

fn added(headers: &Value) -> Outcome {
    let of = |name: &str| headers.get(name).and_then(Value::as_str);
    let id = of(REQUEST_ID).filter(|id| !id.is_empty() && !id.contains(LIE));
    let seen = [
        (REQUEST_ID, id.is_some()),
        (VALIDATED, of(VALIDATED) == Some("true")),
    ];
    let missing: Vec<&str> = seen
        .iter()
        .filter(|(_, is_there)| !is_there)
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() {
        Outcome::Passed("both".to_owned())
    } else {
        Outcome::Failed(format!("without {}", missing.join(" and ")))
    }
}

fn removed(headers: &Value) -> Outcome {
    let Some(headers) = headers.as_object() else {
        return Outcome::unknown("the application shows no headers");
    };
    let forged: BTreeSet<&str> = headers
        .iter()
        .filter(|(_, value)| value.as_str().is_some_and(|value| value.contains(LIE)))
        .map(|(name, _)| name.as_str())
        .collect();
    if forged.is_empty() {
        Outcome::Passed("none of them arrived".to_owned())
    } else {
        let names: Vec<&str> = forged.into_iter().collect();
        Outcome::Failed(format!("arrived: {}", names.join(", ")))
    }
}

/// Whether the edge refuses what bears no token or nothing like one.
async fn refused(
    trial: &Trial<'_>,
    cdn: &Cdn,
    [name, expected]: [&str; 2],
    token: Option<&str>,
) -> Check {
    let outcome = match without_function(trial, cdn) {
        Some(why) => Outcome::not_applicable(why),
        None => {
            let answer = trial.ask_with(PROTECTED, |request| match token {
                Some(token) => request.bearing(token),
                None => request,
            });
            answer
                .await
                .map_or_else(Outcome::Failed, |answer| of_edge(&answer))
        }
    };
    check(name, expected, outcome)
}

/// The application refuses with the same status; only the edge knows the request's identifier.
fn of_edge(answer: &Answer) -> Outcome {
    let has_id = answer.header(REQUEST_ID).is_some_and(|id| !id.is_empty());
    let with = if has_id { "with" } else { "without" };
    let seen = format!("status {}, {with} {REQUEST_ID}", answer.status);
    Outcome::of(answer.status == 401 && has_id, seen)
}

const HTTPS: [&str; 2] = ["viewers speak HTTPS", "in every behaviour"];
const FUNCTION: [&str; 2] = ["edge function", "in every behaviour"];
const GEO: [&str; 2] = ["countries", "as in stack.yaml"];

/// What the live configuration says of every behaviour, and of countries.
fn by_configuration(stage: &Stage<'_>, cdn: &Cdn) -> Vec<Check> {
    let Some(distribution) = &stage.distribution else {
        let missing = Outcome::unknown("the stack has no distribution");
        return [HTTPS, FUNCTION, GEO]
            .map(|[name, expected]| check(name, expected, missing.clone()))
            .into();
    };
    let is_https = |behavior: &CacheBehavior| match behavior.viewer_protocol_policy {
        ViewerProtocolPolicy::RedirectToHttps | ViewerProtocolPolicy::HttpsOnly => true,
        ViewerProtocolPolicy::AllowAll => false,
    };
    let function = if cdn.function.is_some() {
        every(distribution, |one| one.viewer_request_function.is_some())
    } else {
        Outcome::not_applicable("the CDN has no function")
    };
    vec![
        check(HTTPS[0], HTTPS[1], every(distribution, is_https)),
        check(FUNCTION[0], FUNCTION[1], function),
        countries(cdn, &distribution.attributes.geo_restriction),
    ]
}

/// Whether something holds for every behaviour of a distribution.
fn every(distribution: &Found<Distribution>, holds: impl Fn(&CacheBehavior) -> bool) -> Outcome {
    let live = &distribution.attributes;
    let others = live
        .ordered_cache_behaviors
        .iter()
        .map(|one| (one.path_pattern.as_str(), &one.behavior));
    let all: Vec<(&str, &CacheBehavior)> = others
        .chain([("the rest", &live.default_cache_behavior)])
        .collect();
    let not: Vec<&str> = all
        .iter()
        .filter(|(_, behavior)| !holds(behavior))
        .map(|(pattern, _)| *pattern)
        .collect();
    if not.is_empty() {
        Outcome::Passed(format!("in all {}", all.len()))
    } else {
        Outcome::Failed(format!("not for {}", not.join(", ")))
    }
}

fn countries(cdn: &Cdn, live: &GeoRestriction) -> Check {
    let codes = |countries: &BTreeSet<_>| countries.iter().map(ToString::to_string).collect();
    let wanted = match &cdn.geo {
        Geo::Everywhere => GeoRestriction::None,
        Geo::Allow(countries) => GeoRestriction::Allow(codes(countries)),
        Geo::Deny(countries) => GeoRestriction::Deny(codes(countries)),
    };
    let outcome = Outcome::of(wanted == *live, served(live));
    check(GEO[0], served(&wanted), outcome)
}

fn served(restriction: &GeoRestriction) -> String {
    let list = |countries: &BTreeSet<String>| {
        let countries: Vec<&str> = countries.iter().map(String::as_str).collect();
        countries.join(", ")
    };
    match restriction {
        GeoRestriction::None => "all".to_owned(),
        GeoRestriction::Allow(countries) => format!("only {}", list(countries)),
        GeoRestriction::Deny(countries) => format!("all but {}", list(countries)),
    }
}
