//! Which creates are refused.

use qpiac::engine::Provider;
use qpiac::model::{FaultClass, Kind, OutputName, Piece, Query, Ref, State, Tags, Value};
use qpiac::sim::{Pace, Settings};

use crate::kinds::{Gate, Group, Net, Part, Path, Role, net, range};
use crate::scene::{check, gate, link, part, path, role, rule, text, unmarked, with};
use crate::work::{create, exact, owned, sim, update};

#[tokio::test(start_paused = true)]
async fn creates_of_the_wrong_shape() {
    check(&[
        (
            "an attribute is missing",
            |_| with(create("b", &net("10.1.0.0/16")), "purpose", None),
            "Rejected sim:MakeNet: ValidationError: attribute purpose is missing, expected a value, be it absent",
        ),
        (
            "an attribute too many",
            |_| with(create("b", &net("10.1.0.0/16")), "colour", Some(Value::Absent)),
            "Rejected sim:MakeNet: ValidationError: attribute colour is there, expected nothing of this name",
        ),
        (
            "a number for a boolean",
            |_| with(create("b", &net("10.1.0.0/16")), "names", Some(Value::Int(1))),
            "Rejected sim:MakeNet: ValidationError: attribute names is a number, expected a boolean",
        ),
        (
            "absent where it is needed",
            |_| with(create("b", &net("10.1.0.0/16")), "names", Some(Value::Absent)),
            "Rejected sim:MakeNet: ValidationError: attribute names is absent, expected a boolean",
        ),
        (
            "a wrong word inside",
            |_| {
                let watch = Value::Map(
                    [
                        ("level".to_owned(), text("medium")),
                        ("ports".to_owned(), Value::Set([].into())),
                        ("by".to_owned(), Value::Map([("nobody".to_owned(), Value::Bool(true))].into())),
                    ]
                    .into(),
                );
                with(create("b", &net("10.1.0.0/16")), "watch", Some(watch))
            },
            "Rejected sim:MakeNet: ValidationError: attribute watch.level is text, expected a known word",
        ),
        (
            "a wrong item inside",
            |_| {
                let people = Value::Map([("people".to_owned(), Value::List(vec![text("a"), Value::Int(1)]))].into());
                let watch = Value::Map(
                    [
                        ("level".to_owned(), text("high")),
                        ("ports".to_owned(), Value::Set([Value::Int(1)].into())),
                        ("by".to_owned(), people),
                    ]
                    .into(),
                );
                with(create("b", &net("10.1.0.0/16")), "watch", Some(watch))
            },
            "Rejected sim:MakeNet: ValidationError: attribute watch.by.people.1 is a number, expected text",
        ),
        (
            "a member is missing",
            |_| with(create("b", &net("10.1.0.0/16")), "watch", Some(Value::Map([].into()))),
            "Rejected sim:MakeNet: ValidationError: attribute watch.level is missing, expected a value, be it absent",
        ),
        (
            "an unknown reference",
            |_| {
                let from = OutputName::try_from("net/x.id".to_owned()).expect("an output");
                let pending = Value::Pending { class: "net".into(), from };
                with(create("b", &part_of_nothing()), "net_id", Some(pending))
            },
            "Rejected sim:MakePart: ValidationError: attribute net_id is the unknown net/x.id, expected net",
        ),
        (
            "an unknown text in a document",
            |_| {
                let from = OutputName::try_from("net/x.id".to_owned()).expect("an output");
                let template = Value::Template(vec![Piece::Pending(from)]);
                let policy = Value::Map([("Resource".to_owned(), template)].into());
                with(create("b", &net("10.1.0.0/16")), "policy", Some(policy))
            },
            "Rejected sim:MakeNet: ValidationError: attribute policy.Resource is text that is not known yet, expected a document",
        ),
        (
            "a reference of another class",
            |s| with(create("b", &part(&s.net, "10.0.2.0/24")), "net_id", Some(Value::Id { class: "part".into(), id: s.part.id.clone() })),
            "Rejected sim:MakePart: ValidationError: attribute net_id is an identifier of class part, expected net",
        ),
        (
            "all as it should be",
            |_| create("b", &net("10.1.0.0/16")),
            "ok",
        ),
    ])
    .await;
}

