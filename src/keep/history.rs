//! What was done to a stack, run by run.
//!
//! May depend on the rest of `keep` and on `engine`. Invariant: a record that cannot be written or
//! read stops no run, and one that a killed run left says how far that came.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use super::claim::Claim;
use super::keys;
use super::moment;
use super::store::{Only, Store};
use crate::engine::clock::{pause, wall, within};
use crate::engine::{Event, What};
use crate::model::{Fault, FaultClass};

/// The version of a record's form.
const FORMAT_VERSION: u32 = 1;
/// How often what is new is written while a run goes on, in seconds.
const RHYTHM_S: u64 = 15;
/// How much of a run is kept, in bytes; the end of a longer one is still kept.
const LARGEST_BYTES: usize = 8 << 20;

/// The first line of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the form.
    pub format_version: u32,
    /// Who ran what.
    #[serde(flatten)]
    pub claim: Claim,
    /// The stack, as `NAME@REGION`.
    pub stack: String,
    /// When it began.
    pub started_at: String,
}

/// A run of the past.
#[derive(Clone, Debug)]
pub struct Run {
    /// Who ran what.
    pub header: Header,
    /// What happened, as far as it was written and this version understands it.
    pub events: Vec<Event>,
}

/// Writes what happens in a run.
pub struct Recorder {
    pages: Arc<Pages>,
    writer: JoinHandle<()>,
}

struct Pages {
    store: Arc<dyn Store>,
    key: String,
    text: Mutex<Text>,
}

#[derive(Default)]
struct Text {
    lines: String,
    is_written: bool,
}

fn key_of(stack: &str, run: &str) -> String {
    format!("{}{run}.jsonl", keys::history(stack))
}

impl Recorder {
    /// Begins the record of a run.
    pub fn begin(store: &Arc<dyn Store>, stack: &str, claim: &Claim) -> Self {
        let header = Header {
            format_version: FORMAT_VERSION,
            claim: claim.clone(),
            stack: stack.to_owned(),
            started_at: moment::text(wall()),
        };
        let lines = serde_json::to_string(&header).expect("text and numbers become JSON") + "\n";
        let pages = Arc::new(Pages {
            store: Arc::clone(store),
            key: key_of(stack, &claim.run),
            text: Mutex::new(Text {
                lines,
                is_written: false,
            }),
        });
        let writing = Arc::clone(&pages);
        let writer = tokio::spawn(async move {
            loop {
                // The next write has it all again.
                let _ = writing.write().await;
                pause(Duration::from_secs(RHYTHM_S)).await;
            }
        });
        Self { pages, writer }
    }

    /// Adds an event.
    pub fn add(&self, event: &Event) {
        let line = serde_json::to_string(event).expect("events are plain data with textual keys");
        let is_last = matches!(event.what, What::RunFinished { .. });
        let mut text = self.pages.text();
        if text.lines.len() + line.len() < LARGEST_BYTES || is_last {
            text.lines.push_str(&line);
            text.lines.push('\n');
            text.is_written = false;
        }
    }

    /// Writes the end within this time.
    ///
    /// # Errors
    /// The fault of the write, which is not repeated.
    pub async fn end(self, limit: Duration) -> Result<(), Fault> {
        self.writer.abort();
        within(limit, self.pages.write()).await.unwrap_or_else(|| {
            let message = "no answer in time";
            Err(Fault::own(FaultClass::Unknown, "s3:PutObject", message))
        })
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.writer.abort();
    }
}

impl Pages {
    fn text(&self) -> std::sync::MutexGuard<'_, Text> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write(&self) -> Result<(), Fault> {
        let body = {
            let mut text = self.text();
            if text.is_written {
                return Ok(());
            }
            text.is_written = true;
            text.lines.clone().into_bytes()
        };
        let written = self.store.write(&self.key, body, Only::Always).await;
        if written.is_err() {
            self.text().is_written = false;
        }
        written.map(|_| ())
    }
}

/// The last runs of a stack, as `NAME@REGION`, oldest first.
///
/// # Errors
/// The fault of a read.
pub async fn runs(store: &dyn Store, stack: &str, most: usize) -> Result<Vec<Run>, Fault> {
    let keys = store.last(&keys::history(stack), most).await?;
    let reading = keys.iter().map(|key| store.read(key));
    let mut runs = Vec::new();
    for object in join_all(reading).await {
        // A record may be deleted at any moment, and a strange object is no record.
        runs.extend(object?.and_then(|object| Run::parse(&object.body)));
    }
    Ok(runs)
}

/// One run of a stack, by its number.
///
/// # Errors
/// The fault of the read.
pub async fn run(store: &dyn Store, stack: &str, run: &str) -> Result<Option<Run>, Fault> {
    let object = store.read(&key_of(stack, run)).await?;
    Ok(object.and_then(|object| Run::parse(&object.body)))
}

impl Run {
    /// The run that an object records, where it does.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(body);
        let mut lines = text.lines();
        let header = serde_json::from_str(lines.next()?).ok()?;
        let events = lines.filter_map(|line| serde_json::from_str(line).ok());
        Some(Self {
            header,
            events: events.collect(),
        })
    }
}
