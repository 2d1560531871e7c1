//! A pull request has one comment with its plan, which is always the current one.

use serde_json::json;

use crate::program::{WEB_STACK, edited};
use crate::scene::Scene;

const MARKER: &str = "<!-- qpiac:plan stack=qp-iac-cdn-headers region=us-east-1 -->";

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_is_one_comment_that_is_kept_current() {
    let mut scene = Scene::deployed(WEB_STACK).await;
    // Others talk too, more than one page of it, and one of them would like to be taken for the job.
    let stranger =
        json!({ "id": 1, "body": format!("{MARKER}\nmine"), "user": { "login": "mallory" } });
    let talk = json!({ "id": 2, "body": "Nice.", "user": { "login": "alice" } });
    let mut planted = vec![talk; 150];
    planted[3] = stranger;
    scene
        .github
        .set(|world| world["comments"]["7"] = planted.into());

    let first = edited(WEB_STACK, "memory: 512", "memory: 1024");
    scene.program.bed.clear_journal();
    let run = scene.propose(7, &first).await;
    run.job("plan")
        .ends(true, &["qpiac plan --file stack.yaml"]);
    scene.assert_untouched();
    let comments = scene.github.comments(7);
    assert_eq!(comments.len(), 1);
    for part in [MARKER, "task-definition/app", "1024", "/actions/runs/101"] {
        assert!(comments[0].contains(part), "{part}: {}", comments[0]);
    }

    let second = edited(WEB_STACK, "memory: 512", "memory: 2048");
    scene.planned(7, &second).await;
    let comments = scene.github.comments(7);
    assert_eq!(comments.len(), 1);
    assert!(comments[0].starts_with(MARKER), "{}", comments[0]);
    assert!(comments[0].contains("2048"), "{}", comments[0]);
    assert!(!comments[0].contains("1024"), "{}", comments[0]);

    let names: Vec<String> = scene
        .github
        .artifacts()
        .iter()
        .map(|a| a["name"].to_string())
        .collect();
    assert_eq!(names.len(), 2);
    assert_ne!(names[0], names[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_fails_takes_the_place_of_the_last() {
    let mut scene = Scene::with(WEB_STACK).await;
    scene.planned(7, WEB_STACK).await;
    let wrong = edited(WEB_STACK, "memory: 512", "memory: lots");
    let run = scene.propose(7, &wrong).await;
    run.job("plan").ends(false, &["The plan failed"]);
    let comments = scene.github.comments(7);
    assert_eq!(comments.len(), 1);
    for part in [
        MARKER,
        "**The plan failed.**",
        "memory: lots",
        "no plan that a merge could",
    ] {
        assert!(comments[0].contains(part), "{part}: {}", comments[0]);
    }
    assert_eq!(scene.github.artifacts().len(), 1, "of the first alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_gets_no_credentials_and_is_told_so() {
    let mut scene = Scene::with(WEB_STACK).await;
    let run = scene.propose_from(7, WEB_STACK, "mallory/shop").await;
    run.job("plan").ends(
        true,
        &["comes from a fork", "Nothing was compared with AWS"],
    );
    assert_eq!(scene.program.bed.calls().len(), 0);
    assert!(scene.github.comments(7).is_empty());
    assert!(scene.github.artifacts().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_set_up_is_said_everywhere() {
    let mut scene = Scene::with(WEB_STACK).await;
    scene.runner.variables = json!({});
    let lacking = "The deploy job is not set up here";
    scene
        .propose(7, WEB_STACK)
        .await
        .job("plan")
        .ends(true, &[lacking]);
    scene.merge(7).await.job("deploy").ends(true, &[lacking]);
    scene.watch().await.job("watch").ends(true, &[lacking]);
    assert_eq!(scene.program.bed.calls().len(), 0);
    assert_eq!(scene.github.kept()["requests"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_too_long_is_cut_where_it_can_be() {
    let mut scene = Scene::with(WEB_STACK).await;
    // As if qpiac had forgotten how much room there is.
    scene.replace_qpiac(
        "REAL \"$@\" > \"$HOME/said\"; code=$?\n\
         for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do cat \"$HOME/said\"; done\n\
         exit $code",
    );
    scene.planned(7, WEB_STACK).await;
    let comment = scene.github.comments(7).remove(0);
    let length = comment.chars().count();
    assert!((50_000..=65_536).contains(&length), "{length}");
    for part in [
        MARKER,
        "**The plan goes on**",
        "/actions/runs/101",
        "A merge carries out",
    ] {
        assert!(comment.contains(part), "not there: {part}");
    }
    let fences = comment
        .lines()
        .filter(|line| line.trim_start().starts_with("```"));
    assert_eq!(fences.count() % 2, 0);
    let count = |what: &str| comment.matches(what).count();
    assert_eq!(count("<details>"), count("</details>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_github_that_is_unwell_is_asked_again() {
    let mut scene = Scene::with(WEB_STACK).await;
    scene.github.set(|world| world["unwell"] = 2.into());
    scene.planned(7, WEB_STACK).await;
    assert_eq!(scene.github.comments(7).len(), 1);

    // What may have been created is not created again: better no comment than two.
    let mut scene = Scene::with(WEB_STACK).await;
    scene.github.set(|world| world["unwell"] = 100.into());
    let run = scene.propose(8, WEB_STACK).await;
    run.job("plan").ends(false, &["GitHub answered 502"]);
}
