//! Leases, on paused time and a store in memory.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use super::memory::{Harm, Memory};
use super::{Before, Claim, Hold, Lease, Notice, Refused, Settings, Standing, Store, Unlocked};
use super::{look, take, unlock};
use crate::engine::Tenure;
use crate::engine::clock::{now, pause, within};

const STACK: &str = "shop@eu-west-1";
const KEY: &str = "leases/shop";
const SECOND: Duration = Duration::from_secs(1);

struct Scene {
    memory: Arc<Memory>,
    store: Arc<dyn Store>,
}

impl Scene {
    fn new() -> Self {
        let memory = Arc::new(Memory::default());
        let store: Arc<dyn Store> = memory.clone();
        Self { memory, store }
    }

    async fn take(&self, run: &str, wait_s: u64) -> Result<(Hold, Before, bool), Refused> {
        self.take_telling(run, wait_s, &mut |_| {}).await
    }

    async fn take_telling(
        &self,
        run: &str,
        wait_s: u64,
        notice: &mut dyn FnMut(Notice),
    ) -> Result<(Hold, Before, bool), Refused> {
        let settings = Settings {
            wait: Duration::from_secs(wait_s),
            ..Settings::default()
        };
        let seen = look(self.store.as_ref(), STACK).await?;
        let claim = claim(run);
        take(&self.store, STACK, &claim, settings, seen, notice).await
    }

    fn lease(&self) -> Lease {
        Lease::parse(&self.memory.body(KEY).unwrap()).unwrap()
    }
}

