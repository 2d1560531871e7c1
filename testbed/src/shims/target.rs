//! Targets on ministack.
//!
//! - `RegisterTargets`, `DeregisterTargets`: AWS tells targets apart by id and port, so that one
//!   machine can have several; ministack by the id alone. Here each port of the loopback address is
//!   registered under a spelling of its own (127.0.0.1, 127.0.0.01, ...), and given back as it was sent.
//! - `DescribeTargetHealth`: AWS asks every target for its health; ministack calls all of them healthy.
//!   Here targets on the loopback interface are asked.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::Result;
use hyper::header::HeaderMap;
use hyper::{Method, StatusCode};

use super::{Answer, Next, Shim, memory};
use crate::client::Client;
use crate::homes::Homes;
use crate::operation::Request;
use crate::xml::Element;

/// The address of targets that are processes of this machine.
const LOOPBACK: &str = "127.0.0.1";

/// How long a target may take to say how it is.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Default)]
pub(crate) struct Target {
    /// Group and port to the spelling that it is registered under.
    spelled: Mutex<BTreeMap<(String, String), String>>,
}

impl Shim for Target {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "elasticloadbalancing:RegisterTargets",
            "elasticloadbalancing:DeregisterTargets",
            "elasticloadbalancing:DescribeTargetHealth",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            let spelled = self.spell(request);
            let reply = next.forward(&spelled).await?;
            if request.operation != "DescribeTargetHealth" || !reply.is_success() {
                return Ok(reply);
            }
            let mut root = reply.element(request)?;
            let check = health_check(request, next).await?;
            let path = "DescribeTargetHealthResult/TargetHealthDescriptions";
            for description in root.members_mut(path).into_iter().flatten() {
                if description.at("Target/Id").starts_with("127.") {
                    ask(description, &check).await;
                }
            }
            Ok(reply.with_element(&root))
        })
    }
}

impl Target {
    /// The request with every port of the loopback address under its spelling.
    fn spell(&self, request: &Request) -> Request {
        let group = request.text("TargetGroupArn").to_owned();
        let mut form = request.form();
        let mut spelled = memory(&self.spelled);
        for index in 1.. {
            let name = format!("Targets.member.{index}");
            let id = request.text(&format!("{name}.Id"));
            if id.is_empty() {
                break;
            }
            let port = request.text(&format!("{name}.Port"));
            if id == LOOPBACK {
                let taken = spelled.keys().filter(|(one, _)| *one == group).count();
                let key = (group.clone(), port.to_owned());
                let spelling = spelled
                    .entry(key)
                    .or_insert_with(|| format!("127.0.0.{}1", "0".repeat(taken)));
                form.insert(format!("{name}.Id"), spelling.clone().into());
            }
        }
        request.with_form(form)
    }
}

/// Path, port and codes of a group's health check.
async fn health_check(request: &Request, next: Next<'_>) -> Result<[String; 3]> {
    let asked = [("TargetGroupArns.member.1", request.text("TargetGroupArn"))];
    let found = next
        .emulator("elasticloadbalancing", "DescribeTargetGroups", &asked)
        .await?;
    let group = "DescribeTargetGroupsResult/TargetGroups/member";
    Ok(["HealthCheckPath", "HealthCheckPort", "Matcher/HttpCode"]
        .map(|field| found.at(&format!("{group}/{field}")).to_owned()))
}

/// Puts in what a target says of itself.
async fn ask(description: &mut Element, [path, port, codes]: &[String; 3]) {
    if let Some(target) = description.child_mut("Target") {
        target.put(Element::text("Id", LOOPBACK));
    }
    let port = port
        .parse()
        .or_else(|_| description.at("Target/Port").parse());
    let port: u16 = port.unwrap_or(0);
    let client = Client::new(Homes::One(port), "");
    let asked = client.send(
        port,
        Method::GET,
        path,
        HeaderMap::new(),
        bytes::Bytes::new(),
    );
    let answer = tokio::time::timeout(PATIENCE, asked).await;
    let status = answer.ok().and_then(Result::ok).map(|reply| reply.status);
    let mut health = vec![Element::text("State", "unhealthy")];
    match status {
        Some(status) if fits(status, codes) => health = vec![Element::text("State", "healthy")],
        Some(status) => health.extend([
            Element::text("Reason", "Target.ResponseCodeMismatch"),
            Element::text(
                "Description",
                &format!(
                    "Health checks failed with these codes: [{}]",
                    status.as_u16()
                ),
            ),
        ]),
        None => health.extend([
            Element::text("Reason", "Target.FailedHealthChecks"),
            Element::text("Description", "Health checks failed"),
        ]),
    }
    description.put(Element::list("TargetHealth", health));
}

/// Whether a status is among codes such as `200,204` or `200-299`.
fn fits(status: StatusCode, codes: &str) -> bool {
    let status = status.as_u16();
    let codes = if codes.is_empty() { "200" } else { codes };
    codes.split(',').any(|code| {
        let (first, last) = code.split_once('-').unwrap_or((code, code));
        match (first.trim().parse::<u16>(), last.trim().parse::<u16>()) {
            (Ok(first), Ok(last)) => (first..=last).contains(&status),
            _ => false,
        }
    })
}
