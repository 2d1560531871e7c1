//! What pages show of outputs, made again.

use std::collections::BTreeMap;

use qpiac::spec;
use qpiac::spec::diagnostic::Style;
use serde_json::{Value, json};
use testbed::{Rule, Testbed};

use crate::fate::{Fate, of};
use crate::pages::{page, root};
use crate::place::Place;
use crate::scenes::Stack;
use crate::transcript::assert_shown;

/// The block of a page that begins so.
fn block(name: &str, begins: &str) -> String {
    let mut blocks = page(name).blocks.into_iter();
    let found = blocks.find(|block| block.text.starts_with(begins));
    found.expect("a block").text
}

#[test]
fn the_mistake_in_the_readme_is_reported_so() {
    let wrong = Stack::Shop.text("").replace("nat: single", "nat: singel");
    let problems = spec::read("stack.yaml", &wrong).expect_err("a mistake");
    let drawn = problems.render(Style {
        colour: false,
        width: 80,
        wraps: false,
    });
    let shown = block("README.md", "error: unknown value");
    assert_eq!(drawn.trim_end(), shown.trim_end());
}

#[test]
fn the_reference_shows_the_help() {
    let helps = of(&Fate::Help);
    let reference = qpiac::cli::reference();
    assert!(helps.len() > 10, "{}", helps.len());
    for help in helps {
        assert!(reference.contains(&help.text), "{}", help.place());
    }
}

/// A document of the page stands below the command that prints it. Which AWS that asked, and what that
/// took, is another in each run.
#[test]
fn documents_are_as_the_page_of_formats_shows_them() {
    let stack = Stack::Shop.text("");
    let place = Place::brought_up(&stack);
    place.write("stack.yaml", &stack.replace("count: 2", "count: 3"));
    let mut count = 0;
    for shown in page("docs/reference/json.md").blocks {
        if shown.language != "json" {
            continue;
        }
        count += 1;
        let command = shown.above.split('`').nth(1).expect("a command");
        let ran = place.run(command).expect(0, command);
        let read = |text: &str| {
            let mut document: Value = serde_json::from_str(text).expect("JSON");
            if let Some(stats) = document.get_mut("stats").and_then(Value::as_object_mut) {
                stats.values_mut().for_each(|value| *value = json!(0));
                document["sandbox"] = json!(null);
            }
            document
        };
        let (shown, came) = (read(&shown.text), read(&ran.out));
        assert_eq!(shown, came, "{command}: {came:#}");
    }
    assert!(count > 1, "{count}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_call_is_told_as_operation_shows_it() {
    let bed = Testbed::start().await.expect("a test bed");
    let message = "You are not authorized to perform this operation. User: \
         arn:aws:iam::123456789012:user/somebody is not authorized to perform: ec2:CreateVpc on resource: \
         arn:aws:ec2:eu-west-1:123456789012:vpc/* because no identity-based policy allows the ec2:CreateVpc action";
    bed.inject(Rule::on("ec2:CreateVpc").error_with_status(403, "UnauthorizedOperation", message));
    let told = tokio::task::spawn_blocking({
        let sandbox = ("QPIAC_SANDBOX".to_owned(), String::new());
        let place = Place::with(&Stack::Shop.text(""));
        let place = place
            .among(bed.environment())
            .among([sandbox, ("AWS_REGION".to_owned(), "eu-west-1".to_owned())]);
        move || {
            place
                .run("qpiac apply --yes")
                .expect(1, "a denied call")
                .err
        }
    });
    let told = told.await.expect("a run");
    let shown = block("docs/operation.md", "error: create vpc/main failed");
    assert_shown("docs/operation.md", &format!("...\n{shown}...\n"), &told);
}

/// The steps that another CI has to take, with the codes that it has to know.
#[test]
fn another_ci_can_go_by_what_the_page_says() {
    let shown = block("docs/deploy.md", "a change is proposed");
    let commands: Vec<&str> = shown
        .lines()
        .filter_map(|line| line.find("qpiac ").map(|at| &line[at..]))
        .filter(|line| !line.starts_with("qpiac.plan"))
        .collect();
    let [plan, apply, watch] = commands[..] else {
        panic!("{commands:?}");
    };
    let watch = watch.split(';').next().unwrap_or_default();
    let stack = Stack::Shop.text("");
    let place = Place::brought_up(&stack);
    place.run(watch).expect(0, watch);
    place.run(plan).expect(0, plan);
    place.write("stack.yaml", &stack.replace("count: 2", "count: 3"));
    place.run(watch).expect(2, watch);
    place.run(plan).expect(2, plan);
    place.run(apply).expect(0, apply);
    place.run(plan).expect(0, plan);
    let refused = place.run("qpiac apply no.plan --yes --format json");
    assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""));
    place.write("stack.yaml", &stack);
    place.run(plan).expect(2, plan);
    place.write("stack.yaml", &stack.replace("count: 2", "count: 4"));
    let refused = place.run(apply);
    assert!([Some(1), Some(64)].contains(&refused.code), "{refused:?}");
    assert_eq!(refused.out, "", "{refused:?}");
}

/// The steps of a workflow that uses the action give it inputs that it has.
#[test]
fn the_action_is_used_as_it_is() {
    let action = std::fs::read_to_string(root().join("action.yml")).expect("the action");
    let action: Value = serde_yaml::from_str(&action).expect("YAML");
    let mut count = 0;
    for shown in page("docs/deploy.md").blocks {
        if !shown.text.starts_with("- uses: OWNER/qpiac@") {
            continue;
        }
        count += 1;
        let steps: Vec<BTreeMap<String, Value>> = serde_yaml::from_str(&shown.text).expect("YAML");
        let [step] = &steps[..] else {
            panic!("{}", shown.place());
        };
        let none = serde_json::Map::new();
        let given = step.get("with").and_then(Value::as_object).unwrap_or(&none);
        for input in given.keys() {
            assert!(
                action["inputs"].get(input).is_some(),
                "{}: {input}",
                shown.place()
            );
        }
    }
    assert_eq!(count, 2);
}
