//! Scenarios of the planner: what changes, and the plan that follows.

#![allow(clippy::unwrap_used)]

mod fakes;

use fakes::{Bridge, From, Gate, Group, Net, Part, Path, Revision, Rule, Runner, SCHEMAS, Store};
use qpiac::model::{
    ADDRESS_TAG, Address, Graph, OutputName, Owner, Record, Resource, Snapshot, State, Tags, Text,
    Value,
};
use qpiac::plan::{Action, Options, Plan, Reason, Refused, plan};

/// What a scenario can change.
#[derive(Clone, Debug)]
struct Wish {
    range: &'static str,
    dns: bool,
    parts: Vec<(&'static str, &'static str)>,
    image: &'static str,
    count: u32,
    purpose: &'static str,
    path: bool,
    format: &'static str,
    tags: Vec<(&'static str, &'static str)>,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            range: "10.0.0.0/16",
            dns: true,
            parts: vec![("a", "10.0.1.0/24"), ("b", "10.0.2.0/24")],
            image: "app:1",
            count: 2,
            purpose: "web",
            path: true,
            format: "v1",
            tags: vec![("project", "p")],
        }
    }
}

fn owner() -> Owner {
    Owner::new("shop", "mars-1")
}

fn graph(wish: &Wish) -> Graph {
    let tags: Tags = wish
        .tags
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    let mut graph = Graph::new(owner(), tags);
    let net = graph.add(
        "main",
        &Net {
            range: wish.range.parse().unwrap(),
            dns: wish.dns,
        },
    );
    let parts: Vec<_> = wish
        .parts
        .iter()
        .map(|(name, range)| {
            graph
                .add(
                    *name,
                    &Part {
                        net: net.id.clone(),
                        range: range.parse().unwrap(),
                    },
                )
                .id
        })
        .collect();
    graph.add(
        "main",
        &Gate {
            net: net.id.clone(),
        },
    );
    let bridge = graph.add(
        "main",
        &Bridge {
            part: parts[0].clone(),
        },
    );
    if wish.path {
        graph.add_child(&Path {
            part: parts[0].clone(),
            to: "0.0.0.0/0".parse().unwrap(),
            over: bridge.id,
        });
    }
    let group = graph.add(
        "app",
        &Group {
            net: net.id,
            name: format!("shop-app-{}", wish.purpose),
            purpose: wish.purpose.to_owned(),
        },
    );
    graph.add_child(&Rule {
        group: group.id.clone(),
        port: 80,
        from: From::Range("0.0.0.0/0".parse().unwrap()),
        why: "web".to_owned(),
    });
    graph.add_child(&Rule {
        group: group.id.clone(),
        port: 81,
        from: From::Group(group.id.clone()),
        why: "each other".to_owned(),
    });
    let store = graph.add(
        "logs",
        &Store {
            name: "shop-logs".to_owned(),
            days: Some(30),
            format: wish.format.to_owned(),
        },
    );
    let revision = graph.add(
        "app",
        &Revision {
            family: "shop-app".to_owned(),
            image: wish.image.to_owned(),
            log: Text::from("store:").then_ref(&store.name),
        },
    );
    graph.add(
        "app",
        &Runner {
            name: "shop-app".to_owned(),
            revision: revision.arn,
            parts: parts.into_iter().collect(),
            groups: [group.id].into(),
            count: wish.count,
        },
    );
    graph
}

/// The world as a plan that has been carried out leaves it; identifiers are made from addresses.
fn built(graph: &Graph) -> Vec<Record> {
    let id = |output: &OutputName| {
        let schema = graph.node(&output.address).expect("a node").schema;
        match schema.output(&output.output).and_then(|o| o.from) {
            Some(attribute) => {
                match &graph.node(&output.address).expect("a node").values[attribute] {
                    Value::Text(text) => text.clone(),
                    other => panic!("{other:?}"),
                }
            }
            None => format!("id:{output}"),
        }
    };
    graph
        .nodes()
        .map(|(address, node)| {
            let output = |name: &'static str| {
                id(&OutputName {
                    address: address.clone(),
                    output: name.into(),
                })
            };
            Record {
                kind: address.kind.clone(),
                id: output(node.schema.identity().name),
                values: node
                    .values
                    .iter()
                    .map(|(name, value)| (name.clone(), value.resolve(&|o| Some(id(o)))))
                    .collect(),
                outputs: node
                    .schema
                    .outputs
                    .iter()
                    .map(|o| (o.name.into(), output(o.name)))
                    .collect(),
                tags: if node.schema.is_child() {
                    Tags::new()
                } else {
                    node.tags.clone()
                },
                state: State::Ready,
            }
        })
        .collect()
}

