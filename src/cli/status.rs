//! `qpiac status`.
//!
//! May depend on everything. Invariant: what AWS does not say is not called well.

use std::time::Duration;

use futures::stream::{self, StreamExt};

use super::Exit;
use super::arguments::{Format, Status};
use super::look::{Look, look};
use super::stops::unless_stopped;
use super::terminal::Terminal;
use crate::engine::clock::within;
use crate::engine::{Health, Wellness};
use crate::model::{hints, schema_of};
use crate::render::{self, Standing};

/// How many resources are asked about at a time.
const AT_A_TIME: usize = 16;
/// How long AWS may take to say how one of them is, in seconds.
const HEALTH_LIMIT_S: u64 = 60;

pub(super) async fn run(given: &Status, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Some(look) = look(&given.subject, terminal).await? else {
        return Ok(Exit::Failed);
    };
    let standings = unless_stopped(&look.stops, standings(&look)).await?;
    let owner = &look.known.owner;
    terminal.data(&match given.format {
        Format::Human => render::status_human(owner, &standings, terminal.width()),
        Format::Json => format!("{:#}\n", render::status_json(owner, &standings)),
        Format::Jsonl => format!("{}\n", render::status_json(owner, &standings)),
    })?;
    if given.subject.cloud.stats {
        terminal.say(&look.cloud.stats().table());
    }
    let is_well = |one: &Standing| one.health.wellness != Wellness::Ill;
    Ok(if standings.iter().all(is_well) {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// What AWS does not say.
fn unknown(reasons: Vec<String>) -> Health {
    Health {
        wellness: Wellness::Ill,
        summary: "AWS does not say how it is".to_owned(),
        reasons,
    }
}

/// How everything is.
async fn standings(look: &Look) -> Vec<Standing> {
    let provider = look.cloud.provider();
    let records = look.snapshot.records();
    let all = records.flat_map(|(address, records)| records.iter().map(move |r| (address, r)));
    let asked = all.map(|(address, record)| async move {
        let limit = Duration::from_secs(HEALTH_LIMIT_S);
        let health = within(limit, provider.health(record.clone())).await;
        let schema = schema_of(provider.schemas(), &address.kind);
        Standing {
            address: address.clone(),
            id: record.id.clone(),
            service: schema.map_or("", |schema| schema.service()),
            health: match health {
                Some(Ok(health)) => health,
                Some(Err(fault)) => unknown(
                    std::iter::once(fault.to_string())
                        .chain(hints([&fault]))
                        .collect(),
                ),
                None => unknown(vec![format!("no answer within {HEALTH_LIMIT_S} s")]),
            },
        }
    });
    let mut standings: Vec<Standing> = stream::iter(asked).buffered(AT_A_TIME).collect().await;
    standings.sort_by(|one, other| one.address.cmp(&other.address));
    standings
}
