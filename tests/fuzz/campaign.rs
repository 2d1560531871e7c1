//! Input after input, each watched: for panics, for its time and for the memory of the process.
//!
//! A worker tries the inputs and a watcher waits for it. One that hangs is left alone and counted; one
//! that takes the memory ends the process, since nothing else would stop it.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use crate::case::Case;
use crate::machine::{resident_bytes, this_thread, worked};
use crate::panics::caught;
use crate::tally::{Tally, folder, report};

/// The first seed of the sample.
const FIRST_SEED: u64 = 20_260_101;
/// How long one input may work, and how long it may take on a machine that does other things.
const WORK_LIMIT_S: u64 = 20;
const INPUT_LIMIT_S: u64 = 300;
/// How much memory the process may take, in bytes.
const MEMORY_LIMIT_BYTES: u64 = 1 << 30;
/// How often the memory is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// So many inputs that hang end a part.
const HANGS_MAX: u64 = 3;
/// Of so many parts together is a long run, by their shares.
const SHARES: u64 = 10;

/// One thing that is read.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    /// How many inputs `cargo test` tries.
    pub(crate) sample: u64,
    /// Its share of a long run, of ten.
    pub(crate) share: u64,
    /// Tries an input; whether it was accepted.
    pub(crate) run: fn(&Arc<Case>) -> bool,
}

/// Long runs try one part after the other.
static TURN: Mutex<()> = Mutex::new(());

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}")),
    )
}

impl Part {
    /// Tries inputs as the environment says; fails where one panicked or hung.
    pub(crate) fn campaign(&'static self) -> Tally {
        let wanted = std::env::var("QPIAC_FUZZ_PART");
        if wanted.is_ok_and(|wanted| wanted != self.name) {
            return Tally::default();
        }
        let seconds = number("QPIAC_FUZZ_S");
        let _turn = seconds.map(|_| lock(&TURN));
        let share = seconds.map(|all| Duration::from_millis(all * 1000 * self.share / SHARES));
        let own = || match seconds {
            Some(_) => SystemTime::UNIX_EPOCH
                .elapsed()
                .map_or(FIRST_SEED, |since| since.as_secs() << 24),
            None => FIRST_SEED,
        };
        let first = number("QPIAC_FUZZ_FROM").unwrap_or_else(own);
        let tally = match number("QPIAC_FUZZ_SEED") {
            Some(seed) => self.try_all((seed, seed), None),
            None if share.is_some() => self.try_all((first, u64::MAX - 1), share),
            None => self.try_all((first, first + self.sample - 1), None),
        };
        println!("{}", tally.row(self.name));
        assert!(tally.failures.is_empty(), "{}", tally.told(self.name));
        tally
    }

    /// Tries these inputs, the last included, for so long.
    fn try_all(&'static self, seeds: (u64, u64), limit: Option<Duration>) -> Tally {
        let end = limit.map(|limit| Instant::now() + limit);
        let work = Arc::new(Work {
            part: self,
            next: AtomicU64::new(seeds.0),
            last: seeds.1,
            end,
            now: Mutex::default(),
            tally: Mutex::default(),
        });
        let mut worker = work.start();
        loop {
            thread::park_timeout(LOOK);
            if worker.is_finished() {
                break;
            }
            let mut now = lock(&work.now);
            let Some(trial) = now.as_ref() else { continue };
            if resident_bytes() > MEMORY_LIMIT_BYTES {
                end_of_memory(self.name, &trial.case);
            }
            if trial.is_too_long() {
                let mut tally = lock(&work.tally);
                tally.hung(self.name, WORK_LIMIT_S, &trial.case);
                if tally.hangs == HANGS_MAX {
                    break;
                }
                // The one that hangs finds nothing more to do, should it ever end.
                *now = None;
                worker = work.start();
            }
        }
        std::mem::take(&mut lock(&work.tally))
    }
}

