//! AWS's replies as they were recorded: a file for each operation. How they are made anew stands in
//! `corpus.rs`.
//!
//! The whole stack is applied, looked at and destroyed against the emulators. Each reply is kept with
//! a print of what was asked for, so that an unchanged run finds each thing in its place; of calls that
//! change something two of an operation are enough. The leases of these runs become the corpus of the
//! leases.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use testbed::{Reply, Request, Rule};

use crate::corpus;
use crate::program::Program;

/// Replies to calls that change something, for each operation.
const CHANGES_MAX: usize = 2;
/// Headers that the SDK reads.
const HEADERS: [&str; 4] = ["content-type", "etag", "smithy-protocol", "location"];

/// A reply.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Recorded {
    /// A print of what was asked for.
    pub(crate) asked: String,
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    body: String,
    /// A body that is no text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    base64: String,
}

/// The replies of an operation, by its name, such as `ec2:DescribeVpcs`.
pub(crate) type Replies = BTreeMap<String, Vec<Recorded>>;

/// All that was recorded.
pub(crate) static REPLIES: LazyLock<Replies> = LazyLock::new(|| {
    let files = corpus::files("replies").into_iter();
    files
        .map(|(name, content)| {
            let name = name.trim_end_matches(".json").replacen('.', ":", 1);
            (name, serde_json::from_slice(&content).expect("replies"))
        })
        .collect()
});

impl Recorded {
    fn of(request: &Request, reply: &Reply) -> Self {
        let header = |name: &&str| {
            let value = reply.headers.get(*name)?.to_str().ok()?;
            Some(((**name).to_owned(), value.to_owned()))
        };
        let (body, base64) = match std::str::from_utf8(&reply.body) {
            Ok(text) => (text.to_owned(), String::new()),
            Err(_) => (String::new(), STANDARD.encode(&reply.body)),
        };
        Self {
            asked: print(request),
            status: reply.status.as_u16(),
            headers: HEADERS.iter().filter_map(header).collect(),
            body,
            base64,
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        if self.base64.is_empty() {
            return self.body.clone().into_bytes();
        }
        STANDARD.decode(&self.base64).expect("base64")
    }
}

/// What tells one request of an operation from another, whoever signs it and when.
pub(crate) fn print(request: &Request) -> String {
    let mut parameters = request.parameters.clone();
    if let Some(members) = parameters.as_object_mut() {
        members.sort_keys();
        // Moments, which are others the next time.
        members.retain(|key, _| !key.to_lowercase().ends_with("time"));
    }
    let text = format!("{} {} {parameters}", request.method, request.region);
    format!("{:x}", Sha256::digest(text))[..12].to_owned()
}

/// Keeps the first reply to each request; of changes, a few.
fn keep(replies: &mut Replies, request: &Request, reply: &Reply) {
    if !reply.is_success() && !matches!(reply.status.as_u16(), 400..=404) {
        return;
    }
    let known = replies.entry(request.name()).or_default();
    let recorded = Recorded::of(request, reply);
    let is_known = known.iter().any(|one| one.asked == recorded.asked);
    let is_enough = request.is_mutating() && known.len() >= CHANGES_MAX;
    if !is_known && !is_enough {
        known.push(recorded);
    }
}

/// Keeps a lease that is written, by its standing.
fn keep_lease(request: &Request) {
    let is_lease = request.operation == "PutObject" && request.path.contains("/leases/");
    let lease = is_lease.then(|| serde_json::from_slice::<serde_json::Value>(&request.body));
    if let Some(Ok(lease)) = lease {
        let standing = lease["standing"].as_str().unwrap_or("unknown");
        let path = corpus::folder("lease").join(format!("{standing}.json"));
        fs::write(path, format!("{lease}\n")).expect("a file of the corpus");
    }
}

/// Everything that goes over the wire of a program from now on.
fn listen(program: &Program) -> Arc<Mutex<Replies>> {
    let heard = Arc::new(Mutex::new(Replies::new()));
    let ear = Arc::clone(&heard);
    program.bed.clear_faults();
    program
        .bed
        .inject(Rule::on_every().replaced(move |request, reply| {
            let mut replies = ear.lock().unwrap_or_else(PoisonError::into_inner);
            keep(&mut replies, request, &reply);
            keep_lease(request);
            reply
        }));
    heard
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes the corpus"]
async fn the_replies_are_recorded_anew() {
    let program = Program::whole().await;
    let making = listen(&program);
    program.apply().await;
    let looking = listen(&program);
    program.run(&["plan"]).await.exits(0);
    program.run(&["status"]).await;
    program.run(&["history"]).await.exits(0);
    let leaving = listen(&program);
    program.destroy().await;

    // What is there first, then what a run meets on its way.
    let mut all = Replies::new();
    for heard in [looking, making, leaving] {
        let heard = heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (operation, replies) in heard {
            let is_read = all.contains_key(&operation);
            if !is_read {
                all.insert(operation, replies);
            }
        }
    }
    let folder = corpus::folder("replies");
    fs::remove_dir_all(&folder).expect("the old corpus goes");
    fs::create_dir_all(&folder).expect("a folder");
    for (operation, replies) in all {
        let name = format!(
            "{}.json",
            operation.replace(':', ".").replace(['/', ' '], "_")
        );
        let text = serde_json::to_string_pretty(&replies).expect("plain data") + "\n";
        fs::write(folder.join(name), text).expect("a file of the corpus");
    }
}
