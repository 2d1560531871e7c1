//! A repository with the deploy job, a GitHub that has it, and the emulators that it deploys to.

use std::path::Path;

use serde_json::{Value, json};

use crate::github::{GitHub, REPOSITORY};
use crate::machine::{self, python, root, workflow, write_forward, write_program};
use crate::observer::Observer;
use crate::program::{Program, copy};
use crate::runner::{Event, PLAN_ROLE, Ran, Run, Runner};

/// A secret access key that nobody else has.
pub(crate) const SECRET_KEY: &str = "wJalrXUtnFEMI0K7MDENG0bPxRfiCYEXAMPLEKEY";

/// The branches, and what they are deployed to.
pub(crate) struct Scene {
    pub(crate) program: Program,
    pub(crate) github: GitHub,
    pub(crate) aws: Observer,
    pub(crate) runner: Runner,
    _tools: tempfile::TempDir,
    runs: u64,
    /// How many calls had changed something when the last run began.
    changes: usize,
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

    /// The same, and there is somebody to approve.
    pub(crate) async fn with_reviewers(stack: &str) -> Self {
        let scene = Self::deployed(stack).await;
        scene.has_reviewers();
        scene
    }

    pub(crate) fn of(program: Program) -> Self {
        let python = python();
        let tools = tempfile::tempdir().expect("a folder");
        for folder in ["bin", "qpiac", "scratch"] {
            std::fs::create_dir(tools.path().join(folder)).expect("a folder");
        }
        let bin = tools.path().join("bin");
        write_forward(&bin.join("python3"), &python);
        let qpiac = tools.path().join("qpiac");
        write_forward(&qpiac.join("qpiac"), env!("CARGO_BIN_EXE_qpiac").as_ref());

        let mut path = bin.into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let runner = Runner {
            workspace: program.path(""),
            scratch: tools.path().join("scratch"),
            tools: path,
            qpiac,
            credentials: credentials(&program),
            workflow: workflow("deploy.yml"),
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
            changes: 0,
        };
        scene.git(&["init", "--quiet", "--initial-branch=main"]);
        scene.commit("The first");
        scene.tell_main();
        scene
    }

    /// Git, in the repository.
    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        machine::git(&self.runner.workspace, arguments)
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

    /// The same where the plan is made, as it has to be.
    pub(crate) async fn planned(&mut self, number: u64, stack: &str) {
        let run = self.propose(number, stack).await;
        run.job("plan").ends(true, &[]);
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
    pub(crate) async fn approve<'r>(&mut self, run: &'r mut Run) -> &'r Ran {
        self.changes = self.program.bed.mutating().len();
        self.runner.go_on(&self.github, run, true).await;
        run.job("approved")
    }

    /// The look of every morning.
    pub(crate) async fn watch(&mut self) -> Run {
        self.git(&["checkout", "--quiet", "main"]);
        self.start("schedule", "main", json!({})).await
    }

    async fn start(&mut self, name: &'static str, branch: &str, details: Value) -> Run {
        self.runs += 1;
        self.changes = self.program.bed.mutating().len();
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

    /// A value in the workflow's `env`.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.runner.workflow["env"][name] = value.into();
    }

    /// That the last run changed nothing in AWS.
    #[track_caller]
    pub(crate) fn assert_untouched(&self) {
        let calls = self.program.bed.mutating();
        let names = calls.iter().skip(self.changes).map(testbed::Call::name);
        let names: Vec<String> = names.collect();
        assert!(names.is_empty(), "{names:?}");
    }

    /// That the last run did not carry out the reviewed plan, with this in the place of a reason, and
    /// that a new one waits.
    #[track_caller]
    pub(crate) fn assert_put_forward(&self, run: &Run, parts: &[&str]) {
        let deploy = run.job("deploy").ends(true, parts);
        deploy.ends(true, &["A new plan waits for approval"]);
        assert!(!run.jobs.contains_key("approved"));
        self.assert_untouched();
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
