//! What is merged is deployed as it was reviewed; anything else waits for approval, or is not done.

use testbed::Rule;

use crate::program::{WEB_STACK, edited};
use crate::scene::Scene;

const REVIEWED: &str = "this carried out the plan that was reviewed";
const APPROVED: &str = "this carried out the plan that was approved";

pub(crate) fn larger() -> String {
    edited(WEB_STACK, "memory: 512", "memory: 1024")
}

/// A stack that is deployed, somebody to approve, and a pull request that asks for more.
async fn proposed() -> Scene {
    let mut scene = Scene::with_reviewers(WEB_STACK).await;
    scene.planned(7, &larger()).await;
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_reviewed_is_carried_out_and_only_once() {
    let mut scene = Scene::with(WEB_STACK).await;
    scene.planned(7, &larger()).await;
    let run = scene.merge(7).await;
    run.job("deploy")
        .ends(true, &[REVIEWED, "ecs-service/app: created"]);
    assert!(!run.jobs.contains_key("approved"));
    scene.program.assert_in_sync().await;

    let again = scene.pushed().await;
    again
        .job("deploy")
        .ends(true, &["was carried out already", "Nothing to deploy"]);
    scene.assert_untouched();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_was_overtaken_is_refused_by_name_and_a_new_one_waits() {
    let mut scene = proposed().await;
    scene.drift(3).await;
    let mut run = scene.merge(7).await;
    let moved = "ecs-service/app: desired_count was 2, and is 3";
    scene.assert_put_forward(&run, &["The reviewed plan was refused", moved]);
    let shown = &run.job("deploy").summary;
    assert!(shown.contains("desired_count"), "the new plan is shown");

    scene.approve(&mut run).await.ends(true, &[APPROVED]);
    scene.program.assert_in_sync().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_plan_is_refused_too_when_something_moved() {
    let mut scene = Scene::with_reviewers(WEB_STACK).await;
    scene.push("stack.yaml", &larger());
    let mut run = scene.pushed().await;
    let unseen = "no pull request has a plan of exactly what is on the branch";
    scene.assert_put_forward(&run, &[unseen]);
    scene.drift(3).await;
    let refused = "The approved plan was refused";
    let approved = scene.approve(&mut run).await;
    approved.ends(false, &[refused, "desired_count was 2, and is 3"]);
    scene.assert_untouched();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_somebody_to_approve_it_stops_and_says_so() {
    let mut scene = Scene::deployed(WEB_STACK).await;
    scene.push("stack.yaml", &larger());
    let instead = "Deploy it through a pull request instead";
    let absent = "There is no environment `production-approval`";
    let run = scene.pushed().await;
    run.job("deploy").ends(false, &[absent, instead, "1024"]);
    assert!(!run.jobs.contains_key("approved"));
    scene.assert_untouched();

    scene
        .github
        .set(|world| world["environments"]["production-approval"] = serde_json::json!([]));
    let run = scene.pushed().await;
    run.job("deploy")
        .ends(false, &["has no required reviewers", instead]);
    assert!(!run.jobs.contains_key("approved"));
    scene.assert_untouched();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_other_content_is_not_taken() {
    let mut scene = proposed().await;
    scene.push("README.md", "Something else is merged first.");
    let run = scene.merge(7).await;
    scene.assert_put_forward(&run, &["the branch had moved before the merge"]);
}

/// A plan under the name of what is on main, which is not taken for this reason.
async fn assert_not_taken(scene: &mut Scene, plan: &str, because: &str) {
    scene.forge(plan);
    let run = scene.pushed().await;
    scene.assert_put_forward(&run, &[because]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_plan_does_nothing_that_was_not_asked_for() {
    let mut scene = proposed().await;
    let whole = scene.last_plan();
    let largest = edited(WEB_STACK, "memory: 512", "memory: 2048");
    scene.push("stack.yaml", &largest);
    let other_stack_file = "task-definition/app: another memory";
    assert_not_taken(&mut scene, &whole, other_stack_file).await;

    scene.push("stack.yaml", &larger());
    let version = |it: &str| format!("\"version\": \"{it}\",\n  \"sha256\"");
    let own = version(env!("CARGO_PKG_VERSION"));
    let older = edited(&whole, &own, &version("0.0.9"));
    assert_not_taken(&mut scene, &older, "qpiac 0.0.9 made it").await;

    // Of this content, and good as such, but with more than it asks for.
    let out = ["plan", "--out", "more.plan", "--replace"];
    let out = [&out[..], &["load-balancer/main"]].concat();
    scene.program.run(&out).await.exits(0);
    let path = scene.program.path("more.plan");
    let more = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    let too_much = "for a part of the stack, or for more than it: replace";
    assert_not_taken(&mut scene, &more, too_much).await;

    assert_not_taken(&mut scene, "[]", "no plan that can be read").await;

    // From a fork's workflow: as if it was not there, and what a pull request of here made is taken.
    scene.forge(&whole);
    scene.forge("{}");
    scene.github.set(|world| {
        let artifacts = world["artifacts"].as_array_mut().unwrap();
        artifacts.last_mut().unwrap()["workflow_run"]["head_repository_id"] = 8.into();
    });
    let run = scene.pushed().await;
    run.job("deploy").ends(true, &[REVIEWED]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_run_leads_nowhere_back() {
    let mut scene = proposed().await;
    scene.merge(7).await.job("deploy").ends(true, &["Deployed"]);
    scene.git(&["checkout", "--quiet", "--detach", "main~1"]);
    let run = scene.pushed().await;
    run.job("deploy")
        .ends(true, &["Nothing was deployed", "main has moved on"]);
    scene.assert_untouched();

    // Nor does one that waited for approval meanwhile.
    scene.push("stack.yaml", WEB_STACK);
    let mut run = scene.pushed().await;
    scene.assert_put_forward(&run, &[]);
    scene.push("README.md", "Another commit.");
    scene.git(&["checkout", "--quiet", "--detach", "main~1"]);
    let approved = scene.approve(&mut run).await;
    approved.ends(false, &["main has moved on"]);
    scene.assert_untouched();
}

/// What began and did not end well is gone on with by a new plan, once somebody approves it.
async fn assert_gone_on_with(scene: &mut Scene) {
    scene.program.bed.clear_faults();
    let mut run = scene.pushed().await;
    scene.assert_put_forward(&run, &["ecs-service/app"]);
    scene.approve(&mut run).await.ends(true, &[APPROVED]);
    scene.program.assert_in_sync().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_fails_is_no_success_and_goes_on_later() {
    let mut scene = Scene::with(WEB_STACK).await;
    scene.has_reviewers();
    scene.planned(7, &larger()).await;
    let refused = Rule::on("ecs:CreateService").error("InvalidParameterException", "Not today.");
    scene.program.bed.inject(refused);
    let run = scene.merge(7).await;
    let failed = "The deployment did not end well";
    run.job("deploy")
        .ends(false, &[failed, "Not today.", "Run all jobs again"]);
    assert!(!run.jobs.contains_key("approved"));
    assert_gone_on_with(&mut scene).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_cancelled_lets_qpiac_end_cleanly() {
    let mut scene = Scene::with(WEB_STACK).await;
    scene.has_reviewers();
    scene.replace_qpiac("echo $PPID > \"$HOME/step\"; exec REAL \"$@\"");
    scene.planned(7, WEB_STACK).await;
    // GitHub interrupts the step, and nothing below it. A rule that never applies sees the moment.
    let step = scene.runner.scratch.join("step");
    let cancel = move |_: &testbed::Request| {
        let number = std::fs::read_to_string(&step).unwrap();
        let mut kill = std::process::Command::new("kill");
        let sent = kill.args(["-INT", number.trim()]).status();
        assert!(sent.unwrap().success());
        false
    };
    let rule = Rule::on("ec2:CreateVpc").having(cancel).throttled();
    scene.program.bed.inject(rule);
    let run = scene.merge(7).await;
    let interrupted = "The deployment was interrupted";
    run.job("deploy")
        .ends(false, &[interrupted, "what was done is done"]);
    assert_gone_on_with(&mut scene).await;
}
