//! Input after input, each watched: for panics, for its time and for the memory of the process.
//!
//! A worker tries the inputs and a watcher waits for it. One that hangs is left alone and counted; one
//! that takes the memory ends the process, since nothing else would stop it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use crate::case::Case;
use crate::panics::caught;

/// The first seed of the sample.
const FIRST_SEED: u64 = 20_260_101;
/// How long one input may take, in seconds of a busy machine.
const INPUT_LIMIT_S: u64 = 20;
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

/// What became of the inputs of a part.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    inputs: u64,
    accepted: u64,
    panics: u64,
    hangs: u64,
    slowest: Duration,
    slowest_seed: u64,
    /// Where it panicked, and the first seed that led there with what was said.
    failures: BTreeMap<String, (u64, String)>,
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
            let now = lock(&work.now).clone();
            let Some((case, began)) = now else { continue };
            if resident_bytes() > MEMORY_LIMIT_BYTES {
                end_of_memory(self.name, &case);
            }
            if began.elapsed() > Duration::from_secs(INPUT_LIMIT_S) {
                let mut tally = lock(&work.tally);
                tally.hung(self.name, &case);
                if tally.hangs == HANGS_MAX {
                    break;
                }
                // The one that hangs finds nothing more to do, should it ever end.
                worker = work.start();
            }
        }
        std::mem::take(&mut lock(&work.tally))
    }
}

/// What a worker does, and how far it is.
struct Work {
    part: &'static Part,
    next: AtomicU64,
    last: u64,
    end: Option<Instant>,
    /// What is being tried, and since when.
    now: Mutex<Option<(Arc<Case>, Instant)>>,
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
        let case = Arc::new(Case::new(seed));
        let began = Instant::now();
        *lock(&self.now) = Some((Arc::clone(&case), began));
        let end = caught(|| (self.part.run)(&case));
        if lock(&self.now)
            .as_ref()
            .is_none_or(|(now, _)| now.seed != seed)
        {
            return false;
        }
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

impl Tally {
    /// Whether some inputs were accepted and some refused; else an accident in the generator makes
    /// all of them trivial. A few inputs tell nothing.
    pub(crate) fn is_telling(&self) -> bool {
        let is_mixed = self.accepted * 50 > self.inputs && self.accepted < self.inputs;
        self.inputs < 100 || is_mixed
    }

    fn took(&mut self, seed: u64, time: Duration) {
        if time > self.slowest {
            (self.slowest, self.slowest_seed) = (time, seed);
        }
    }

    fn hung(&mut self, part: &str, case: &Case) {
        self.inputs += 1;
        self.hangs += 1;
        let why = format!("seed {}: it took more than {INPUT_LIMIT_S} s", case.seed);
        self.failed(why, part, case);
    }

    /// Remembers a failure, once for each place.
    fn failed(&mut self, why: String, part: &str, case: &Case) {
        let place = why.split(": ").next().unwrap_or_default().to_owned();
        if self.failures.contains_key(&place) {
            return;
        }
        let path = report(part, case);
        eprintln!(
            "{part}: QPIAC_FUZZ_PART={part} QPIAC_FUZZ_SEED={}: {why}\n  the input is in {}",
            case.seed,
            path.display()
        );
        self.failures.insert(place, (case.seed, why));
    }

    fn row(&self, name: &str) -> String {
        format!(
            "| {name} | {} | {} | {} | {} | {} ms (seed {}) |",
            self.inputs,
            self.accepted,
            self.panics,
            self.hangs,
            self.slowest.as_millis(),
            self.slowest_seed
        )
    }

    fn told(&self, name: &str) -> String {
        let lines = self.failures.values();
        let lines = lines.map(|(seed, why)| format!("{name}, seed {seed}: {why}"));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Nothing else would stop an input that takes more and more.
fn end_of_memory(part: &str, case: &Case) -> ! {
    let (seed, path) = (case.seed, report(part, case));
    let path = path.display();
    eprintln!("{part}: seed {seed} takes more than {MEMORY_LIMIT_BYTES} bytes; it is in {path}");
    std::process::abort();
}

/// What the process takes of the machine's memory; 0 where the system does not say.
fn resident_bytes() -> u64 {
    const PAGE_BYTES: u64 = 4096;
    let text = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0u64) * PAGE_BYTES
}

/// Where reports are.
fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Writes an input that failed.
fn report(part: &str, case: &Case) -> PathBuf {
    let path = folder().join(format!("fuzz-{part}-{}", case.seed));
    let _ = fs::write(&path, case.shown());
    path
}
