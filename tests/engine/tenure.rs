//! A right to change the stack that is waited for, and one that is lost.

use std::time::Duration;

use futures::future::BoxFuture;
use qpiac::engine::{Ending, Lost, Skip, Tenure, What};
use qpiac::model::Milestone;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::cloud::Cloud;
use crate::scene::{Ran, Sketch, creating, ran_by, settings, thing};

/// A right that begins at one moment and is lost at another.
struct Between {
    begins: Instant,
    ends: Instant,
}

impl Between {
    /// From and until so many seconds from now.
    fn seconds(from_s: u64, until_s: u64) -> Self {
        let now = Instant::now();
        Self {
            begins: now + Duration::from_secs(from_s),
            ends: now + Duration::from_secs(until_s),
        }
    }

    fn loss() -> Lost {
        Lost {
            why: "bob took it over".to_owned(),
        }
    }
}

impl Tenure for Between {
    fn granted(&self) -> BoxFuture<'_, Result<(), Lost>> {
        Box::pin(async {
            sleep_until(self.begins).await;
            if Instant::now() < self.ends {
                Ok(())
            } else {
                Err(Self::loss())
            }
        })
    }

    fn lost(&self) -> BoxFuture<'_, Lost> {
        Box::pin(async {
            sleep_until(self.ends).await;
            Self::loss()
        })
    }
}

async fn ran(sketch: Sketch, cloud: &Cloud, tenure: &Between) -> Ran {
    let never = std::future::pending();
    let stops = watch::Sender::new(None);
    ran_by(&sketch.plan(), cloud, &settings(), tenure, never, &stops).await
}

#[tokio::test(start_paused = true)]
async fn no_call_is_made_before_the_right_begins() {
    let cloud = Cloud::new();
    let tenure = Between::seconds(7, 100);
    let never = std::future::pending();
    let stops = watch::Sender::new(None);
    let plan = creating("thing/a", thing(1, &[]));
    let ran = ran_by(&plan, &cloud, &settings(), &tenure, never, &stops).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert_eq!(ran.elapsed_ms(), 7000);
}

#[tokio::test(start_paused = true)]
async fn nothing_new_begins_after_the_right_was_lost() {
    let cloud = Cloud::new();
    cloud.slow("create", Duration::from_secs(3));
    let mut sketch = Sketch::default();
    let a = sketch.create("thing/a", thing(1, &[]));
    let b = sketch.create("thing/b", thing(1, &["thing/a"]));
    sketch.after(b, a, Milestone::Exists);
    let ran = ran(sketch, &cloud, &Between::seconds(0, 1)).await;
    assert_eq!(ran.outcome.ending, Ending::Partial);
    assert_eq!(ran.outcome.done, [a]);
    assert_eq!(ran.skipped(), [(b.0, Skip::Stopped)]);
    assert_eq!(cloud.changes(), ["create thing/a"]);
    let told = ran
        .events
        .iter()
        .any(|event| matches!(&event.what, What::TenureLost { why } if why == "bob took it over"));
    assert!(told);
}

#[tokio::test(start_paused = true)]
async fn a_right_that_is_lost_before_it_begins_changes_nothing() {
    let cloud = Cloud::new();
    let mut sketch = Sketch::default();
    sketch.create("thing/a", thing(1, &[]));
    let ran = ran(sketch, &cloud, &Between::seconds(5, 2)).await;
    assert_eq!(ran.outcome.ending, Ending::Partial);
    assert_eq!(cloud.changes(), Vec::<String>::new());
}
