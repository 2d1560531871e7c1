//! A world with one of each kind, and a table of what is asked there and what comes of it.

use qpiac::engine::Provider;
use qpiac::model::{Record, Ref, State, Value, Work};
use qpiac::sim::Sim;

use crate::kinds::{Gate, Group, Link, Part, Path, Role, Rule, net, range};
use crate::work::{Reply, exact, plant};

/// A world with one of each kind.
pub(crate) struct Scene {
    pub(crate) sim: Sim,
    pub(crate) net: Record,
    pub(crate) part: Record,
    pub(crate) link: Record,
    pub(crate) gate: Record,
    pub(crate) path: Record,
    pub(crate) role: Record,
    pub(crate) group: Record,
    pub(crate) rule: Record,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let sim = exact();
        let net = plant(&sim, "main", &net("10.0.0.0/16"));
        let part = plant(&sim, "a", &part(&net, "10.0.1.0/24"));
        let link = plant(&sim, "main", &link(&net));
        let gate = plant(&sim, "main", &gate(&net, &part));
        let path = plant(&sim, "main", &path(&net, "everywhere", &gate));
        let role = plant(&sim, "worker", &role("worker"));
        let by_name = Ref::known(role.outputs["name"].as_str());
        let group = plant(
            &sim,
            "web",
            &Group {
                role: Some(by_name),
            },
        );
        let rule = plant(&sim, "web", &rule(&group, 80, None));
        Self {
            sim,
            net,
            part,
            link,
            gate,
            path,
            role,
            group,
            rule,
        }
    }

    pub(crate) fn set_state(&self, record: &Record, state: &State) {
        let set = |record: &mut Record| record.state = state.clone();
        self.alter(record, set);
    }

    pub(crate) fn alter(&self, record: &Record, change: impl FnOnce(&mut Record)) {
        let in_world = |world: &mut qpiac::sim::World| {
            let mut records = world.records_mut();
            let it = records.find(|r| r.kind == record.kind && r.id == record.id);
            change(it.expect("a record of the scene"));
        };
        self.sim.alter(in_world).expect("a world in memory");
    }
}

pub(crate) fn id<C: qpiac::model::Class>(record: &Record) -> Ref<C> {
    Ref::known(record.id.as_str())
}

pub(crate) fn part(net: &Record, cidr: &str) -> Part {
    Part {
        net_id: id(net),
        range: range(cidr),
    }
}

pub(crate) fn link(net: &Record) -> Link {
    Link { net_id: id(net) }
}

pub(crate) fn gate(net: &Record, part: &Record) -> Gate {
    Gate {
        net_id: id(net),
        part_id: id(part),
        width: 1,
    }
}

pub(crate) fn path(net: &Record, destination: &str, gate: &Record) -> Path {
    Path {
        net_id: id(net),
        destination: destination.to_owned(),
        gate_id: id(gate),
    }
}

pub(crate) fn role(name: &str) -> Role {
    Role {
        name: name.to_owned(),
        group_id: None,
    }
}

pub(crate) fn rule(group: &Record, port: u16, source: Option<&Record>) -> Rule {
    Rule {
        group_id: id(group),
        port,
        source: source.map(id),
    }
}

pub(crate) fn unmarked(work: Work, tags: &[(&str, &str)]) -> Work {
    match work {
        Work::Create {
            kind, want, token, ..
        } => Work::Create {
            kind,
            want,
            mark: tags
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            token,
        },
        Work::Update { .. } | Work::Delete { .. } => panic!("only a create is marked"),
    }
}

/// The same create with one attribute set to something else, or left out.
pub(crate) fn with(work: Work, attribute: &'static str, value: Option<Value>) -> Work {
    match work {
        Work::Create {
            kind,
            mut want,
            mark,
            token,
        } => {
            want.remove(attribute);
            want.extend(value.map(|value| (attribute.into(), value)));
            Work::Create {
                kind,
                want,
                mark,
                token,
            }
        }
        Work::Update { .. } | Work::Delete { .. } => panic!("only a create"),
    }
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// The refusal, or `ok`, with the scene's identifiers replaced by `KIND`.
pub(crate) fn outcome(scene: &Scene, reply: &Reply) -> String {
    let mut said = match reply {
        Ok(_) => "ok".to_owned(),
        Err(fault) => format!("{:?} {fault}", fault.class),
    };
    for record in [
        &scene.link,
        &scene.path,
        &scene.net,
        &scene.part,
        &scene.gate,
        &scene.role,
        &scene.group,
        &scene.rule,
    ] {
        said = said.replace(&record.id, &record.kind.as_str().to_uppercase());
    }
    said
}

pub(crate) type Case = (&'static str, fn(&Scene) -> Work, &'static str);

pub(crate) async fn check(cases: &[Case]) {
    for (name, work, expected) in cases {
        let scene = Scene::new();
        let work = work(&scene);
        let before: Vec<Record> = scene.sim.world().records().cloned().collect();
        let reply = scene.sim.perform(work).await;
        assert_eq!(outcome(&scene, &reply), *expected, "{name}");
        if reply.is_err() {
            let after: Vec<Record> = scene.sim.world().records().cloned().collect();
            assert_eq!(before, after, "{name}: a refusal has no effect");
            assert_eq!(scene.sim.refusals().len(), 1, "{name}");
        }
    }
}
