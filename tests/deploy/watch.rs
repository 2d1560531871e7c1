//! As long as AWS differs from main there is one issue that says how; then there is none.

use serde_json::{Value, json};
use testbed::{Reply, Request, Rule};

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

/// A run of the deploy job on main, as GitHub lists it.
fn deployment(id: usize, status: &str) -> Value {
    json!({
        "id": id, "workflow": "deploy.yml", "event": "push", "branch": "main",
        "status": status, "updated_at": "2026-05-04T03:02:01Z",
    })
}

/// There was one deployment so far, which is in this state.
fn deployed_once(scene: &Scene, status: &str) {
    let runs = json!([deployment(1, status)]);
    scene.github.set(|world| world["runs"] = runs);
}

/// In the middle of each of the next plans this happens to GitHub's list of deployments, and AWS shows
/// something that it does not show later.
fn deploy_meanwhile(
    scene: &Scene,
    plans: u32,
    happens: impl Fn(&mut Vec<Value>) + Send + Sync + 'static,
) {
    let world = scene.github.world();
    let meanwhile = move |_: &Request, reply: Reply| {
        world.set(|world| happens(world["runs"].as_array_mut().unwrap()));
        let mut body = reply.value();
        body["services"][0]["desiredCount"] = 7.into();
        reply.with_value(&body)
    };
    let services = Rule::on("ecs:DescribeServices").first(plans);
    scene.program.bed.inject(services.replaced(meanwhile));
}

const UNSAID: &str = "Nothing is said of differences";

/// Looks, and makes so many plans. What it says is in its log or summary.
async fn watched(scene: &mut Scene, plans: usize, said: &[&str]) {
    let run = scene.watch().await;
    let log = &run.job("watch").ends(true, said).log;
    assert_eq!(log.matches("$ qpiac plan").count(), plans, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_deployment_is_changing_is_no_difference() {
    let mut scene = Scene::deployed(WEB_STACK).await;
    scene.drift(3).await;
    let under_way = [UNSAID, "A deployment is under way"];
    for status in ["in_progress", "queued", "pending"] {
        deployed_once(&scene, status);
        watched(&mut scene, 0, &under_way).await;
    }
    assert!(scene.github.issues().is_empty());

    // One that waits for approval may do so for days.
    deployed_once(&scene, "waiting");
    watched(&mut scene, 1, &["AWS differs from the stack file"]).await;
    assert_eq!(scene.github.issues().len(), 1);

    // Nor is the issue closed by what may not last.
    scene.drift(2).await;
    deployed_once(&scene, "in_progress");
    watched(&mut scene, 0, &under_way).await;
    assert_eq!(scene.github.issues()[0]["state"], "open");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deployed_during_the_plan_is_planned_again() {
    let mut scene = Scene::deployed(WEB_STACK).await;
    let pushed = |runs: &mut Vec<Value>| runs.push(deployment(runs.len() + 1, "completed"));
    deploy_meanwhile(&scene, 1, pushed);
    watched(&mut scene, 2, &["No difference"]).await;

    deployed_once(&scene, "waiting");
    deploy_meanwhile(&scene, 1, |runs| runs[0]["status"] = "completed".into());
    watched(&mut scene, 2, &["No difference"]).await;

    let again = |runs: &mut Vec<Value>| runs[0]["updated_at"] = "2026-05-04T04:05:06Z".into();
    deploy_meanwhile(&scene, 1, again);
    watched(&mut scene, 2, &["No difference"]).await;

    deploy_meanwhile(&scene, u32::MAX, pushed);
    let each = "There was a deployment during each of 3 plans";
    watched(&mut scene, 3, &[UNSAID, each]).await;
    assert!(scene.github.issues().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_began_during_the_plan_and_goes_on_is_waited_for_until_tomorrow() {
    let mut scene = Scene::deployed(WEB_STACK).await;
    let begun = |runs: &mut Vec<Value>| runs.push(deployment(1, "in_progress"));
    deploy_meanwhile(&scene, 1, begun);
    watched(&mut scene, 1, &[UNSAID, "A deployment is under way"]).await;
    assert!(scene.github.issues().is_empty());
}

/// A look that was started again, or had to wait, has the stack file of an older commit.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_main_any_more_is_compared_with_nothing() {
    let mut scene = Scene::deployed(WEB_STACK).await;
    scene.drift(3).await;
    scene
        .github
        .set(|world| world["refs"]["main"] = "0".repeat(40).into());
    watched(&mut scene, 0, &[UNSAID, "main has moved on from"]).await;
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
