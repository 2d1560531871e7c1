//! Builders: which one is taken, what it is told, and what is told of it.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use qpiac::aws::{ImageBuilder, Plain, RegistryLogin};
use qpiac::model::BuildContext;
use qpiac::package::{BUILDERS, Builder};

use crate::folder::Folder;

const REGISTRY: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
const PASSWORD: &str = "recognisable-password";

/// A program that writes down what it is told, and then does this.
fn fake(folder: &Folder, name: &str, then: &str) {
    let log = folder.file("log").display().to_string();
    let script = format!(
        "#!/bin/sh\n\
         echo \"${{0##*/}} $*\" >> '{log}'\n\
         [ \"$1\" = login ] && sed 's/^/stdin: /' >> '{log}' && echo >> '{log}'\n\
         {then}\n"
    );
    // A program that this process has open for writing cannot be run, nor can it while a child that
    // another test has just started still has it open: so somebody else writes it.
    folder.write("script", &script);
    let copied = Command::new("cp")
        .args([folder.file("script"), folder.file(name)])
        .status();
    assert!(copied.expect("cp").success());
    folder.set_mode(name, 0o755);
}

fn builder(folder: &Folder) -> Option<Builder> {
    Builder::in_path(folder.path().as_os_str())
}

async fn work(folder: &Folder) -> Result<(), String> {
    let context = BuildContext {
        directory: "/somewhere/app".into(),
        platform: "linux/arm64".to_owned(),
    };
    let login = RegistryLogin {
        registry: REGISTRY.to_owned(),
        user: "AWS".to_owned(),
        password: Plain::from(PASSWORD.to_owned()),
    };
    let reference = format!("{REGISTRY}/shop/app:0123456789abcdef");
    let builder = builder(folder).expect("a builder");
    builder.build_and_push(&context, &reference, &login).await
}

#[test]
fn the_first_builder_that_can_be_run_is_taken() {
    let folder = Folder::with(&[("docker", "no program"), ("docker-x/docker", "")]);
    folder.set_mode("docker", 0o644);
    assert_eq!(builder(&folder), None);
    for name in BUILDERS.iter().rev() {
        fake(&folder, name, "exit 0");
        assert_eq!(builder(&folder).expect("a builder").name(), *name);
    }
    let path = std::env::join_paths(["/nowhere".as_ref(), folder.path()]).expect("a path");
    assert_eq!(Builder::in_path(&path).expect("a builder").name(), "docker");
    let mode = folder.file("docker").metadata().expect("a file");
    assert_eq!(mode.permissions().mode() & 0o777, 0o755);
}

#[tokio::test]
async fn it_signs_in_builds_and_pushes_and_gets_the_password_through_a_pipe() {
    for name in BUILDERS {
        let folder = Folder::with(&[]);
        fake(&folder, name, "echo working; exit 0");
        work(&folder).await.expect("an image");
        assert_eq!(
            folder.read("log"),
            format!(
                "{name} login --username AWS --password-stdin {REGISTRY}\n\
                 stdin: {PASSWORD}\n\
                 {name} build --platform linux/arm64 --tag {REGISTRY}/shop/app:0123456789abcdef \
                 /somewhere/app\n\
                 {name} push {REGISTRY}/shop/app:0123456789abcdef\n"
            )
        );
    }
}

#[tokio::test]
async fn a_failure_is_told_with_the_last_lines_and_ends_it() {
    for (verb, calls) in [("login", 1), ("build", 2), ("push", 3)] {
        let folder = Folder::with(&[]);
        let then = format!(
            "[ $1 = {verb} ] || exit 0\n\
             for i in $(seq 30); do echo line $i; done\n\
             echo cannot >&2\n\
             exit 7"
        );
        fake(&folder, "docker", &then);
        let error = work(&folder).await.expect_err("a failure");
        let log = folder.read("log");
        let made = log
            .lines()
            .filter(|line| line.starts_with("docker"))
            .count();
        assert_eq!(made, calls, "{verb}");
        let begin = format!("`docker {verb}` failed: it ended with exit status: 7\n");
        assert!(error.starts_with(&begin), "{error}");
        assert!(error.contains("\n  line 30"), "{error}");
        assert!(error.contains("\n  cannot"), "{error}");
        assert!(!error.contains("line 3\n"), "{error}");
    }
}

#[tokio::test]
async fn a_password_that_is_echoed_is_not_told() {
    let folder = Folder::with(&[]);
    let log = folder.file("log").display().to_string();
    fake(&folder, "docker", &format!("cat '{log}'; exit 1"));
    let error = work(&folder).await.expect_err("a failure");
    assert!(error.contains("stdin: (secret)"), "{error}");
    assert!(!error.contains(PASSWORD), "{error}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn it_ends_with_whoever_waits_for_it() {
    let folder = Folder::with(&[("pid", "")]);
    let pid = folder.file("pid").display().to_string();
    fake(
        &folder,
        "docker",
        &format!("echo $$ > '{pid}'; exec sleep 60"),
    );
    let process = {
        let begun = async {
            loop {
                let text = folder.read("pid");
                if text.ends_with('\n') {
                    return format!("/proc/{}/stat", text.trim());
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            end = work(&folder) => panic!("it ended: {end:?}"),
            process = begun => process,
        }
    };
    let ended = async {
        // A process that is dead and not yet buried is a zombie.
        while std::fs::read_to_string(&process).is_ok_and(|stat| !stat.contains(") Z ")) {
            tokio::task::yield_now().await;
        }
    };
    let limit = std::time::Duration::from_secs(10);
    tokio::time::timeout(limit, ended).await.expect("its end");
}
