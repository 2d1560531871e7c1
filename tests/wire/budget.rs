//! What a plan without changes costs: calls and sequential rounds.

use std::time::Duration;

use crate::permissions::check_read;
use crate::program::{Program, WHOLE_STACK, edited};

/// Most calls of a plan of the whole stack.
const MOST_CALLS: usize = 95;
/// Most sequential rounds.
const MOST_ROUNDS: u32 = 4;
/// Most further calls for each further service, without its alarms.
const MOST_CALLS_PER_SERVICE: usize = 4;
/// Most further calls for each further function, without its alarm.
const MOST_CALLS_PER_FUNCTION: usize = 4;
/// Most further calls for each further alarm.
const MOST_CALLS_PER_ALARM: usize = 1;

/// Longer than a busy machine makes the program hesitate between two requests.
const QUIET: Duration = Duration::from_millis(300);

/// Processor, memory, errors, tasks that are not well, and time.
const ALARMS_OF_A_SERVICE: usize = 5;

const SERVICE: &str = "  api:
    image: ghcr.io/example/api:1.0
    port: 9000
    health: /health
    route: { path: /v2/* }
    scaling: { max: 3, requests_per_task: 100 }
    reads: [jwt]
";

const FUNCTION: &str = "  reports:
    code: workload/functions/jwt_generator
    handler: generator.handler
    runtime: python3.13
    reads: [jwt]
    url: iam
";

struct Cost {
    calls: Vec<String>,
}

impl Cost {
    /// What a plan of a stack without changes costs.
    async fn of(program: &Program) -> Self {
        program.bed.clear_journal();
        program.bed.measure_rounds(QUIET);
        let plan = program
            .run(&["plan", "--format", "json", "--detailed-exitcode"])
            .await
            .exits(0)
            .json();
        let rounds = program.bed.rounds();
        program.bed.stop_measuring_rounds();
        assert!(program.bed.mutating().is_empty());
        check_read(&program.bed);
        let calls: Vec<String> = program
            .bed
            .counted()
            .iter()
            .map(testbed::Call::name)
            .collect();
        assert!(rounds <= MOST_ROUNDS, "{rounds} rounds");
        let told = &plan["stats"];
        assert_eq!(told["api_calls"], calls.len());
        assert!(told["api_rounds"].as_u64() <= Some(MOST_ROUNDS.into()));
        Self { calls }
    }

    #[track_caller]
    fn is_at_most(&self, most: usize) {
        let count = self.calls.len();
        assert!(
            count <= most,
            "{count} calls, {most} allowed: {:#?}",
            self.calls
        );
    }
}

/// Applies another stack, and tells what a plan of it costs.
async fn cost_of(program: &Program, stack: &str) -> Cost {
    program.write(stack);
    program.apply().await;
    Cost::of(program).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_without_changes_is_cheap() {
    let program = Program::whole().await;
    let base = cost_of(&program, WHOLE_STACK).await;
    base.is_at_most(MOST_CALLS);
    let before = base.calls.len();

    let service = format!("{SERVICE}\nfunctions:");
    let service = cost_of(&program, &edited(WHOLE_STACK, "\nfunctions:", &service)).await;
    let alarms = ALARMS_OF_A_SERVICE * MOST_CALLS_PER_ALARM;
    service.is_at_most(before + MOST_CALLS_PER_SERVICE + alarms);

    let function = format!("{FUNCTION}\nmonitoring:");
    let function = cost_of(&program, &edited(WHOLE_STACK, "\nmonitoring:", &function)).await;
    function.is_at_most(before + MOST_CALLS_PER_FUNCTION + MOST_CALLS_PER_ALARM);

    let alarm = "dashboard: true\n  alarms: { response_time_ms: off }";
    let without_alarm = edited(WHOLE_STACK, "dashboard: true", alarm);
    let without_alarm = cost_of(&program, &without_alarm).await.calls.len();
    base.is_at_most(without_alarm + MOST_CALLS_PER_ALARM);

    let zone = edited(WHOLE_STACK, "us-east-1b]", "us-east-1b, us-east-1c]");
    let zone = edited(&zone, "10.0.2.0/24]", "10.0.2.0/24, 10.0.5.0/24]");
    let zone = edited(&zone, "10.0.4.0/24]", "10.0.4.0/24, 10.0.6.0/24]");
    cost_of(&program, &zone).await.is_at_most(before);
}
