//! As long as AWS differs from main there is one issue that says how; then there is none.

use serde_json::json;
use testbed::Rule;

use crate::program::WEB_STACK;
use crate::scene::Scene;

const MARKER: &str = "<!-- qpiac:difference stack=qp-iac-cdn-headers region=us-east-1 -->";

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_is_one_issue_that_is_kept_current_and_closed() {
    let mut scene = Scene::deployed(WEB_STACK).await;
    let strangers = json!([{
        "number": 900, "title": "Mine", "body": format!("{MARKER}\nmine"), "state": "open",
        "labels": [{ "name": "qpiac-difference" }], "user": { "login": "mallory" },
        "html_url": "https://github.com/example/shop/issues/900",
    }]);
    scene.github.set(|world| world["issues"] = strangers);

    scene
        .watch()
        .await
        .job("watch")
        .ends(true, &["No difference"]);
    assert!(scene.github.issues().is_empty());

    scene.drift(3).await;
    scene.program.bed.clear_journal();
    scene
        .watch()
        .await
        .job("watch")
        .ends(true, &["AWS differs from the stack file"]);
    scene.assert_untouched();
    let issues = scene.github.issues();
    assert_eq!(issues.len(), 1);
    let body = issues[0]["body"].as_str().unwrap();
    for part in [MARKER, "ecs-service/app", "desired_count", "3"] {
        assert!(body.contains(part), "{part}: {body}");
    }
    assert_eq!(issues[0]["labels"], json!([{ "name": "qpiac-difference" }]));

    scene.drift(5).await;
    scene
        .watch()
        .await
        .job("watch")
        .ends(true, &["AWS differs from the stack file"]);
    let issues = scene.github.issues();
    assert_eq!(issues.len(), 1);
    let newer = issues[0]["body"].as_str().unwrap();
    assert_ne!(
        newer.replace("/102", "/103"),
        body.replace("/102", "/103"),
        "as of now"
    );
    assert_eq!(issues[0]["state"], "open");

    scene.program.apply().await;
    scene
        .watch()
        .await
        .job("watch")
        .ends(true, &["No difference any more"]);
    let issues = scene.github.issues();
    assert_eq!(issues.len(), 1);
    assert_eq!(issues[0]["state"], "closed");
    let number = issues[0]["number"].as_u64().unwrap();
    assert!(scene.github.comments(number)[0].contains("what the stack file says again"));

    // The next one is another issue.
    scene.drift(4).await;
    scene.watch().await.job("watch").ends(true, &[]);
    assert_eq!(scene.github.issues().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_deployment_is_changing_is_no_difference() {
    let mut scene = Scene::deployed(WEB_STACK).await;
    scene.drift(3).await;
    let deploying = json!([{
        "workflow": "deploy.yml", "event": "push", "branch": "main", "status": "in_progress",
    }]);
    scene.github.set(|world| world["runs"] = deploying);
    scene
        .watch()
        .await
        .job("watch")
        .ends(true, &["A deployment is under way"]);
    assert!(scene.github.issues().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_fails_says_nothing_of_differences() {
    let mut scene = Scene::deployed(WEB_STACK).await;
    scene.drift(3).await;
    scene.watch().await.job("watch").ends(true, &[]);
    let denied = Rule::on("ecs:DescribeServices").error("AccessDeniedException", "Not you.");
    scene.program.bed.inject(denied);
    scene
        .watch()
        .await
        .job("watch")
        .ends(false, &["The plan failed, so nothing is known"]);
    assert_eq!(scene.github.issues()[0]["state"], "open");
}
