//! The sandbox's file: an error or a world, and whatever world that is, it can be read, planned with
//! and shown, and a run in it comes to an end.

use std::cell::OnceCell;
use std::fs;
use std::sync::{Arc, LazyLock};

use qpiac::engine;
use qpiac::plan::Options;
use qpiac::render::{self, Layout, Purpose};
use qpiac::sim::{Sim, World};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::campaign::Part;
use crate::case::Case;
use crate::random::Random;
use crate::scene::{SCHEMAS, Scene, WEB, WHOLE, on_paused_time, settings};
use crate::{corpus, json};

static PART: Part = Part {
    name: "sandbox",
    sample: 150,
    share: 2,
    run,
};

static CORPUS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let parsed = |text: Vec<u8>| serde_json::from_slice(&text).expect("a world");
    corpus::contents("sandbox")
        .into_iter()
        .map(parsed)
        .collect()
});

thread_local! {
    /// Where the worlds are written; each thread has its own.
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

fn input(random: &mut Random) -> Vec<u8> {
    let mut document = CORPUS[random.below(CORPUS.len())].clone();
    // Half of the changes are inside of one record, which is where most is read.
    let records = document["records"].as_array_mut();
    match records.filter(|_| random.once_in(2)) {
        Some(records) if !records.is_empty() => {
            let at = random.below(records.len());
            json::mutate(random, &mut records[at]);
        }
        _ => json::mutate(random, &mut document),
    }
    json::text(random, &document)
}

fn run(case: &Arc<Case>) -> bool {
    let mut random = case.random();
    let text = input(&mut random);
    case.show(&text);
    let scene = if random.once_in(2) { &*WEB } else { &*WHOLE };
    let path = FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| tempfile::tempdir().expect("a folder"));
        folder.path().join("sandbox.json")
    });
    fs::write(&path, &text).expect("a file");
    let fresh = World::new("123456789012", "us-east-1", 7);
    match Sim::open(&SCHEMAS, &path, fresh, scene.cloud()) {
        Ok(sim) => {
            let is_run = random.once_in(8);
            on_paused_time(live(&sim, scene, case.seed, is_run));
            true
        }
        Err(error) => {
            assert!(error.to_string().contains("sandbox.json"), "{error}");
            false
        }
    }
}

/// What a person does in a sandbox.
async fn live(sim: &Sim, scene: &Scene, seed: u64, is_run: bool) {
    let settings = settings(seed);
    let Ok(snapshot) = engine::read(sim, &scene.owner, Some(&scene.graph), &settings).await else {
        return;
    };
    let plan = qpiac::plan::plan(&scene.graph, &snapshot, &SCHEMAS, &Options::default());
    match plan {
        Ok(plan) => {
            render::plan_human(&plan, &SCHEMAS, Purpose::Apply, false, Layout::default());
            render::losses(&plan, &SCHEMAS);
            if is_run {
                let (_stop, stops) = watch::channel(None);
                let tenure = engine::Unlimited;
                let _outcome =
                    engine::run(&plan, sim, &settings, &tenure, stops, &mut |_| {}).await;
            }
        }
        Err(refused) => assert!(!refused.to_string().is_empty()),
    }
}

#[test]
fn no_sandbox_file_makes_the_program_panic_or_hang() {
    let tally = PART.campaign();
    assert!(tally.is_telling(), "{tally:?}");
}
