//! AWS's replies: reads, creates, updates and deletes of every kind, and whole snapshots, by replies
//! that are not what AWS says.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use qpiac::engine::{self, Provider};
use qpiac::keep;
use qpiac::model::{
    Change, OnChange, Parent, Query, Record, Schema, Shape, Snapshot, TagChange, Work,
    kind_of_class,
};
use qpiac::plan::Options;
use qpiac::render::{self, Layout, Purpose, Standing};
use qpiac::resources::Aws;

use crate::campaign::Part;
use crate::case::Case;
use crate::random::Random;
use crate::scene::{SCHEMAS, WHOLE, on_paused_time, settings};
use crate::wire::{Harm, Wire};

static PART: Part = Part {
    name: "replies",
    sample: 300,
    share: 4,
    run,
};

/// How long the engine waits for one kind.
const LIMIT: Duration = Duration::from_secs(300);

/// Everything that was recorded, as the program sees it.
static RECORDS: LazyLock<Vec<Record>> = LazyLock::new(|| {
    let case = Arc::new(Case::new(0));
    let snapshot = on_paused_time(snapshot(&case, Harm::None));
    let snapshot = snapshot.unwrap_or_else(|failed| panic!("{failed}"));
    let records = snapshot.records().flat_map(|(_, records)| records);
    records.cloned().collect()
});

fn cloud(case: &Arc<Case>, harm: Harm) -> Aws {
    let clients = Wire::new(case, harm).clients();
    Aws::new(clients.working_for(WHOLE.owner.clone(), Arc::default()))
}

async fn snapshot(case: &Arc<Case>, harm: Harm) -> Result<Snapshot, engine::ReadFailed> {
    let aws = cloud(case, harm);
    let settings = settings(case.seed);
    let snapshot = engine::read(&aws, &WHOLE.owner, Some(&WHOLE.graph), &settings).await;
    aws.notes();
    snapshot
}

fn run(case: &Arc<Case>) -> bool {
    let mut random = case.random();
    // Made before anything is harmed.
    let records = &*RECORDS;
    on_paused_time(async {
        if random.once_in(12) {
            let harm = match random.below(12) {
                0 => Harm::Endless(5),
                1..=4 => Harm::Replies(1 + random.below(40)),
                _ => Harm::Operations(1 + random.below(8)),
            };
            return whole(case, harm).await;
        }
        let harm = match random.below(40) {
            0 => Harm::Endless(100),
            1..=20 => Harm::Replies(10 + random.below(90)),
            _ => Harm::Operations(10 + random.below(90)),
        };
        // As the engine does it.
        let one = one(case, harm, records, &mut random);
        tokio::time::timeout(LIMIT, one).await.unwrap_or(false)
    })
}

/// The whole stack is read, and what was read is planned with and shown.
async fn whole(case: &Arc<Case>, harm: Harm) -> bool {
    let Ok(snapshot) = snapshot(case, harm).await else {
        return false;
    };
    if let Ok(plan) = qpiac::plan::plan(&WHOLE.graph, &snapshot, &SCHEMAS, &Options::default()) {
        render::plan_human(&plan, &SCHEMAS, Purpose::Apply, false, Layout::default());
    }
    true
}

/// One thing is done with one kind.
async fn one(case: &Arc<Case>, harm: Harm, records: &[Record], random: &mut Random) -> bool {
    let found = &records[random.below(records.len())];
    let kind = &found.kind;
    let schema = schema_of(found);
    let aws = cloud(case, harm);
    match random.below(10) {
        0..=5 => {
            let all = records.iter().filter(|record| record.kind == *kind);
            let query = match random.below(3) {
                0 => Query::Ids(all.map(|record| record.id.clone()).collect()),
                _ if schema.is_child() => Query::Under(parents(schema, records)),
                _ => Query::Owned {
                    owner: WHOLE.owner.clone(),
                    names: names(schema, all),
                },
            };
            let found = aws.find(kind, query).await;
            let is_read = found.is_ok();
            for record in found.into_iter().flatten().take(3) {
                look(&aws, record).await;
            }
            is_read
        }
        6 if random.once_in(3) => kept(&aws).await,
        6 => {
            look(&aws, found.clone()).await;
            let _ = aws.quota(kind).await;
            true
        }
        _ => aws.perform(work(found, schema, random)).await.is_ok(),
    }
}

