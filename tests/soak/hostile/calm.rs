//! What a friendly AWS sees of a seed: how many calls each part takes, and what there is afterwards.
//!
//! Invariant: seeds with the same stack and edit are compared with one and the same calm run.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::edits;
use super::phase::{Failure, Phases};
use super::seed::{self, Sight};

/// The calm runs so far, by stack and edit.
#[derive(Default)]
pub(super) struct Calm(Mutex<BTreeMap<(bool, &'static str), Arc<Sight>>>);

impl Calm {
    /// The calm run of a seed.
    pub(super) async fn of(&self, seed: u64) -> Result<Arc<Sight>, Failure> {
        let key = (edits::is_whole(seed), edits::of_seed(seed).name);
        let mut known = self.0.lock().await;
        if let Some(sight) = known.get(&key) {
            return Ok(Arc::clone(sight));
        }
        let mut phases = Phases::new(edits::program(seed).await, None);
        let sight = Arc::new(seed::all(seed, &mut phases).await?);
        known.insert(key, Arc::clone(&sight));
        Ok(sight)
    }
}
