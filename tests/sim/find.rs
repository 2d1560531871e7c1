//! What is found, and what new resources look like.

use std::collections::BTreeSet;

use qpiac::engine::Provider;
use qpiac::model::{
    Attributes, FaultClass, Kind, Owner, Parent, Query, Record, Ref, Resource, State, Tags, Value,
};

use crate::kinds::{Gate, Group, Link, Net, Part, Role, Rule, net, range};
use crate::work::{create, created, exact, found, mark, owned, owner, plant, update};

fn sorted(records: Vec<Record>) -> Vec<String> {
    let mut ids: Vec<String> = records.into_iter().map(|record| record.id).collect();
    ids.sort();
    ids
}

#[tokio::test(start_paused = true)]
async fn identifiers_look_like_their_forms() {
    let sim = exact();
    let net_id = created(&sim, "main", &net("10.0.0.0/16")).await;
    let digits = net_id.strip_prefix("net-").expect("the form's prefix");
    assert_eq!(digits.len(), 17);
    assert!(digits.chars().all(|digit| digit.is_ascii_hexdigit()));

    let link = Link {
        net_id: Ref::known(net_id.as_str()),
    };
    let outputs = sim.perform(create("main", &link)).await.expect("a link");
    assert_eq!(outputs["id"], format!("{net_id}/link"));
    assert_eq!(outputs["net"], net_id, "a copy of the attribute");

    let role = Role {
        name: "worker".to_owned(),
        group_id: None,
    };
    let outputs = sim.perform(create("worker", &role)).await.expect("a role");
    assert_eq!(outputs["arn"], "arn:sim:iam::123456789012:role/worker");
    assert_eq!(outputs["name"], "worker");
    for (role, arn) in [(None, ""), (Some("worker"), outputs["arn"].as_str())] {
        let role = role.map(Ref::known);
        let outputs = sim.perform(create("web", &Group { role })).await;
        let what = "an output of what it refers to";
        assert_eq!(outputs.expect("a group")["role"], arn, "{what}");
    }

    let part = Part {
        net_id: Ref::known(net_id.as_str()),
        range: range("10.0.1.0/24"),
    };
    let part_id = created(&sim, "a", &part).await;
    let gate = Gate {
        net_id: Ref::known(net_id.as_str()),
        part_id: Ref::known(part_id),
        width: 1,
    };
    let outputs = sim.perform(create("main", &gate)).await.expect("a gate");
    assert_eq!(
        outputs["address"],
        format!("{}.us-east-1.example", outputs["id"])
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_create_returns_is_what_is_found() {
    let sim = exact();
    let want = net("10.0.0.0/16");
    let outputs = sim.perform(create("main", &want)).await.expect("a net");
    let record = found::<Net>(&sim, &outputs["id"]).await.expect("the net");
    assert_eq!(
        record,
        Record {
            kind: Kind::new("net"),
            id: outputs["id"].clone(),
            values: want.values(),
            outputs,
            tags: mark::<Net>("main"),
            state: State::Ready,
        }
    );
}

#[tokio::test(start_paused = true)]
async fn only_volatile_outputs_change_with_an_update() {
    let sim = exact();
    let net = plant(&sim, "main", &net("10.0.0.0/16"));
    let part = Part {
        net_id: Ref::known(net.id.as_str()),
        range: range("10.0.1.0/24"),
    };
    let part = plant(&sim, "a", &part);
    let mut want = Gate {
        net_id: Ref::known(net.id),
        part_id: Ref::known(part.id),
        width: 1,
    };
    let gate = plant(&sim, "main", &want);
    sim.alter(|world| world.region = "eu-west-1".to_owned())
        .expect("a world in memory");
    want.width = 2;
    let outputs = sim.perform(update(&gate, &want)).await.expect("an update");
    assert_eq!(outputs["id"], gate.id);
    assert_eq!(outputs["address"], format!("{}.eu-west-1.example", gate.id));
}

#[tokio::test(start_paused = true)]
async fn stacks_are_told_apart_and_names_are_seen_whoever_has_them() {
    let sim = exact();
    let ours = plant(&sim, "main", &net("10.0.0.0/16"));
    let kind = &Net::SCHEMA.kind;
    for other in [
        Owner::new("shop-b", "us-east-1"),
        Owner::new("shop", "eu-west-1"),
    ] {
        let address = "net/main".parse().expect("an address");
        sim.plant(kind, net("10.0.0.0/16").values(), other.mark(&address))
            .expect("theirs");
    }
    sim.plant(kind, net("10.0.0.0/16").values(), Tags::new())
        .expect("nobody's");
    assert_eq!(
        sorted(owned::<Net>(&sim, &[]).await.expect("nets")),
        [ours.id]
    );

    let role = |name: &str| {
        Role {
            name: name.to_owned(),
            group_id: None,
        }
        .values()
    };
    for name in ["mine", "yours"] {
        sim.plant(&Role::SCHEMA.kind, role(name), Tags::new())
            .expect("a role");
    }
    assert_eq!(owned::<Role>(&sim, &[]).await.expect("roles").len(), 0);
    let named = owned::<Role>(&sim, &["yours", "theirs"])
        .await
        .expect("roles");
    assert_eq!(sorted(named), ["arn:sim:iam::123456789012:role/yours"]);
}

#[tokio::test(start_paused = true)]
async fn children_are_found_under_their_parents_and_have_no_tags() {
    let sim = exact();
    let groups: Vec<Record> = ["a", "b", "c"]
        .iter()
        .map(|name| plant(&sim, name, &Group { role: None }))
        .collect();
    for group in &groups {
        let rule = Rule {
            group_id: Ref::known(group.id.as_str()),
            port: 80,
            source: Some(Ref::known(groups[0].id.as_str())),
        };
        created(&sim, "x", &rule).await;
    }
    let parents: Vec<Parent> = groups[1..]
        .iter()
        .map(|group| Parent {
            id: group.id.clone(),
            owner: owner(),
        })
        .collect();
    let kind = &Rule::SCHEMA.kind;
    let rules = sim.find(kind, Query::Under(parents)).await.expect("rules");
    let under: BTreeSet<&Value> = rules.iter().map(|rule| &rule.values["group_id"]).collect();
    assert_eq!((rules.len(), under.len()), (2, 2));
    assert!(rules.iter().all(|rule| rule.tags.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_query_that_cannot_find_anything_is_refused() {
    let sim = exact();
    let fault = owned::<Rule>(&sim, &[])
        .await
        .expect_err("a child has no owner tags");
    assert_eq!(
        (fault.class, fault.to_string().as_str()),
        (
            FaultClass::Rejected,
            "sim:ListRules: ValidationError: a rule has no tags; look under its parents"
        )
    );
    let parent = Parent {
        id: "net-0".to_owned(),
        owner: owner(),
    };
    let query = Query::Under(vec![parent]);
    let fault = sim
        .find(&Net::SCHEMA.kind, query)
        .await
        .expect_err("a net has no parent");
    assert_eq!(
        fault.to_string(),
        "sim:ListNets: ValidationError: a net has no parent; look for its owner"
    );
}

#[tokio::test(start_paused = true)]
async fn the_order_of_records_is_random() {
    let sim = exact();
    for _ in 0..10 {
        plant(&sim, "main", &net("10.0.0.0/16"));
    }
    let mut orders = BTreeSet::new();
    for _ in 0..10 {
        let nets = owned::<Net>(&sim, &[]).await.expect("nets");
        assert_eq!(nets.len(), 10);
        orders.insert(nets.into_iter().map(|net| net.id).collect::<Vec<String>>());
    }
    assert!(orders.len() > 1);
}
