//! Runs the jobs of a workflow file as GitHub's runner does: conditions, steps, outputs, environments,
//! and a token with the rights of the job and no others.
//!
//! What others' actions do, it does itself: the checkout is there, `./` puts qpiac on the path,
//! credentials come after the right role was asked for, and artifacts go to the stand-in for GitHub.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use serde_json::{Map, Value, json};
use tokio::process::Command;

use crate::expression::{Sofar, filled, holds};
use crate::github::{GitHub, REPOSITORY};

pub(crate) const PLAN_ROLE: &str = "arn:aws:iam::123456789012:role/qpiac-plan";
pub(crate) const DEPLOY_ROLE: &str = "arn:aws:iam::123456789012:role/qpiac-deploy";

/// The machine that jobs run on.
pub(crate) struct Runner {
    pub(crate) workspace: PathBuf,
    pub(crate) scratch: PathBuf,
    /// Where git, sh and python3 are: a path of folders.
    pub(crate) tools: OsString,
    /// Where qpiac is once it is installed.
    pub(crate) qpiac: PathBuf,
    /// What reaches AWS, once a role was assumed.
    pub(crate) credentials: Vec<(String, String)>,
    pub(crate) workflow: Value,
    /// The variables of the repository.
    pub(crate) variables: Value,
}

/// What started the workflow.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) name: &'static str,
    pub(crate) branch: String,
    pub(crate) commit: String,
    pub(crate) number: u64,
    pub(crate) details: Value,
}

/// A run of the workflow, with the jobs that were run. Those that wait for approval are not among them.
#[derive(Debug)]
pub(crate) struct Run {
    event: Event,
    needs: Value,
    pub(crate) jobs: BTreeMap<String, Ran>,
}

impl Run {
    /// A job that was run.
    #[track_caller]
    pub(crate) fn job(&self, name: &str) -> &Ran {
        let known = || format!("{name} was not run: {:?}", self.jobs.keys());
        self.jobs.get(name).unwrap_or_else(|| panic!("{}", known()))
    }
}

/// What a job did.
#[derive(Debug, Default)]
pub(crate) struct Ran {
    pub(crate) failed: bool,
    pub(crate) log: String,
    pub(crate) summary: String,
    outputs: Map<String, Value>,
}

impl Ran {
    /// That the job ended well or not, and that its log or summary has these parts.
    #[track_caller]
    pub(crate) fn ends(&self, well: bool, parts: &[&str]) -> &Self {
        let all = format!("{}\n{}", self.log, self.summary);
        assert_eq!(!self.failed, well, "{all}");
        for part in parts {
            assert!(all.contains(part), "not said: {part}\n{all}");
        }
        self
    }
}

/// One job as it goes on.
struct Job<'a> {
    runner: &'a Runner,
    github: &'a GitHub,
    event: &'a Event,
    contexts: Value,
    token: String,
    may_be_trusted: bool,
    role: &'static str,
    installed: bool,
    credentials: bool,
    ran: Ran,
}

impl Runner {
    /// Runs the workflow as far as it goes without approval.
    pub(crate) async fn run(&self, github: &GitHub, event: Event) -> Run {
        let mut run = Run {
            event,
            needs: json!({}),
            jobs: BTreeMap::new(),
        };
        self.go_on(github, &mut run, false).await;
        run
    }

    /// Runs the jobs that were not run yet and that may be now.
    pub(crate) async fn go_on(&self, github: &GitHub, run: &mut Run, is_approved: bool) {
        let jobs = self.workflow["jobs"].as_object().expect("jobs");
        for (name, job) in jobs {
            let contexts = self.contexts(github, &run.event, job, &run.needs);
            let sofar = match job["needs"].as_str() {
                Some(other) if run.jobs.get(other).is_none_or(|ran| ran.failed) => Sofar::Failed,
                _ => Sofar::Well,
            };
            let environment = job["environment"].as_str();
            let waits = environment.is_some_and(|name| github.has_reviewers(name));
            if run.jobs.contains_key(name)
                || !holds(job["if"].as_str(), &contexts, sofar)
                || (waits && !is_approved)
            {
                continue;
            }
            let ran = self.job(github, &run.event, job, contexts).await;
            run.needs[name.as_str()] = json!({ "outputs": ran.outputs.clone() });
            run.jobs.insert(name.clone(), ran);
        }
    }

    fn contexts(&self, github: &GitHub, event: &Event, job: &Value, needs: &Value) -> Value {
        let mut variables = self.variables.clone();
        // The role that may change is a variable of the environments, which other jobs do not see.
        if job["environment"].is_string() && variables["QPIAC_PLAN_ROLE"].is_string() {
            variables["QPIAC_DEPLOY_ROLE"] = DEPLOY_ROLE.into();
        }
        json!({
            "github": {
                "event_name": event.name,
                "event": event.details,
                "ref": format!("refs/heads/{}", event.branch),
                "repository": REPOSITORY,
                "run_id": event.number,
                "token": github.token(&job["permissions"]),
            },
            "needs": needs,
            "runner": { "temp": self.scratch },
            "steps": {},
            "vars": variables,
            "env": {},
        })
    }

    async fn job(&self, github: &GitHub, event: &Event, job: &Value, contexts: Value) -> Ran {
        let is_deploying = job["environment"].is_string();
        let mut going = Job {
            runner: self,
            github,
            event,
            token: github.token(&job["permissions"]),
            may_be_trusted: job["permissions"]["id-token"] == "write",
            role: if is_deploying { DEPLOY_ROLE } else { PLAN_ROLE },
            contexts,
            installed: false,
            credentials: false,
            ran: Ran::default(),
        };
        going.contexts["env"] = going.environment(&self.workflow["env"], &json!({}));
        going.contexts["env"] = going.environment(&job["env"], &going.contexts["env"]);
        for step in job["steps"].as_array().expect("steps") {
            going.step(step).await;
        }
        let outputs = job["outputs"].as_object().cloned().unwrap_or_default();
        for (name, text) in outputs {
            let text = text.as_str().expect("a text");
            let value = filled(text, &going.contexts, Sofar::Well);
            going.ran.outputs.insert(name, value.into());
        }
        going.ran
    }
}

