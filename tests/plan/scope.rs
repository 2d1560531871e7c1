//! A part of a plan.

use qpiac::model::{Graph, Resource, Tags};
use qpiac::plan::Options;

use crate::fakes::Store;
use crate::scene::{Wish, built, check_world, chosen, graph, made, owner, show};

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
