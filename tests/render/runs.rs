//! Events folded into lines and reports.

use qpiac::engine::{Cause, Ending, Event, Failure, Planned, Skip, Stop, What};
use qpiac::model::{Fault, FaultClass, Milestone, OutputValues, Owner};
use qpiac::plan::StepId;
use qpiac::plan::forecast::Forecast;
use qpiac::render::{
    Detail, Output, Progress, Setting, Stats, event_json, line, run_json, summary, unfinished,
};

use crate::{golden, plain};

fn planned(number: usize, about: &str, action: &'static str) -> Planned {
    Planned {
        step: StepId(number),
        address: about.parse().expect("an address"),
        action,
        replaces: None,
        after: Vec::new(),
        typical_s: 2,
    }
}

fn fault(class: FaultClass, operation: &str, code: &str, message: &str) -> Fault {
    Fault {
        code: code.into(),
        request_id: Some("r-1".into()),
        ..Fault::own(class, operation, message)
    }
}

fn outputs(values: &[(&'static str, &str)]) -> OutputValues {
    values
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).to_owned()))
        .collect()
}

/// The beginning of a run in which some steps are done, some fail and some wait for them.
pub(crate) fn beginning() -> Vec<(u64, What)> {
    let id = StepId;
    let throttled = fault(FaultClass::Throttled, "ec2:CreateVpc", "Throttling", "slow");
    let steps = vec![
        planned(0, "net/main", "create"),
        planned(1, "gate/main", "create"),
        planned(2, "part/a", "create"),
        planned(3, "runner/app", "update"),
        planned(4, "store/old", "delete"),
        Planned {
            replaces: Some(id(6)),
            ..planned(5, "revision/app", "create")
        },
        Planned {
            replaces: Some(id(5)),
            ..planned(6, "revision/app", "delete")
        },
    ];
    let retrying = |attempt, delay_ms| What::StepRetrying {
        step: id(0),
        fault: throttled.clone(),
        attempt,
        delay_ms,
    };
    vec![
        (
            0,
            What::RunStarted {
                owner: Owner::new("shop", "mars-1"),
                steps,
            },
        ),
        (1, What::StepStarted { step: id(0) }),
        (2, retrying(1, 500)),
        (600, retrying(2, 12_000)),
        (
            13_000,
            What::StepReached {
                step: id(0),
                milestone: Milestone::Exists,
                outputs: outputs(&[("id", "net-0001")]),
            },
        ),
        (
            13_001,
            What::StepWaiting {
                step: id(0),
                message: "pending".to_owned(),
            },
        ),
        (
            15_000,
            What::StepFinished {
                step: id(0),
                elapsed_ms: 14_999,
            },
        ),
        (15_001, What::StepStarted { step: id(1) }),
        (15_002, What::StepStarted { step: id(5) }),
        (
            15_400,
            What::StepFinished {
                step: id(5),
                elapsed_ms: 398,
            },
        ),
    ]
}

pub(crate) fn failing() -> Vec<(u64, What)> {
    let id = StepId;
    let denied = fault(
        FaultClass::Denied,
        "ec2:CreateInternetGateway",
        "UnauthorizedOperation",
        "You are not authorized to perform this operation.",
    );
    let failed = |step, cause, reasons: &[&str]| What::StepFailed {
        step,
        failure: Failure {
            cause,
            reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
        },
        elapsed_ms: 200,
    };
    let mut events = beginning();
    events.extend([
        (
            15_500,
            failed(
                id(1),
                Cause::Fault {
                    fault: denied,
                    attempts: 1,
                },
                &[],
            ),
        ),
        (
            15_501,
            What::StepSkipped {
                step: id(2),
                because: Skip::Needs { step: id(1) },
            },
        ),
        (15_502, What::StepStarted { step: id(3) }),
        (
            99_000,
            failed(
                id(3),
                Cause::Deadline {
                    deadline_s: 1200,
                    last: Some("2 of 3 tasks run".to_owned()),
                },
                &["task stopped: CannotPullContainerError\n: no such image"],
            ),
        ),
        (
            99_001,
            failed(
                id(4),
                Cause::Broken {
                    message: "locked".to_owned(),
                },
                &[],
            ),
        ),
        (
            99_002,
            failed(
                id(6),
                Cause::NotAsWanted {
                    attributes: vec!["image".to_owned()],
                },
                &[],
            ),
        ),
        (
            99_100,
            What::RunFinished {
                outcome: Ending::Partial,
                elapsed_ms: 99_100,
            },
        ),
    ]);
    events
}

