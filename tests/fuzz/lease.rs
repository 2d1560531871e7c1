//! Leases: whatever stands in the object, it is free, held, or taken over when its time is up, and a
//! person can take it away.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use qpiac::keep::{self, Claim, Etag, Lease, Object, Only, Refused, Store, Written};
use qpiac::model::Fault;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::campaign::Part;
use crate::case::Case;
use crate::random::Random;
use crate::scene::on_paused_time;
use crate::{corpus, json, mutate};

static PART: Part = Part {
    name: "lease",
    sample: 800,
    share: 1,
    run,
};

const STACK: &str = "qp-iac-cdn-headers@us-east-1";
/// Longer than any wait for a lease may take.
const LONGEST: Duration = Duration::from_secs(3 * 60 * 60);

static CORPUS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let parsed = |text: Vec<u8>| serde_json::from_slice(&text).expect("a lease");
    corpus::contents("lease").into_iter().map(parsed).collect()
});

/// One object, whatever its key.
#[derive(Default)]
struct Shelf(Mutex<BTreeMap<String, Vec<u8>>>);

impl Shelf {
    fn holding(key: &str, body: &[u8]) -> Self {
        Self(Mutex::new(BTreeMap::from([(
            key.to_owned(),
            body.to_vec(),
        )])))
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn etag(body: &[u8]) -> Etag {
    Etag(format!("{:x}", Sha256::digest(body)))
}

fn soon<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, Result<T, Fault>> {
    Box::pin(std::future::ready(Ok(value)))
}

impl Store for Shelf {
    fn name(&self) -> String {
        "a shelf".to_owned()
    }

    fn prepare(&self) -> BoxFuture<'_, Result<(), Fault>> {
        soon(())
    }

    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Object>, Fault>> {
        let body = self.with(|objects| objects.get(key).cloned());
        soon(body.map(|body| Object {
            etag: etag(&body),
            body,
        }))
    }

    fn write<'a>(
        &'a self,
        key: &'a str,
        body: Vec<u8>,
        only: Only,
    ) -> BoxFuture<'a, Result<Written, Fault>> {
        soon(self.with(|objects| {
            let there = objects.get(key).map(|body| etag(body));
            let may = match only {
                Only::Always => true,
                Only::IfAbsent => there.is_none(),
                Only::IfUnchanged(etag) => there == Some(etag),
            };
            if !may {
                return Written::Refused;
            }
            let written = Written::Done(etag(&body));
            objects.insert(key.to_owned(), body);
            written
        }))
    }

    fn last<'a>(
        &'a self,
        prefix: &'a str,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<String>, Fault>> {
        let keys = self.with(|objects| objects.keys().cloned().collect::<Vec<_>>());
        let keys = keys.into_iter().filter(|key| key.starts_with(prefix));
        soon(keys.take(most).collect())
    }
}

fn input(random: &mut Random) -> Vec<u8> {
    let mut document = CORPUS[random.below(CORPUS.len())].clone();
    let standings = ["held", "released", "left", "unlocked"];
    document["standing"] = random.pick(&standings).into();
    if random.once_in(3) {
        document["duration_ms"] = random.next().into();
    }
    json::mutate(random, &mut document);
    let mut text = json::text(random, &document);
    if random.once_in(8) {
        mutate::bytes(random, &mut text);
    }
    text
}

fn run(case: &Arc<Case>) -> bool {
    let mut random = case.random();
    let text = input(&mut random);
    case.show(&text);
    let is_lease = Lease::parse(&text).is_ok();
    let key = "leases/qp-iac-cdn-headers";
    let settings = keep::Settings {
        wait: Duration::from_secs(random.below(5000) as u64),
        ..keep::Settings::default()
    };
    let shelf = || -> Arc<dyn Store> { Arc::new(Shelf::holding(key, &text)) };
    on_paused_time(async {
        taken(&shelf(), settings).await;
        unlocked(shelf().as_ref()).await;
    });
    is_lease
}

/// It is taken or refused in time; it is refused only where somebody seems to hold it.
async fn taken(store: &Arc<dyn Store>, settings: keep::Settings) {
    let start = Instant::now();
    let seen = keep::look(store.as_ref(), STACK).await.expect("a look");
    let is_free = seen.is_free();
    let claim = Claim::new("somebody", "somewhere", "qpiac apply");
    let taking = keep::take(store, STACK, &claim, settings, seen, &mut |_| {}).await;
    assert!(start.elapsed() < LONGEST, "it took {:?}", start.elapsed());
    match taking {
        Ok((hold, _, is_first)) => {
            assert_eq!(is_first, is_free);
            tokio::time::sleep(Duration::from_secs(100)).await;
            hold.release(true, settings.duration)
                .await
                .expect("it is given back");
            let seen = keep::look(store.as_ref(), STACK).await.expect("a look");
            assert!(seen.is_free(), "it is not given back");
        }
        Err(refused @ Refused::Held(_)) => {
            assert!(!is_free, "nobody holds it");
            assert!(!refused.to_string().is_empty());
        }
        Err(Refused::Fault(fault)) => panic!("{fault}"),
    }
}

/// A person can always take it away.
async fn unlocked(store: &dyn Store) {
    let seen = keep::look(store, STACK).await.expect("a look");
    let unlocked = keep::unlock(store, STACK, seen.lease()).await;
    let unlocked = unlocked.expect("it is taken away");
    assert!(!matches!(unlocked, keep::Unlocked::Renewed));
    let seen = keep::look(store, STACK).await.expect("a look");
    assert!(seen.is_free(), "it is still held");
}

#[test]
fn no_lease_makes_the_program_panic_or_wait_for_ever() {
    let tally = PART.campaign();
    assert!(tally.is_telling(), "{tally:?}");
}
