//! The action installs what was released, or nothing.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sha2::{Digest, Sha256};

use crate::github::GitHub;
use crate::machine::{python, root, write_program};

const VERSION: &str = "1.2.3";

/// A release with a package for this machine.
struct Release {
    github: GitHub,
    folder: tempfile::TempDir,
    package: String,
}

/// As the release names machines.
fn target() -> String {
    let system = if cfg!(target_os = "macos") {
        "apple-darwin"
    } else {
        "unknown-linux-musl"
    };
    format!("{}-{system}", std::env::consts::ARCH)
}

impl Release {
    fn new() -> Self {
        let github = GitHub::start(&python());
        github.set(|world| world["latest"] = format!("v{VERSION}").into());
        let release = Self {
            folder: tempfile::tempdir().unwrap(),
            package: format!("qpiac-v{VERSION}-{}.tar.gz", target()),
            github,
        };
        let ran = release.packed(&format!("v{VERSION}"), &release.page());
        assert!(ran.status.success(), "{ran:?}");
        release.list(&release.digest());
        release
    }

    fn page(&self) -> PathBuf {
        self.github
            .folder()
            .join("releases")
            .join(format!("v{VERSION}"))
    }

    /// Makes the package, of a program that is as good as qpiac for that.
    fn packed(&self, tag: &str, to: &Path) -> Output {
        let binary = self.folder.path().join("built");
        write_program(&binary, &format!("echo 'qpiac {VERSION}'"));
        Command::new(python())
            .arg(root().join(".github/scripts/package.py"))
            .args([tag, &target()])
            .args([&binary, to])
            .output()
            .unwrap()
    }

    fn digest(&self) -> String {
        let content = std::fs::read(self.page().join(&self.package)).unwrap();
        format!("{:x}", Sha256::digest(content))
    }

    fn list(&self, digest: &str) {
        let text = format!("{digest}  {}\n", self.package);
        std::fs::write(self.page().join("SHA256SUMS"), text).unwrap();
    }

    fn install(&self, version: &str, digest: &str) -> Output {
        let at = |name: &str| self.folder.path().join(name);
        for name in ["path", "output"] {
            std::fs::write(at(name), "").unwrap();
        }
        Command::new("sh")
            .arg(root().join(".github/scripts/install.sh"))
            .env("QPIAC_VERSION", version)
            .env("QPIAC_SHA256", digest)
            .env("QPIAC_REPOSITORY", "example/qpiac")
            .env("GITHUB_SERVER_URL", self.github.url())
            .env("RUNNER_TEMP", self.folder.path())
            .env("GITHUB_PATH", at("path"))
            .env("GITHUB_OUTPUT", at("output"))
            .output()
            .unwrap()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    #[track_caller]
    fn assert_refused(&self, version: &str, digest: &str, because: &str) {
        let ran = self.install(version, digest);
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(!ran.status.success(), "{said}");
        assert!(said.contains(because), "{because}: {said}");
        assert_eq!(self.read("path"), "");
    }
}

#[test]
fn what_was_released_is_installed() {
    let release = Release::new();
    for version in [VERSION, "v1.2.3", "latest", ""] {
        let ran = release.install(version, "");
        assert!(ran.status.success(), "{version}: {ran:?}");
        let folder = release.read("path");
        let program = Path::new(folder.trim()).join("qpiac");
        let said = Command::new(&program).arg("--version").output().unwrap();
        assert_eq!(said.stdout, b"qpiac 1.2.3\n");
        let outputs = format!("version=1.2.3\npath={}\n", program.display());
        assert_eq!(release.read("output"), outputs);
    }
    assert!(release.install(VERSION, &release.digest()).status.success());
}

#[test]
fn what_was_not_released_is_not_installed() {
    let release = Release::new();
    release.assert_refused("1.2.4", "", "there is no release v1.2.4");
    release.assert_refused("../x", "", "this is no version");
    release.assert_refused("main", "", "this is no version");
    release.assert_refused(VERSION, &"0".repeat(64), "has the check sum");
    release.list(&"0".repeat(64));
    release.assert_refused(VERSION, "", "has the check sum");
    // Not even where the other check sum is the right one.
    release.assert_refused(VERSION, &release.digest(), "has the check sum");
    std::fs::write(release.page().join("SHA256SUMS"), "").unwrap();
    release.assert_refused(VERSION, "", "not any that is listed");
}

#[test]
fn the_same_binary_gives_the_same_package() {
    let release = Release::new();
    let again = release.folder.path().join("again");
    assert!(
        release
            .packed(&format!("v{VERSION}"), &again)
            .status
            .success()
    );
    let bytes = |folder: &Path| std::fs::read(folder.join(&release.package)).unwrap();
    assert_eq!(bytes(&again), bytes(&release.page()));
    // The tag is not what the binary says.
    assert!(!release.packed("v1.2.4", &again).status.success());
    assert!(!release.packed(VERSION, &again).status.success());
}
