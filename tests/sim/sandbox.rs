//! A world in a file.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use qpiac::engine::Provider;
use qpiac::model::{FaultClass, Ref, Resource, State};
use qpiac::sim::{Pace, SandboxError, Settings, Sim, World};
use tempfile::TempDir;
use tokio::time::advance;

use crate::kinds::{Gate, Net, Part, SCHEMAS, net, range};
use crate::work::{create, created, delete, empty_world, found, owned};

fn open(path: &Path) -> Result<Sim, SandboxError> {
    Sim::open(SCHEMAS, path, empty_world(7), Settings::at(Pace::EXACT))
}

/// A directory, and a path in a directory that is not there yet.
fn place() -> (TempDir, PathBuf) {
    let directory = TempDir::new().expect("a temporary directory");
    let path = directory.path().join(".qpiac").join("sandbox.json");
    (directory, path)
}

#[tokio::test(start_paused = true)]
async fn a_world_is_on_file_after_every_change() {
    let (_directory, path) = place();
    let sim = open(&path).expect("a new sandbox");
    assert!(!path.exists(), "nothing has changed yet");
    let net_id = created(&sim, "main", &net("10.0.0.0/16")).await;
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
    let gate_id = created(&sim, "main", &gate).await;
    advance(Duration::from_secs(60)).await;
    let before = found::<Gate>(&sim, &gate_id).await.expect("the gate");
    assert_eq!(before.state, State::Busy("pending".to_owned()));
    let expected = sim.world();
    drop(sim);

    let sim = open(&path).expect("the same sandbox");
    let world = sim.world();
    let records = |world: &World| world.records().cloned().collect::<Vec<_>>();
    assert_eq!(records(&world), records(&expected));
    assert_eq!(world.now_ms(), 60_000);
    assert_ne!(world.seed, expected.seed, "no random number is drawn twice");
    advance(Duration::from_secs(39)).await;
    let gate = found::<Gate>(&sim, &gate_id).await.expect("the gate");
    assert_eq!(
        gate.state,
        State::Busy("pending".to_owned()),
        "40 seconds were left"
    );
    advance(Duration::from_secs(1)).await;
    let gate = found::<Gate>(&sim, &gate_id).await.expect("the gate");
    assert_eq!(gate.state, State::Ready);
    drop(sim);

    let sim = open(&path).expect("the same sandbox");
    let gate = found::<Gate>(&sim, &gate_id).await.expect("the gate");
    assert_eq!(gate.state, State::Ready, "what has been seen stays");
    sim.perform(delete(&gate)).await.expect("a delete");
    advance(Duration::from_secs(40)).await;
    assert_eq!(found::<Gate>(&sim, &gate_id).await, None);
    drop(sim);
    let sim = open(&path).expect("the same sandbox");
    assert_eq!(sim.world().records().count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_new_directory_is_ignored_by_git_and_an_old_one_is_left_alone() {
    let (directory, path) = place();
    let sim = open(&path).expect("a new sandbox");
    created(&sim, "main", &net("10.0.0.0/16")).await;
    drop(sim);
    let names = |directory: &Path| {
        let mut names: Vec<String> = fs::read_dir(directory)
            .expect("a directory")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .into_string()
                    .expect("text")
            })
            .collect();
        names.sort();
        names
    };
    let inner = path.parent().expect("a directory");
    assert_eq!(
        names(inner),
        [".gitignore", "sandbox.json", "sandbox.json.lock"]
    );
    assert_eq!(
        fs::read_to_string(inner.join(".gitignore")).expect("a file"),
        "*\n"
    );

    let beside = directory.path().join("other.json");
    let sim = open(&beside).expect("a sandbox in a directory that is there");
    created(&sim, "main", &net("10.0.0.0/16")).await;
    assert_eq!(
        names(directory.path()),
        [".qpiac", "other.json", "other.json.lock"]
    );
}

