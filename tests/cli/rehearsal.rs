//! Failures rehearsed in the sandbox, and what they must not leave behind.

use crate::program::{DEFAULT_STACK, Done, Place, done};

/// An apply in which the first resource of a kind does not work.
fn apply_breaking(place: &Place, breaks: &str) -> Done {
    let mut command = place.command(&["apply", "--sandbox", "--progress", "plain"]);
    command
        .env("QPIAC_SANDBOX_BREAKS", breaks)
        .env("QPIAC_PACE_MS", "10");
    done(&command.output().expect("the program runs"))
}

/// Secrets that running tasks read are there as long as they run: a deployment that fails goes back to them.
#[test]
fn secrets_outlive_the_tasks_that_read_them() {
    let place = Place::new();
    let service = "    logs: { retention_days: 30 }\n";
    let secrets = "secrets:\n  injected: {}\n  looked-up: {}\n";
    let reading = "    secrets: { TOKEN: injected }\n    reads: [looked-up]\n";
    place.write(&format!(
        "{}{secrets}",
        DEFAULT_STACK.replace(service, &format!("{service}{reading}"))
    ));
    place.run(&["apply", "--sandbox"]).expect(0);
    place.write(DEFAULT_STACK);
    let failed = apply_breaking(&place, "ecs-service=tasks failed to start").expect(1);
    for line in [
        "error: update ecs-service/app failed\n  AWS reports it as working, but not with the wanted \
         task_definition\n  - tasks failed to start\n",
        "delete secret/injected (skipped, needs ecs-service/app)\n",
        "delete secret/looked-up (skipped, needs ecs-service/app)\n",
        "delete task-definition/app (skipped, needs ecs-service/app)\n",
    ] {
        assert!(failed.err.contains(line), "{line}: {}", failed.err);
    }
    // The service runs what it ran before; the next run changes it again, and then the secrets go.
    place.run(&["status", "--sandbox"]).expect(0);
    let plan = place.run(&["plan", "--sandbox"]).expect(0).out;
    assert!(plan.contains("~ update ecs-service/app"), "{plan}");
    place.run(&["apply", "--sandbox"]).expect(0);
    let status = place.run(&["status", "--sandbox"]).expect(0);
    assert!(!status.out.contains("secret/"), "{}", status.out);
}

#[test]
fn a_rehearsal_that_means_nothing_is_refused() {
    let place = Place::new();
    for breaks in ["ecs-service", "ecs-service=", "=no", ""] {
        let refused = apply_breaking(&place, breaks).expect(1);
        let told = format!("QPIAC_SANDBOX_BREAKS is `{breaks}`; expected a kind of resource");
        assert!(refused.err.contains(&told), "{}", refused.err);
    }
    let refused = apply_breaking(&place, "ecs-servce=no").expect(1);
    assert!(
        refused
            .err
            .contains("names no kind of resource: `ecs-servce`"),
        "{}",
        refused.err
    );
    assert!(!place.path(".qpiac/sandbox.json").exists());
}

#[test]
fn the_environment_chooses_how_a_run_is_told() {
    let place = Place::new();
    for (given, code) in [("", 0), ("plain", 0), ("quiet", 64)] {
        let mut command = place.command(&["destroy", "--sandbox"]);
        command.env("QPIAC_PROGRESS", given);
        let done = done(&command.output().expect("the program runs")).expect(code);
        let is_told = done
            .err
            .contains("QPIAC_PROGRESS is `quiet`; expected live or plain");
        assert_eq!(is_told, code != 0, "{}", done.err);
    }
}

/// What is ready at once cannot break later: the call fails.
#[test]
fn what_nobody_waits_for_is_refused() {
    let place = Place::new();
    let failed = apply_breaking(&place, "log-group=no more of them").expect(1);
    assert!(
        failed.err.contains(
            "error: create log-group/app failed\n  logs:CreateLogGroup: Rehearsed: no more of them"
        ),
        "{}",
        failed.err
    );
    assert!(!failed.out.contains("Outputs:"), "{}", failed.out);
    place.run(&["apply", "--sandbox"]).expect(0);
}
