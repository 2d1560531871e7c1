//! The program at a terminal, seen as a person sees it.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use indicatif::{InMemoryTerm, TermLike as _};
use rexpect::process::PtyProcess;

/// How long anything may be awaited.
const PATIENCE: Duration = Duration::from_secs(90);

/// A terminal in which a program runs.
pub(crate) struct Window {
    process: PtyProcess,
    bytes: Receiver<Vec<u8>>,
    screen: InMemoryTerm,
    /// All bytes that came.
    raw: Vec<u8>,
    /// The first bytes of a character whose last ones have not come yet.
    rest: Vec<u8>,
}

impl Window {
    /// A terminal of this size with the program in it.
    pub(crate) fn open(command: &Command, columns: u16, rows: u16) -> Self {
        let process = PtyProcess::new(sized(command, columns, rows)).expect("a terminal");
        let mut reader = process.get_file_handle().expect("its other end");
        let (sender, bytes) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The end of a terminal is an error.
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            process,
            bytes,
            screen: InMemoryTerm::new(rows, columns),
            raw: Vec::new(),
            rest: Vec::new(),
        }
    }

    /// What can be seen as soon as that is so.
    #[track_caller]
    pub(crate) fn when(&mut self, is_so: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let seen = self.screen.contents();
            if is_so(&seen) {
                return seen;
            }
            assert!(begun.elapsed() < PATIENCE, "this is seen:\n{seen}");
            assert!(self.take(), "the program ended:\n{seen}");
        }
    }

    /// What can be seen at the end, and how it ended.
    pub(crate) fn end(mut self) -> (String, i32) {
        let code = self.wait();
        (self.screen.contents(), code)
    }

    /// The bytes that the program wrote, and how it ended.
    pub(crate) fn end_raw(mut self) -> (Vec<u8>, i32) {
        let code = self.wait();
        (self.raw, code)
    }

    fn wait(&mut self) -> i32 {
        while self.take() {}
        let status = format!("{:?}", self.process.wait().expect("an exit"));
        let code = status
            .trim_end_matches(')')
            .rsplit(", ")
            .next()
            .and_then(|code| code.parse().ok());
        code.unwrap_or_else(|| panic!("{status}"))
    }

    /// Takes what came; says whether more may come.
    fn take(&mut self) -> bool {
        match self.bytes.recv_timeout(Duration::from_millis(100)) {
            Ok(bytes) => {
                self.raw.extend(&bytes);
                self.rest.extend(bytes);
                let whole = match std::str::from_utf8(&self.rest) {
                    Ok(text) => text.len(),
                    Err(error) => error.valid_up_to(),
                };
                let text: Vec<u8> = self.rest.drain(..whole).collect();
                let text = String::from_utf8(text).expect("it was checked");
                self.screen.write_str(&text).expect("memory");
                true
            }
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => false,
        }
    }
}

/// The command in a shell that gives the terminal its size first.
fn sized(command: &Command, columns: u16, rows: u16) -> Command {
    let mut shell = Command::new("bash");
    shell
        .args(["-c", "stty cols \"$0\" rows \"$1\"; shift; exec \"$@\""])
        .args([columns.to_string(), rows.to_string()])
        .arg(command.get_program())
        .args(command.get_args())
        .env("TERM", "xterm-256color")
        .stdin(Stdio::inherit())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit());
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}