fn schema_of(record: &Record) -> &'static Schema {
    let schema = SCHEMAS.iter().find(|schema| schema.kind == record.kind);
    schema.expect("a known kind")
}

/// What the program keeps in a bucket.
async fn kept(aws: &Aws) -> bool {
    let pace = Duration::from_secs(1);
    let bucket = keep::Bucket::of(aws.clients(), testbed::ACCOUNT, pace);
    let stack = WHOLE.owner.to_string();
    let seen = keep::look(&bucket, &stack).await;
    let runs = keep::runs(&bucket, &stack, 10).await;
    let lease = seen.as_ref().ok().and_then(|seen| seen.lease());
    let _ = keep::unlock(&bucket, &stack, lease).await;
    for run in runs.iter().flatten() {
        render::past_run(&run.header, &run.events);
    }
    seen.is_ok() && runs.is_ok()
}

/// How a resource is and why, as people see it.
async fn look(aws: &Aws, found: Record) {
    let explained = aws.explain(found.clone()).await;
    drop(explained);
    if let Ok(health) = aws.health(found.clone()).await {
        let standing = Standing {
            address: qpiac::model::Address::new(found.kind.clone(), "main"),
            id: found.id,
            service: "ec2",
            health,
        };
        render::status_human(&WHOLE.owner, &[standing], 80);
    }
}

fn names<'r>(schema: &Schema, records: impl Iterator<Item = &'r Record>) -> Vec<String> {
    let Some(named) = schema.named else {
        return Vec::new();
    };
    let texts = records.filter_map(|record| match record.values.get(named) {
        Some(qpiac::model::Value::Text(text)) => Some(text.clone()),
        _ => None,
    });
    texts.collect()
}

/// All that may have children of this kind.
fn parents(schema: &Schema, records: &[Record]) -> Vec<Parent> {
    let attribute = schema.parent.and_then(|parent| schema.attribute(parent));
    let shape = attribute.map(|attribute| attribute.shape);
    let Some(Shape::Id(class) | Shape::Optional(&Shape::Id(class))) = shape else {
        return Vec::new();
    };
    let parent = kind_of_class(&SCHEMAS, class);
    let mut ids = BTreeSet::new();
    for record in records.iter().filter(|record| Some(&record.kind) == parent) {
        let outputs = schema_of(record).outputs.iter();
        let outputs = outputs.filter(|output| output.class == class);
        ids.extend(outputs.filter_map(|output| record.outputs.get(output.name)));
    }
    let of = |id: &String| Parent {
        id: id.clone(),
        owner: WHOLE.owner.clone(),
    };
    ids.into_iter().map(of).collect()
}

/// A change of a resource: all of it anew, every attribute that can be changed, or its end.
fn work(found: &Record, schema: &Schema, random: &mut Random) -> Work {
    let (found, want) = (found.clone(), found.values.clone());
    match random.below(3) {
        0 => Work::Create {
            kind: found.kind.clone(),
            want,
            mark: found.tags,
            token: "token".to_owned(),
        },
        1 => {
            let updatable = schema.attributes.iter().filter(|attribute| {
                matches!(attribute.on_change, OnChange::Update | OnChange::Attach)
            });
            let changes = updatable.filter_map(|attribute| {
                let value = want.get(attribute.name)?;
                Some(Change {
                    attribute: attribute.name.into(),
                    from: value.clone(),
                    to: value.clone(),
                })
            });
            let mut tags = found.tags.clone();
            tags.insert("project".to_owned(), "another".to_owned());
            Work::Update {
                changes: changes.collect(),
                tags: TagChange::between(&found.tags, &tags),
                want,
                found,
            }
        }
        _ => Work::Delete { found },
    }
}

#[test]
fn what_was_recorded_is_the_whole_stack() {
    let kinds: BTreeSet<_> = RECORDS.iter().map(|record| &record.kind).collect();
    let missing: Vec<_> = WHOLE
        .graph
        .nodes()
        .map(|(address, _)| &address.kind)
        // No image is built for the recording.
        .filter(|kind| !kinds.contains(kind) && **kind != *"container-image")
        .collect();
    assert!(missing.is_empty(), "nothing was recorded of {missing:?}");
}

#[test]
fn no_reply_makes_the_program_panic_or_hang() {
    PART.campaign();
}
