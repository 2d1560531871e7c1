//! What the process takes of the machine, where the system is Linux and says so.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The size of a page, and the ticks of a second, on every machine that the tests run on.
const PAGE_BYTES: u64 = 4096;
const TICKS_PER_S: u64 = 100;

/// The memory of the process in bytes; 0 where nobody knows.
pub(crate) fn resident_bytes() -> u64 {
    let text = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0u64) * PAGE_BYTES
}

/// Where the system tells of the thread that asks.
pub(crate) fn this_thread() -> PathBuf {
    let thread = fs::read_link("/proc/thread-self").unwrap_or_default();
    Path::new("/proc").join(thread).join("stat")
}

/// How long this thread has worked; nothing where nobody knows.
pub(crate) fn worked(thread: &Path) -> Option<Duration> {
    let text = fs::read_to_string(thread).ok()?;
    // The name of the thread, in brackets, may hold anything.
    let (_, fields) = text.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let mut ticks = || times.next()?.parse::<u64>().ok();
    let ticks = ticks()? + ticks()?;
    Some(Duration::from_millis(ticks * 1000 / TICKS_PER_S))
}
