//! Running emulators, and the idle ones that wait for the next test.
//!
//! Depends on `python`. Invariant: an emulator never outlives the process that started it, since it
//! ends when its standard input closes.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, anyhow, bail};

use crate::python;

/// Logs of processes that ended this long ago are removed.
const LOG_AGE_S: u64 = 24 * 60 * 60;

/// How many lines of the log are shown when an emulator does not start.
const LOG_TAIL_LINES: usize = 15;

/// What emulators inherit of the environment of this process.
const INHERITED: [&str; 9] = [
    "HOME",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "PATH",
    "SYSTEMROOT",
    "TEMP",
    "TMPDIR",
    "USERPROFILE",
];

/// Emulators that a finished test left; starting them takes seconds, emptying them does not.
static IDLE: Mutex<Vec<Emulators>> = Mutex::new(Vec::new());

static STARTED: AtomicU32 = AtomicU32::new(0);

/// A program that stands in for AWS.
struct Program {
    name: &'static str,
    /// What serves it, tells its port, and ends with its parent.
    keeper: &'static str,
    /// The packages that it needs.
    requirements: &'static str,
    settings: &'static [(&'static str, &'static str)],
}

/// Services become stable, AWS-managed policies exist, no images are loaded; when a certificate is
/// issued, a shim decides.
const MOTO: Program = Program {
    name: "moto",
    keeper: include_str!("keepers/moto.py"),
    requirements: include_str!("../requirements/moto.txt"),
    settings: &[
        ("MOTO_ECS_SERVICE_RUNNING", "2"),
        ("MOTO_IAM_LOAD_MANAGED_POLICIES", "true"),
        ("MOTO_ACM_VALIDATION_WAIT", "0"),
        ("MOTO_EC2_LOAD_DEFAULT_AMIS", "false"),
        ("MOTO_ALLOW_NONEXISTENT_REGION", "false"),
    ],
};

/// The account is that of moto, so that its ARNs name the same one, and requests that are not signed
/// find what was made.
const MINISTACK: Program = Program {
    name: "ministack",
    keeper: include_str!("keepers/ministack.py"),
    requirements: include_str!("../requirements/ministack.txt"),
    settings: &[
        ("MINISTACK_ACCOUNT_ID", crate::ACCOUNT),
        ("LOG_LEVEL", "WARNING"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ],
};

/// The emulators of one test bed, and the socket of the proxy in front of them, whose address the
/// Lambda functions in them know.
pub(crate) struct Emulators {
    moto: Emulator,
    ministack: Emulator,
    socket: TcpListener,
}

impl Emulators {
    /// Idle emulators of this process, or new ones. They may hold what an earlier test left.
    ///
    /// # Errors
    ///
    /// When Python is missing or an emulator does not start.
    pub(crate) fn take() -> Result<Emulators> {
        while let Some(mut idle) = pop_idle() {
            if idle.moto.is_running() && idle.ministack.is_running() {
                return Ok(idle);
            }
        }
        let socket =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free loopback port")?;
        let address = socket.local_addr()?;
        let endpoint = [("AWS_ENDPOINT_URL", format!("http://{address}"))];
        let (moto, ministack) = std::thread::scope(|scope| {
            let moto = scope.spawn(|| Emulator::start(&MOTO, &[]));
            let ministack = Emulator::start(&MINISTACK, &endpoint);
            (moto.join(), ministack)
        });
        Ok(Emulators {
            moto: moto.map_err(|_| anyhow!("starting moto panicked"))??,
            ministack: ministack?,
            socket,
        })
    }

    /// Keeps the emulators for the next test of this process.
    pub(crate) fn give_back(self) {
        idle().push(self);
    }

    /// The loopback port that moto answers on.
    pub(crate) fn moto(&self) -> u16 {
        self.moto.port
    }

    /// The loopback port that ministack answers on.
    pub(crate) fn ministack(&self) -> u16 {
        self.ministack.port
    }

    /// The socket that the proxy listens on.
    ///
    /// # Errors
    ///
    /// When the process has too many files open.
    pub(crate) fn socket(&self) -> Result<TcpListener> {
        self.socket
            .try_clone()
            .context("cannot share the proxy's socket")
    }
}

/// One emulator process.
struct Emulator {
    process: Child,
    port: u16,
}

impl Emulator {
    fn start(program: &Program, settings: &[(&str, String)]) -> Result<Emulator> {
        let python = python::environment(program.requirements)?;
        let log_path = log_path(program.name)?;
        let log = File::create(&log_path)
            .with_context(|| format!("cannot create {}", log_path.display()))?;
        let inherited = INHERITED.map(|name| std::env::var_os(name).map(|value| (name, value)));
        let mut process = Command::new(&python)
            .args(["-c", program.keeper])
            .env_clear()
            .envs(inherited.into_iter().flatten())
            .envs(program.settings.iter().copied())
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", python.display()))?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output)
                .read_line(&mut line)
                .with_context(|| format!("cannot read the port of {}", program.name))?;
        }
        let Ok(port) = line.trim().parse() else {
            let _ = process.kill();
            let _ = process.wait();
            bail!(
                "{} did not start; the end of {}:\n{}",
                program.name,
                log_path.display(),
                tail(&log_path)
            );
        };
        Ok(Emulator { process, port })
    }

    fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It ends by itself then, and takes its files with it.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn idle() -> std::sync::MutexGuard<'static, Vec<Emulators>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn pop_idle() -> Option<Emulators> {
    idle().pop()
}

/// A new log file's path; logs of yesterday are removed on the way.
fn log_path(program: &str) -> Result<PathBuf> {
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
    Ok(directory.join(format!("{program}-{}-{number}.log", std::process::id())))
}

fn tail(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
}
