//! Scenario 4: rotation of secrets, and who can reach what.
//!
//! May depend on the rest of `verify`. Invariant: a secret shows as a fingerprint, if at all.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::asking::Trial;
use super::check::{Check, Outcome, Scenario};
use super::{network, origin};
use crate::spec::resolved::Secret;

pub(super) async fn checks(trial: &Trial<'_>) -> Vec<Check> {
    let mut checks = rotations(trial);
    checks.extend(network::checks(trial));
    checks.extend(origin::checks(trial).await);
    checks
}

pub(super) fn check(name: &str, expected: impl Into<String>, outcome: Outcome) -> Check {
    Check::new(Scenario::Security, name, expected, outcome)
}

/// That every secret is renewed as often as it shall be, and is not overdue.
fn rotations(trial: &Trial<'_>) -> Vec<Check> {
    let secrets = &trial.stage.spec.secrets;
    if secrets.is_empty() {
        let none = Outcome::not_applicable("the stack has no secrets");
        return vec![check("rotation of secrets", "as in stack.yaml", none)];
    }
    let each = secrets.iter().map(|secret| {
        let name = format!("rotation of {}", secret.name);
        match &secret.rotation {
            Some(rotation) => {
                let expected = format!("every {} days, due", rotation.days);
                check(&name, expected, rotated(trial, secret, rotation.days))
            }
            None => {
                let why = "stack.yaml asks for no rotation of it";
                check(&name, "none", Outcome::not_applicable(why))
            }
        }
    });
    each.collect()
}

fn rotated(trial: &Trial<'_>, secret: &Secret, days: u32) -> Outcome {
    let Some(found) = trial.stage.rotation_of(secret.name.as_str()) else {
        return Outcome::Failed("it is not rotated".to_owned());
    };
    let live_days = found.attributes.days;
    let dates = match trial.facts.rotations.get(secret.name.as_str()) {
        Some(Ok(dates)) => dates,
        Some(Err(fault)) => return Outcome::unknown(fault),
        None => return Outcome::unknown("nobody asked when"),
    };
    match dates.next {
        _ if !dates.enabled => Outcome::Failed("rotation is off".to_owned()),
        None => Outcome::Failed(format!("every {live_days} days, no date is set")),
        Some(next) if next.secs() < trial.now_s => {
            Outcome::Failed(format!("overdue since {}", day(next)))
        }
        Some(next) => {
            let seen = format!("every {live_days} days, due by {}", day(next));
            Outcome::of(live_days == days, seen)
        }
    }
}

/// `2026-12-24`.
fn day(moment: DateTime) -> String {
    let text = moment.fmt(Format::DateTime).unwrap_or_default();
    text.split('T').next().unwrap_or_default().to_owned()
}
