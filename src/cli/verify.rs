//! `qpiac verify`.
//!
//! May depend on everything. Invariant: nothing is changed, and nothing that was read of a secret is
//! shown.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};

use super::arguments::{Format, Verify};
use super::cloud::{Cloud, sandbox_file};
use super::look::{Look, look_at};
use super::stops::unless_stopped;
use super::subject::Known;
use super::terminal::Terminal;
use super::{Exit, Misuse, stack_file};
use crate::aws::Clients;
use crate::render::{self, message};
use crate::spec::Spec;
use crate::stack::{self, Digests, Inputs};
use crate::verify::{Check, Facts, Scenario, Stage, Visitor, Web, checks};

/// Why there is nothing to verify in the sandbox.
const SANDBOX: &str = "the sandbox carries no requests, so there is nothing to verify in it\n\
    hint: leave --sandbox and QPIAC_SANDBOX out; a stand-in for AWS that carries requests is \
    verified with AWS_ENDPOINT_URL and --endpoint";

pub(super) async fn run(given: &Verify, terminal: &Terminal) -> anyhow::Result<Exit> {
    if sandbox_file(&given.cloud).is_some() {
        return Err(Misuse(SANDBOX.to_owned()).into());
    }
    let Some(spec) = stack_file::read(&given.file, terminal)? else {
        return Ok(Exit::Failed);
    };
    stack_file::check_region(given.cloud.region.as_deref(), &spec)?;
    let look = look_at(Known::of_spec(&spec), &given.cloud, terminal).await?;
    let Cloud::Aws(aws) = &look.cloud else {
        return Err(Misuse(SANDBOX.to_owned()).into());
    };
    if look.snapshot.is_empty() {
        bail!(
            "nothing of the stack {} is there\nhint: `qpiac apply` makes it",
            look.known.owner
        );
    }
    let web = Visitor::new(given.endpoint.clone());
    if let Some(endpoint) = web.endpoint() {
        terminal.line(&message::note(format!("all requests go to {endpoint}")));
    }
    let trying = try_out(&spec, &look, aws.clients(), &web, given, terminal);
    let checks = unless_stopped(&look.stops, trying).await??;
    let owner = &look.known.owner;
    terminal.data(&match given.format {
        Format::Human => render::checks_human(owner, &checks, terminal.width()),
        Format::Json => format!("{:#}\n", render::checks_json(owner, &checks)),
        Format::Jsonl => format!("{}\n", render::checks_summary(owner, &checks)),
    })?;
    if given.cloud.stats {
        terminal.say(&look.cloud.stats().table());
    }
    Ok(if checks.iter().any(Check::has_failed) {
        Exit::Failed
    } else {
        Exit::Done
    })
}

/// All scenarios, one after the other, so that one does not disturb what another looks at.
async fn try_out(
    spec: &Spec,
    look: &Look,
    aws: &Clients,
    web: &dyn Web,
    given: &Verify,
    terminal: &Terminal,
) -> anyhow::Result<Vec<Check>> {
    let graph = stack::graph(spec, &Inputs::anywhere(Digests::default()));
    let stage = Stage::new(spec, &graph, &look.snapshot);
    let stage = stage.context("AWS's answers do not fit together")?;
    let stage = stage.at(given.host.clone());
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let now_s = i64::try_from(now.as_secs())?;
    let facts = Facts::gather(aws, &stage, now_s).await;
    let mut all = Vec::new();
    for scenario in Scenario::ALL {
        let some = checks(scenario, &stage, &facts, web, now_s).await;
        if given.format == Format::Jsonl {
            for check in &some {
                terminal.data(&format!("{}\n", render::check_line(check)))?;
            }
        }
        all.extend(some);
    }
    Ok(all)
}
