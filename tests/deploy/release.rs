//! A release is of what is on main, under the version that its commit says. The step of the workflow
//! itself looks at a clone.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::machine::{git, python, root, workflow, write_forward};

/// A repository with a main branch, and a clone of it as the checkout has one.
struct Clone {
    folder: tempfile::TempDir,
}

impl Clone {
    fn new() -> Self {
        let clone = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let origin = clone.at("origin");
        let scripts = origin.join(".github/scripts");
        std::fs::create_dir_all(&scripts).unwrap();
        let script = root().join(".github/scripts/release.py");
        std::fs::copy(script, scripts.join("release.py")).unwrap();
        git(&origin, &["init", "--quiet", "--initial-branch=main"]);
        clone.commit("1.2.3");
        std::fs::create_dir(clone.at("bin")).unwrap();
        write_forward(&clone.at("bin").join("python3"), &python());
        clone
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A commit of this version, on the branch that the origin is on.
    fn commit(&self, version: &str) {
        let other = "[workspace.dependencies]\nversion = \"9.9.9\"\n";
        let own = format!("[workspace.package]\nversion = \"{version}\"\n");
        let manifest = format!("[package]\nversion.workspace = true\n\n{other}\n{own}");
        let origin = self.at("origin");
        std::fs::write(origin.join("Cargo.toml"), manifest).unwrap();
        git(&origin, &["add", "--all"]);
        let commit = ["commit", "--quiet", "--allow-empty", "--message", version];
        git(&origin, &commit);
    }

    fn origin(&self, arguments: &[&str]) {
        git(&self.at("origin"), arguments);
    }

    /// Clones it, and runs what the workflow runs when this tag is pushed.
    fn release(&self, tag: &str, clone: &[&str]) -> Output {
        let place = tempfile::tempdir_in(self.folder.path()).unwrap();
        let checkout = place.path().join("checkout");
        let address = format!("file://{}", self.at("origin").display());
        let from = [address.as_str(), checkout.to_str().unwrap()];
        git(
            place.path(),
            &[&["clone", "--quiet"], clone, &from].concat(),
        );
        git(&checkout, &["checkout", "--quiet", "--detach", tag]);
        self.step(tag, &checkout)
    }

    fn step(&self, tag: &str, checkout: &Path) -> Output {
        let workflow = workflow("release.yml");
        let steps = workflow["jobs"]["tag"]["steps"].as_array().unwrap();
        let script = steps.iter().find_map(|step| step["run"].as_str());
        let path = std::env::var("PATH").unwrap();
        Command::new("sh")
            .args(["-e", "-c", script.unwrap()])
            .current_dir(checkout)
            .env("PATH", format!("{}:{path}", self.at("bin").display()))
            .env("GITHUB_REF_NAME", tag)
            .output()
            .unwrap()
    }

    #[track_caller]
    fn assert_refused(&self, tag: &str, because: &str) {
        assert_refused(&self.release(tag, &[]), because);
    }
}

#[track_caller]
fn assert_refused(ran: &Output, because: &str) {
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(!ran.status.success(), "{said}");
    assert!(said.contains(because), "{because}: {said}");
}

#[test]
fn a_tag_on_main_with_its_version_is_released() {
    let clone = Clone::new();
    clone.origin(&["tag", "v1.2.3"]);
    // Main may have gone on, and the tag be one with a message.
    clone.commit("1.3.0");
    clone.origin(&["tag", "--annotate", "--message", "1.3.0", "v1.3.0"]);
    clone.commit("1.4.0");
    for tag in ["v1.2.3", "v1.3.0"] {
        let ran = clone.release(tag, &[]);
        assert!(ran.status.success(), "{ran:?}");
    }
}

#[test]
fn a_tag_that_is_not_on_main_is_not_released() {
    let clone = Clone::new();
    clone.origin(&["checkout", "--quiet", "-b", "change"]);
    clone.commit("1.2.4");
    clone.origin(&["tag", "v1.2.4"]);
    clone.assert_refused("v1.2.4", "which is not on main");
    clone.origin(&["checkout", "--quiet", "main"]);
    clone.origin(&["merge", "--quiet", "--no-ff", "--message", "It", "change"]);
    assert!(clone.release("v1.2.4", &[]).status.success());
}

#[test]
fn a_tag_of_another_version_is_not_released() {
    let clone = Clone::new();
    for tag in ["v1.2.4", "v1.2", "v1.2.3-rc.1", "v9.9.9"] {
        clone.origin(&["tag", tag]);
        clone.assert_refused(tag, "says 1.2.3: it should be v1.2.3");
    }
}

#[test]
fn what_cannot_be_known_is_not_released() {
    let clone = Clone::new();
    clone.commit("1.2.3");
    clone.origin(&["tag", "v1.2.3"]);
    let shallow = ["--depth=1", "--branch=v1.2.3"];
    assert_refused(&clone.release("v1.2.3", &shallow), "not the whole history");
    let without_main = ["--origin=elsewhere"];
    let ran = clone.release("v1.2.3", &without_main);
    assert_refused(&ran, "the checkout has no origin/main");

    // Moved after what is checked out was tagged.
    clone.commit("1.2.3");
    let checkout = clone.at("checkout");
    let address = clone.at("origin");
    git(
        clone.folder.path(),
        &["clone", "--quiet", address.to_str().unwrap(), "checkout"],
    );
    assert_refused(&clone.step("v1.2.3", &checkout), "it was moved");
    assert_refused(&clone.step("v7.7.7", &checkout), "there is no tag v7.7.7");
}
