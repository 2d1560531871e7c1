//! Every document that the program prints for programs, against the schema that says what is in it.

use std::collections::BTreeSet;
use std::path::Path;

use qpiac::resources::KINDS;
use serde_json::{Map, Value, json};

use crate::output_schema::Schemas;
use crate::program::{DEFAULT_STACK, Place};

fn golden(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    std::fs::read_to_string(folder.join(name)).expect("a golden file")
}

#[test]
fn the_schema_says_what_every_command_prints() {
    let schemas = Schemas::read();
    let place = Place::new();
    let json = ["--sandbox", "--format", "json"];
    let run = |arguments: &[&str], code: i32| place.run(arguments).expect(code);
    let with = |verb: &[&'static str]| [verb, &json[..]].concat();

    schemas.admit("plan", &run(&with(&["plan", "--out", "a.plan"]), 0).json());
    schemas.admit(
        "show",
        &run(&["show", "a.plan", "--format", "json"], 0).json(),
    );
    schemas.admit("run", &run(&with(&["apply", "--yes"]), 0).json());
    schemas.admit("plan", &run(&with(&["plan"]), 0).json());
    schemas.admit("status", &run(&with(&["status"]), 0).json());
    schemas.admit("output", &run(&with(&["output"]), 0).json());
    schemas.admit("output", &run(&with(&["output", "url"]), 0).json());
    one_line(&schemas, &place);
    let lines = [
        "apply",
        "--sandbox",
        "--yes",
        "--format",
        "jsonl",
        "--replace",
        "nat-gateway/a",
    ];
    schemas.admit_lines("event", &run(&lines, 0).out);
    let history = run(&with(&["history"]), 0).json();
    schemas.admit("history", &history);
    let number = history["runs"][0]["run"].as_str().expect("a run");
    schemas.admit(
        "past",
        &run(&["history", number, "--sandbox", "--format", "json"], 0).json(),
    );
    let past = run(&["history", number, "--sandbox", "--format", "jsonl"], 0).out;
    let (header, events) = past.split_once('\n').expect("lines");
    schemas.admit_lines("header", header);
    schemas.admit_lines("event", events);
    schemas.admit_lines(
        "past",
        &run(&["history", "--sandbox", "--format", "jsonl"], 0).out,
    );
    schemas.admit("unlock", &run(&with(&["unlock"]), 0).json());
    let kinds = KINDS.iter().map(|kind| kind.schema.kind.as_str());
    for key in ["", "services.*.port", "load_balancer"]
        .into_iter()
        .chain(kinds)
    {
        let arguments: Vec<&str> = ["explain", key, "--format", "json"]
            .into_iter()
            .filter(|word| !word.is_empty())
            .collect();
        schemas.admit("explain", &run(&arguments, 0).json());
    }
    schemas.admit(
        "validate",
        &run(&["validate", "--format", "json"], 0).json(),
    );
    place.write(&DEFAULT_STACK.replace("memory: 512", "memory: 513\n    colour: red"));
    schemas.admit(
        "validate",
        &run(&["validate", "--format", "json"], 1).json(),
    );
}

/// The same documents, each on one line.
fn one_line(schemas: &Schemas, place: &Place) {
    let commands: [(&str, &[&str]); 7] = [
        ("plan", &["plan", "--sandbox"]),
        ("show", &["show", "a.plan"]),
        ("status", &["status", "--sandbox"]),
        ("output", &["output", "--sandbox"]),
        ("unlock", &["unlock", "--sandbox"]),
        ("validate", &["validate"]),
        ("explain", &["explain", "port"]),
    ];
    for (name, arguments) in commands {
        let arguments = [arguments, &["--format", "jsonl"]].concat();
        let text = place.run(&arguments).expect(0).out;
        assert_eq!(text.lines().count(), 1, "{arguments:?}");
        schemas.admit_lines(name, &text);
    }
}

#[test]
fn the_schema_says_what_a_run_that_fails_prints() {
    let schemas = Schemas::read();
    let read = |name: &str| serde_json::from_str::<Value>(&golden(name)).expect("JSON");
    schemas.admit("plan", &read("render/plan.json"));
    schemas.admit("run", &read("render/run.json"));
    schemas.admit_lines("event", &golden("render/events.jsonl"));
    schemas.admit("verify", &read("render/checks.json"));
    let lines = golden("render/checks.jsonl");
    let (checks, last) = lines.trim_end().rsplit_once('\n').expect("lines");
    schemas.admit_lines("check", checks);
    schemas.admit_lines("verify", last);
}

#[test]
fn the_schema_is_no_empty_promise() {
    let schemas = Schemas::read();
    let good: Value = serde_json::from_str(&golden("render/plan.json")).expect("JSON");
    let worse = |change: &dyn Fn(&mut Map<String, Value>)| {
        let mut document = good.clone();
        change(document.as_object_mut().expect("an object"));
        !schemas.of("plan").is_valid(&document)
    };
    assert!(worse(&|plan| {
        plan.remove("summary");
    }));
    assert!(worse(&|plan| {
        plan.insert("unheard_of".into(), json!(1));
    }));
    assert!(worse(&|plan| plan["format_version"] = json!(2)));
    assert!(worse(&|plan| plan["steps"][0]["action"] = json!("recreate")));
    // Every part of it is used by some document.
    let text = schemas.parts().to_string();
    let parts = schemas.parts().as_object().expect("parts");
    let printed: BTreeSet<&str> = [
        "plan", "show", "run", "event", "validate", "status", "output", "check", "verify",
        "history", "past", "header", "explain", "unlock",
    ]
    .into();
    for name in parts.keys() {
        let is_used = text.contains(&format!("\"#/$defs/{name}\""));
        assert!(is_used || printed.contains(name.as_str()), "{name}");
    }
}
