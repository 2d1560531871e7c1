//! Plan files. Whatever is accepted is held against a stack and what is there, and carried out in a
//! simulated cloud where it is confirmed.

use std::sync::{Arc, LazyLock};

use qpiac::engine;
use qpiac::model::Snapshot;
use qpiac::plan::saved::Saved;
use qpiac::plan::{Options, Plan, forecast};
use qpiac::render::{self, Around, Layout, MARKDOWN_LIMIT_BYTES, Purpose, Setting, Stats};
use qpiac::sim::{Pace, Settings, Sim, World};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::campaign::Part;
use crate::case::Case;
use crate::random::Random;
use crate::scene::{SCHEMAS, WEB, on_paused_time, settings};
use crate::{corpus, json, mutate};

static PART: Part = Part {
    name: "plan",
    sample: 300,
    share: 1,
    run,
};

static CORPUS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let parsed = |text: Vec<u8>| serde_json::from_slice(&text).expect("a plan");
    corpus::contents("plan").into_iter().map(parsed).collect()
});

/// What is there, and the plan that leads from there to the stack.
struct Ground {
    snapshot: Snapshot,
    plan: Plan,
}

static EMPTY: LazyLock<Ground> = LazyLock::new(|| ground(&world()));
static BUILT: LazyLock<Ground> = LazyLock::new(|| {
    let worlds = corpus::files("sandbox").into_iter();
    let mut webs = worlds.filter(|(name, _)| name == "web.json");
    let (_, text) = webs.next().expect("a world");
    ground(&serde_json::from_slice(&text).expect("a world"))
});

fn world() -> World {
    World::new("123456789012", "us-east-1", 1)
}

fn cloud(world: &World) -> Sim {
    let settings = Settings {
        pace: Pace::EXACT,
        ..WEB.cloud()
    };
    Sim::new(&SCHEMAS, world.clone(), settings)
}

fn ground(world: &World) -> Ground {
    let sim = cloud(world);
    let reading = async { engine::read(&sim, &WEB.owner, Some(&WEB.graph), &settings(1)).await };
    let snapshot = on_paused_time(reading).unwrap_or_else(|failed| panic!("{failed}"));
    let plan = qpiac::plan::plan(&WEB.graph, &snapshot, &SCHEMAS, &Options::default());
    let plan = plan.unwrap_or_else(|refused| panic!("{refused}"));
    Ground { snapshot, plan }
}

/// A file, and the version that it says wrote it.
fn input(random: &mut Random) -> (Vec<u8>, String) {
    let mut document = CORPUS[random.below(CORPUS.len())].clone();
    let version = document["version"].as_str().unwrap_or_default().to_owned();
    if random.once_in(10) {
        json::mutate(random, &mut document);
        return (json::text(random, &document), version);
    }
    // One in eight is a good plan; else nothing confirmed would ever be tried.
    if !random.once_in(8) {
        json::mutate(random, &mut document["content"]);
    }
    let text = document["content"].to_string();
    document["sha256"] = format!("{:x}", Sha256::digest(text)).into();
    if random.once_in(16) {
        let mut text = document.to_string().into_bytes();
        mutate::bytes(random, &mut text);
        return (text, version);
    }
    (json::text(random, &document), version)
}

fn run(case: &Arc<Case>) -> bool {
    let mut random = case.random();
    let (text, version) = input(&mut random);
    case.show(&text);
    let saved = match Saved::parse(&text, &version) {
        Ok(saved) => saved,
        Err(unusable) => {
            assert!(!unusable.to_string().is_empty());
            return false;
        }
    };
    render::rewritten(&saved.rewritten(&WEB.graph));
    for ground in [&*EMPTY, &*BUILT] {
        render::moved(&saved.moved(&ground.snapshot), ground.snapshot.names());
        if let Some(plan) = saved.confirmed(&ground.plan) {
            carry_out(case.seed, &plan);
        }
    }
    show(&saved.plan);
    true
}

fn show(plan: &Plan) {
    render::plan_human(plan, &SCHEMAS, Purpose::Apply, false, Layout::default());
    render::losses(plan, &SCHEMAS);
    let around = Around {
        schemas: &SCHEMAS,
        purpose: Purpose::Apply,
        waits_for_lazy: true,
        is_sandbox: false,
    };
    let page = render::plan_markdown(plan, around);
    assert!(page.len() <= MARKDOWN_LIMIT_BYTES, "{}", page.len());
    let stats = Stats::default();
    let setting = Setting {
        sandbox: true,
        stats: Some(&stats),
        forecast: &forecast::of_plan(plan, &SCHEMAS, false),
    };
    render::plan_json(plan, setting);
}

/// A confirmed plan is one that the program would carry out.
fn carry_out(seed: u64, plan: &Plan) {
    show(plan);
    let sim = cloud(&world());
    on_paused_time(async {
        let (_stop, stops) = watch::channel(None);
        let settings = settings(seed);
        let _outcome = engine::run(
            plan,
            &sim,
            &settings,
            &engine::Unlimited,
            stops,
            &mut |_| {},
        )
        .await;
    });
}

#[test]
fn no_plan_file_makes_the_program_panic() {
    let tally = PART.campaign();
    assert!(tally.is_telling(), "{tally:?}");
}