fn part_of_nothing() -> Part {
    Part {
        net_id: Ref::known("net-0"),
        range: range("10.0.9.0/24"),
    }
}

#[tokio::test(start_paused = true)]
async fn creates_without_owner_tags() {
    const SAID: &str = "Rejected sim:MakeNet: ValidationError: a net must be created with the tags qpiac:stack and qpiac:address of its address";
    check(&[
        (
            "none",
            |_| unmarked(create("b", &net("10.1.0.0/16")), &[]),
            SAID,
        ),
        (
            "no address",
            |_| {
                unmarked(
                    create("b", &net("10.1.0.0/16")),
                    &[("qpiac:stack", "shop@us-east-1")],
                )
            },
            SAID,
        ),
        (
            "no region",
            |_| {
                unmarked(
                    create("b", &net("10.1.0.0/16")),
                    &[("qpiac:stack", "shop"), ("qpiac:address", "net/b")],
                )
            },
            SAID,
        ),
        (
            "the address of another kind",
            |_| {
                unmarked(
                    create("b", &net("10.1.0.0/16")),
                    &[
                        ("qpiac:stack", "shop@us-east-1"),
                        ("qpiac:address", "part/b"),
                    ],
                )
            },
            SAID,
        ),
        (
            "a reserved key",
            |_| {
                let tags = [
                    ("qpiac:stack", "shop@us-east-1"),
                    ("qpiac:address", "net/b"),
                    ("aws:x", ""),
                ];
                unmarked(create("b", &net("10.1.0.0/16")), &tags)
            },
            "Rejected sim:MakeNet: ValidationError: the tag key aws:x is reserved",
        ),
        (
            "a child needs none",
            |s| unmarked(create("x", &rule(&s.group, 443, None)), &[]),
            "ok",
        ),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn references_to_what_is_not_there() {
    check(&[
        (
            "it never was",
            |_| create("b", &part_of_nothing()),
            "Missing sim:MakePart: ResourceNotFound: the net 'net-0' does not exist",
        ),
        (
            "it is leaving",
            |s| {
                s.set_state(&s.net, &State::Leaving);
                create("b", &part(&s.net, "10.0.2.0/24"))
            },
            "Missing sim:MakePart: ResourceNotFound: the net 'NET' does not exist",
        ),
        (
            "a loose one",
            |_| {
                create(
                    "b",
                    &Role {
                        name: "b".to_owned(),
                        group_id: Some(Ref::known("group-0")),
                    },
                )
            },
            "Missing sim:MakeRole: ResourceNotFound: the group 'group-0' does not exist",
        ),
        (
            "by another output",
            |_| {
                create(
                    "b",
                    &Group {
                        role: Some(Ref::known("nobody")),
                    },
                )
            },
            "Missing sim:MakeGroup: ResourceNotFound: the role-name 'nobody' does not exist",
        ),
        (
            "not ready where that matters",
            |s| {
                s.set_state(&s.gate, &State::Busy("pending".to_owned()));
                create("b", &path(&s.net, "home", &s.gate))
            },
            "NotYet sim:MakePath: InvalidState: the gate 'GATE' is pending",
        ),
        (
            "broken where that matters",
            |s| {
                s.set_state(&s.gate, &State::Broken("no room".to_owned()));
                create("b", &path(&s.net, "home", &s.gate))
            },
            "Rejected sim:MakePath: InvalidState: the gate 'GATE' does not work: no room",
        ),
        (
            "not ready where that does not matter",
            |s| {
                s.set_state(&s.part, &State::Busy("pending".to_owned()));
                create("b", &gate(&s.net, &s.part))
            },
            "ok",
        ),
        (
            "an update to what is not there",
            |s| {
                update(
                    &s.path,
                    &Path {
                        gate_id: Ref::known("gate-0"),
                        ..path(&s.net, "everywhere", &s.gate)
                    },
                )
            },
            "Missing sim:ChangePath: ResourceNotFound: the gate 'gate-0' does not exist",
        ),
        (
            "an update leaves other references alone",
            |s| {
                s.sim
                    .alter(|world| world.remove(&s.part.kind, &s.part.id))
                    .expect("a world in memory");
                update(
                    &s.gate,
                    &Gate {
                        width: 2,
                        ..gate(&s.net, &s.part)
                    },
                )
            },
            "ok",
        ),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_taken() {
    check(&[
        (
            "a name",
            |_| create("b", &role("worker")),
            "Rejected sim:MakeRole: EntityAlreadyExists: a role with the same name exists: 'ROLE'",
        ),
        (
            "the name of somebody else's",
            |s| {
                s.alter(&s.role, |role| role.tags = Tags::new());
                create("b", &role("worker"))
            },
            "Rejected sim:MakeRole: EntityAlreadyExists: a role with the same name exists: 'ROLE'",
        ),
        (
            "a name that becomes free",
            |s| {
                s.set_state(&s.role, &State::Leaving);
                create("b", &role("worker"))
            },
            "Conflict sim:MakeRole: OperationAborted: the role 'ROLE' with the same name is still being deleted",
        ),
        ("another name", |_| create("b", &role("manager")), "ok"),
        (
            "a child's parent and key",
            |s| create("b", &rule(&s.group, 80, None)),
            "Rejected sim:MakeRule: EntityAlreadyExists: a rule with the same parent and key exists: 'RULE'",
        ),
        (
            "a parent without a key",
            |s| create("b", &link(&s.net)),
            "Rejected sim:MakeLink: EntityAlreadyExists: a link with the same parent and key exists: 'LINK'",
        ),
        ("another key", |s| create("b", &rule(&s.group, 80, Some(&s.group))), "ok"),
        (
            "a place",
            |s| create("b", &part(&s.net, "10.0.0.0/20")),
            "Rejected sim:MakePart: EntityAlreadyExists: a part with the same place exists: 'PART'",
        ),
        ("a place beside", |s| create("b", &part(&s.net, "10.0.16.0/20")), "ok"),
        (
            "an identifier that its form leaves no choice about",
            |s| {
                s.alter(&s.role, |role| {
                    role.values.insert("name".into(), text("renamed"));
                });
                create("b", &role("worker"))
            },
            "Rejected sim:MakeRole: EntityAlreadyExists: a role with the same identifier exists: 'ROLE'",
        ),
        ("the same address twice, without a name", |_| create("main", &net("10.0.0.0/16")), "ok"),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_quota_is_told_and_kept() {
    let limited = sim(Settings::at(Pace::EXACT).limited(Kind::new("net"), 1));
    let kind = Kind::new("net");
    let quota = limited
        .quota(&kind)
        .await
        .expect("a reply")
        .expect("a quota");
    assert_eq!((quota.used, quota.limit), (0, 1));
    limited
        .perform(create("a", &net("10.0.0.0/16")))
        .await
        .expect("the first");
    let fault = limited
        .perform(create("b", &net("10.1.0.0/16")))
        .await
        .expect_err("no more");
    assert_eq!(fault.class, FaultClass::Quota);
    assert_eq!(
        fault.to_string(),
        "sim:MakeNet: LimitExceeded: there are 1 of 1 nets"
    );
    let other = limited.quota(&Kind::new("part")).await.expect("a reply");
    assert_eq!(other, None);
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_not_known_is_refused() {
    let sim = exact();
    let kind = Kind::new("cloud");
    let query = Query::Ids(vec!["cloud-0".to_owned()]);
    let fault = sim.find(&kind, query).await.expect_err("an unknown kind");
    assert_eq!(fault.class, FaultClass::Rejected);
    assert!(
        owned::<Net>(&sim, &[])
            .await
            .expect("a known kind")
            .is_empty()
    );
}
