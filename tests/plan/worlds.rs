//! Worlds that no finished run leaves: half done, doubled, meddled with, somebody else's.

use qpiac::model::{ADDRESS_TAG, Record, State, Value};
use qpiac::plan::Options;

use crate::scene::{Wish, altered, built, check_world, chosen, graph, made, show};

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