/// An input that is being tried.
struct Trial {
    case: Arc<Case>,
    began: Instant,
    thread: PathBuf,
    worked: Option<Duration>,
}

impl Trial {
    fn begin(seed: u64) -> Self {
        let thread = this_thread();
        Self {
            case: Arc::new(Case::new(seed)),
            began: Instant::now(),
            worked: worked(&thread),
            thread,
        }
    }

    fn is_too_long(&self) -> bool {
        let limit = Duration::from_secs(WORK_LIMIT_S);
        let work = worked(&self.thread).zip(self.worked);
        let is_worked = work.is_some_and(|(now, then)| now.saturating_sub(then) > limit);
        is_worked || self.began.elapsed() > Duration::from_secs(INPUT_LIMIT_S)
    }
}

/// What a worker does, and how far it is.
struct Work {
    part: &'static Part,
    next: AtomicU64,
    last: u64,
    end: Option<Instant>,
    now: Mutex<Option<Trial>>,
    tally: Mutex<Tally>,
}

impl Work {
    fn start(self: &Arc<Self>) -> JoinHandle<()> {
        let work = Arc::clone(self);
        let watcher = thread::current();
        thread::spawn(move || {
            while work.try_next() {}
            watcher.unpark();
        })
    }

    /// Tries the next input; false where there is none, or another worker went on meanwhile.
    fn try_next(&self) -> bool {
        let seed = self.next.fetch_add(1, Ordering::Relaxed);
        let is_over = self.end.is_some_and(|end| Instant::now() >= end);
        if is_over || seed > self.last {
            return false;
        }
        // What a stack that overflows leaves behind: the process ends without a word.
        let _ = fs::write(folder().join(self.part.name), seed.to_string());
        let trial = Trial::begin(seed);
        let (case, began) = (Arc::clone(&trial.case), trial.began);
        *lock(&self.now) = Some(trial);
        let end = caught(|| (self.part.run)(&case));
        let mut now = lock(&self.now);
        if now.as_ref().is_none_or(|now| now.case.seed != seed) {
            return false;
        }
        *now = None;
        drop(now);
        let mut tally = lock(&self.tally);
        tally.inputs += 1;
        tally.took(seed, began.elapsed());
        match end {
            Ok(accepted) => tally.accepted += u64::from(accepted),
            Err(why) => {
                tally.panics += 1;
                tally.failed(why, self.part.name, &case);
            }
        }
        true
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Nothing else would stop an input that takes more and more.
fn end_of_memory(part: &str, case: &Case) -> ! {
    let (seed, path) = (case.seed, report(part, case));
    let path = path.display();
    eprintln!("{part}: seed {seed} takes more than {MEMORY_LIMIT_BYTES} bytes; it is in {path}");
    std::process::abort();
}

#[cfg(test)]
mod tests {
    use super::*;

    static PART: Part = Part {
        name: "itself",
        sample: 0,
        share: 0,
        run: |case| {
            case.show(b"shown");
            if case.seed.is_multiple_of(3) {
                let runtime = tokio::runtime::Builder::new_current_thread().build();
                // The panic of a task of which nobody learns.
                runtime.expect("a runtime").block_on(async {
                    drop(tokio::spawn(async { panic!("at {}", 3) }));
                    tokio::task::yield_now().await;
                });
            }
            case.seed.is_multiple_of(2)
        },
    };

    #[test]
    fn panics_are_counted_and_told_once_wherever_they_are() {
        let tally = PART.try_all((1, 12), None);
        assert_eq!((tally.inputs, tally.panics, tally.hangs), (12, 4, 0));
        assert_eq!(tally.accepted, 4, "2, 4, 8 and 10");
        let told = tally.told("itself");
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(
            told.starts_with("itself, seed 3: tests/fuzz/campaign.rs:"),
            "{told}"
        );
        assert!(told.ends_with("at 3"), "{told}");
        assert_eq!(
            fs::read(folder().join("fuzz-itself-3")).expect("a report"),
            b"shown"
        );
    }
}
