//! What the CDN keeps, path by path: by configuration, and by what answers say.
//!
//! May depend on the rest of `verify`. Invariant: the first behaviour whose pattern matches decides.

use super::application::{application, front_service};
use super::asking::Trial;
use super::check::{Check, Outcome};
use super::connectivity::STATUS_PATH;
use super::edge::check;
use super::stage::Stage;
use super::web::Answer;
use crate::model::Ref;
use crate::resources::{CacheBehavior, CachePolicyId};
use crate::spec::resolved::{Behavior, Cdn};

/// How many requests are sent at most until one is answered by the CDN itself.
const REQUESTS: usize = 5;
/// The header in which CloudFront says whether it had the answer.
const X_CACHE: &str = "x-cache";
/// What the behaviour of all other paths is called.
const REST: &str = "the rest";

/// That a stack without a CDN keeps nothing.
pub(super) fn without_cdn() -> Check {
    let none = Outcome::not_applicable("the stack has no CDN");
    check("caching", "as in stack.yaml", none)
}

/// What the live configuration keeps.
pub(super) fn by_configuration(stage: &Stage<'_>, cdn: &Cdn) -> Vec<Check> {
    let paths = cdn.behaviors.iter();
    let wanted = paths.map(|(pattern, behavior)| (pattern.as_str(), behavior));
    let each = wanted
        .chain([(REST, &cdn.default)])
        .map(|(pattern, behavior)| {
            let outcome = match live(stage, pattern) {
                Ok(live) => {
                    let kept = kept(stage, &live.cache_policy_id);
                    Outcome::of(kept == Ok(behavior.cache_s), text(&kept))
                }
                Err(why) => Outcome::Failed(why),
            };
            let name = format!("caching of {pattern}, configured");
            check(&name, text(&Ok(behavior.cache_s)), outcome)
        });
    std::iter::once(order(stage, cdn)).chain(each).collect()
}

/// The order of the patterns, of which the first that matches decides.
fn order(stage: &Stage<'_>, cdn: &Cdn) -> Check {
    let listed = |patterns: Vec<&str>| match patterns.as_slice() {
        [] => "none".to_owned(),
        some => some.join(", "),
    };
    let wanted = listed(
        cdn.behaviors
            .iter()
            .map(|(pattern, _)| pattern.as_str())
            .collect(),
    );
    let outcome = match &stage.distribution {
        Some(distribution) => {
            let live = distribution.attributes.ordered_cache_behaviors.iter();
            let live = listed(live.map(|one| one.path_pattern.as_str()).collect());
            Outcome::of(live == wanted, live)
        }
        None => Outcome::unknown("the stack has no distribution"),
    };
    check("paths with a behaviour of their own", wanted, outcome)
}

/// The live behaviour of a pattern.
fn live<'a>(stage: &'a Stage<'_>, pattern: &str) -> Result<&'a CacheBehavior, String> {
    let there = stage.distribution.as_ref();
    let live = &there.ok_or("the stack has no distribution")?.attributes;
    if pattern == REST {
        return Ok(&live.default_cache_behavior);
    }
    let mut behaviors = live.ordered_cache_behaviors.iter();
    let found = behaviors.find(|one| one.path_pattern == pattern);
    found
        .map(|one| &one.behavior)
        .ok_or_else(|| "it has no behaviour of its own".to_owned())
}

/// Seconds for which a policy keeps answers, nothing for one that keeps none, or the name of a
/// policy that is neither the stack's nor known.
fn kept(stage: &Stage<'_>, policy: &Ref<CachePolicyId>) -> Result<Option<u32>, String> {
    let id = policy.id().unwrap_or_default();
    if id == CachePolicyId::CACHING_DISABLED {
        return Ok(None);
    }
    let mut policies = stage.cache_policies.iter();
    match policies.find(|one| one.outputs.id.as_str() == id) {
        Some(policy) => Ok(Some(policy.attributes.max_ttl_s).filter(|kept_s| *kept_s > 0)),
        None => Err(id.to_owned()),
    }
}

fn text(kept: &Result<Option<u32>, String>) -> String {
    match kept {
        Ok(Some(kept_s)) => format!("{kept_s} s"),
        Ok(None) => "never".to_owned(),
        Err(policy) => format!("by the policy {policy}, which is not the stack's"),
    }
}

/// What answers say: whether the CDN had them.
pub(super) async fn by_answers(trial: &Trial<'_>, cdn: &Cdn) -> Vec<Check> {
    let mut checks = Vec::new();
    for path in paths(trial) {
        let kept_s = behavior(cdn, &path).cache_s;
        let outcome = match kept_s {
            Some(kept_s) => hit(trial, &path, kept_s).await,
            None => no_hit(trial, &path).await,
        };
        let name = format!("caching of {path}, observed");
        checks.push(check(&name, text(&Ok(kept_s)), outcome));
    }
    checks
}

/// The paths whose answers are looked at: they change nothing, and need no token.
fn paths(trial: &Trial<'_>) -> Vec<String> {
    let spec = trial.stage.spec;
    let status = application(spec).ok().map(|_| STATUS_PATH.to_owned());
    let health = front_service(spec).map(|(_, web)| web.health.path.to_string());
    status.into_iter().chain(health).collect()
}