fn interrupted() -> Vec<(u64, What)> {
    let id = StepId;
    let mut events = beginning();
    let skipped = |step| What::StepSkipped {
        step,
        because: Skip::Stopped,
    };
    events.push((
        16_000,
        What::StopRequested {
            stop: Stop::Starting,
        },
    ));
    events.extend([2, 3, 4, 6].map(|number| (16_001, skipped(id(number)))));
    events.extend([
        (
            17_000,
            What::StopRequested {
                stop: Stop::Waiting,
            },
        ),
        (
            17_001,
            What::StepAbandoned {
                step: id(1),
                elapsed_ms: 2_000,
            },
        ),
        (
            17_002,
            What::RunFinished {
                outcome: Ending::Cancelled,
                elapsed_ms: 17_002,
            },
        ),
    ]);
    events
}

pub(crate) fn numbered(events: Vec<(u64, What)>) -> Vec<Event> {
    events
        .into_iter()
        .zip(0..)
        .map(|((at_ms, what), seq)| Event { seq, at_ms, what })
        .collect()
}

/// The lines of a run and the report at its end.
fn told(events: Vec<(u64, What)>, detail: Detail) -> (Progress, String) {
    let mut progress = Progress::default();
    let mut text = String::new();
    for event in numbered(events) {
        progress.fold(&event);
        if let Some(line) = line(&progress, &event, detail) {
            text += &format!("{line}\n");
        }
    }
    let outputs = [Output {
        name: "runner/app.url".to_owned(),
        value: "http://app.example".to_owned(),
    }];
    text += "--- stderr\n";
    text += &unfinished(&progress, "qpiac apply", usize::MAX).unwrap_or_default();
    text += "--- summary\n";
    text += &summary(&progress, &outputs);
    (progress, plain(&text))
}

#[test]
fn a_failed_run_says_what_why_and_how_to_go_on() {
    let (progress, text) = told(failing(), Detail::Usual);
    golden("failed_run.txt", &text);
    assert_eq!(progress.retries(), 2);
    assert_eq!(progress.waits(), (1, 1_999));
    for part in [
        "error: create gate/main failed",
        "UnauthorizedOperation",
        "ec2:CreateInternetGateway",
        "part/a (skipped, needs gate/main)",
        "create net/main",
        "qpiac apply",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
}

#[test]
fn every_repetition_is_told_only_on_request() {
    let usual = told(failing(), Detail::Usual).1;
    let all = told(failing(), Detail::All).1;
    assert!(!usual.contains("call 1 failed"), "{usual}");
    assert!(usual.contains("call 2 failed, next in 12s"), "{usual}");
    assert!(all.contains("call 1 failed, next in 500ms"), "{all}");
}

#[test]
fn an_interrupted_run_says_what_is_left() {
    golden("interrupted_run.txt", &told(interrupted(), Detail::Usual).1);
}

#[test]
fn a_complete_run_has_nothing_on_stderr() {
    let mut events = vec![(
        0,
        What::RunStarted {
            owner: Owner::new("shop", "mars-1"),
            steps: Vec::new(),
        },
    )];
    events.push((
        5,
        What::RunFinished {
            outcome: Ending::Complete,
            elapsed_ms: 5,
        },
    ));
    golden("complete_run.txt", &told(events, Detail::Usual).1);
}

#[test]
fn events_are_documents() {
    let lines: String = numbered(failing())
        .iter()
        .map(|event| event_json(event, true) + "\n")
        .collect();
    golden("events.jsonl", &lines);
}

#[test]
fn a_run_is_a_document() {
    let (progress, _) = told(failing(), Detail::Usual);
    let plan = qpiac::plan::Plan {
        owner: Owner::new("shop", "mars-1"),
        steps: Vec::new(),
        unchanged: 0,
        names: qpiac::model::Names::default(),
        scope: qpiac::plan::Scope::default(),
    };
    let stats = Stats::default();
    let setting = Setting {
        sandbox: true,
        stats: Some(&stats),
        forecast: &Forecast::default(),
    };
    let document = run_json(&plan, &progress, &[], setting);
    golden("run.json", &format!("{document:#}\n"));
}
