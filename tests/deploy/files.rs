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

/// What begins to change AWS is not cancelled, and one at a time does.
#[test]
fn deployments_of_a_stack_wait_for_each_other() {
    let all = workflows();
    let (_, deploy) = all.iter().find(|(name, _)| name == "deploy.yml").unwrap();
    for job in ["deploy", "approved"] {
        let job = &deploy["jobs"][job];
        assert_eq!(job["concurrency"]["group"], "deploy-stack.yaml");
        assert_eq!(job["concurrency"]["cancel-in-progress"], false);
        assert!(
            job["environment"]
                .as_str()
                .unwrap()
                .starts_with("production")
        );
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
