//! Records of Route 53.
//!
//! - `ChangeResourceRecordSets`: AWS gives names back in lower case and the names of alias targets
//!   with a dot at the end; the emulators as they were sent.
//! - `CREATE` of a record that is there, `DELETE` of one that is not, or not so: AWS refuses with
//!   `InvalidChangeBatch`; moto compares with what was ever sent, not with what is there.

use anyhow::Result;
use bytes::Bytes;

use super::{Answer, Next, Shim, refusal};
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

pub(crate) struct Record;

impl Shim for Record {
    fn operations(&self) -> &'static [&'static str] {
        &["route53:ChangeResourceRecordSets"]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(change(request, next))
    }
}

async fn change(request: &Request, next: Next<'_>) -> Result<Reply> {
    let Ok(mut sent) = Element::parse(request.text("Body")) else {
        return next.forward(request).await;
    };
    sent.change_all("Name", &mut |name| {
        name.text = name.text.trim_end_matches('.').to_ascii_lowercase();
    });
    sent.change_all("DNSName", &mut |name| {
        let plain = name.text.trim_end_matches('.').to_ascii_lowercase();
        name.text = format!("{plain}.");
    });
    let zone = request.text("Id").trim_start_matches("/hostedzone/");
    let path = format!("/2013-04-01/hostedzone/{zone}/rrset");
    let (asked, reply) = next.rest("route53", "GET", &path, "").await?;
    if !reply.is_success() {
        return Ok(reply);
    }
    let there = reply.element(&asked)?;
    let there: Vec<[String; 4]> = there
        .members("ResourceRecordSets")
        .iter()
        .map(identity)
        .collect();
    for change in sent.all("Change") {
        let wanted = change
            .child("ResourceRecordSet")
            .cloned()
            .unwrap_or_default();
        let wanted = identity(&wanted);
        let found = there.iter().find(|record| record[..2] == wanted[..2]);
        let [name, kind, ..] = &wanted;
        let refused = match (change.at("Action"), found) {
            ("CREATE", Some(_)) => "Tried to create resource record set but it already exists",
            ("DELETE", None) => "Tried to delete resource record set but it was not found",
            ("DELETE", Some(found)) if *found != wanted => {
                "Tried to delete resource record set but the values provided do not match the \
                 current values"
            }
            _ => continue,
        };
        let message = format!("[{refused}: name='{name}.', type='{kind}']");
        return Ok(refusal(request, "InvalidChangeBatch", &message));
    }
    // What moto compares with is what was ever sent; what is there was just looked at.
    sent.change_all("Action", &mut |action| {
        if action.text == "CREATE" {
            "UPSERT".clone_into(&mut action.text);
        }
    });
    // What is not there is made; moto would refuse what was there once.
    sent.change_all("Action", &mut |action| {
        if action.text == "CREATE" {
            "UPSERT".clone_into(&mut action.text);
        }
    });
    let changed = Request {
        body: Bytes::from(sent.to_string()),
        ..request.clone()
    };
    next.forward(&changed).await
}

/// Name, type, time to live, and the values or the alias target of a record.
fn identity(record: &Element) -> [String; 4] {
    let mut values: Vec<String> = record
        .members("ResourceRecords")
        .iter()
        .map(|value| value.at("Value").to_owned())
        .collect();
    values.sort();
    let target = record.at("AliasTarget/DNSName").trim_end_matches('.');
    values.push(target.to_ascii_lowercase());
    let name = record.at("Name").trim_end_matches('.').to_ascii_lowercase();
    [
        name,
        record.at("Type").to_owned(),
        record.at("TTL").to_owned(),
        values.join("\n"),
    ]
}
