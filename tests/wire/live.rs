//! The whole stack where requests are carried, with its application really running.
//!
//! Emulators start no containers, so the processes are started here, with what their task definition
//! gives them, and are made targets, as ECS does it. What they say is put into their log.

mod task;

use std::path::{Path, PathBuf};

use aws_sdk_elasticloadbalancingv2::types::TargetDescription;
use tokio::sync::Mutex;

use crate::observer::Observer;
use crate::program::{Program, Ran};
use task::{Definition, Task};

/// The application as it is delivered.
const APPLICATION: &str = "cdn_headers.main:create_app";

/// A stack with two tasks.
pub(crate) struct Live {
    pub(crate) program: Program,
    pub(crate) aws: Observer,
    tasks: Mutex<Vec<Task>>,
}

impl Live {
    /// Applies the whole stack and starts its tasks.
    pub(crate) async fn new() -> Self {
        let program = Program::whole_with_data_plane().await;
        program.apply().await;
        let aws = Observer::of(&program.bed);
        let live = Self {
            program,
            aws,
            tasks: Mutex::default(),
        };
        live.start_tasks(APPLICATION, None).await;
        live
    }

    /// Starts two tasks that run this application, in the place of those that run. A module of the
    /// application's may be in another folder than the workload's.
    pub(crate) async fn start_tasks(&self, application: &str, folder: Option<&Path>) {
        self.stop_tasks().await;
        let definition = Definition::of(&self.aws).await;
        for name in ["task-one", "task-two"] {
            let mut task = Task::start(name, &definition, application, folder, &self.program.bed);
            task.wait_until_it_serves(&self.aws, &definition).await;
            self.register(&task).await;
            self.tasks.lock().await.push(task);
        }
    }

    /// The same with the application as it is delivered.
    pub(crate) async fn restart_tasks(&self) {
        self.start_tasks(APPLICATION, None).await;
    }

    async fn stop_tasks(&self) {
        for mut task in std::mem::take(&mut *self.tasks.lock().await) {
            let group = self.aws.target_group("app").await;
            let deregister = self.aws.elbv2.deregister_targets();
            let deregister = deregister.target_group_arn(group.target_group_arn().unwrap());
            deregister.targets(task.target()).send().await.unwrap();
            task.stop().await;
        }
    }

    /// One task ends, and stays a target.
    pub(crate) async fn kill_one_task(&self) {
        self.tasks.lock().await[0].stop().await;
    }

    async fn register(&self, task: &Task) {
        let group = self.aws.target_group("app").await;
        let register = self.aws.elbv2.register_targets();
        let register = register.target_group_arn(group.target_group_arn().unwrap());
        register.targets(task.target()).send().await.unwrap();
    }

    /// Verifies the stack; its requests go to the emulators.
    pub(crate) async fn verify(&self) -> Ran {
        let endpoint = self.program.bed.data_plane();
        self.program
            .run(&["verify", "--endpoint", endpoint, "--format", "json"])
            .await
    }
}

/// A target on this machine.
fn target(port: u16) -> TargetDescription {
    TargetDescription::builder()
        .id("127.0.0.1")
        .port(port.into())
        .build()
}

/// The application's folder.
fn workload() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("workload")
}