fn made(graph: &Graph, records: Vec<Record>, options: &Options) -> Result<Plan, Refused> {
    plan(
        graph,
        &Snapshot::new(&owner(), &SCHEMAS, records),
        &SCHEMAS,
        options,
    )
}

/// A plan as one line per step.
fn show(plan: &Plan) -> String {
    let mut text = String::new();
    for step in &plan.steps {
        let what = match &step.action {
            Action::Create { .. } => "+".to_owned(),
            Action::Update { changes, tags, .. } => {
                let mut names: Vec<String> =
                    changes.iter().map(|c| c.attribute.to_string()).collect();
                if !tags.is_empty() {
                    names.push("tags".to_owned());
                }
                format!("~[{}]", names.join(","))
            }
            Action::Delete { .. } => "-".to_owned(),
        };
        let why = match &step.because {
            Reason::Missing | Reason::Changed => String::new(),
            Reason::Replaced { attributes } => format!(" replaced by {}", attributes.join(",")),
            Reason::HoldsReplaced { target } => format!(" holds {target}"),
            Reason::Broken { message } => format!(" broken: {message}"),
            Reason::Settling { message } => format!(" settling: {message}"),
            Reason::Unwanted | Reason::Superseded | Reason::Leaving | Reason::Requested => {
                format!(" {}", format!("{:?}", step.because).to_lowercase())
            }
        };
        let after: Vec<String> = step
            .after
            .iter()
            .map(|a| {
                format!(
                    "{}{}",
                    a.step.0,
                    format!("{:?}", a.until)
                        .to_lowercase()
                        .chars()
                        .next()
                        .unwrap()
                )
            })
            .collect();
        text.push_str(&format!(
            "{} {what} {}{why} <{}>\n",
            step.id.0,
            step.address,
            after.join(" ")
        ));
    }
    text
}

#[track_caller]
fn check(before: &Wish, after: &Wish, expected: &str) {
    let plan = made(&graph(after), built(&graph(before)), &Options::default()).expect("a plan");
    assert_eq!(format!("\n{}", show(&plan)), expected);
}

#[test]
fn an_empty_world_gets_everything_and_waits_only_for_what_it_needs() {
    let plan = made(&graph(&Wish::default()), Vec::new(), &Options::default()).expect("a plan");
    assert_eq!(
        format!("\n{}", show(&plan)),
        r#"
0 + net/main <>
1 + gate/main <0e>
2 + group/app <0e>
3 + part/a <0e>
4 + bridge/main <1r 3e>
5 + part/b <0e>
6 + path/a.0.0.0.0/0 <3e 4r>
7 + rule/app.80-0.0.0.0/0 <2e>
8 + rule/app.81-app <2e>
9 + store/logs <>
10 + revision/app <9e>
11 + runner/app <2e 3e 5e 7r 8r 10e>
"#
    );
}

#[test]
fn what_is_as_wanted_stays() {
    check(
        &Wish::default(),
        &Wish::default(),
        r#"
"#,
    );
}

#[test]
fn updates_touch_only_what_differs() {
    let after = Wish {
        dns: false,
        count: 3,
        tags: vec![("team", "t")],
        path: false,
        ..Wish::default()
    };
    check(
        &Wish::default(),
        &after,
        r#"
0 ~[dns,tags] net/main <>
1 ~[tags] gate/main <>
2 ~[tags] group/app <>
3 ~[tags] part/a <>
4 ~[tags] bridge/main <>
5 ~[tags] part/b <>
6 ~[tags] store/logs <>
7 ~[tags] revision/app <>
8 ~[count,tags] runner/app <>
9 - path/a.0.0.0.0/0 unwanted <>
"#,
    );
}

#[test]
fn a_new_revision_comes_before_the_old_one_goes() {
    check(
        &Wish::default(),
        &Wish {
            image: "app:2",
            ..Wish::default()
        },
        r#"
0 + revision/app replaced by image <>
1 ~[revision] runner/app <0e>
2 - revision/app replaced by image <0r 1r>
"#,
    );
}

