//! Plans in files: written by `plan --out`, carried out by `apply FILE`.
//!
//! May depend on everything. Invariant: a plan from a file is carried out once, as it was shown, or
//! not at all.

use std::path::Path;

use anyhow::{Context, anyhow, bail};

use super::engagement::Engagement;
use super::keeping::Keeping;
use crate::files;
use crate::keep::{self, Birth, Claim, Only, Written};
use crate::model::{Graph, Names, Owner, Snapshot};
use crate::plan::saved::{LARGEST_BYTES, Origin, Saved, Unusable};
use crate::render;

/// Why a plan is refused that nothing here would lead to.
pub(super) const STRANGE: &str = "the steps of the plan do not follow from the stack file and from \
    what is in AWS; nothing was changed\nhint: make a new plan with `qpiac plan --out`";

/// The version of this program, which another does not take for its own.
const VERSION: &str = env!("CARGO_PKG_VERSION");
const AGAIN: &str = "hint: make a new plan with `qpiac plan --out`";

/// Writes the plan of an engagement to a file.
pub(super) fn write(engagement: &Engagement<'_>, path: &Path) -> anyhow::Result<()> {
    let birth = Birth::now();
    let origin = Origin {
        number: birth.number,
        version: VERSION.to_owned(),
        made_at: birth.at,
        account: engagement.account.clone(),
        sandbox: engagement.cloud.is_sandbox(),
    };
    let saved = Saved::new(
        origin,
        &engagement.options,
        &engagement.graph(),
        &engagement.snapshot,
        &engagement.plan,
    );
    files::replace(path, saved.to_text().as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Whether this is what a sandbox keeps: `--sandbox FILE` without its equals sign names a plan.
fn is_sandbox_file(text: &[u8]) -> bool {
    let document: Option<serde_json::Value> = serde_json::from_slice(text).ok();
    document.is_some_and(|document| document["records"].is_array() && document["seed"].is_u64())
}

/// The plan in a file.
pub(super) fn read(path: &Path) -> anyhow::Result<Saved> {
    let shown = path.display();
    let size = std::fs::metadata(path).with_context(|| format!("cannot read {shown}"))?;
    if size.len() > LARGEST_BYTES as u64 {
        bail!("{shown} is no plan of qpiac: it is larger than {LARGEST_BYTES} bytes");
    }
    let text = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
    if is_sandbox_file(&text) {
        bail!("{shown} is the file of a sandbox and no plan\nhint: --sandbox={shown} uses it");
    }
    Saved::parse(&text, VERSION).map_err(|unusable| {
        let advice = match unusable {
            Unusable::NoPlan(_) | Unusable::Changed => {
                "hint: `qpiac apply FILE` takes what `qpiac plan --out FILE` wrote, unchanged"
            }
            Unusable::OtherVersion { .. } => {
                "hint: carry it out with that version, or make a new plan"
            }
        };
        anyhow!("{shown} cannot be carried out: {unusable}; nothing was changed\n{advice}")
    })
}

/// That the plan is for this account, stack and kind of cloud.
pub(super) fn check_place(
    saved: &Saved,
    account: &str,
    owner: &Owner,
    is_sandbox: bool,
) -> anyhow::Result<()> {
    let place = |sandbox: bool, account: &str, owner: &Owner| {
        let what = if sandbox { "a sandbox" } else { "AWS" };
        format!("{owner} in account {account} of {what}")
    };
    let origin = &saved.origin;
    let theirs = place(origin.sandbox, &origin.account, &saved.plan.owner);
    let ours = place(is_sandbox, account, owner);
    if theirs == ours {
        return Ok(());
    }
    bail!("the plan is for {theirs}, and this is {ours}; nothing was changed")
}

/// That neither the stack file nor AWS is another than when the plan was made.
pub(super) fn check_basis(saved: &Saved, graph: &Graph, snapshot: &Snapshot) -> anyhow::Result<()> {
    let rewritten = saved.rewritten(graph);
    if !rewritten.is_empty() {
        bail!(
            "the stack file, or what it names, is not what it was when the plan was made; nothing \
             was changed\n{}\n{AGAIN}",
            list(&render::rewritten(&rewritten))
        );
    }
    let moved = saved.moved(snapshot);
    if !moved.is_empty() {
        let names: &Names = snapshot.names();
        bail!(
            "AWS is not what it was when the plan was made; nothing was changed\n{}\n{AGAIN}",
            list(&render::moved(&moved, names))
        );
    }
    Ok(())
}

fn list(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| format!("  - {line}")).collect();
    lines.join("\n")
}

/// What stands in the place of a plan that was used.
fn key_of(saved: &Saved) -> String {
    keep::plan_key(&saved.plan.owner.to_string(), &saved.origin.number)
}

/// That nobody carried the plan out.
pub(super) async fn check_unused(saved: &Saved, keeping: &Keeping) -> anyhow::Result<()> {
    let reading = keeping.store.read(&key_of(saved)).await;
    let used = reading.context("cannot see whether the plan was used already")?;
    match used {
        Some(object) => Err(was_used(&object.body)),
        None => Ok(()),
    }
}

/// Writes down that the plan is carried out now, which nobody else may then.
pub(super) async fn mark_used(saved: &Saved, keeping: &Keeping) -> anyhow::Result<()> {
    let key = key_of(saved);
    let body = serde_json::to_vec_pretty(&keeping.claim)?;
    let writing = keeping.store.write(&key, body, Only::IfAbsent).await;
    match writing.context("cannot write down that the plan is used; nothing was changed")? {
        Written::Done(_) => Ok(()),
        Written::Refused => {
            let object = keeping.store.read(&key).await?;
            Err(was_used(
                &object.map(|object| object.body).unwrap_or_default(),
            ))
        }
    }
}

fn was_used(body: &[u8]) -> anyhow::Error {
    let by = match serde_json::from_slice::<Claim>(body) {
        Ok(claim) => format!(
            " by {} on {} in the run {}, which `qpiac history {}` shows",
            claim.who, claim.host, claim.run, claim.run
        ),
        Err(_) => String::new(),
    };
    anyhow!("the plan was carried out already{by}; nothing was changed\n{AGAIN}")
}
