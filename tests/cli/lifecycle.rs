//! A stack's whole life in the sandbox.

use serde_json::Value;

use crate::program::{Place, golden};

/// A plan's document without what differs from run to run.
fn steady(mut document: Value) -> String {
    document["stats"] = Value::from("...");
    if let Some(steps) = document["steps"].as_array_mut() {
        for step in steps {
            if let Some(step) = step.as_object_mut() {
                step.remove("id");
            }
        }
    }
    mask_identifiers(&mut document);
    format!("{document:#}\n")
}

/// Identifiers are minted at random.
fn mask_identifiers(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.contains_key("from") && members.contains_key("id") {
                members.insert("id".to_owned(), Value::from("..."));
            }
            members.values_mut().for_each(mask_identifiers);
        }
        Value::Array(items) => items.iter_mut().for_each(mask_identifiers),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

const PLAN: [&str; 3] = ["plan", "--sandbox", "--detailed-exitcode"];

#[test]
fn a_stack_is_made_changed_and_destroyed() {
    let place = Place::new();
    let first = place.run(&PLAN).expect(2);
    golden("first_plan.txt", &first.out);
    assert!(first.err.contains("sandbox"), "it says so: {}", first.err);
    let document = place
        .run(&["plan", "--sandbox", "--format", "json"])
        .expect(0);
    golden("first_plan.json", &steady(document.json()));

    let applied = place.run(&["apply", "--sandbox", "--stats"]).expect(0);
    assert!(applied.out.contains("Outputs:"), "{}", applied.out);
    assert!(
        applied.out.contains(".elb.amazonaws.com"),
        "{}",
        applied.out
    );
    for part in [
        "vpc/main: creating",
        "vpc/main: created after",
        "Done: 33 created",
        "calls: ",
    ] {
        assert!(applied.err.contains(part), "{part}: {}", applied.err);
    }
    let again = place.run(&PLAN).expect(0);
    golden("no_changes.txt", &again.out);
    let nothing = place.run(&["apply", "--sandbox"]).expect(0);
    assert!(nothing.out.contains("Outputs:"), "{}", nothing.out);

    place.edit("cpu: 256", "cpu: 512");
    place.write(
        &std::fs::read_to_string(place.path("stack.yaml"))
            .expect("the stack file")
            .replace("memory: 512", "memory: 1024")
            .replace("nat: single", "nat: per-zone")
            .replace("10.0.2.0/24", "10.0.12.0/24")
            .replace(
                "ENVIRONMENT: production",
                "ENVIRONMENT: staging\n      DEBUG: \"1\"",
            ),
    );
    golden("edited_plan.txt", &place.run(&PLAN).expect(2).out);
    let document = place
        .run(&["plan", "--sandbox", "--format", "json"])
        .expect(0);
    golden("edited_plan.json", &steady(document.json()));
    place.run(&["apply", "--sandbox", "--yes"]).expect(0);
    place.run(&PLAN).expect(0);

    let gone = place.run(&["destroy", "--sandbox"]).expect(0);
    assert!(gone.out.contains("lost with it: "), "{}", gone.out);
    assert!(!gone.out.contains("Outputs:"), "{}", gone.out);
    let world = std::fs::read_to_string(place.path(".qpiac/sandbox.json")).expect("the world");
    assert!(!world.contains("qp-iac-cdn-headers@us-east-1"), "{world}");
    let nothing = place.run(&["destroy", "--sandbox"]).expect(0);
    golden("nothing_to_destroy.txt", &nothing.out);
}

#[test]
fn a_stack_is_destroyed_by_name_alone_and_others_stay() {
    let place = Place::new();
    place.run(&["apply", "--sandbox"]).expect(0);
    let original = std::fs::read_to_string(place.path("stack.yaml")).expect("the stack file");
    place.write(&original.replace("stack: qp-iac-cdn-headers", "stack: qp-iac"));
    place.run(&["apply", "--sandbox"]).expect(0);
    std::fs::remove_file(place.path("stack.yaml")).expect("the stack file");

    let by_name = [
        "destroy",
        "--sandbox",
        "--stack",
        "qp-iac",
        "--region",
        "us-east-1",
    ];
    let done = place.run(&by_name).expect(0);
    assert!(done.err.contains("Done: 33 deleted"), "{}", done.err);
    place.write(&original);
    place.run(&PLAN).expect(0);
}