#[test]
fn a_new_range_makes_a_new_network_beside_the_old_one() {
    let after = Wish {
        range: "10.9.0.0/16",
        parts: vec![("a", "10.9.1.0/24"), ("b", "10.9.2.0/24")],
        ..Wish::default()
    };
    check(
        &Wish::default(),
        &after,
        r#"
0 + net/main replaced by range <>
1 ~[net] gate/main <0e>
2 + group/app replaced by net <0e>
3 + part/a replaced by net,range <0e>
4 + bridge/main replaced by part <1r 3e>
5 + part/b replaced by net,range <0e>
6 + path/a.0.0.0.0/0 replaced by part <3e 4r>
7 + rule/app.80-0.0.0.0/0 replaced by group <2e>
8 + rule/app.81-app replaced by group,from <2e>
9 ~[parts,groups] runner/app <2e 3e 5e 7r 8r>
10 - part/b replaced by net,range <5r 9r>
11 - path/a.0.0.0.0/0 replaced by part <6r 9r>
12 - bridge/main replaced by part <4r 11g>
13 - part/a replaced by net,range <3r 9r 11g 12g>
14 - rule/app.80-0.0.0.0/0 replaced by group <7r 9r>
15 - rule/app.81-app replaced by group,from <8r 9r>
16 - group/app replaced by net <2r 9r 14g 15g>
17 - net/main replaced by range <0r 1r 10g 13g 16g>
"#,
    );
}

#[test]
fn overlapping_parts_go_first_and_take_their_holders_along() {
    let after = Wish {
        parts: vec![("a", "10.0.1.0/25"), ("b", "10.0.2.0/24")],
        ..Wish::default()
    };
    check(
        &Wish::default(),
        &after,
        r#"
0 - runner/app holds part/a <>
1 - path/a.0.0.0.0/0 replaced by part <0g>
2 - bridge/main replaced by part <1g>
3 - part/a replaced by range <0g 1g 2g>
4 + part/a replaced by range <3g>
5 + bridge/main replaced by part <2g 4e>
6 + path/a.0.0.0.0/0 replaced by part <1g 4e 5r>
7 + runner/app holds part/a <0g 4e>
"#,
    );
}

#[test]
fn a_replaced_group_never_has_a_gap() {
    check(
        &Wish::default(),
        &Wish {
            purpose: "shop",
            ..Wish::default()
        },
        r#"
0 + group/app replaced by name,purpose <>
1 + rule/app.80-0.0.0.0/0 replaced by group <0e>
2 + rule/app.81-app replaced by group,from <0e>
3 ~[groups] runner/app <0e 1r 2r>
4 - rule/app.80-0.0.0.0/0 replaced by group <1r 3r>
5 - rule/app.81-app replaced by group,from <2r 3r>
6 - group/app replaced by name,purpose <0r 3r 4g 5g>
"#,
    );
}

#[test]
fn a_place_is_taken_only_once_it_is_free() {
    let after = Wish {
        parts: vec![("b", "10.0.1.0/24"), ("c", "10.0.2.0/24")],
        ..Wish::default()
    };
    check(
        &Wish::default(),
        &after,
        r#"
0 - runner/app holds part/a <>
1 - path/a.0.0.0.0/0 unwanted <0g>
2 - bridge/main replaced by part <1g>
3 - part/a unwanted <0g 1g 2g>
4 + part/b replaced by range <3g>
5 - part/b replaced by range <0g 4r>
6 + bridge/main replaced by part <2g 4e>
7 + part/c <5g>
8 + path/b.0.0.0.0/0 <4e 6r>
9 + runner/app holds part/a <0g 4e 7e>
"#,
    );
}

#[test]
fn destroy_goes_backwards() {
    let empty = Graph::new(owner(), Tags::new());
    let plan = made(&empty, built(&graph(&Wish::default())), &Options::default()).expect("a plan");
    assert_eq!(
        format!("\n{}", show(&plan)),
        r#"
0 - runner/app unwanted <>
1 - part/b unwanted <0g>
2 - path/a.0.0.0.0/0 unwanted <0g>
3 - bridge/main unwanted <2g>
4 - gate/main unwanted <3g>
5 - part/a unwanted <0g 2g 3g>
6 - revision/app unwanted <0g>
7 - rule/app.80-0.0.0.0/0 unwanted <0g>
8 - rule/app.81-app unwanted <0g>
9 - group/app unwanted <0g 7g 8g>
10 - net/main unwanted <1g 4g 5g 9g>
11 - store/logs unwanted <>
"#
    );
}

