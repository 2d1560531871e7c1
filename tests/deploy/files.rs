//! The workflow files themselves: what the linters do not ask for.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::machine::{root, workflow};

fn workflows() -> Vec<(String, Value)> {
    let folder = std::fs::read_dir(root().join(".github/workflows")).unwrap();
    let name = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let names = folder.map(|entry| name(entry.unwrap()));
    names.map(|name| (name.clone(), workflow(&name))).collect()
}

/// The rights of every job, as `WORKFLOW/JOB: RIGHT`. A new one has to be thought about twice.
#[test]
fn no_job_has_more_rights_than_stand_here() {
    let mut rights = BTreeSet::new();
    for (file, workflow) in workflows() {
        assert_eq!(workflow["permissions"], serde_json::json!({}), "{file}");
        for (name, job) in workflow["jobs"].as_object().unwrap() {
            let permissions = job["permissions"].as_object();
            let permissions = permissions.unwrap_or_else(|| panic!("{file}: {name} has no rights"));
            for (what, level) in permissions {
                let level = level.as_str().unwrap();
                if (what.as_str(), level) != ("contents", "read") {
                    rights.insert(format!("{file}/{name}: {what} {level}"));
                }
            }
        }
    }
    let wanted = [
        "deploy.yml/approved: id-token write",
        "deploy.yml/deploy: actions read",
        "deploy.yml/deploy: id-token write",
        "deploy.yml/plan: id-token write",
        "deploy.yml/plan: pull-requests write",
        "deploy.yml/watch: actions read",
        "deploy.yml/watch: id-token write",
        "deploy.yml/watch: issues write",
        "release.yml/publish: attestations write",
        "release.yml/publish: contents write",
        "release.yml/publish: id-token write",
    ];
    assert_eq!(rights, wanted.map(str::to_owned).into());
}

/// What begins to change AWS is not cancelled, nor what waits to: `approved` shares its group with
/// nobody, and `deploy` keeps all that wait.
#[test]
fn no_deployment_is_cancelled_by_another() {
    let jobs = workflow("deploy.yml")["jobs"].clone();
    let deploy = &jobs["deploy"];
    assert_eq!(deploy["concurrency"]["group"], "deploy-stack.yaml");
    assert_eq!(deploy["concurrency"]["queue"], "max");
    let approved = &jobs["approved"];
    let group = "approved-stack.yaml-${{ github.run_id }}";
    assert_eq!(approved["concurrency"]["group"], group);
    for job in [deploy, approved] {
        assert_eq!(job["concurrency"]["cancel-in-progress"], false);
        let environment = job["environment"].as_str().unwrap();
        assert!(environment.starts_with("production"));
    }
}

/// Whoever waited for the lease has as long again to deploy, before GitHub ends the job.
#[test]
fn half_of_a_job_is_left_when_its_wait_is_over() {
    let deploy = workflow("deploy.yml");
    let wait_s: u64 = deploy["env"]["LEASE_WAIT_S"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    for job in ["deploy", "approved"] {
        let minutes = deploy["jobs"][job]["timeout-minutes"].as_u64().unwrap();
        assert_eq!(wait_s * 2, minutes * 60, "{job}");
    }
}

/// Nothing is built, and nothing published, of a tag that is not what it should be.
#[test]
fn a_release_begins_with_a_look_at_its_tag() {
    let jobs = workflow("release.yml")["jobs"].clone();
    assert!(jobs["tag"].get("if").is_none());
    for (name, job) in jobs.as_object().unwrap() {
        let needs = job["needs"].to_string();
        assert!(name == "tag" || needs.contains("\"tag\""), "{name}");
        assert!(job.get("if").is_none(), "{name} may go on without the tag");
    }
}

/// By commit, with the version beside it: a tag can be moved.
#[test]
fn others_actions_are_pinned_to_commits() {
    let mut count = 0;
    for file in ["ci.yml", "deploy.yml", "release.yml"] {
        let text = std::fs::read_to_string(root().join(".github/workflows").join(file)).unwrap();
        for line in text
            .lines()
            .filter(|line| line.trim_start().starts_with("- uses:"))
        {
            let used = line.split("uses:").nth(1).unwrap().trim();
            if used.starts_with("./") {
                continue;
            }
            count += 1;
            let (_, pin) = used.split_once('@').unwrap();
            let (commit, version) = pin.split_once(" # v").unwrap_or_else(|| panic!("{line}"));
            assert!(
                commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()),
                "{line}"
            );
            assert!(version.split('.').count() == 3, "{line}");
        }
    }
    assert!(count > 10, "{count}");
}
