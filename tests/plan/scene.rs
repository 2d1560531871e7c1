//! A small world, what can be wished for in it, and plans as text.

use qpiac::model::{Address, Graph, OutputName, Owner, Record, Snapshot, State, Tags, Text, Value};
use qpiac::plan::{Action, Options, Plan, Reason, Refused, plan};

use crate::fakes::{
    Bridge, From, Gate, Group, Net, Part, Path, Revision, Rule, Runner, SCHEMAS, Store,
};

/// What a scenario can change.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) range: &'static str,
    pub(crate) dns: bool,
    pub(crate) parts: Vec<(&'static str, &'static str)>,
    pub(crate) image: &'static str,
    pub(crate) count: u32,
    pub(crate) purpose: &'static str,
    pub(crate) path: bool,
    pub(crate) format: &'static str,
    pub(crate) tags: Vec<(&'static str, &'static str)>,
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

pub(crate) fn owner() -> Owner {
    Owner::new("shop", "mars-1")
}

pub(crate) fn graph(wish: &Wish) -> Graph {
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
pub(crate) fn built(graph: &Graph) -> Vec<Record> {
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

pub(crate) fn made(
    graph: &Graph,
    records: Vec<Record>,
    options: &Options,
) -> Result<Plan, Refused> {
    plan(
        graph,
        &Snapshot::new(&owner(), &SCHEMAS, records),
        &SCHEMAS,
        options,
    )
}

/// A plan as one line per step.
pub(crate) fn show(plan: &Plan) -> String {
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
pub(crate) fn check(before: &Wish, after: &Wish, expected: &str) {
    let plan = made(&graph(after), built(&graph(before)), &Options::default()).expect("a plan");
    assert_eq!(format!("\n{}", show(&plan)), expected);
}

pub(crate) fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

pub(crate) fn chosen(addresses: &[&str]) -> std::collections::BTreeSet<Address> {
    addresses.iter().map(|text| address(text)).collect()
}

/// Changes the record of the default world at this address.
pub(crate) fn altered(at: &str, change: impl FnOnce(&mut Record)) -> Vec<Record> {
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
pub(crate) fn check_world(records: Vec<Record>, options: &Options, expected: &str) {
    let text = match made(&graph(&Wish::default()), records, options) {
        Ok(plan) => show(&plan),
        Err(refused) => refused.to_string(),
    };
    assert_eq!(format!("\n{text}"), expected);
}
