//! From one wish to another: what is made, changed, replaced and deleted, and in what order.

use qpiac::model::{Graph, Tags};
use qpiac::plan::Options;

use crate::scene::{Wish, built, check, graph, made, owner, show};

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
