//! Which updates and deletes are refused, and what the others do.

use qpiac::engine::Provider;
use qpiac::model::{Record, State, Tags, Value};

use crate::kinds::{Group, Net, Role, Rule, net};
use crate::scene::{Scene, check, rule, text};
use crate::work::{delete, found, plant, retag, update, update_values};

fn kept(keeper: &str) -> Net {
    Net {
        keeper: Some(keeper.to_owned()),
        ..net("10.0.0.0/16")
    }
}

/// Gives the scene's net a keeper, of whom its record in the scene does not know.
fn keep(scene: &Scene) {
    scene.alter(&scene.net, |net| {
        net.values.insert("keeper".into(), text("a"));
    });
}

#[tokio::test(start_paused = true)]
async fn updates() {
    check(&[
        (
            "one that may be",
            |s| {
                update(
                    &s.net,
                    &Net {
                        names: false,
                        ..net("10.0.0.0/16")
                    },
                )
            },
            "ok",
        ),
        (
            "one that replaces",
            |s| update(&s.net, &net("10.9.0.0/16")),
            "Rejected sim:ChangeNet: ValidationError: the range of a net cannot be changed",
        ),
        (
            "one that is refused",
            |s| {
                update(
                    &s.net,
                    &Net {
                        purpose: Some("x".to_owned()),
                        ..net("10.0.0.0/16")
                    },
                )
            },
            "Rejected sim:ChangeNet: ValidationError: the purpose of a net cannot be changed",
        ),
        ("one that attaches", |s| update(&s.net, &kept("a")), "ok"),
        (
            "one that attaches again",
            |s| {
                keep(s);
                update(&s.net, &kept("a"))
            },
            "ok",
        ),
        (
            "one that attaches something else",
            |s| {
                keep(s);
                update(&s.net, &kept("b"))
            },
            "Rejected sim:ChangeNet: ValidationError: the keeper of a net cannot be changed",
        ),
        (
            "of the wrong shape",
            |s| {
                let mut values = s.net.values.clone();
                values.insert("names".into(), text("yes"));
                update_values(&s.net, values)
            },
            "Rejected sim:ChangeNet: ValidationError: attribute names is text, expected a boolean",
        ),
        (
            "of what is not there",
            |s| {
                let gone = Record {
                    id: "net-0".to_owned(),
                    ..s.net.clone()
                };
                update(
                    &gone,
                    &Net {
                        names: false,
                        ..net("10.0.0.0/16")
                    },
                )
            },
            "Missing sim:ChangeNet: ResourceNotFound: the net 'net-0' does not exist",
        ),
        (
            "of what is leaving",
            |s| {
                s.set_state(&s.net, &State::Leaving);
                update(
                    &s.net,
                    &Net {
                        names: false,
                        ..net("10.0.0.0/16")
                    },
                )
            },
            "Missing sim:ChangeNet: ResourceNotFound: the net 'NET' does not exist",
        ),
        (
            "of tags",
            |s| retag(&s.net, &[("team", "web")], &["Name"]),
            "ok",
        ),
        (
            "of a child's tags",
            |s| retag(&s.path, &[("team", "web")], &[]),
            "Rejected sim:ChangePath: ValidationError: a path cannot be tagged",
        ),
        ("of nothing", |s| retag(&s.path, &[], &[]), "ok"),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn deletes_of_what_is_held() {
    check(&[
        (
            "by a reference",
            |s| delete(&s.part),
            "Conflict sim:DropPart: DependencyViolation: the part 'PART' is in use by the gate 'GATE'",
        ),
        (
            "by another output",
            |s| delete(&s.role),
            "Conflict sim:DropRole: DependencyViolation: the role 'ROLE' is in use by the group 'GROUP'",
        ),
        (
            "by what is still leaving",
            |s| {
                s.set_state(&s.gate, &State::Leaving);
                delete(&s.part)
            },
            "Conflict sim:DropPart: DependencyViolation: the part 'PART' is in use by the gate 'GATE'",
        ),
        (
            "by somebody else's",
            |s| {
                s.alter(&s.gate, |gate| gate.tags = Tags::new());
                delete(&s.part)
            },
            "Conflict sim:DropPart: DependencyViolation: the part 'PART' is in use by the gate 'GATE'",
        ),
        ("by its own child alone", |s| delete(&s.group), "ok"),
        (
            "by a child of another",
            |s| {
                let other = plant(&s.sim, "other", &Group { role: None });
                plant(&s.sim, "other", &rule(&other, 80, Some(&s.group)));
                // Its identifier is not the scene's.
                s.sim.alter(|world| {
                    let it = world.records_mut().find(|r| r.kind == "rule" && r.id != s.rule.id);
                    it.expect("the other rule").id = "rule-1".to_owned();
                })
                .expect("a world in memory");
                delete(&s.group)
            },
            "Conflict sim:DropGroup: DependencyViolation: the group 'GROUP' is in use by the rule 'rule-1'",
        ),
        (
            "loosely",
            |s| {
                s.alter(&s.role, |role| {
                    role.values.insert("group_id".into(), Value::Id { class: "group".into(), id: s.group.id.clone() });
                });
                delete(&s.group)
            },
            "ok",
        ),
        ("only through an identifier that it passes on", |s| delete(&s.link), "ok"),
        (
            "by what is declared to follow it and is leaving",
            |s| {
                s.set_state(&s.gate, &State::Leaving);
                delete(&s.link)
            },
            "Conflict sim:DropLink: DependencyViolation: the link 'LINK' is in use by the gate 'GATE'",
        ),
        (
            "by what follows another and is leaving",
            |s| {
                s.alter(&s.gate, |gate| {
                    gate.state = State::Leaving;
                    gate.values.insert("net_id".into(), Value::Id { class: "net".into(), id: "net-0".to_owned() });
                });
                delete(&s.link)
            },
            "ok",
        ),
        (
            "not at all, but gone",
            |s| {
                s.sim.alter(|world| world.remove(&s.path.kind, &s.path.id)).expect("a world in memory");
                delete(&s.path)
            },
            "Missing sim:DropPath: ResourceNotFound: the path 'PATH' does not exist",
        ),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn children_go_with_their_parent() {
    let s = Scene::new();
    s.sim
        .perform(delete(&s.group))
        .await
        .expect("only its rule holds it");
    assert_eq!(found::<Rule>(&s.sim, &s.rule.id).await, None);
    assert_eq!(found::<Group>(&s.sim, &s.group.id).await, None);
    assert!(found::<Role>(&s.sim, &s.role.id).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn an_update_changes_what_it_names_and_nothing_else() {
    let s = Scene::new();
    s.alter(&s.net, |net| {
        net.values.insert("policy".into(), Value::Map([].into()));
    });
    let narrow = update(
        &s.net,
        &Net {
            names: false,
            ..net("10.0.0.0/16")
        },
    );
    s.sim.perform(narrow).await.expect("an update");
    let after = found::<Net>(&s.sim, &s.net.id).await.expect("the net");
    assert_eq!(after.values["names"], Value::Bool(false));
    assert_eq!(after.values["policy"], Value::Map([].into()), "drift stays");
    let work = retag(&s.net, &[("team", "web")], &["qpiac:address"]);
    s.sim.perform(work).await.expect("new tags");
    let after = found::<Net>(&s.sim, &s.net.id).await.expect("the net");
    let tags: Vec<(&str, &str)> = after
        .tags
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(tags, [("qpiac:stack", "shop@us-east-1"), ("team", "web")]);
}
