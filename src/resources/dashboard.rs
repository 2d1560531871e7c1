//! The CloudWatch dashboard.
//!
//! Recognised by the marker in a widget of its own, which is written with all others. Its name is
//! unique in the account, and putting it again overwrites it, so a repeated create makes no second
//! one.

use std::collections::BTreeSet;

use aws_sdk_cloudwatch::operation::put_dashboard::PutDashboardError;
use aws_sdk_cloudwatch::types::DashboardValidationMessage;
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::lifecycle::{Lifecycle, Mark};
use crate::aws::{Call, Clients, if_present, marker, required};
use crate::classes;
use crate::model::{Changes, Document, Fault, Found, Id, Owner, Query, Resolved, State, Tags};
use qpiac_derive::{Outputs, Resource};

const PUT: &str = "cloudwatch:PutDashboard";
const GET: &str = "cloudwatch:GetDashboard";
/// How wide a dashboard is, in columns.
const WIDTH: i64 = 24;

const WIDGETS: &str = "widgets";

classes! {
    /// Identifies a dashboard.
    DashboardArn = "dashboard", "arn:aws:cloudwatch::{account}:dashboard/{name}";
    /// The name of a dashboard.
    DashboardName = "dashboard-name", "{name}";
}

/// Graphs, figures and log lines on one page of CloudWatch's console.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "dashboard",
    outputs = DashboardOutputs,
    replacement = "create-first",
    named = "name",
    marked,
    find = "cloudwatch:ListDashboards, cloudwatch:GetDashboard",
    create = "cloudwatch:PutDashboard",
    update = "cloudwatch:PutDashboard",
    delete = "cloudwatch:DeleteDashboards"
)]
pub struct Dashboard {
    /// Its name, unique in the account whatever the region; at most 255 letters, digits, hyphens
    /// and underscores.
    #[attribute(replace)]
    pub name: String,
    /// What it shows (dashboard body structure, in the CloudWatch API reference), without the
    /// widget that says whose it is.
    #[attribute(update)]
    pub body: Document,
}

/// What a dashboard gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct DashboardOutputs {
    /// The dashboard's ARN.
    pub arn: Id<DashboardArn>,
    /// The dashboard's name.
    #[output(from = "name")]
    pub name: Id<DashboardName>,
}