#[test]
fn a_file_that_is_no_world_is_named_and_left_as_it_is() {
    let cases = [
        (
            "",
            "EOF while parsing a value at line 1 column 0",
            "delete it",
        ),
        ("{", "EOF while parsing an object", "delete it"),
        ("[]", "invalid", "delete it"),
        (r#"{"account":"1"}"#, "missing field `version`", "delete it"),
        (r#"{"version":0}"#, "there was no version 0", "delete it"),
        (r#"{"version":1}"#, "missing field `account`", "delete it"),
        (
            r#"{"version":1,"account":"1","region":"r","seed":-1,"now_ms":0,"records":[]}"#,
            "invalid value",
            "delete it",
        ),
        (
            r#"{"version":2,"worlds":[]}"#,
            "has version 2, and this program knows versions up to 1",
            "use a newer qpiac",
        ),
    ];
    let (directory, _) = place();
    for (content, said, hint) in cases {
        let path = directory.path().join("world.json");
        fs::write(&path, content).expect("a file");
        let error = open(&path).expect_err(content).to_string();
        let (message, hinted) = error.split_once("\nhint: ").expect("a hint");
        assert!(
            message.contains(&path.display().to_string()),
            "{content}: {error}"
        );
        assert!(message.contains(said), "{content}: {error}");
        assert!(hinted.contains(hint), "{content}: {error}");
        assert_eq!(fs::read_to_string(&path).expect("a file"), content);
    }
}

#[test]
fn nesting_without_end_is_an_error() {
    let (directory, _) = place();
    let path = directory.path().join("deep.json");
    fs::write(
        &path,
        format!(r#"{{"version":1,"x":{}"#, "[".repeat(100_000)),
    )
    .expect("a file");
    assert!(matches!(open(&path), Err(SandboxError::Corrupt { .. })));
}

#[test]
fn one_process_at_a_time() {
    let (_directory, path) = place();
    let first = open(&path).expect("a new sandbox");
    let error = open(&path).expect_err("it is in use").to_string();
    let expected = format!(
        "another run is using the sandbox file {}\nhint: wait until it has ended, or name another file with --sandbox=FILE",
        path.display()
    );
    assert_eq!(error, expected);
    drop(first);
    open(&path).expect("it is free");
}

#[tokio::test(start_paused = true)]
async fn a_world_with_resources_stays_in_its_region() {
    let (_directory, path) = place();
    let elsewhere = || World::new("210987654321", "eu-west-1", 1);
    let sim = open(&path).expect("a new sandbox");
    let id = created(&sim, "main", &net("10.0.0.0/16")).await;
    drop(sim);
    let settings = || Settings::at(Pace::EXACT);
    let error = Sim::open(SCHEMAS, &path, elsewhere(), settings()).expect_err("another region");
    let said = error.to_string();
    assert!(
        said.contains("holds resources in us-east-1, not in eu-west-1"),
        "{said}"
    );
    let sim = open(&path).expect("the same sandbox");
    let record = found::<Net>(&sim, &id).await.expect("the net");
    sim.perform(delete(&record)).await.expect("a delete");
    drop(sim);
    let sim = Sim::open(SCHEMAS, &path, elsewhere(), settings()).expect("it is empty");
    let world = sim.world();
    assert_eq!(
        (world.account.as_str(), world.region.as_str()),
        ("210987654321", "eu-west-1")
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_written_has_not_happened() {
    let (directory, path) = place();
    let sim = open(&path).expect("a new sandbox");
    created(&sim, "a", &net("10.0.0.0/16")).await;
    fs::remove_dir_all(directory.path().join(".qpiac")).expect("a directory");
    let fault = sim
        .perform(create("b", &net("10.1.0.0/16")))
        .await
        .expect_err("no directory");
    assert_eq!(fault.class, FaultClass::Rejected);
    assert!(
        fault.message.contains(&path.display().to_string()),
        "{fault}"
    );
    assert_eq!(sim.world().records().count(), 1);
    assert!(
        sim.alter(|world| world.remove(&Net::SCHEMA.kind, "x"))
            .is_ok(),
        "no change, no write"
    );
    assert_eq!(owned::<Net>(&sim, &[]).await.expect("nets").len(), 1);
}
