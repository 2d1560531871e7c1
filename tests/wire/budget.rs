//! What a plan without changes costs: calls and sequential rounds.

use crate::program::{DEFAULT_STACK, Program};

/// Most calls of a plan of the default stack.
const MOST_CALLS: usize = 30;
/// Most sequential rounds.
const MOST_ROUNDS: u32 = 4;
/// Most further calls for each further service.
const MOST_CALLS_PER_SERVICE: usize = 4;

struct Cost {
    calls: Vec<String>,
    rounds: u32,
    reported_calls: u64,
    reported_rounds: u64,
}

async fn cost(program: &Program) -> Cost {
    program.bed.clear_journal();
    program.bed.measure_rounds(testbed::QUIET);
    let plan = program
        .run(&["plan", "--format", "json", "--detailed-exitcode"])
        .await
        .exits(0)
        .json();
    let rounds = program.bed.rounds();
    program.bed.stop_measuring_rounds();
    assert!(program.bed.mutating().is_empty());
    let calls: Vec<String> = program
        .bed
        .counted()
        .iter()
        .map(testbed::Call::name)
        .collect();
    Cost {
        calls,
        rounds,
        reported_calls: plan["stats"]["api_calls"].as_u64().expect("a number"),
        reported_rounds: plan["stats"]["api_rounds"].as_u64().expect("a number"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_without_changes_is_cheap() {
    let program = Program::with(DEFAULT_STACK).await;
    program.apply().await;
    let base = cost(&program).await;
    assert!(
        base.calls.len() <= MOST_CALLS,
        "{} calls: {:#?}",
        base.calls.len(),
        base.calls
    );
    assert!(base.rounds <= MOST_ROUNDS, "{} rounds", base.rounds);
    assert_eq!(base.reported_calls, base.calls.len() as u64);
    assert!(
        base.reported_rounds <= u64::from(MOST_ROUNDS),
        "{}",
        base.reported_rounds
    );

    let two = DEFAULT_STACK.to_owned()
        + "  api:\n    image: ghcr.io/example/api:1.0\n    cpu: 256\n    memory: 512\n    port: 9000\n    \
           health: /health\n    route: { path: /api/* }\n";
    program.write(&two);
    program.apply().await;
    let with_service = cost(&program).await;
    assert!(
        with_service.calls.len() <= base.calls.len() + MOST_CALLS_PER_SERVICE,
        "{} calls, {} before: {:#?}",
        with_service.calls.len(),
        base.calls.len(),
        with_service.calls
    );
    assert!(
        with_service.rounds <= MOST_ROUNDS,
        "{} rounds",
        with_service.rounds
    );

    let three_zones = DEFAULT_STACK
        .replace(
            "[us-east-1a, us-east-1b]",
            "[us-east-1a, us-east-1b, us-east-1c]",
        )
        .replace(
            "[10.0.1.0/24, 10.0.2.0/24]",
            "[10.0.1.0/24, 10.0.2.0/24, 10.0.5.0/24]",
        )
        .replace(
            "[10.0.3.0/24, 10.0.4.0/24]",
            "[10.0.3.0/24, 10.0.4.0/24, 10.0.6.0/24]",
        );
    program.write(&three_zones);
    program.apply().await;
    let with_zone = cost(&program).await;
    assert_eq!(
        with_zone.calls.len(),
        base.calls.len(),
        "{:#?}",
        with_zone.calls
    );
    assert!(
        with_zone.rounds <= MOST_ROUNDS,
        "{} rounds",
        with_zone.rounds
    );
}