impl Lifecycle for Dashboard {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let names = match which {
            Query::Owned { owner, names } => near(aws, owner, names).await?,
            Query::Ids(arns) => arns.iter().filter_map(|arn| name_in(arn)).collect(),
            Query::Under(_) => BTreeSet::new(),
        };
        let found = try_join_all(names.into_iter().map(|name| async move {
            let reply = aws.cloudwatch.get_dashboard().dashboard_name(&name);
            let reply = if_present(reply.send().await.at(GET))?;
            reply
                .map(|reply| read(name, reply.dashboard_arn, reply.dashboard_body))
                .transpose()
        }));
        let mut found: Vec<_> = found.await?.into_iter().flatten().collect();
        if let Query::Owned { owner, names } = which {
            found.retain(|d| owner.owns(&d.tags) || names.contains(&d.attributes.name));
        }
        Ok(found)
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<DashboardOutputs, Fault> {
        put(aws, want, &mark.tags).await?;
        let account = aws.caller().await?.account;
        let partition = aws.partition();
        let arn = format!(
            "arn:{partition}:cloudwatch::{account}:dashboard/{}",
            want.name
        );
        Ok(outputs(arn, want.name.clone()))
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<DashboardOutputs, Fault> {
        put(aws, want, &found.tags).await?;
        Ok(found.outputs)
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.cloudwatch
            .delete_dashboards()
            .dashboard_names(found.attributes.name)
            .send()
            .await
            .at("cloudwatch:DeleteDashboards")?;
        Ok(())
    }
}

/// The name in `arn:aws:cloudwatch::ACCOUNT:dashboard/NAME`.
fn name_in(arn: &str) -> Option<String> {
    arn.split_once(":dashboard/")
        .map(|(_, name)| name.to_owned())
}

/// The names of dashboards that may be the stack's, or are about to be.
async fn near(aws: &Clients, owner: &Owner, names: &[String]) -> Result<BTreeSet<String>, Fault> {
    let prefix = format!("{}-", owner.stack);
    let listed = aws
        .cloudwatch
        .list_dashboards()
        .dashboard_name_prefix(&prefix)
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .at("cloudwatch:ListDashboards")?;
    let listed = listed.into_iter().filter_map(|entry| entry.dashboard_name);
    let elsewhere = names.iter().filter(|name| !name.starts_with(&prefix));
    Ok(listed.chain(elsewhere.cloned()).collect())
}

fn outputs(arn: String, name: String) -> DashboardOutputs {
    DashboardOutputs {
        arn: arn.into(),
        name: name.into(),
    }
}

fn read(
    name: String,
    arn: Option<String>,
    body: Option<String>,
) -> Result<Found<Dashboard>, Fault> {
    let arn = required(GET, "a dashboard's ARN", arn)?;
    let body = required(GET, "a dashboard's body", body)?;
    // Text that is no JSON is a body like any other: one that nobody wants.
    let mut body = serde_json::from_str(&body).unwrap_or(Value::String(body));
    let tags = take_mark(&mut body);
    Ok(Found {
        attributes: Dashboard {
            name: name.clone(),
            body: Document::from_json(&body),
        },
        outputs: outputs(arn.clone(), name),
        tags,
        state: State::Ready,
        id: arn,
    })
}

/// Takes the widget with the marker out of a body, and says what it marks.
fn take_mark(body: &mut Value) -> Tags {
    let mut tags = Tags::new();
    if let Some(widgets) = body.get_mut(WIDGETS).and_then(Value::as_array_mut) {
        widgets.retain(|widget| {
            let markdown = widget.pointer("/properties/markdown");
            let marked = marker::tags(markdown.and_then(Value::as_str).unwrap_or_default());
            let is_mark = !marked.is_empty();
            tags.extend(marked);
            !is_mark
        });
    }
    tags
}

/// Adds the widget with the marker, below all others.
fn add_mark(body: &mut Value, mark: &Tags) {
    let Some(widgets) = body.get_mut(WIDGETS).and_then(Value::as_array_mut) else {
        return;
    };
    let end = |widget: &Value| Some(widget.get("y")?.as_i64()? + widget.get("height")?.as_i64()?);
    let y = widgets.iter().filter_map(end).max().unwrap_or_default();
    widgets.push(json!({
        "type": "text",
        "x": 0,
        "y": y,
        "width": WIDTH,
        "height": 1,
        "properties": { "markdown": marker::text(mark), "background": "transparent" },
    }));
}

async fn put(aws: &Clients, want: &Dashboard, mark: &Tags) -> Result<(), Fault> {
    let mut body = required(PUT, "the dashboard's body", want.body.to_json())?;
    add_mark(&mut body, mark);
    let reply = aws
        .cloudwatch
        .put_dashboard()
        .dashboard_name(&want.name)
        .dashboard_body(body.to_string())
        .send()
        .await;
    let refused = match &reply {
        Err(error) => match error.as_service_error() {
            Some(PutDashboardError::DashboardInvalidInputError(error)) => {
                said(error.dashboard_validation_messages())
            }
            Some(_) | None => None,
        },
        Ok(_) => None,
    };
    match (reply.at(PUT), refused) {
        // A dashboard that was written may still have parts that show nothing.
        (Ok(reply), _) => {
            if let Some(said) = said(reply.dashboard_validation_messages()) {
                aws.note(format!("dashboard {}: {said}", want.name));
            }
            Ok(())
        }
        (Err(mut fault), Some(said)) => {
            fault.message = format!("{}: {said}", fault.message);
            Err(fault)
        }
        (Err(fault), None) => Err(fault),
    }
}

/// What AWS says about a body, each with its place in it.
fn said(messages: &[DashboardValidationMessage]) -> Option<String> {
    let lines: Vec<String> = messages
        .iter()
        .map(|said| {
            let message = said.message().unwrap_or("not valid");
            let path = said.data_path().map(|path| format!("{path}: "));
            format!("{}{message}", path.unwrap_or_default())
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("; "))
}

#[cfg(test)]
#[path = "dashboard_tests.rs"]
mod tests;
