//! Plans for people and programs.

use std::collections::{BTreeMap, BTreeSet};

use qpiac::model::{
    Address, Change, Milestone, Names, OutputName, Owner, Piece, Record, State, TagChange, Tags,
    Value, Values,
};
use qpiac::plan::{Action, After, Plan, Reason, Scope, Step, StepId, forecast};
use qpiac::render::{
    Around, Layout, MARKDOWN_LIMIT_BYTES, Purpose, Setting, Stats, losses, plan_human, plan_json,
    plan_markdown,
};

use crate::fakes::SCHEMAS;
use crate::{golden, plain};

fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

fn output(text: &str) -> OutputName {
    OutputName::try_from(text.to_owned()).expect("an output")
}

fn pending(text: &str) -> Value {
    Value::Pending {
        class: "net".into(),
        from: output(text),
    }
}

fn id(id: &str) -> Value {
    Value::Id {
        class: "net".into(),
        id: id.to_owned(),
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn map<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Map(members.map(|(key, value)| (key.to_owned(), value)).into())
}

fn values<const N: usize>(values: [(&'static str, Value); N]) -> Values {
    values.map(|(name, value)| (name.into(), value)).into()
}

fn record(kind: &str, values: Values) -> Record {
    Record {
        kind: kind.to_owned().into(),
        id: format!("{kind}-1"),
        values,
        outputs: BTreeMap::new(),
        tags: Tags::from([
            ("project".to_owned(), "old".to_owned()),
            ("stays".to_owned(), "as it is".to_owned()),
        ]),
        state: State::Ready,
    }
}

fn create(want: Values) -> Action {
    Action::Create {
        want,
        mark: Tags::new(),
    }
}

fn delete(kind: &str) -> Action {
    Action::Delete {
        found: record(kind, Values::new()),
    }
}

fn step(number: usize, about: &str, action: Action, because: Reason) -> Step {
    Step {
        id: StepId(number),
        address: address(about),
        action,
        because,
        replaces: None,
        after: Vec::new(),
    }
}

fn plan(steps: Vec<Step>) -> Plan {
    let mut names = Names::default();
    names.add("net", "net-0001", output("net/main.id"));
    Plan {
        owner: Owner::new("shop", "mars-1"),
        steps,
        unchanged: 7,
        names,
        scope: Scope::default(),
    }
}

fn new_and_changed() -> Vec<Step> {
    let long = "x".repeat(60);
    vec![
        step(
            0,
            "net/main",
            create(values([
                ("range", text("10.0.0.0/16")),
                ("dns", Value::Bool(true)),
                ("nothing", Value::Absent),
                ("empty", Value::List(Vec::new())),
                ("word", text("true")),
                (
                    "policy",
                    Value::Template(vec![
                        Piece::Literal("arn:".into()),
                        Piece::Pending(output("store/logs.name")),
                        Piece::Literal("/*".into()),
                    ]),
                ),
            ])),
            Reason::Missing,
        ),
        step(
            1,
            "group/web",
            Action::Update {
                want: Values::new(),
                found: record("group", Values::new()),
                changes: vec![
                    Change {
                        attribute: "net".into(),
                        from: id("net-0001"),
                        to: pending("net/main.id"),
                    },
                    Change {
                        attribute: "key".into(),
                        from: Value::Id {
                            class: "secret-value".into(),
                            id: "fp:aaaa".into(),
                        },
                        to: Value::Id {
                            class: "secret-value".into(),
                            id: "fp:bbbb".into(),
                        },
                    },
                    Change {
                        attribute: "document".into(),
                        from: map([("a", map([("b.c", Value::Int(1)), ("d", text("same"))]))]),
                        to: map([("a", map([("b.c", Value::Int(2)), ("d", text("same"))]))]),
                    },
                    Change {
                        attribute: "allowed".into(),
                        from: Value::Set(BTreeSet::from([text("a"), text("b")])),
                        to: Value::Set(BTreeSet::from([text("b"), text("c")])),
                    },
                    Change {
                        attribute: "script".into(),
                        from: text(&format!("{long} {long} before")),
                        to: text(&format!("{long} {long} after")),
                    },
                ],
                tags: TagChange {
                    set: Tags::from([("project".to_owned(), "new".to_owned())]),
                    remove: Vec::new(),
                },
            },
            Reason::Changed,
        ),
    ]
}

fn replaced_and_deleted() -> Vec<Step> {
    let mut making = step(
        2,
        "revision/app",
        create(values([("image", text("app:2")), ("family", text("app"))])),
        Reason::Replaced {
            attributes: vec!["image".into()],
        },
    );
    let mut removing = step(
        3,
        "revision/app",
        Action::Delete {
            found: record(
                "revision",
                values([("image", text("app:1")), ("family", text("app"))]),
            ),
        },
        Reason::Superseded,
    );
    making.replaces = Some(StepId(3));
    removing.replaces = Some(StepId(2));
    removing.after = vec![After {
        step: StepId(2),
        until: Milestone::Ready,
    }];
    let holds = Reason::HoldsReplaced {
        target: address("net/main"),
    };
    let mut first = step(4, "runner/app", delete("runner"), holds.clone());
    let mut then = step(5, "runner/app", create(Values::new()), holds);
    first.replaces = Some(StepId(5));
    then.replaces = Some(StepId(4));
    vec![
        making,
        removing,
        first,
        then,
        step(6, "store/data", delete("store"), Reason::Unwanted),
        step(7, "rule/web.80", delete("rule"), Reason::Leaving),
        step(8, "revision/old", delete("revision"), Reason::Superseded),
        step(
            9,
            "gate/main",
            create(Values::new()),
            Reason::Broken {
                message: "Network vpc-1 has\nno \u{1b}[31mgateway".into(),
            },
        ),
        step(10, "bridge/a", create(Values::new()), Reason::Requested),
    ]
}

fn everything() -> Plan {
    let mut steps = new_and_changed();
    steps.extend(replaced_and_deleted());
    plan(steps)
}

fn human(plan: &Plan, layout: Layout) -> String {
    plan_human(plan, &SCHEMAS, Purpose::Apply, false, layout)
}

#[test]
fn a_plan_is_shown_whole() {
    let shown = human(&everything(), Layout::default());
    golden("plan.txt", &plain(&shown));
    for forbidden in ["\u{1b}[31mgateway", "aaaa:"] {
        assert!(!shown.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn a_narrow_plan_keeps_within_its_columns_and_says_what_it_cut() {
    let layout = Layout {
        width: 60,
        value_lines: Some(2),
    };
    let long = "word ".repeat(60);
    let plan = plan(vec![step(
        0,
        "net/main",
        create(values([("comment", text(long.trim()))])),
        Reason::Missing,
    )]);
    let shown = plain(&human(&plan, layout));
    golden("narrow_plan.txt", &shown);
    let layout = Layout {
        value_lines: None,
        ..layout
    };
    let whole = plain(&human(&plan, layout));
    assert_eq!(whole.matches("word").count(), 60, "{whole}");
    assert_fits(&whole, 60);
}

#[track_caller]
fn assert_fits(shown: &str, width: usize) {
    for line in plain(shown).lines() {
        assert!(line.chars().count() <= width, "{width}: {line}");
    }
}

#[test]
fn a_plan_fits_the_columns_that_there_are_with_and_without_colours() {
    for width in [60, 80, 120] {
        let layout = Layout {
            width,
            ..Layout::default()
        };
        let shown = human(&everything(), layout);
        assert_fits(&shown, width);
        golden(&format!("plan_{width}.txt"), &plain(&shown));
        golden(
            &format!("plan_{width}_colours.txt"),
            &shown.replace('\u{1b}', "␛"),
        );
    }
}

/// A plan for a pull request, from these steps.
fn page(steps: Vec<Step>) -> String {
    page_of(&plan(steps))
}

fn page_of(plan: &Plan) -> String {
    let around = Around {
        schemas: &SCHEMAS,
        purpose: Purpose::Apply,
        waits_for_lazy: false,
        is_sandbox: true,
    };
    let page = plan_markdown(plan, around);
    assert!(page.len() <= MARKDOWN_LIMIT_BYTES, "{}", page.len());
    page
}

#[test]
fn a_plan_for_a_pull_request_says_the_most_important_first() {
    let steps = everything().steps;
    golden("plan.md", &page(steps.clone()));
    assert_eq!(page(steps.clone()), page(steps));
    golden("plan_nothing.md", &page(Vec::new()));
}

#[test]
fn nothing_in_a_plan_ends_its_fence() {
    let text = text("a\n```\n</details>\n````diff `x`");
    let page = page(vec![step(
        0,
        "net/main",
        create(values([("comment", text)])),
        Reason::Missing,
    )]);
    assert_eq!(page.matches("\n`````").count(), 2, "{page}");
    assert!(!page.contains("\n```\n"), "{page}");
}

#[test]
fn a_plan_that_is_too_long_for_a_comment_is_shortened_and_says_so() {
    let shape = |number: usize, length: usize| {
        let about = format!("net/n{number:05}");
        let words = "word ".repeat(length);
        let want = values([("comment", text(&words)), ("other", text(&words))]);
        step(number, &about, create(want), Reason::Missing)
    };
    let many = |count: usize, length: usize| page((0..count).map(|n| shape(n, length)).collect());
    let long = many(100, 200);
    assert!(long.contains("Long values are cut"), "{}", &long[..500]);
    assert!(long.contains("+ create net/n00099\n"));
    let longer = many(1500, 30);
    assert!(longer.contains("The attributes are left out"));
    assert!(longer.contains("+ create net/n01499\n"));
    assert!(!longer.contains("comment:"));
    let longest = many(9000, 1);
    assert!(longest.contains("Not every resource is named"));
    assert!(longest.contains("9000 to create"));
    assert!(longest.contains("  and 8700 more\n"), "{longest}");
    // Nor can what was left out by choice, or what AWS says of one resource, make it longer.
    let mut chosen = plan(vec![shape(0, 1)]);
    chosen.scope.left_out = (0..5000)
        .map(|n| address(&format!("net/n{n:05}")))
        .collect();
    assert!(page_of(&chosen).contains(", 4970 more"));
    let message = "word ".repeat(20_000);
    let because = Reason::Broken { message };
    let broken = plan(vec![step(0, "net/main", create(Values::new()), because)]);
    assert!(page_of(&broken).contains("too long for this page"));
}

#[test]
fn a_deletion_that_comes_first_says_what_does_not_work_meanwhile() {
    let mut first = step(0, "runner/app", delete("runner"), Reason::Requested);
    let mut then = step(1, "runner/app", create(Values::new()), Reason::Requested);
    first.replaces = Some(StepId(1));
    then.replaces = Some(StepId(0));
    let steps = vec![first, then];
    let words = "nothing of it runs";
    let shown = plain(&human(&plan(steps.clone()), Layout::default()));
    let line = format!("      until the new one is there: {words}\n");
    assert!(shown.contains(&line), "{shown}");
    let page = page(steps);
    assert!(
        page.contains(&format!("> - runner/app: {words}\n")),
        "{page}"
    );
}

#[test]
fn colours_add_nothing_and_order_is_steady() {
    let plan = everything();
    let shown = human(&plan, Layout::default());
    assert!(shown.contains('\u{1b}'));
    assert_eq!(shown, human(&everything(), Layout::default()));
    for step in &plan.steps {
        assert!(plain(&shown).contains(&step.address.to_string()));
    }
}

#[test]
fn a_plan_without_steps_says_so() {
    let mut plan = plan(Vec::new());
    let mut shown = human(&plan, Layout::default());
    shown += &plan_human(&plan, &SCHEMAS, Purpose::Destroy, false, Layout::default());
    plan.scope.left_out.insert(address("net/main"));
    shown += &human(&plan, Layout::default());
    golden("no_changes.txt", &plain(&shown));
}

#[test]
fn what_a_choice_did_is_named() {
    let mut plan = plan(new_and_changed());
    plan.steps.truncate(1);
    plan.scope.included.insert(address("net/main"));
    plan.scope.left_out.insert(address("group/web"));
    golden("chosen.txt", &plain(&human(&plan, Layout::default())));
}

#[test]
fn what_is_lost_is_listed() {
    assert_eq!(
        losses(&everything(), &SCHEMAS),
        ["store/data: everything in it"]
    );
}

#[test]
fn a_plan_is_a_document() {
    let stats = Stats {
        calls: BTreeMap::from([(
            "ec2".to_owned(),
            BTreeMap::from([("DescribeVpcs".to_owned(), 2)]),
        )]),
        rounds: 1,
        retries: 3,
        elapsed_ms: 40,
        ..Stats::default()
    };
    let plan = everything();
    let setting = Setting {
        sandbox: false,
        stats: Some(&stats),
        forecast: &forecast::of_plan(&plan, &SCHEMAS, false),
    };
    let document = plan_json(&plan, setting);
    golden("plan.json", &format!("{document:#}\n"));
    assert_eq!(document["summary"]["replace"], 2);
    let shared: BTreeSet<&str> = document["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .filter_map(|step| step["replaces"].as_str())
        .collect();
    assert_eq!(shared, BTreeSet::from(["revision/app", "runner/app"]));
    golden("stats.txt", &stats.table());
}
