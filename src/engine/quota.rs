//! The account's limits, looked at before the first change.
//!
//! May depend on `plan` and `model`. Invariant: a plan that cannot be done for want of a quota is
//! refused before anything is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use futures::future::join_all;

use super::provider::{Provider, Quota};
use super::reading::Reading;
use super::settings::Settings;
use crate::model::{Fault, Kind, Milestone, hints};
use crate::plan::{Action, Plan, Step, StepId};

/// A quota does not suffice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// The kind that it limits.
    pub kind: Kind,
    /// The quota.
    pub quota: Quota,
    /// How many more the plan needs at a time.
    pub needed: u64,
}

/// The account's quotas do not allow a plan, or could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuotaError {
    /// They do not suffice.
    #[error("{}", shortages_text(.0))]
    Short(Vec<Shortage>),
    /// They could not be read.
    #[error("{}", faults_text(.0))]
    Unreadable(Vec<(Kind, Fault)>),
}

fn shortages_text(shortages: &[Shortage]) -> String {
    let mut text = "the account's quotas do not allow this plan".to_owned();
    for Shortage {
        kind,
        quota,
        needed,
    } in shortages
    {
        let Quota {
            name,
            limit,
            used,
            code,
        } = quota;
        let _ = write!(
            text,
            "\n{name} ({code}): {limit} allowed, {used} in use, {needed} more needed for {kind}"
        );
        if let Some((service, code)) = code.split_once('/') {
            let _ = write!(
                text,
                "\nhint: aws service-quotas request-service-quota-increase --service-code \
                 {service} --quota-code {code} --desired-value {}",
                used + needed
            );
        }
    }
    text
}

fn faults_text(faults: &[(Kind, Fault)]) -> String {
    let lines: Vec<String> = faults
        .iter()
        .map(|(kind, fault)| format!("cannot read the quota of {kind}: {fault}"))
        .chain(hints(faults.iter().map(|(_, fault)| fault)))
        .collect();
    lines.join("\n")
}

/// Looks whether the account's quotas allow a plan.
///
/// # Errors
/// [`QuotaError`] where they do not, or cannot be read.
pub async fn check_quotas(
    plan: &Plan,
    provider: &dyn Provider,
    settings: &Settings,
) -> Result<(), QuotaError> {
    let reading = Reading::new(provider, settings);
    let needs = needs(plan);
    let answers = needs.iter().map(|(kind, needed)| {
        let reading = &reading;
        async move {
            (
                *kind,
                *needed,
                reading.repeated(|| provider.quota(kind)).await,
            )
        }
    });
    let mut shortages = Vec::new();
    let mut faults = Vec::new();
    for (kind, needed, answer) in join_all(answers).await {
        match answer {
            Ok(Some(quota)) if quota.used + needed > quota.limit => shortages.push(Shortage {
                kind: kind.clone(),
                quota,
                needed,
            }),
            Ok(Some(_) | None) => {}
            Err(fault) => faults.push((kind.clone(), fault)),
        }
    }
    if !faults.is_empty() {
        Err(QuotaError::Unreadable(faults))
    } else if !shortages.is_empty() {
        Err(QuotaError::Short(shortages))
    } else {
        Ok(())
    }
}

/// How many more of each kind there are at a time in the course of a plan, where it makes any.
fn needs(plan: &Plan) -> BTreeMap<&Kind, u64> {
    let mut made: BTreeMap<&Kind, u64> = BTreeMap::new();
    let mut making_way: BTreeMap<&Kind, BTreeSet<StepId>> = BTreeMap::new();
    for step in &plan.steps {
        if let Action::Create { .. } = step.action {
            *made.entry(&step.address.kind).or_default() += 1;
            let before = making_way.entry(&step.address.kind).or_default();
            before.extend(goes_first(plan, step));
        }
    }
    for (kind, made) in &mut made {
        let freed = making_way.get(kind).map_or(0, BTreeSet::len);
        *made = made.saturating_sub(freed as u64);
    }
    made.retain(|_, made| *made > 0);
    made
}

/// The deletes of the same kind that a create waits for.
fn goes_first<'a>(plan: &'a Plan, step: &'a Step) -> impl Iterator<Item = StepId> + 'a {
    let gone = step
        .after
        .iter()
        .filter(|after| after.until == Milestone::Gone);
    gone.map(|after| plan.step(after.step))
        .filter(|before| matches!(before.action, Action::Delete { .. }))
        .filter(|before| before.address.kind == step.address.kind)
        .map(|before| before.id)
}
