//! Programs that are run, and what they say.
//!
//! May depend on nothing. Invariant: no shell comes in between, and a program ends with whoever
//! waits for it.

use std::collections::VecDeque;
use std::io;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};

use futures::future::join3;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, Command};

/// How many lines of what a program said an error shows.
const LINES: usize = 15;

/// A program did not do its work.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    /// It could not be started.
    #[error("it cannot be started: {0}")]
    NotStarted(io::Error),
    /// It ended with an error.
    #[error("it ended with {how}{}", said(.last))]
    Ended {
        /// Its exit status.
        how: String,
        /// What it said at last.
        last: Vec<String>,
    },
}

fn said(last: &[String]) -> String {
    if last.is_empty() {
        return " and said nothing".to_owned();
    }
    last.iter().map(|line| format!("\n  {line}")).collect()
}

/// Runs a program to its end and gives each line that it says, on either stream, to `tell`.
/// `input` is what it reads.
pub(super) async fn run(
    mut command: Command,
    input: Option<&str>,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<(), Failed> {
    let mut child = command
        .stdin(input.map_or_else(Stdio::null, |_| Stdio::piped()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(Failed::NotStarted)?;
    let last = Mutex::new(VecDeque::new());
    let hear = |line: &str| {
        tell(line);
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        last.push_back(line.to_owned());
        if last.len() > LINES {
            last.pop_front();
        }
    };
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    join3(
        give(stdin, input),
        listen(stdout, &hear),
        listen(stderr, &hear),
    )
    .await;
    let status = child.wait().await.map_err(Failed::NotStarted)?;
    if status.success() {
        return Ok(());
    }
    let last = last.into_inner().unwrap_or_else(PoisonError::into_inner);
    Err(Failed::Ended {
        how: status.to_string(),
        last: last.into(),
    })
}

async fn give(stdin: Option<ChildStdin>, input: Option<&str>) {
    if let (Some(mut stdin), Some(input)) = (stdin, input) {
        // A program that does not read its input says with its exit status whether it minds.
        let _ = stdin.write_all(input.as_bytes()).await;
    }
}

async fn listen(stream: Option<impl AsyncRead + Unpin>, hear: &(dyn Fn(&str) + Sync)) {
    let Some(stream) = stream else { return };
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    while stream
        .read_until(b'\n', &mut line)
        .await
        .is_ok_and(|n| n > 0)
    {
        hear(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
}
