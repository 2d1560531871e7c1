//! The stand-in for GitHub, seen from the tests: what is there, and what was kept.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

pub(crate) const REPOSITORY: &str = "example/shop";

/// A running stand-in, which ends with it.
pub(crate) struct GitHub {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
    world: World,
}

/// What is there: branches, environments, runs, artifacts. May be changed from anywhere.
#[derive(Clone)]
pub(crate) struct World {
    value: Arc<Mutex<Value>>,
    file: PathBuf,
}

impl World {
    fn of(value: Value, folder: &Path) -> Self {
        let world = Self {
            value: Arc::new(Mutex::new(value)),
            file: folder.join("world.json"),
        };
        world.set(|_| ());
        world
    }

    /// Changes it, as of now.
    pub(crate) fn set(&self, change: impl FnOnce(&mut Value)) {
        let mut value = self.value.lock().expect("the world");
        change(&mut value);
        let new = self.file.with_extension("new");
        std::fs::write(&new, value.to_string()).expect("a world");
        std::fs::rename(new, &self.file).expect("a world");
    }

    fn read<T>(&self, read: impl FnOnce(&Value) -> T) -> T {
        read(&self.value.lock().expect("the world"))
    }
}

impl GitHub {
    pub(crate) fn start(python: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let world = json!({
            "refs": {}, "environments": {}, "runs": [], "artifacts": [], "tokens": {},
            "pulls": [], "comments": {}, "issues": [], "unwell": 0,
        });
        let world = World::of(world, folder.path());
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/deploy/github.py");
        let mut child = Command::new(python)
            .arg(program)
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the stand-in starts");
        let mut said = String::new();
        let out = child.stdout.take().expect("its output");
        BufReader::new(out).read_line(&mut said).expect("its port");
        Self {
            child,
            port: said.trim().parse().expect("a port"),
            folder,
            world,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where it keeps things.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Changes what is there.
    pub(crate) fn set(&self, change: impl FnOnce(&mut Value)) {
        self.world.set(change);
    }

    /// What is there, for those who change it while jobs go on.
    pub(crate) fn world(&self) -> World {
        self.world.clone()
    }

    /// A token with the rights that a job asks for.
    pub(crate) fn token(&self, permissions: &Value) -> String {
        let mut rights = serde_json::Map::new();
        for (name, level) in permissions.as_object().into_iter().flatten() {
            rights.insert(name.replace('-', "_"), level.clone());
        }
        let names: Vec<String> = rights.iter().map(|(n, l)| format!("{n}_{l}")).collect();
        let token = format!("ghs_{}", names.join("_").replace('"', ""));
        self.set(|world| world["tokens"][token.as_str()] = rights.into());
        token
    }

    pub(crate) fn has_reviewers(&self, environment: &str) -> bool {
        let rules = self
            .world
            .read(|world| world["environments"][environment].to_string());
        rules.contains("required_reviewers")
    }

    /// What the runner uploads: of a name in a run, the last counts.
    pub(crate) fn keep_artifact(&self, name: &str, file: &str, content: &str) {
        self.set(|world| {
            let artifacts = world["artifacts"].as_array_mut().expect("artifacts");
            let id = artifacts.len() + 1;
            artifacts.push(json!({
                "id": id, "name": name, "expired": false,
                "created_at": format!("2026-05-04T03:02:{id:02}Z"),
                "workflow_run": { "id": id, "repository_id": 7, "head_repository_id": 7 },
                "files": { file: content },
            }));
        });
    }

    /// The files of the last artifact of this name.
    pub(crate) fn artifact(&self, name: &str) -> Vec<(String, String)> {
        let all = self.artifacts();
        let found = all.iter().rfind(|artifact| artifact["name"] == name);
        let files = found.expect("such an artifact")["files"].as_object();
        let files = files.expect("files").iter();
        files
            .map(|(file, text)| (file.clone(), text.as_str().expect("a text").to_owned()))
            .collect()
    }

    pub(crate) fn artifacts(&self) -> Vec<Value> {
        let all = self.world.read(|world| world["artifacts"].clone());
        all.as_array().expect("artifacts").clone()
    }

    /// All that it was sent.
    pub(crate) fn kept(&self) -> Value {
        let text = std::fs::read_to_string(self.folder.path().join("kept.json")).expect("a file");
        serde_json::from_str(&text).expect("a document")
    }

    /// The bodies of the job's comments on a pull request.
    pub(crate) fn comments(&self, number: u64) -> Vec<String> {
        let kept = self.kept();
        let all = kept["comments"][number.to_string()].as_array().cloned();
        let bodies = all.unwrap_or_default();
        bodies
            .iter()
            .map(|comment| comment["body"].as_str().expect("a body").to_owned())
            .collect()
    }

    pub(crate) fn issues(&self) -> Vec<Value> {
        self.kept()["issues"].as_array().expect("issues").clone()
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        // Without standard input it ends.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