#[test]
fn what_may_not_change_is_refused() {
    let after = Wish {
        format: "v2",
        ..Wish::default()
    };
    let refused = made(
        &graph(&after),
        built(&graph(&Wish::default())),
        &Options::default(),
    )
    .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "store/logs: `format` cannot be changed: what is in it could not be read any more"
    );
}

fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

fn chosen(addresses: &[&str]) -> std::collections::BTreeSet<Address> {
    addresses.iter().map(|text| address(text)).collect()
}

/// Changes the record of the default world at this address.
fn altered(at: &str, change: impl FnOnce(&mut Record)) -> Vec<Record> {
    let graph = graph(&Wish::default());
    let mut records = built(&graph);
    let place = graph
        .nodes()
        .position(|(address, _)| address.to_string() == at)
        .expect("a node");
    change(&mut records[place]);
    records
}

#[track_caller]
fn check_world(records: Vec<Record>, options: &Options, expected: &str) {
    let text = match made(&graph(&Wish::default()), records, options) {
        Ok(plan) => show(&plan),
        Err(refused) => refused.to_string(),
    };
    assert_eq!(format!("\n{text}"), expected);
}

#[test]
fn asked_for_replacements_take_along_whoever_needs_the_name() {
    let options = Options {
        replace: chosen(&["group/app"]),
        ..Options::default()
    };
    check_world(
        built(&graph(&Wish::default())),
        &options,
        r#"
0 - runner/app holds group/app <>
1 - rule/app.80-0.0.0.0/0 replaced by group <0g>
2 - rule/app.81-app replaced by group,from <0g>
3 - group/app requested <0g 1g 2g>
4 + group/app requested <3g>
5 + rule/app.80-0.0.0.0/0 replaced by group <1g 4e>
6 + rule/app.81-app replaced by group,from <2g 4e>
7 + runner/app holds group/app <0g 4e 5r 6r>
"#,
    );
}

#[test]
fn a_broken_bridge_is_replaced() {
    let records = altered("bridge/main", |r| {
        r.state = State::Broken("it fell".to_owned());
    });
    check_world(
        records,
        &Options::default(),
        r#"
0 + bridge/main broken: it fell <>
1 ~[over] path/a.0.0.0.0/0 <0r>
2 - bridge/main broken: it fell <0r 1r>
"#,
    );
}

#[test]
fn what_an_earlier_run_left_half_done_is_waited_for() {
    let mut records = altered("bridge/main", |r| {
        r.state = State::Busy("pending".to_owned());
    });
    records.retain(|r| r.kind != "path");
    check_world(
        records,
        &Options::default(),
        r#"
0 ~[] bridge/main settling: pending <>
1 + path/a.0.0.0.0/0 <0r>
"#,
    );
}

#[test]
fn what_is_being_deleted_is_waited_for() {
    let records = altered("runner/app", |r| r.state = State::Leaving);
    check_world(
        records,
        &Options::default(),
        r#"
0 - runner/app leaving <>
1 + runner/app <0g>
"#,
    );
}

#[test]
fn a_second_record_that_nobody_uses_goes() {
    let mut records = built(&graph(&Wish::default()));
    let mut second = records
        .iter()
        .find(|r| r.kind == "part")
        .expect("a part")
        .clone();
    for id in ["a-part", "part-2"] {
        second.id = id.to_owned();
        second.outputs.insert("id".into(), id.to_owned());
        records.push(second.clone());
    }
    check_world(
        records,
        &Options::default(),
        r#"
0 - part/a superseded <>
1 - part/a superseded <>
"#,
    );
}

#[test]
fn a_second_record_with_data_stops_the_run() {
    let mut records = built(&graph(&Wish::default()));
    let mut second = records
        .iter()
        .find(|r| r.kind == "store")
        .expect("a store")
        .clone();
    second.id = "old-logs".to_owned();
    second
        .values
        .insert("name".into(), Value::Text("old-logs".to_owned()));
    second.outputs.insert("name".into(), "old-logs".to_owned());
    records.push(second);
    check_world(
        records,
        &Options::default(),
        r#"
store/logs: several resources bear this address (shop-logs, old-logs), and each may hold everything in it"#,
    );
}