/// The behaviour that decides about a path.
fn behavior<'a>(cdn: &'a Cdn, path: &str) -> &'a Behavior {
    let mut behaviors = cdn.behaviors.iter();
    behaviors
        .find(|(pattern, _)| matches(pattern.as_str(), path))
        .map_or(&cdn.default, |(_, behavior)| behavior)
}

/// Whether a path is like a pattern, in which `*` stands for any text and `?` for any letter.
fn matches(pattern: &str, path: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => path.is_empty(),
        Some('*') => {
            let rest = rest.as_str();
            let ends = path.char_indices().map(|(at, _)| at).chain([path.len()]);
            ends.into_iter().any(|at| matches(rest, &path[at..]))
        }
        Some(letter) => {
            let mut path = path.chars();
            let first = path.next();
            first.is_some_and(|first| letter == '?' || letter == first)
                && matches(rest.as_str(), path.as_str())
        }
    }
}

/// One of some answers comes from the CDN, and none is older than it may be.
async fn hit(trial: &Trial<'_>, path: &str, kept_s: u32) -> Outcome {
    for sent in 1..=REQUESTS {
        let answer = match trial.get(path).await {
            Ok(answer) => answer,
            Err(why) => return Outcome::Failed(why),
        };
        let said = match x_cache(trial, &answer) {
            Ok(said) => said,
            Err(outcome) => return outcome,
        };
        if !is_hit(said) {
            if let Some(why) = forbidden(&answer) {
                return Outcome::not_applicable(format!("the service forbids it: {why}"));
            }
            continue;
        }
        let age_s = answer.header("age").and_then(|age| age.parse::<u32>().ok());
        return match age_s {
            Some(age_s) if age_s > kept_s => Outcome::Failed(format!("{said}, {age_s} s old")),
            Some(_) | None => Outcome::Passed(format!("{said}, request {sent}")),
        };
    }
    let seen = format!("not in {REQUESTS} requests");
    match trial.web.endpoint() {
        // Nothing tells one that keeps nothing from one that keeps this not.
        Some(endpoint) => Outcome::not_applicable(format!("{seen}; {endpoint} may keep nothing")),
        None => Outcome::Failed(seen),
    }
}

/// What a service says where no answer of its may be kept: its word counts, since CloudFront keeps
/// answers for no seconds at least.
fn forbidden(answer: &Answer) -> Option<&str> {
    let said = answer.header("cache-control")?;
    let words = said.split(',').map(str::trim);
    let is_forbidding = |word: &str| {
        ["no-store", "no-cache", "private", "max-age=0", "s-maxage=0"]
            .iter()
            .any(|one| word.eq_ignore_ascii_case(one))
    };
    words.into_iter().any(is_forbidding).then_some(said)
}

/// None of some answers comes from the CDN.
async fn no_hit(trial: &Trial<'_>, path: &str) -> Outcome {
    for _ in 0..REQUESTS {
        let answer = match trial.get(path).await {
            Ok(answer) => answer,
            Err(why) => return Outcome::Failed(why),
        };
        match x_cache(trial, &answer) {
            Ok(said) if is_hit(said) => return Outcome::Failed(said.to_owned()),
            Ok(_) => {}
            Err(outcome) => return outcome,
        }
    }
    Outcome::Passed(format!("never in {REQUESTS} requests"))
}

/// What an answer says about where it was, or what that it says nothing means.
fn x_cache<'a>(trial: &Trial<'_>, answer: &'a Answer) -> Result<&'a str, Outcome> {
    match (answer.header(X_CACHE), trial.web.endpoint()) {
        _ if answer.status >= 400 => Err(Outcome::Failed(answer.summary())),
        (Some(said), _) => Ok(said),
        (None, Some(endpoint)) => Err(Outcome::not_applicable(format!(
            "{endpoint} says nothing of a cache (no X-Cache)"
        ))),
        (None, None) => Err(Outcome::Failed(format!("{}, no X-Cache", answer.summary()))),
    }
}

/// `Hit from cloudfront`, or `RefreshHit from cloudfront` where the origin was asked whether the
/// answer still counts.
fn is_hit(said: &str) -> bool {
    said.to_ascii_lowercase().contains("hit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_may_forbid_to_keep_its_answers() {
        for (said, expected) in [
            ("no-store", true),
            ("public, max-age=0", true),
            ("Private", true),
            ("public, max-age=30", false),
        ] {
            let answer = Answer {
                headers: vec![("Cache-Control".to_owned(), said.to_owned())],
                ..Answer::default()
            };
            assert_eq!(forbidden(&answer).is_some(), expected, "{said}");
        }
        assert_eq!(forbidden(&Answer::default()), None);
    }

    #[test]
    fn patterns_match_as_cloudfronts() {
        for (pattern, path, expected) in [
            ("/api/*", "/api/status", true),
            ("/api/*", "/api/", true),
            ("/api/*", "/api", false),
            ("/health", "/health", true),
            ("/health", "/healthy", false),
            ("/h?alth", "/health", true),
            ("*.css", "/assets/page.css", true),
            ("/a*/b*", "/a/x/b", true),
            ("/a*/b", "/a/b/c", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
