//! What is merged is deployed as it was reviewed; anything else waits for approval, or is not done.

use testbed::Rule;

use crate::program::{WEB_STACK, edited};
use crate::runner::Run;
use crate::scene::Scene;

fn larger() -> String {
    edited(WEB_STACK, "memory: 512", "memory: 1024")
}

/// That the reviewed plan was not carried out, with this in the place of a reason.
#[track_caller]
fn assert_put_forward(scene: &Scene, run: &Run, parts: &[&str]) {
    run.job("deploy").ends(true, parts);
    run.job("deploy")
        .ends(true, &["A new plan waits for approval"]);
    assert!(!run.jobs.contains_key("approved"));
    scene.assert_untouched();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_reviewed_is_carried_out_and_only_once() {
    let mut scene = Scene::with(WEB_STACK).await;
    scene
        .propose(7, &larger())
        .await
        .job("plan")
        .ends(true, &[]);
    let run = scene.merge(7).await;
    run.job("deploy").ends(
        true,
        &[
            "this carried out the plan that was reviewed",
            "ecs-service/app: created",
        ],
    );
    assert!(!run.jobs.contains_key("approved"));
    scene.program.assert_in_sync().await;

    scene.program.bed.clear_journal();
    let again = scene.pushed().await;
    again
        .job("deploy")
        .ends(true, &["was carried out already", "Nothing to deploy"]);
    scene.assert_untouched();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_was_overtaken_is_refused_by_name_and_a_new_one_waits() {
    let mut scene = Scene::deployed(WEB_STACK).await;
    scene.has_reviewers();
    scene
        .propose(7, &larger())
        .await
        .job("plan")
        .ends(true, &[]);
    scene.drift(3).await;
    scene.program.bed.clear_journal();
    let mut run = scene.merge(7).await;
    let moved = "ecs-service/app: desired_count was 2, and is 3";
    assert_put_forward(&scene, &run, &["The reviewed plan was refused", moved]);
    assert!(
        run.job("deploy").summary.contains("desired_count"),
        "the new plan is shown"
    );

    scene.approve(&mut run).await;
    run.job("approved")
        .ends(true, &["this carried out the plan that was approved"]);
    scene.program.assert_in_sync().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_plan_is_refused_too_when_something_moved() {
    let mut scene = Scene::deployed(WEB_STACK).await;
    scene.has_reviewers();
    scene.push("stack.yaml", &larger());
    scene.program.bed.clear_journal();
    let mut run = scene.pushed().await;
    assert_put_forward(
        &scene,
        &run,
        &["no pull request has a plan of exactly what is on the branch"],
    );
    scene.drift(3).await;
    scene.program.bed.clear_journal();
    scene.approve(&mut run).await;
    run.job("approved").ends(
        false,
        &[
            "The approved plan was refused",
            "desired_count was 2, and is 3",
        ],
    );
    scene.assert_untouched();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_somebody_to_approve_it_stops_and_says_so() {
    let mut scene = Scene::deployed(WEB_STACK).await;
    scene.push("stack.yaml", &larger());
    scene.program.bed.clear_journal();
    let run = scene.pushed().await;
    let instead = "Deploy it through a pull request instead";
    run.job("deploy").ends(
        false,
        &[
            "There is no environment `production-approval`",
            instead,
            "1024",
        ],
    );
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
    let mut scene = Scene::deployed(WEB_STACK).await;
    scene.has_reviewers();
    scene
        .propose(7, &larger())
        .await
        .job("plan")
        .ends(true, &[]);
    scene.push("README.md", "Something else is merged first.");
    scene.program.bed.clear_journal();
    let run = scene.merge(7).await;
    assert_put_forward(&scene, &run, &["the branch had moved before the merge"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_plan_does_nothing_that_was_not_asked_for() {
    let mut scene = Scene::deployed(WEB_STACK).await;
    scene.has_reviewers();
    scene
        .propose(7, &larger())
        .await
        .job("plan")
        .ends(true, &[]);
    let whole = scene.last_plan();

    // Of another stack file, under the name of this one.
    scene.push(
        "stack.yaml",
        &edited(WEB_STACK, "memory: 512", "memory: 2048"),
    );
    scene.program.bed.clear_journal();
    scene.forge(&whole);
    let run = scene.pushed().await;
    assert_put_forward(&scene, &run, &["task-definition/app: another memory"]);

    // Of another version.
    scene.push("stack.yaml", &larger());
    let version = format!(
        "\"version\": \"{}\",\n  \"sha256\"",
        env!("CARGO_PKG_VERSION")
    );
    scene.forge(&edited(
        &whole,
        &version,
        "\"version\": \"0.0.9\",\n  \"sha256\"",
    ));
    let run = scene.pushed().await;
    assert_put_forward(&scene, &run, &["qpiac 0.0.9 made it"]);

    // Of this content, and good as such, but with more than it asks for.
    let out = [
        "plan",
        "--out",
        "more.plan",
        "--replace",
        "load-balancer/main",
    ];
    scene.program.run(&out).await.exits(0);
    scene.forge(&std::fs::read_to_string(scene.program.path("more.plan")).unwrap());
    std::fs::remove_file(scene.program.path("more.plan")).unwrap();
    let run = scene.pushed().await;
    assert_put_forward(
        &scene,
        &run,
        &["for a part of the stack, or for more than it: replace"],
    );

    // Something else altogether, and something cut off.
    scene.forge("[]");
    let run = scene.pushed().await;
    assert_put_forward(&scene, &run, &["no plan that can be read"]);

    // From a fork's workflow: as if it was not there, and what a pull request of here made is taken.
    scene.forge(&whole);
    scene.forge("{}");
    scene.github.set(|world| {
        let last = world["artifacts"]
            .as_array_mut()
            .unwrap()
            .last_mut()
            .unwrap();
        last["workflow_run"]["head_repository_id"] = 8.into();
    });
    let run = scene.pushed().await;
    run.job("deploy")
        .ends(true, &["this carried out the plan that was reviewed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_run_leads_nowhere_back() {
    let mut scene = Scene::deployed(WEB_STACK).await;
    scene.has_reviewers();
    scene
        .propose(7, &larger())
        .await
        .job("plan")
        .ends(true, &[]);
    scene.merge(7).await.job("deploy").ends(true, &["Deployed"]);
    scene.program.bed.clear_journal();
    scene.git(&["checkout", "--quiet", "--detach", "main~1"]);
    let run = scene.pushed().await;
    run.job("deploy")
        .ends(true, &["Nothing was deployed", "main has moved on"]);

    // Nor does one that waited for approval meanwhile.
    scene.push("stack.yaml", WEB_STACK);
    let mut run = scene.pushed().await;
    assert_put_forward(&scene, &run, &[]);
    scene.push("README.md", "Another commit.");
    scene.git(&["checkout", "--quiet", "--detach", "main~1"]);
    scene.approve(&mut run).await;
    run.job("approved").ends(false, &["main has moved on"]);
    scene.assert_untouched();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_fails_is_no_success_and_goes_on_later() {
    let mut scene = Scene::with(WEB_STACK).await;
    scene.has_reviewers();
    scene
        .propose(7, &larger())
        .await
        .job("plan")
        .ends(true, &[]);
    let refused = Rule::on("ecs:CreateService").error("InvalidParameterException", "Not today.");
    scene.program.bed.inject(refused);
    let run = scene.merge(7).await;
    run.job("deploy").ends(
        false,
        &[
            "The deployment did not end well",
            "Not today.",
            "Run all jobs again",
        ],
    );
    assert!(!run.jobs.contains_key("approved"));

    scene.program.bed.clear_faults();
    let mut run = scene.pushed().await;
    run.job("deploy")
        .ends(true, &["A new plan waits for approval", "ecs-service/app"]);
    scene.approve(&mut run).await;
    run.job("approved").ends(true, &["Deployed"]);
    scene.program.assert_in_sync().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_cancelled_lets_qpiac_end_cleanly() {
    let mut scene = Scene::with(WEB_STACK).await;
    scene.has_reviewers();
    scene.replace_qpiac("echo $PPID > \"$HOME/step\"; exec REAL \"$@\"");
    scene
        .propose(7, WEB_STACK)
        .await
        .job("plan")
        .ends(true, &[]);
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
    run.job("deploy").ends(
        false,
        &["The deployment was interrupted", "what was done is done"],
    );

    scene.program.bed.clear_faults();
    let mut run = scene.pushed().await;
    run.job("deploy")
        .ends(true, &["A new plan waits for approval"]);
    scene.approve(&mut run).await;
    scene.program.assert_in_sync().await;
}