/// The default world with a further rule in the group.
fn with_another_rule() -> Vec<Record> {
    let mut records = built(&graph(&Wish::default()));
    let mut extra = records
        .iter()
        .find(|r| r.kind == "rule")
        .expect("a rule")
        .clone();
    extra.id = "rule-x".to_owned();
    extra.outputs.insert("id".into(), "rule-x".to_owned());
    extra.values.insert("port".into(), Value::Int(22));
    records.push(extra);
    records
}

#[test]
fn a_rule_that_somebody_added_goes() {
    check_world(
        with_another_rule(),
        &Options::default(),
        r#"
0 - rule/app.22-0.0.0.0/0 unwanted <>
"#,
    );
}

#[test]
fn a_rule_stays_until_who_follows_it_has_changed() {
    let wish = Wish {
        count: 3,
        ..Wish::default()
    };
    let plan = made(&graph(&wish), with_another_rule(), &Options::default()).expect("a plan");
    assert_eq!(
        format!("\n{}", show(&plan)),
        r#"
0 ~[count] runner/app <>
1 - rule/app.22-0.0.0.0/0 unwanted <0r>
"#
    );
}

#[test]
fn a_name_that_belongs_to_somebody_else_is_refused() {
    let mut records = altered("runner/app", |r| r.tags.clear());
    records.retain(|r| r.kind == "runner");
    check_world(
        records,
        &Options::default(),
        r#"
runner/app: `shop-app` exists already and does not belong to this stack (id:runner/app.arn)"#,
    );
}

#[test]
fn tags_that_contradict_each_other_are_refused() {
    let records = altered("net/main", |r| {
        r.tags
            .insert(ADDRESS_TAG.to_owned(), "group/app".to_owned());
    });
    check_world(
        records,
        &Options::default(),
        r#"
net/id:net/main.id: id:net/main.id is marked as part of this stack, but its qpiac:address tag names another kind"#,
    );
}

#[test]
fn a_target_brings_what_it_needs() {
    let options = Options {
        target: chosen(&["path/a.0.0.0.0/0"]),
        ..Options::default()
    };
    check_world(
        Vec::new(),
        &options,
        r#"
0 + net/main <>
1 + gate/main <0e>
2 + part/a <0e>
3 + bridge/main <1r 2e>
4 + path/a.0.0.0.0/0 <2e 3r>
"#,
    );
}

#[test]
fn an_exclusion_takes_along_what_needs_it() {
    let options = Options {
        exclude: chosen(&["part/a"]),
        ..Options::default()
    };
    check_world(
        Vec::new(),
        &options,
        r#"
0 + net/main <>
1 + gate/main <0e>
2 + group/app <0e>
3 + part/b <0e>
4 + rule/app.80-0.0.0.0/0 <2e>
5 + rule/app.81-app <2e>
6 + store/logs <>
7 + revision/app <6e>
"#,
    );
}

#[test]
fn an_exclusion_never_leaves_half_of_a_replacement() {
    let after = Wish {
        parts: vec![("a", "10.0.1.0/25"), ("b", "10.0.2.0/24")],
        ..Wish::default()
    };
    let options = Options {
        exclude: chosen(&["part/a"]),
        ..Options::default()
    };
    let plan = made(&graph(&after), built(&graph(&Wish::default())), &options).expect("a plan");
    assert_eq!(
        format!("\n{}", show(&plan)),
        r#"
"#
    );
}

#[test]
fn an_address_that_is_nowhere_is_refused() {
    let options = Options {
        target: chosen(&["net/other"]),
        ..Options::default()
    };
    check_world(
        Vec::new(),
        &options,
        r#"
net/other: --target names a resource that is neither wanted nor there"#,
    );
}

#[test]
fn what_is_left_alone_stays_though_it_is_not_wanted() {
    let mut wanted = Graph::new(owner(), Tags::new());
    wanted.leave::<Store>("logs");
    let mut world = graph(&Wish::default());
    world.retain(|address| address.kind == Store::SCHEMA.kind);
    let records = built(&world);
    let plan = made(&wanted, records.clone(), &Options::default()).expect("a plan");
    assert_eq!(show(&plan), "");
    let without = Graph::new(owner(), Tags::new());
    let plan = made(&without, records, &Options::default()).expect("a plan");
    assert_eq!(show(&plan), "0 - store/logs unwanted <>\n");
}