#[test]
fn only_what_was_chosen_is_done_and_the_rest_is_named() {
    let place = Place::new();
    let chosen = ["plan", "--sandbox", "--target", "subnet/public-a"];
    let plan = place.run(&chosen).expect(0).out;
    assert!(
        plan.contains("Included, since what you chose needs it: vpc/main."),
        "{plan}"
    );
    assert!(plan.contains("Plan: 2 to create"), "{plan}");
    let without = ["plan", "--sandbox", "--exclude", "nat-gateway/a"];
    let plan = place.run(&without).expect(0).out;
    assert!(plan.contains("Left out of this plan: "), "{plan}");
    assert!(!plan.contains("create route/private-a.0.0.0.0/0"), "{plan}");
}

#[test]
fn a_replacement_that_was_asked_for_is_made() {
    let place = Place::new();
    place.run(&["apply", "--sandbox"]).expect(0);
    let arguments = ["--sandbox", "--replace", "task-definition/app"];
    let plan = place.run(&[&["plan"], &arguments[..]].concat()).expect(0);
    golden("asked_replacement.txt", &plan.out);
    let done = place.run(&[&["apply"], &arguments[..]].concat()).expect(0);
    assert!(done.err.contains("created the new one"), "{}", done.err);
    assert!(done.err.contains("deleted the old one"), "{}", done.err);
    place.run(&PLAN).expect(0);
}

#[test]
fn events_are_one_document_a_line() {
    let place = Place::new();
    let done = place
        .run(&["apply", "--sandbox", "--format", "jsonl"])
        .expect(0);
    let events: Vec<Value> = done
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("a document"))
        .collect();
    assert_eq!(events[0]["event"], "run_started");
    assert_eq!(events[0]["sandbox"], true);
    assert_eq!(events[0]["format_version"], 1);
    for (seq, event) in events.iter().enumerate() {
        assert_eq!(event["seq"], seq, "{event}");
    }
    let last = events.last().expect("an event");
    assert_eq!(last["event"], "run_finished");
    assert_eq!(last["outcome"], "complete");
}

#[test]
fn a_run_is_one_document_at_its_end() {
    let place = Place::new();
    let document = place
        .run(&["apply", "--sandbox", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(document["outcome"], "complete");
    assert_eq!(document["sandbox"], true);
    assert_eq!(document["summary"]["create"], 33);
    let results = document["results"].as_array().expect("results");
    assert!(
        results.iter().all(|result| result["status"] == "done"),
        "{document:#}"
    );
    assert!(
        document["outputs"]["load-balancer/main.dns_name"].is_string(),
        "{document:#}"
    );
    assert!(
        document["stats"]["api_calls"].as_u64() > Some(33),
        "{document:#}"
    );
}

#[test]
fn the_environment_chooses_the_sandbox_and_its_file() {
    let place = Place::new();
    for (value, file) in [("1", ".qpiac/sandbox.json"), ("world.json", "world.json")] {
        let mut command = place.command(&["apply"]);
        let output = command.env("QPIAC_SANDBOX", value).output();
        let done = crate::program::done(&output.expect("the program runs")).expect(0);
        assert!(
            done.err.contains(&format!("sandbox in {file}:")),
            "{}",
            done.err
        );
        assert!(place.path(file).exists(), "{file}");
    }
    let mut command = place.command(&["plan"]);
    let output = command.env("QPIAC_SANDBOX", "0").output();
    let done = crate::program::done(&output.expect("the program runs")).expect(1);
    assert!(!done.err.contains("sandbox"), "{}", done.err);
}