impl Job<'_> {
    fn sofar(&self) -> Sofar {
        if self.ran.failed {
            Sofar::Failed
        } else {
            Sofar::Well
        }
    }

    /// Variables, with those of an outer place.
    fn environment(&self, given: &Value, outer: &Value) -> Value {
        let mut all = outer.clone();
        for (name, value) in given.as_object().into_iter().flatten() {
            let text = value.as_str().expect("a variable is a text");
            all[name.as_str()] = filled(text, &self.contexts, self.sofar()).into();
        }
        all
    }

    async fn step(&mut self, step: &Value) {
        if !holds(step["if"].as_str(), &self.contexts, self.sofar()) {
            return;
        }
        if let Some(action) = step["uses"].as_str() {
            let with = self.environment(&strings(&step["with"]), &json!({}));
            return self.action(action, &with);
        }
        let script = step["run"].as_str().expect("a step runs or uses something");
        assert!(
            !script.contains("${{"),
            "a script with an expression: {script}"
        );
        let output = self.script(script, &step["env"]).await;
        self.ran.failed |= !output.status.success();
        self.ran.log += &String::from_utf8_lossy(&output.stdout);
        self.ran.log += &String::from_utf8_lossy(&output.stderr);
        if let Some(id) = step["id"].as_str() {
            let written = std::fs::read_to_string(self.file("output")).expect("outputs");
            let lines = written.lines().filter_map(|line| line.split_once('='));
            let outputs: Map<String, Value> = lines
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect();
            self.contexts["steps"][id] = json!({ "outputs": outputs });
        }
        self.ran.summary += &std::fs::read_to_string(self.file("summary")).expect("a summary");
    }

    fn file(&self, name: &str) -> PathBuf {
        self.runner.scratch.join(name)
    }

    async fn script(&self, script: &str, given: &Value) -> Output {
        for name in ["output", "summary"] {
            std::fs::write(self.file(name), "").expect("a file");
        }
        let mut path = OsString::new();
        if self.installed {
            path.push(&self.runner.qpiac);
            path.push(":");
        }
        path.push(&self.runner.tools);
        let mut command = Command::new("sh");
        command
            .args(["-e", "-c", script])
            .current_dir(&self.runner.workspace)
            .env_clear()
            .env("PATH", path)
            .env("HOME", &self.runner.scratch)
            .env("DEPLOY_PAUSE_MS", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let event = self.event;
        let workflow = format!("{REPOSITORY}/.github/workflows/deploy.yml@refs/heads/x");
        for (name, value) in [
            ("GITHUB_API_URL", self.github.url()),
            ("GITHUB_SERVER_URL", "https://github.com".to_owned()),
            ("GITHUB_REPOSITORY", REPOSITORY.to_owned()),
            ("GITHUB_EVENT_NAME", event.name.to_owned()),
            ("GITHUB_REF_NAME", event.branch.clone()),
            ("GITHUB_SHA", event.commit.clone()),
            ("GITHUB_RUN_ID", event.number.to_string()),
            ("GITHUB_WORKFLOW_REF", workflow),
        ] {
            command.env(name, value);
        }
        command
            .env("GITHUB_OUTPUT", self.file("output"))
            .env("GITHUB_STEP_SUMMARY", self.file("summary"))
            .env("RUNNER_TEMP", &self.runner.scratch);
        if self.credentials {
            command.envs(self.runner.credentials.iter().cloned());
        }
        let environment = self.environment(given, &self.contexts["env"]);
        for (name, value) in environment.as_object().into_iter().flatten() {
            command.env(name, value.as_str().expect("a text"));
        }
        command.output().await.expect("sh runs")
    }

    fn action(&mut self, action: &str, with: &Value) {
        let name = action.split('@').next().unwrap_or_default();
        let text = |key: &str| with[key].as_str().unwrap_or_default().to_owned();
        match name {
            "actions/checkout" => assert_eq!(with["persist-credentials"], "false"),
            "./" => {
                assert!(!text("version").is_empty());
                self.installed = true;
            }
            "aws-actions/configure-aws-credentials" => {
                assert!(self.may_be_trusted, "no id-token for {action}");
                assert_eq!(text("role-to-assume"), self.role);
                assert!(!text("aws-region").is_empty());
                self.credentials = true;
            }
            "actions/upload-artifact" => {
                let content = std::fs::read_to_string(text("path")).expect("what is uploaded");
                let file = PathBuf::from(text("path"));
                let file = file.file_name().expect("a name").to_string_lossy();
                self.github.keep_artifact(&text("name"), &file, &content);
            }
            "actions/download-artifact" => {
                let folder = PathBuf::from(text("path"));
                std::fs::create_dir_all(&folder).expect("a folder");
                for (file, content) in self.github.artifact(&text("name")) {
                    std::fs::write(folder.join(file), content).expect("a file");
                }
            }
            other => panic!("an action that the tests do not know: {other}"),
        }
        assert!(!self.token.is_empty());
    }
}

/// Inputs may be written as numbers and truth values.
fn strings(with: &Value) -> Value {
    let all = with.as_object().cloned().unwrap_or_default();
    let text = |value: Value| match value {
        Value::String(_) => value,
        other => Value::String(other.to_string()),
    };
    Value::Object(all.into_iter().map(|(k, v)| (k, text(v))).collect())
}
