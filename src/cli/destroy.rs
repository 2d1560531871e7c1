//! `qpiac destroy`.

use super::Exit;
use super::arguments::Destroy;
use super::engagement::{Engagement, options};
use super::stack_file;
use super::terminal::Terminal;
use crate::model::{Graph, Owner, Tags};
use crate::render::Purpose;
use crate::stack;

pub(super) async fn run(given: &Destroy, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Some((owner, account)) = stack_of(given, terminal)? else {
        return Ok(Exit::Failed);
    };
    let graph = Graph::new(owner, Tags::new());
    let options = options(&given.choice, &[]);
    let begun =
        Engagement::begin(&given.cloud, &graph, account.as_deref(), &options, terminal).await?;
    let Some(engagement) = begun else {
        return Ok(Exit::Failed);
    };
    let question = format!("Destroy the stack {}?", graph.owner());
    let is_approved = engagement
        .is_approved(Purpose::Destroy, given.format, given.yes, &question)
        .await?;
    if !is_approved {
        return Ok(Exit::Failed);
    }
    engagement.carry_out(given.format, given.cloud.stats).await
}

/// The stack that is meant, and its account where that is known: by name, or by its file.
fn stack_of(
    given: &Destroy,
    terminal: &Terminal,
) -> anyhow::Result<Option<(Owner, Option<String>)>> {
    if let (Some(stack), Some(region)) = (&given.stack, &given.cloud.region) {
        return Ok(Some((Owner::new(stack, region), None)));
    }
    let Some(spec) = stack_file::read(&given.file, terminal)? else {
        terminal.line(&crate::render::message::hint(
            "`qpiac destroy --stack NAME --region REGION` needs no stack file",
        ));
        return Ok(None);
    };
    stack_file::check_region(given.cloud.region.as_deref(), &spec)?;
    let account = spec.account.as_ref().map(ToString::to_string);
    Ok(Some((stack::owner(&spec), account)))
}
