//! A repository with the deploy job, a GitHub that has it, and the emulators that it deploys to.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::github::{GitHub, REPOSITORY};
use crate::observer::Observer;
use crate::program::{Program, copy};
use crate::runner::{Event, PLAN_ROLE, Run, Runner};

/// A secret access key that nobody else has.
pub(crate) const SECRET_KEY: &str = "wJalrXUtnFEMI0K7MDENG0bPxRfiCYEXAMPLEKEY";

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The interpreter of the emulators, which is new enough for the scripts too.
pub(crate) fn python() -> PathBuf {
    let requirements = include_str!("../../testbed/requirements/moto.txt");
    testbed::python_environment(requirements).expect("a Python")
}

/// The branches, and what they are deployed to.
pub(crate) struct Scene {
    pub(crate) program: Program,
    pub(crate) github: GitHub,
    pub(crate) aws: Observer,
    pub(crate) runner: Runner,
    _tools: tempfile::TempDir,
    runs: u64,
}

impl Scene {
    /// A repository whose main branch has this stack file, which was never deployed.
    pub(crate) async fn with(stack: &str) -> Self {
        Self::of(Program::with(stack).await)
    }

    /// One whose stack was deployed by hand.
    pub(crate) async fn deployed(stack: &str) -> Self {
        let scene = Self::with(stack).await;
        scene.program.apply().await;
        scene
    }

    pub(crate) fn of(program: Program) -> Self {
        let python = python();
        let tools = tempfile::tempdir().expect("a folder");
        for folder in ["bin", "qpiac", "scratch"] {
            std::fs::create_dir(tools.path().join(folder)).expect("a folder");
        }
        let bin = tools.path().join("bin");
        write_program(&bin.join("python3"), &forward(&python));
        let qpiac = tools.path().join("qpiac");
        write_program(
            &qpiac.join("qpiac"),
            &forward(env!("CARGO_BIN_EXE_qpiac").as_ref()),
        );

        let mut path = bin.into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let workflow = std::fs::read_to_string(root().join(".github/workflows/deploy.yml"));
        let runner = Runner {
            workspace: program.path(""),
            scratch: tools.path().join("scratch"),
            tools: path,
            qpiac,
            credentials: credentials(&program),
            workflow: serde_yaml::from_str(&workflow.expect("the workflow")).expect("a document"),
            variables: json!({
                "QPIAC_PLAN_ROLE": PLAN_ROLE,
                "QPIAC_VERSION": env!("CARGO_PKG_VERSION"),
                "AWS_REGION": "us-east-1",
            }),
        };
        let scripts = Path::new(".github/scripts");
        copy(&root().join(scripts), &program.path("").join(scripts));
        let scene = Self {
            aws: Observer::of(&program.bed),
            github: GitHub::start(&python),
            program,
            runner,
            _tools: tools,
            runs: 100,
        };
        scene.git(&["init", "--quiet", "--initial-branch=main"]);
        scene.commit("The first");
        scene.tell_main();
        scene
    }

    /// Git, in the repository.
    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=A", "-c", "user.email=a@example.com"])
            .args(arguments)
            .current_dir(&self.runner.workspace)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .expect("git runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    fn tell_main(&self) {
        let commit = self.git(&["rev-parse", "main"]);
        self.github
            .set(|world| world["refs"]["main"] = commit.into());
    }

    /// A branch off main with this stack file, its pull request, and what the workflow says to that.
    pub(crate) async fn propose(&mut self, number: u64, stack: &str) -> Run {
        self.propose_from(number, stack, REPOSITORY).await
    }

    pub(crate) async fn propose_from(&mut self, number: u64, stack: &str, from: &str) -> Run {
        let branch = format!("change-{number}");
        self.git(&["checkout", "--quiet", "-B", &branch, "main"]);
        self.program.write(stack);
        self.commit("A change");
        let head = self.git(&["rev-parse", "HEAD"]);
        self.git(&["checkout", "--quiet", "--detach", "main"]);
        self.git(&[
            "merge",
            "--quiet",
            "--no-ff",
            "--message",
            "Merged",
            &branch,
        ]);
        self.github.set(|world| world["pulls"] = json!([number]));
        let details = json!({ "pull_request": {
            "number": number,
            "head": { "sha": head, "repo": { "full_name": from } },
        } });
        self.start("pull_request", &format!("{number}/merge"), details)
            .await
    }

