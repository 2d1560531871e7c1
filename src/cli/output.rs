//! `qpiac output`, and the addresses that `apply` ends with.
//!
//! May depend on everything. Invariant: an output is what AWS says now, and never a secret.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;
use serde_json::{Map, Value as Json};

use super::Exit;
use super::arguments::{self, Format};
use super::look::look;
use super::terminal::Terminal;
use crate::model::{Address, OutputValues, Resource, Schema, Snapshot, schema_of};
use crate::render::Output;
use crate::resources::{Listener, Route53Record};

/// The output that says where the web service is.
const URL: &str = "url";
const HTTP: u16 = 80;
const HTTPS: u16 = 443;
/// Outputs that a person can open or give to DNS.
const ADDRESSES: [&str; 3] = ["dns_name", "domain_name", "url"];
/// The class of outputs that stand for a secret's value.
const SECRET: &str = "secret-value";

pub(super) async fn run(given: &arguments::Output, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Some(look) = look(&given.subject, terminal).await? else {
        return Ok(Exit::Failed);
    };
    let outputs = all(&look.snapshot, look.cloud.provider().schemas());
    let text = match (&given.name, given.format) {
        (Some(name), format) => {
            let Some(output) = outputs.iter().find(|output| output.name == *name) else {
                bail!(absent(name, &outputs));
            };
            match format {
                Format::Human => format!("{}\n", output.value),
                Format::Json | Format::Jsonl => format!("{}\n", Json::from(output.value.as_str())),
            }
        }
        (None, Format::Human) => {
            let lines = outputs.iter();
            lines
                .map(|o| format!("{} = {}\n", o.name, o.value))
                .collect()
        }
        (None, Format::Json) => format!("{:#}\n", document(&outputs)),
        (None, Format::Jsonl) => format!("{}\n", document(&outputs)),
    };
    terminal.data(&text)?;
    if look.snapshot.is_empty() {
        terminal.line(&crate::render::message::note(format!(
            "nothing of the stack {} is there",
            look.known.owner
        )));
    }
    Ok(Exit::Done)
}

fn document(outputs: &[Output]) -> Json {
    let pairs = outputs.iter();
    Json::Object(
        pairs
            .map(|output| (output.name.clone(), Json::from(output.value.as_str())))
            .collect::<Map<_, _>>(),
    )
}

fn absent(name: &str, outputs: &[Output]) -> String {
    let near = outputs
        .iter()
        .map(|output| (strsim::jaro_winkler(name, &output.name), &output.name))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    match near {
        Some((likeness, near)) if likeness > 0.7 => {
            format!("there is no output `{name}`\nhint: did you mean `{near}`?")
        }
        Some(_) => format!("there is no output `{name}`\nhint: `qpiac output` lists them"),
        None => format!("there is no output `{name}`: nothing of the stack is there"),
    }
}

/// Every output of what is there, where to reach it first.
fn all(snapshot: &Snapshot, schemas: &[&'static Schema]) -> Vec<Output> {
    let is_secret = |address: &Address, name: &str| {
        schema_of(schemas, &address.kind)
            .and_then(|schema| schema.output(name))
            .is_some_and(|output| output.class == SECRET)
    };
    let records = || {
        snapshot
            .records()
            .filter_map(|(address, records)| Some((address, &records.first()?.outputs)))
    };
    let mut outputs: Vec<Output> = url(records()).into_iter().collect();
    for (address, values) in records() {
        for (name, value) in values {
            if !is_secret(address, name) {
                outputs.push(Output {
                    name: format!("{address}.{name}"),
                    value: value.clone(),
                });
            }
        }
    }
    outputs
}

/// What a person wants to know of these resources: where to reach them.
pub(super) fn headlines<'a>(
    resources: impl Iterator<Item = (&'a Address, &'a OutputValues)> + Clone,
) -> Vec<Output> {
    let mut outputs: BTreeMap<String, &str> = BTreeMap::new();
    for (address, values) in resources.clone() {
        for name in ADDRESSES {
            if let Some(value) = values.get(name) {
                let name = format!("{address}.{name}");
                outputs.entry(name).or_insert(value);
            }
        }
    }
    let rest = outputs.into_iter().map(|(name, value)| Output {
        name,
        value: value.to_owned(),
    });
    url(resources).into_iter().chain(rest).collect()
}

/// Where the web service is: at its own name, else at the distribution, else at the load balancer.
fn url<'a>(resources: impl Iterator<Item = (&'a Address, &'a OutputValues)>) -> Option<Output> {
    let mut own_name = None;
    let mut distribution = None;
    let mut balancer = None;
    let mut ports = BTreeSet::new();
    for (address, values) in resources {
        if address.kind == Route53Record::SCHEMA.kind {
            own_name = own_name.or(values.get("name"));
        }
        if address.kind == Listener::SCHEMA.kind {
            // The name of a listener ends in its port.
            let port = address.name.rsplit('.').next();
            ports.extend(port.and_then(|port| port.parse::<u16>().ok()));
        }
        distribution = distribution.or(values.get("domain_name"));
        balancer = balancer.or(values.get("dns_name"));
    }
    let host = own_name.or(distribution).or(balancer)?;
    let value = match ports.first() {
        _ if distribution.is_some() || ports.contains(&HTTPS) => format!("https://{host}"),
        Some(port) if !ports.contains(&HTTP) => format!("http://{host}:{port}"),
        Some(_) | None => format!("http://{host}"),
    };
    Some(Output {
        name: URL.to_owned(),
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BALANCER: (&str, &str, &str) = ("load-balancer/main", "dns_name", "alb.example");
    const CDN: (&str, &str, &str) = ("distribution/main", "domain_name", "d1.cloudfront.net");
    const RECORD: (&str, &str, &str) = ("route53-record/main", "name", "www.example.com");

    fn listener(port: u16) -> (String, OutputValues) {
        (format!("listener/main.{port}"), OutputValues::new())
    }

    #[test]
    fn a_service_is_at_its_own_name_and_speaks_https_where_it_can() {
        for (named, ports, expected) in [
            (vec![BALANCER, CDN], vec![80], "https://d1.cloudfront.net"),
            (
                vec![RECORD, BALANCER, CDN],
                vec![443],
                "https://www.example.com",
            ),
            (
                vec![BALANCER, RECORD],
                vec![80, 443],
                "https://www.example.com",
            ),
            (vec![BALANCER], vec![80], "http://alb.example"),
            (vec![BALANCER], vec![8080], "http://alb.example:8080"),
        ] {
            let named = named.into_iter().map(|(address, output, value)| {
                let values = OutputValues::from([(output.into(), value.to_owned())]);
                (address.to_owned(), values)
            });
            let all: Vec<(Address, OutputValues)> = named
                .chain(ports.into_iter().map(listener))
                .map(|(address, values)| (address.parse().expect("an address"), values))
                .collect();
            let url = url(all.iter().map(|(address, values)| (address, values)));
            assert_eq!(url.expect("a URL").value, expected);
        }
        assert!(url(std::iter::empty()).is_none());
    }
}
