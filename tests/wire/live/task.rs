//! One process of the application.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use aws_sdk_elasticloadbalancingv2::types::TargetDescription;
use testbed::Testbed;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use super::{target, workload};
use crate::observer::Observer;

/// What a process says when it serves, in front of its port.
const SERVES: &str = "Uvicorn running on http://127.0.0.1:";
/// How long that may take on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the service's task definition gives its container.
pub(super) struct Definition {
    environment: Vec<(String, String)>,
    log_group: String,
    log_prefix: String,
}

impl Definition {
    /// That of the stack's service, with the secrets' values as ECS puts them in.
    pub(super) async fn of(aws: &Observer) -> Self {
        let clusters = aws.ecs.list_clusters().send().await.unwrap();
        let cluster = &clusters.cluster_arns()[0];
        let services = aws.ecs.list_services().cluster(cluster);
        let services = services.send().await.unwrap();
        let described = aws.ecs.describe_services().cluster(cluster);
        let described = described.set_services(services.service_arns);
        let described = described.send().await.unwrap();
        let name = described.services()[0].task_definition().unwrap();
        let found = aws.ecs.describe_task_definition().task_definition(name);
        let found = found.send().await.unwrap().task_definition.unwrap();
        let container = &found.container_definitions()[0];
        let mut environment: Vec<(String, String)> = container
            .environment()
            .iter()
            .map(|pair| (pair.name().unwrap().into(), pair.value().unwrap().into()))
            .collect();
        for secret in container.secrets() {
            let value = aws
                .secrets
                .get_secret_value()
                .secret_id(secret.value_from());
            let value = value.send().await.unwrap().secret_string.unwrap();
            environment.push((secret.name().to_owned(), value));
        }
        let log = container.log_configuration().unwrap().options().unwrap();
        Self {
            environment,
            log_group: log["awslogs-group"].clone(),
            log_prefix: log["awslogs-stream-prefix"].clone(),
        }
    }
}

/// A process of the application; it ends with this.
pub(super) struct Task {
    name: String,
    process: Child,
    said: Lines<BufReader<ChildStderr>>,
    port: u16,
}

impl Task {
    /// Starts a process as its definition says; which port it serves is found out when it does.
    pub(super) fn start(
        name: &str,
        definition: &Definition,
        application: &str,
        folder: Option<&Path>,
        bed: &Testbed,
    ) -> Self {
        let requirements = include_str!("../../../workload/tests/requirements.txt");
        let python = testbed::python_environment(requirements).unwrap();
        let mut command = Command::new(python);
        for foreign in Testbed::FOREIGN {
            command.env_remove(foreign);
        }
        let mut process = command
            .args(["-m", "uvicorn", "--factory", application])
            .args(["--host", "127.0.0.1", "--port", "0", "--no-server-header"])
            .current_dir(workload().join("app"))
            .envs(definition.environment.iter().cloned())
            .envs(bed.observer_environment())
            .envs(folder.map(|folder| ("PYTHONPATH", folder)))
            .env("TASK_NAME", name)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let said = BufReader::new(process.stderr.take().unwrap()).lines();
        Self {
            name: name.to_owned(),
            process,
            said,
            port: 0,
        }
    }

    /// Puts what the process says into its log until it serves.
    pub(super) async fn wait_until_it_serves(&mut self, aws: &Observer, definition: &Definition) {
        let mut said = Vec::new();
        let port = tokio::time::timeout(PATIENCE, async {
            while let Some(line) = self.said.next_line().await.unwrap() {
                let port = line.split_once(SERVES).map(|(_, rest)| {
                    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                    digits.parse().unwrap()
                });
                said.push(line);
                if port.is_some() {
                    return port;
                }
            }
            None
        });
        let port = port.await.expect("it serves in time");
        self.port = port.unwrap_or_else(|| panic!("{} ended: {said:#?}", self.name));
        self.log(aws, definition, said).await;
    }

    /// What the log driver of ECS does.
    async fn log(&self, aws: &Observer, definition: &Definition, lines: Vec<String>) {
        let process = self.process.id().unwrap_or_default();
        let stream = format!("{}/app/{}-{process}", definition.log_prefix, self.name);
        let create = aws.logs.create_log_stream().log_stream_name(&stream);
        let create = create.log_group_name(&definition.log_group);
        create.send().await.unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now_ms = i64::try_from(now.as_millis()).unwrap();
        let event = |line| InputLogEvent::builder().timestamp(now_ms).message(line);
        let events = lines.into_iter().map(|line| event(line).build().unwrap());
        let put = aws.logs.put_log_events().log_stream_name(stream);
        let put = put.log_group_name(&definition.log_group);
        put.set_log_events(Some(events.collect()))
            .send()
            .await
            .unwrap();
    }

    pub(super) fn target(&self) -> TargetDescription {
        target(self.port)
    }

    /// Ends the process, where it has not ended.
    pub(super) async fn stop(&mut self) {
        if self.process.try_wait().unwrap().is_none() {
            self.process.kill().await.unwrap();
        }
    }
}
