//! Two runs at once: whoever comes second waits, and does not lead back.

use testbed::{Request, Rule};

use crate::apply::larger;
use crate::program::WEB_STACK;
use crate::scene::Scene;

/// That the job waited for the lease, in rounds of a second.
const WAITED: &str = "waiting at most 1 s for the stack's lease";
/// A round of a second looks when it begins and when it ends.
const LOOKS_OF_A_ROUND: u32 = 2;

/// A stack that is deployed, where a job waits so many rounds of a second for the lease.
async fn waiting(rounds: &str) -> Scene {
    let mut scene = Scene::with_reviewers(WEB_STACK).await;
    scene.set("DEPLOY_ROUND_S", "1");
    scene.set("LEASE_WAIT_S", rounds);
    scene
}

fn is_look_at_lease(request: &Request) -> bool {
    request.name() == "s3:GetObject" && request.path.contains("/leases/")
}

/// The next looks at the lease find that somebody holds it, and `meanwhile` happens.
fn hold(scene: &Scene, looks: u32, meanwhile: impl Fn() + Send + Sync + 'static) {
    let held = Rule::on_every()
        .having(is_look_at_lease)
        .first(looks)
        .replaced(move |_, mut reply| {
            meanwhile();
            // The check sum is of what is really there.
            reply.headers.remove("x-amz-checksum-crc32");
            let mut lease = reply.value();
            lease["standing"] = "held".into();
            reply.with_value(&lease)
        });
    scene.program.bed.inject(held);
}

/// The same, while somebody pushes to main.
fn hold_while_main_moves_on(scene: &Scene) {
    let world = scene.github.world();
    hold(scene, u32::MAX, move || {
        world.set(|world| world["refs"]["main"] = "0".repeat(40).into());
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_second_waits_and_what_was_overtaken_is_refused_by_name() {
    let mut scene = waiting("30").await;
    scene.planned(7, &larger()).await;
    // What the other run does.
    scene.drift(3).await;
    hold(&scene, LOOKS_OF_A_ROUND, || ());
    let mut run = scene.merge(7).await;
    let moved = "ecs-service/app: desired_count was 2, and is 3";
    let refused = "The reviewed plan was refused";
    scene.assert_put_forward(&run, &[WAITED, refused, moved]);

    hold(&scene, LOOKS_OF_A_ROUND, || ());
    let done = "this carried out the plan that was approved";
    scene.approve(&mut run).await.ends(true, &[WAITED, done]);
    scene.program.assert_in_sync().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_without_end_ends_and_plans_nothing() {
    let mut scene = waiting("2").await;
    scene.push("stack.yaml", &larger());
    let mut run = scene.pushed().await;
    scene.assert_put_forward(&run, &[]);
    let kept = scene.github.artifacts().len();
    hold(&scene, u32::MAX, || ());
    let busy = "Nothing was deployed: another run is changing the stack";
    let again = "Run all jobs again when it has ended";
    scene.approve(&mut run).await.ends(false, &[busy, again]);
    scene.assert_untouched();

    scene.program.bed.clear_faults();
    scene.planned(8, &larger().replace("1024", "2048")).await;
    hold(&scene, u32::MAX, || ());
    let run = scene.merge(8).await;
    let deploy = run.job("deploy").ends(false, &[busy, again]);
    assert_eq!(deploy.log.matches(WAITED).count(), 2, "{}", deploy.log);
    assert!(!run.jobs.contains_key("approved"));
    let pull_request = 1;
    assert_eq!(scene.github.artifacts().len(), kept + pull_request);
    scene.assert_untouched();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_overtaken_while_it_waits_stops_waiting() {
    let mut scene = waiting("5").await;
    scene.planned(7, &larger()).await;
    hold_while_main_moves_on(&scene);
    let run = scene.merge(7).await;
    let moved = "main has moved on";
    run.job("deploy")
        .ends(true, &[WAITED, "Nothing was deployed", moved]);
    assert!(!run.jobs.contains_key("approved"));
    scene.assert_untouched();

    scene.program.bed.clear_faults();
    scene.push("README.md", "Without a pull request.");
    let mut run = scene.pushed().await;
    scene.assert_put_forward(&run, &[]);
    hold_while_main_moves_on(&scene);
    scene.approve(&mut run).await.ends(false, &[WAITED, moved]);
    scene.assert_untouched();
}
