//! Reads that lag behind changes: the reply to the same request from before the change.
//!
//! Depends on `ledger`, `operation` and `reply`. Invariant: what a reply says was the truth no longer
//! ago than the lag: an old one is given until the lag after the first change that it may not know.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use super::ledger::{Identity, Ledger};
use super::memory;
use crate::operation::Request;
use crate::reply::Reply;

/// Services whose reads never lag.
const CONSISTENT: [&str; 2] = ["s3", "sts"];

/// Nouns whose changes show in the reads of other nouns.
const ASIDE: [(&str, &str); 6] = [
    ("Nat", "Address"),
    ("Listener", "Target"),
    ("Listener", "Load"),
    ("Rule", "Target"),
    ("Service", "Cluster"),
    ("Vpc", "Route"),
];

#[derive(Default)]
pub(super) struct Stale {
    /// The truth as it was read, newest last, by request.
    read: Mutex<BTreeMap<String, Vec<Truth>>>,
    changes: Mutex<Vec<Change>>,
}

struct Truth {
    /// When it was asked for last.
    asked: Instant,
    reply: Reply,
}

struct Change {
    service: String,
    operation: String,
    made: Instant,
    /// Until when it may not be seen.
    until: Instant,
}

impl Stale {
    /// A change was made.
    pub(super) fn note(
        &self,
        ledger: &Ledger,
        call: &Identity,
        request: &Request,
    ) -> Option<&'static str> {
        let lag = ledger.hostility.lag;
        let made = Instant::now();
        let may_lag = !lag.is_zero() && !CONSISTENT.contains(&request.service.as_str());
        let lags = may_lag && ledger.strikes(call, "lags", 40);
        let until = if lags {
            made + ledger.span(call, "lags", lag)
        } else {
            made
        };
        memory(&self.changes).push(Change {
            service: request.service.clone(),
            operation: request.operation.clone(),
            made,
            until,
        });
        lags.then_some("lags")
    }

    /// An older reply in the place of this one, which is the truth.
    pub(super) fn older(
        &self,
        ledger: &Ledger,
        call: &Identity,
        request: &Request,
        asked: Instant,
        reply: &Reply,
    ) -> Option<Reply> {
        let key = format!(
            "{} {} {}",
            request.name(),
            request.region,
            request.parameters
        );
        let mut read = memory(&self.read);
        let truths = read.entry(key).or_default();
        match truths.last_mut() {
            Some(last) if last.reply.body == reply.body => last.asked = asked,
            _ => truths.push(Truth {
                asked,
                reply: reply.clone(),
            }),
        }
        let [.., old, _] = truths.as_slice() else {
            return None;
        };
        let until = self.until(request, old.asked)?;
        (Instant::now() < until && ledger.falls(call, "stale", 50)).then(|| old.reply.clone())
    }

    /// Until when the truth of that time may be told: the first change since then decides.
    fn until(&self, request: &Request, asked: Instant) -> Option<Instant> {
        let changes = memory(&self.changes);
        let first = changes.iter().find(|change| {
            change.made >= asked
                && change.service == request.service
                && concerns(&change.operation, &request.operation)
        });
        first.map(|change| change.until)
    }
}

/// Whether a change may show in a read.
fn concerns(change: &str, read: &str) -> bool {
    let (change, read) = (noun(change), noun(read));
    change == read
        || change == "Tag"
        || read.starts_with("Account")
        || ASIDE.contains(&(change.as_str(), read.as_str()))
}

/// What an operation is about: the word after the verb, such as `Route` of `DescribeRouteTables`.
fn noun(operation: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for letter in operation.chars() {
        match words.last_mut() {
            Some(word) if !letter.is_uppercase() => word.push(letter),
            _ => words.push(letter.to_string()),
        }
    }
    let noun = words.get(1).map_or("", String::as_str);
    match noun.strip_suffix("es") {
        Some(stem) if stem.ends_with('s') => stem.to_owned(),
        _ => noun
            .strip_suffix('s')
            .filter(|stem| !stem.ends_with('s'))
            .unwrap_or(noun)
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_concern_the_reads_of_what_they_change() {
        let table = [
            ("CreateSubnet", "DescribeSubnets", true),
            ("CreateRoute", "DescribeRouteTables", true),
            ("AllocateAddress", "DescribeAddresses", true),
            ("CreateNatGateway", "DescribeAddresses", true),
            (
                "AuthorizeSecurityGroupIngress",
                "DescribeSecurityGroupRules",
                true,
            ),
            ("CreateRole", "GetAccountAuthorizationDetails", true),
            ("CreateTags", "DescribeVpcs", true),
            ("CreateSubnet", "DescribeAddresses", false),
        ];
        for (change, read, expected) in table {
            assert_eq!(concerns(change, read), expected, "{change} {read}");
        }
    }
}