    /// The pull request is merged, as one commit.
    pub(crate) async fn merge(&mut self, number: u64) -> Run {
        self.git(&["checkout", "--quiet", "main"]);
        self.git(&["merge", "--quiet", "--squash", &format!("change-{number}")]);
        self.commit("A change");
        self.tell_main();
        self.pushed().await
    }

    /// A commit on main that no pull request brought.
    pub(crate) fn push(&self, file: &str, text: &str) {
        self.git(&["checkout", "--quiet", "main"]);
        self.program.write_as(file, text);
        self.commit("Straight to main");
        self.tell_main();
    }

    /// What the workflow says to what is checked out and was pushed to main.
    pub(crate) async fn pushed(&mut self) -> Run {
        self.start("push", "main", json!({})).await
    }

    /// Somebody approves what a run waits with.
    pub(crate) async fn approve(&mut self, run: &mut Run) {
        self.runner.go_on(&self.github, run, true).await;
    }

    /// The look of every morning.
    pub(crate) async fn watch(&mut self) -> Run {
        self.git(&["checkout", "--quiet", "main"]);
        self.start("schedule", "main", json!({})).await
    }

    async fn start(&mut self, name: &'static str, branch: &str, details: Value) -> Run {
        self.runs += 1;
        let event = Event {
            name,
            branch: branch.to_owned(),
            commit: self.git(&["rev-parse", "HEAD"]),
            number: self.runs,
            details,
        };
        self.runner.run(&self.github, event).await
    }

    /// There is somebody to approve.
    pub(crate) fn has_reviewers(&self) {
        self.github.set(|world| {
            world["environments"]["production-approval"] =
                json!([{ "id": 1, "type": "required_reviewers", "reviewers": [{ "type": "User" }] }]);
        });
    }

    /// Somebody changes AWS by hand.
    pub(crate) async fn drift(&self, count: i32) {
        let call = self.aws.ecs.update_service();
        call.cluster("qp-iac-cdn-headers-cluster")
            .service("qp-iac-cdn-headers-app-service")
            .desired_count(count)
            .send()
            .await
            .unwrap();
    }

    /// Under the name of what is checked out now, as a job of somebody else could put it.
    pub(crate) fn forge(&self, content: &str) {
        let tree = self.git(&["rev-parse", "HEAD^{tree}"]);
        let name = format!("qpiac-plan-stack.yaml-{tree}");
        self.github.keep_artifact(&name, "qpiac.plan", content);
    }

    /// The last plan that a job kept.
    pub(crate) fn last_plan(&self) -> String {
        let last = self.github.artifacts().pop().expect("an artifact");
        last["files"]["qpiac.plan"]
            .as_str()
            .expect("a plan")
            .to_owned()
    }

    /// From now on qpiac is this program; `REAL` in it is the real one.
    pub(crate) fn replace_qpiac(&self, script: &str) {
        let script = script.replace("REAL", env!("CARGO_BIN_EXE_qpiac"));
        write_program(&self.runner.qpiac.join("qpiac"), &script);
    }

    /// That nothing was changed in AWS since the journal was cleared.
    #[track_caller]
    pub(crate) fn assert_untouched(&self) {
        let calls = self.program.bed.mutating();
        let names: Vec<String> = calls.iter().map(testbed::Call::name).collect();
        assert!(names.is_empty(), "{names:?}");
    }
}

fn credentials(program: &Program) -> Vec<(String, String)> {
    let mut all = program.bed.environment();
    for (name, value) in &mut all {
        if name == "AWS_SECRET_ACCESS_KEY" {
            SECRET_KEY.clone_into(value);
        }
    }
    let more = [("QPIAC_PACE_MS", "5"), ("QPIAC_READ_LAG_MS", "50")];
    all.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
    all.extend(
        program
            .image
            .map(|image| ("QPIAC_IMAGE_APP".to_owned(), image.to_owned())),
    );
    all
}

fn forward(program: &Path) -> String {
    format!("exec '{}' \"$@\"", program.display())
}

pub(crate) fn write_program(path: &Path, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, format!("#!/bin/sh\n{script}\n")).expect("a program");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("a program");
}
