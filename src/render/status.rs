//! A stack as it is, by layer.
//!
//! May depend on `engine` and `model`. Invariant: a word, not a colour, says how something is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::json::FORMAT_VERSION;
use super::layers::layer;
use super::paint::{BAD, CAUTION, FAINT, GOOD, STRONG, count, one_line, paint};
use super::wrap::inset;
use crate::engine::{Health, Wellness};
use crate::model::{Address, Owner};

/// Where the reasons begin.
const MARGIN: usize = 11;

/// A resource and how it is.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Which.
    pub address: Address,
    /// Its physical identifier.
    pub id: String,
    /// The service that it belongs to, as in IAM actions.
    pub service: &'static str,
    /// How it is.
    pub health: Health,
}

fn word(wellness: Wellness) -> &'static str {
    match wellness {
        Wellness::Well => "well",
        Wellness::Waiting => "waiting",
        Wellness::Ill => "ill",
    }
}

/// A stack for people; lines are broken where they would be wider than this.
pub fn human(owner: &Owner, standings: &[Standing], width: usize) -> String {
    if standings.is_empty() {
        return format!("Nothing of the stack {owner} is there.\n");
    }
    let mut layers: BTreeMap<(usize, &str), Vec<&Standing>> = BTreeMap::new();
    for standing in standings {
        layers
            .entry(layer(standing.service))
            .or_default()
            .push(standing);
    }
    let mut out = format!("Stack {}\n", paint(STRONG, owner));
    for ((_, name), members) in layers {
        let _ = writeln!(out, "\n{}", paint(STRONG, name));
        for standing in members {
            row(standing, width, &mut out);
        }
    }
    let _ = writeln!(out, "\n{}", totals(standings));
    out
}

fn row(standing: &Standing, width: usize, out: &mut String) {
    let Health {
        wellness,
        summary,
        reasons,
    } = &standing.health;
    let style = match wellness {
        Wellness::Well => GOOD,
        Wellness::Waiting => CAUTION,
        Wellness::Ill => BAD,
    };
    let address = standing.address.to_string();
    let lead = format!(
        "  {}  {address}",
        paint(style, format!("{:<7}", word(*wellness)))
    );
    let said = one_line(summary);
    let room = width.saturating_sub(13 + address.chars().count());
    let _ = match said.chars().count() {
        0 => writeln!(out, "{lead}"),
        length if length <= room => writeln!(out, "{lead}  {}", paint(FAINT, said)),
        _ => writeln!(out, "{lead}\n{}", inset(&said, width, MARGIN)),
    };
    for reason in reasons {
        let _ = writeln!(out, "{}", inset(&one_line(reason), width, MARGIN));
    }
}

fn totals(standings: &[Standing]) -> String {
    let number = |wellness| {
        standings
            .iter()
            .filter(|one| one.health.wellness == wellness)
            .count()
    };
    let mut parts = vec![format!(
        "{} of {} well",
        number(Wellness::Well),
        count(standings.len(), "resource", "resources")
    )];
    for wellness in [Wellness::Waiting, Wellness::Ill] {
        match number(wellness) {
            0 => {}
            some => parts.push(format!("{some} {}", word(wellness))),
        }
    }
    parts.join(", ") + "."
}

/// A stack for programs.
pub fn document(owner: &Owner, standings: &[Standing]) -> Json {
    let resources: Vec<Json> = standings
        .iter()
        .map(|one| {
            json!({
                "address": one.address.to_string(),
                "id": one.id,
                "layer": layer(one.service).1,
                "health": word(one.health.wellness),
                "summary": one.health.summary,
                "reasons": one.health.reasons,
            })
        })
        .collect();
    json!({
        "format_version": FORMAT_VERSION,
        "stack": owner.stack,
        "region": owner.region,
        "resources": resources,
    })
}
