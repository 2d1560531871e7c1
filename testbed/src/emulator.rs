//! A running moto, and the idle ones that wait for the next test.
//!
//! Depends on `python`. Invariant: a moto never outlives the process that started it, since it
//! ends when its standard input closes.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};

use crate::python;

/// The program that serves moto and ends with its parent.
const KEEPER: &str = include_str!("keeper.py");

/// Logs of processes that ended this long ago are removed.
const LOG_AGE_S: u64 = 24 * 60 * 60;

/// How many lines of the log are shown when moto does not start.
const LOG_TAIL_LINES: usize = 15;

/// Settings of moto: services become stable, AWS-managed policies exist, no images are loaded.
const SETTINGS: [(&str, &str); 4] = [
    ("MOTO_ECS_SERVICE_RUNNING", "2"),
    ("MOTO_IAM_LOAD_MANAGED_POLICIES", "true"),
    ("MOTO_EC2_LOAD_DEFAULT_AMIS", "false"),
    ("MOTO_ALLOW_NONEXISTENT_REGION", "false"),
];

/// Emulators that a finished test left; starting one takes seconds, emptying one does not.
static IDLE: Mutex<Vec<Moto>> = Mutex::new(Vec::new());

static STARTED: AtomicU32 = AtomicU32::new(0);

/// One emulator process.
pub(crate) struct Moto {
    process: Child,
    port: u16,
}

impl Moto {
    /// An idle emulator of this process, or a new one. It may hold what an earlier test left.
    ///
    /// # Errors
    ///
    /// When Python is missing or moto does not start.
    pub(crate) fn take() -> Result<Moto> {
        while let Some(mut idle) = pop_idle() {
            if matches!(idle.process.try_wait(), Ok(None)) {
                return Ok(idle);
            }
        }
        Moto::start(&python::environment()?)
    }

    /// Keeps the emulator for the next test of this process.
    pub(crate) fn give_back(self) {
        idle().push(self);
    }

    /// The loopback port that moto answers on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    fn start(python: &Path) -> Result<Moto> {
        let log_path = log_path()?;
        let log = File::create(&log_path)
            .with_context(|| format!("cannot create {}", log_path.display()))?;
        let mut command = Command::new(python);
        for (name, _) in std::env::vars_os() {
            let foreign = ["MOTO_", "AWS_", "PYTHON"];
            if foreign
                .iter()
                .any(|start| name.to_string_lossy().starts_with(start))
            {
                command.env_remove(name);
            }
        }
        let mut process = command
            .args(["-c", KEEPER])
            .envs(SETTINGS)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", python.display()))?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output)
                .read_line(&mut line)
                .context("cannot read moto's port")?;
        }
        let Ok(port) = line.trim().parse() else {
            let _ = process.kill();
            let _ = process.wait();
            bail!(
                "moto did not start; the end of {}:\n{}",
                log_path.display(),
                tail(&log_path)
            );
        };
        Ok(Moto { process, port })
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn idle() -> std::sync::MutexGuard<'static, Vec<Moto>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn pop_idle() -> Option<Moto> {
    idle().pop()
}

/// A new log file's path; logs of yesterday are removed on the way.
fn log_path() -> Result<PathBuf> {
    let directory = python::room().join("logs");
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    let now = SystemTime::now();
    for entry in fs::read_dir(&directory)
        .context("cannot list the logs")?
        .flatten()
    {
        let written = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .unwrap_or(now);
        if now.duration_since(written).unwrap_or_default() > Duration::from_secs(LOG_AGE_S) {
            let _ = fs::remove_file(entry.path());
        }
    }
    let number = STARTED.fetch_add(1, Ordering::Relaxed);
    Ok(directory.join(format!("moto-{}-{number}.log", std::process::id())))
}

fn tail(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
}
