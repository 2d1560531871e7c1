//! Randomness, for everything that runs.
//!
//! May depend on nothing. Invariant: with a seed, the same questions in the same order get the same
//! answers.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};

/// A source of random numbers.
#[derive(Debug)]
pub struct Random(StdRng);

impl Random {
    /// A source that repeats itself for the same seed, or one that nobody can foresee.
    pub fn new(seed: Option<u64>) -> Self {
        Self(seed.map_or_else(StdRng::from_os_rng, StdRng::seed_from_u64))
    }

    /// A time between `least` and `most`, both included, in whole milliseconds.
    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.0.random_range(millis(least)..=millis(most)))
    }

    /// Bytes that tell one run from every other.
    pub fn key(&mut self) -> [u8; 16] {
        let mut key = [0; 16];
        self.0.fill_bytes(&mut key);
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_itself() {
        let (mut one, mut same) = (Random::new(Some(7)), Random::new(Some(7)));
        let hour = Duration::from_secs(3600);
        assert_eq!(one.key(), same.key());
        assert_eq!(
            one.between(Duration::ZERO, hour),
            same.between(Duration::ZERO, hour)
        );
        assert_ne!(Random::new(None).key(), Random::new(None).key());
    }
}
