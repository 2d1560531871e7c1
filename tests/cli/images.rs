//! Images that are built, and images that stand in for them.

use std::fs;

use crate::program::{Done, Place, done};

const STACK: &str = "stack: shop
region: us-east-1
load_balancer: {}
services:
  app:
    build: code/app
    port: 8000
  night-jobs:
    image: ghcr.io/example/jobs:1.0
";

const REFERENCE: &str = "ghcr.io/example/app:2.0";

fn place() -> Place {
    let place = Place::with(STACK);
    write(&place, "code/app/Dockerfile", "FROM scratch\n");
    write(&place, "code/app/main.py", "pass\n");
    place
}

fn write(place: &Place, name: &str, text: &str) {
    let path = place.path(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

/// What a plan does, one line a step.
fn steps(done: &Done) -> Vec<String> {
    let plan = done.json();
    let steps = plan["steps"].as_array().expect("steps").iter();
    let text = |step: &serde_json::Value, key: &str| step[key].as_str().expect("text").to_owned();
    steps
        .map(|step| format!("{} {}", text(step, "action"), text(step, "address")))
        .collect()
}

fn plan(place: &Place, arguments: &[&str]) -> Done {
    let plan = ["plan", "--sandbox", "--format", "json"];
    place.run(&[&plan, arguments].concat()).expect(0)
}

#[test]
fn an_image_that_nobody_has_is_wrong_usage() {
    let place = place();
    for (arguments, words) in [
        (
            &["--image", "app"][..],
            "expected a service and an image, as NAME=REF",
        ),
        (
            &["--image", "=x"],
            "expected a service and an image, as NAME=REF",
        ),
        (&["--image", "ap=x:1"], "hint: did you mean `app`?"),
        (
            &["--image", "web=x:1"],
            "hint: the stack has app, night-jobs",
        ),
        (
            &["--image", "app=UPPER:1"],
            "--image names `UPPER:1` for the service `app`, which is not a container image",
        ),
        (
            &["--image", "app=x:1", "--image", "app=x:2"],
            "--image names the service `app` twice",
        ),
    ] {
        for command in [
            &["validate"][..],
            &["plan", "--sandbox"],
            &["apply", "--sandbox"],
            &["destroy", "--sandbox"],
        ] {
            let done = place.run(&[command, arguments].concat()).expect(64);
            assert!(done.err.contains(words), "{arguments:?}: {}", done.err);
        }
    }
    let mut command = place.command(&["plan", "--sandbox"]);
    command.env("QPIAC_IMAGE_NIGHT_JOBS", "a b");
    let done = done(&command.output().expect("the program runs")).expect(64);
    let words = "QPIAC_IMAGE_NIGHT_JOBS names `a b` for the service `night-jobs`";
    assert!(done.err.contains(words), "{}", done.err);
}

#[test]
fn a_variable_for_no_service_is_told() {
    let place = place();
    for (variable, hint) in [
        ("QPIAC_IMAGE_APPP", "hint: did you mean `QPIAC_IMAGE_APP`?"),
        (
            "QPIAC_IMAGE_SHOP",
            "hint: the stack has QPIAC_IMAGE_APP, QPIAC_IMAGE_NIGHT_JOBS",
        ),
    ] {
        let mut command = place.command(&["validate"]);
        let told = done_with(command.env(variable, "ghcr.io/example/app:1.0"), 0);
        let words = format!("warning: {variable} names an image for no service here");
        assert!(told.err.contains(&words), "{}", told.err);
        assert!(told.err.contains(hint), "{}", told.err);
    }
}

#[test]
fn what_is_not_there_is_told_with_its_place() {
    let place = place();
    fs::remove_file(place.path("code/app/Dockerfile")).expect("a file");
    let done = place.run(&["validate", "--format", "json"]).expect(1);
    let document = done.json();
    let problem = &document["diagnostics"][0];
    assert_eq!(document["valid"], false);
    assert_eq!(
        (&problem["line"], &problem["column"]),
        (&6.into(), &12.into())
    );
    assert_eq!(problem["message"], "there is no `Dockerfile` in `code/app`");
    for command in [
        &["validate"][..],
        &["plan", "--sandbox"],
        &["apply", "--sandbox"],
    ] {
        let done = place.run(command).expect(1);
        assert!(done.err.contains("stack.yaml:6:12"), "{}", done.err);
        assert!(done.err.contains("1 error in stack.yaml"), "{}", done.err);
    }
    // Where nothing is built, nothing need be there.
    let image = format!("app={REFERENCE}");
    place.run(&["validate", "--image", &image]).expect(0);
    // The paths begin at the file, wherever the program runs.
    fs::create_dir(place.path("elsewhere")).expect("a folder");
    write(&place, "code/app/Dockerfile", "FROM scratch\n");
    let mut command = place.command(&["validate", "-f", "../stack.yaml"]);
    command.current_dir(place.path("elsewhere"));
    done_with(&mut command, 0);
}

#[track_caller]
fn done_with(command: &mut std::process::Command, code: i32) -> Done {
    done(&command.output().expect("the program runs")).expect(code)
}

#[test]
fn the_sandbox_builds_nothing_and_follows_the_content() {
    let place = place();
    // Nothing that builds can be found.
    let mut command = place.command(&["apply", "--sandbox"]);
    done_with(command.env("PATH", ""), 0);
    assert_eq!(steps(&plan(&place, &[])), [""; 0]);

    write(&place, "code/app/main.py", "print('new')\n");
    let changed = plan(&place, &[]);
    assert_eq!(
        steps(&changed),
        [
            "update container-image/app",
            "create task-definition/app",
            "update ecs-service/app",
            "delete task-definition/app",
        ]
    );
}

#[test]
fn an_image_from_elsewhere_leaves_repository_and_images_alone() {
    let place = place();
    place.run(&["apply", "--sandbox"]).expect(0);
    let image = format!("app={REFERENCE}");
    let given = plan(&place, &["--image", &image]);
    assert_eq!(
        steps(&given),
        [
            "update iam-role/app-execution",
            "create task-definition/app",
            "update ecs-service/app",
            "delete task-definition/app",
        ]
    );
    assert!(given.out.contains(REFERENCE), "{}", given.out);
    let mut command = place.command(&["plan", "--sandbox", "--format", "json"]);
    let by_variable = done_with(command.env("QPIAC_IMAGE_APP", REFERENCE), 0);
    assert_eq!(steps(&by_variable), steps(&given));
    // The argument counts where both are given, and an empty variable is none.
    let mut command = place.command(&["plan", "--sandbox", "--format", "json"]);
    command.args(["--image", &image]);
    let both = done_with(command.env("QPIAC_IMAGE_APP", "other:1"), 0);
    assert!(both.out.contains(REFERENCE) && !both.out.contains("other:1"));
    let mut command = place.command(&["plan", "--sandbox", "--format", "json"]);
    let empty = done_with(command.env("QPIAC_IMAGE_APP", ""), 0);
    assert_eq!(steps(&empty), [""; 0]);

    // Also a service that is not built can run another image.
    let jobs = plan(&place, &["--image", "night-jobs=ghcr.io/example/jobs:2.0"]);
    assert!(steps(&jobs).contains(&"create task-definition/night-jobs".to_owned()));

    place
        .run(&["apply", "--sandbox", "--image", &image])
        .expect(0);
    assert_eq!(steps(&plan(&place, &["--image", &image])), [""; 0]);
    place
        .run(&["destroy", "--sandbox", "--image", &image])
        .expect(0);
    let left = place
        .run(&["plan", "--sandbox", "--format", "json"])
        .expect(0);
    assert_eq!(left.json()["summary"]["delete"], 0);
}