fn claim(run: &str) -> Claim {
    Claim {
        run: run.to_owned(),
        who: "arn:aws:iam::123456789012:user/alice".to_owned(),
        host: "laptop".to_owned(),
        pid: 7,
        command: "qpiac apply".to_owned(),
        version: "0.1.0".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_free_lease_is_taken_at_once_and_a_held_one_refused() {
    let scene = Scene::new();
    let (hold, before, is_first) = scene.take("a", 0).await.unwrap();
    assert_eq!((before, is_first), (Before::Settled, true));
    assert!(hold.granted().await.is_ok());

    let refused = scene.take("b", 0).await.err().unwrap().to_string();
    for part in ["user/alice", "laptop", "`qpiac apply`"] {
        assert!(refused.contains(part), "{refused}");
    }
    hold.release(true, SECOND).await.unwrap();
    assert_eq!(scene.lease().standing, Standing::Released);
    let (_, before, is_first) = scene.take("b", 0).await.unwrap();
    assert_eq!((before, is_first), (Before::Settled, true));
}

#[tokio::test(start_paused = true)]
async fn a_held_lease_is_waited_for() {
    let scene = Scene::new();
    let (hold, ..) = scene.take("a", 0).await.unwrap();
    let mut notices = Vec::new();
    let mut keep = |notice| notices.push(notice);
    let waiting = scene.take_telling("b", 90, &mut keep);
    let letting_go = async {
        pause(70 * SECOND).await;
        hold.release(false, SECOND).await.unwrap();
    };
    let (taken, ()) = tokio::join!(waiting, letting_go);
    let (_, before, is_first) = taken.unwrap();
    assert_eq!((before, is_first), (Before::Unsettled, false));
    assert!(
        matches!(notices.as_slice(), [Notice::Held(_)]),
        "{notices:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_dead_holder_is_replaced_after_its_time_and_no_sooner() {
    let scene = Scene::new();
    let (hold, ..) = scene.take("a", 0).await.unwrap();
    pause(50 * SECOND).await;
    drop(hold);
    let start = now();
    let (hold, before, _) = scene.take("b", 90).await.unwrap();
    let waited = start.elapsed();
    assert!(waited >= 60 * SECOND && waited < 70 * SECOND, "{waited:?}");
    assert_eq!(before, Before::Unsettled);
    assert_eq!(scene.lease().holder.run, "b");
    assert!(hold.granted().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_living_holder_is_never_replaced() {
    let scene = Scene::new();
    let (hold, ..) = scene.take("a", 0).await.unwrap();
    assert!(matches!(
        scene.take("b", 600).await,
        Err(Refused::Held(Some(_)))
    ));
    assert!(hold.granted().await.is_ok());
    assert!(scene.lease().renewals >= 29, "{}", scene.lease().renewals);
}

#[tokio::test(start_paused = true)]
async fn a_holder_notices_that_it_was_replaced() {
    let scene = Scene::new();
    let (hold, ..) = scene.take("a", 0).await.unwrap();
    let mut other = scene.lease();
    other.holder = claim("b");
    scene
        .memory
        .force(KEY, &serde_json::to_vec(&other).unwrap());
    let lost = hold.lost().await.why;
    assert!(lost.contains("took it over"), "{lost}");
    assert!(hold.granted().await.is_err());
    hold.release(true, SECOND).await.unwrap();
    assert_eq!(scene.lease().holder.run, "b");
    assert_eq!(scene.lease().standing, Standing::Held);
}

#[tokio::test(start_paused = true)]
async fn nothing_begins_while_the_lease_cannot_be_renewed() {
    let scene = Scene::new();
    let (hold, ..) = scene.take("a", 0).await.unwrap();
    scene.memory.set_down(true);
    pause(20 * SECOND).await;
    assert!(within(SECOND, hold.granted()).await.is_some());
    pause(15 * SECOND).await;
    assert!(within(120 * SECOND, hold.granted()).await.is_none());
    scene.memory.set_down(false);
    assert_eq!(within(10 * SECOND, hold.granted()).await, Some(Ok(())));
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_cannot_be_renewed_for_long_is_given_up() {
    let scene = Scene::new();
    let (hold, ..) = scene.take("a", 0).await.unwrap();
    scene.memory.set_down(true);
    let lost = within(400 * SECOND, hold.granted()).await;
    assert!(
        lost.is_some_and(|granted| granted.is_ok()),
        "there is time at first"
    );
    pause(40 * SECOND).await;
    let lost = within(400 * SECOND, hold.granted()).await.unwrap();
    let why = lost.unwrap_err().why;
    assert!(why.contains("could not be renewed for 30"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn lost_replies_lose_no_lease() {
    let scene = Scene::new();
    scene.memory.harm([Harm::After]);
    let (hold, ..) = scene.take("a", 0).await.unwrap();
    scene.memory.harm([Harm::After, Harm::Before, Harm::After]);
    pause(70 * SECOND).await;
    assert_eq!(within(SECOND, hold.granted()).await, Some(Ok(())));
    scene.memory.harm([Harm::After]);
    hold.release(true, SECOND).await.unwrap();
    assert_eq!(scene.lease().standing, Standing::Released);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_counts_as_held_until_its_time_is_over() {
    let scene = Scene::new();
    scene.memory.force(KEY, b"{\"format_version\": 1, \"hold");
    let start = now();
    let refused = scene.take("a", 0).await.err().unwrap().to_string();
    assert!(refused.contains("cannot be read"), "{refused}");
    let (_, before, _) = scene.take("a", 90).await.unwrap();
    assert_eq!(before, Before::Unsettled);
    assert!(start.elapsed() >= 60 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn unlocking_takes_the_lease_from_its_holder() {
    let scene = Scene::new();
    let store = scene.store.as_ref();
    let seen = async || look(store, STACK).await.unwrap().lease().cloned();
    let take = async |seen: Option<Lease>| unlock(store, STACK, seen.as_ref()).await;
    assert!(matches!(take(None).await, Ok(Unlocked::WasFree)));
    let (hold, ..) = scene.take("a", 0).await.unwrap();
    let of_a = seen().await;
    // Whoever was not seen keeps it.
    assert!(matches!(take(None).await, Ok(Unlocked::Renewed)));
    assert!(matches!(take(of_a.clone()).await, Ok(Unlocked::Taken)));
    assert!(matches!(take(of_a).await, Ok(Unlocked::WasFree)));
    assert!(hold.lost().await.why.contains("unlocked"));
    let (_, before, is_first) = scene.take("b", 0).await.unwrap();
    assert_eq!((before, is_first), (Before::Unsettled, true));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_lease_is_lost() {
    let scene = Scene::new();
    let (hold, ..) = scene.take("a", 0).await.unwrap();
    scene.memory.delete(KEY);
    assert!(hold.lost().await.why.contains("deleted"));
}

#[tokio::test(start_paused = true)]
async fn of_two_that_were_equally_fast_one_holds_it() {
    let scene = Scene::new();
    let seen = look(scene.store.as_ref(), STACK).await.unwrap();
    let settings = Settings {
        wait: Duration::ZERO,
        ..Settings::default()
    };
    let mut quiet = |_| {};
    let first = take(
        &scene.store,
        STACK,
        &claim("a"),
        settings,
        seen.clone(),
        &mut quiet,
    )
    .await;
    let second = take(&scene.store, STACK, &claim("b"), settings, seen, &mut quiet).await;
    assert!(first.is_ok());
    assert!(matches!(second, Err(Refused::Held(Some(_)))));
}
