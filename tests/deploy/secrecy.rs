//! No secret is in a comment, an issue, an artifact, a summary or a log.

use serde_json::Value;
use testbed::Rule;

use crate::program::{Program, WHOLE_STACK, edited};
use crate::runner::Run;
use crate::scene::{SECRET_KEY, Scene};

/// Everything that a run wrote for people.
fn heard(run: &Run) -> String {
    let jobs = run.jobs.values();
    jobs.map(|ran| format!("{}\n{}\n", ran.log, ran.summary))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_anything_that_is_written() {
    let mut scene = Scene::of(Program::whole().await);
    let mut text = heard(&scene.propose(7, WHOLE_STACK).await);
    let run = scene.merge(7).await;
    run.job("deploy").ends(true, &["Deployed"]);
    text += &heard(&run);
    scene.drift(3).await;
    let change = edited(WHOLE_STACK, "X-CDN-Auth", "X-CDN-Key");
    text += &heard(&scene.propose(8, &change).await);
    text += &heard(&scene.watch().await);
    text += &scene.github.kept().to_string();
    text += &Value::from(scene.github.artifacts()).to_string();
    assert!(text.contains("cdn-auth"), "nothing was said of the secrets");

    let listed = scene.aws.secrets.list_secrets().send().await.unwrap();
    assert!(!listed.secret_list().is_empty());
    let mut secrets = vec![SECRET_KEY.to_owned(), "ghs_".to_owned()];
    for secret in listed.secret_list() {
        let reading = scene.aws.secrets.get_secret_value();
        let value = reading
            .secret_id(secret.arn().unwrap())
            .send()
            .await
            .unwrap();
        secrets.push(value.secret_string.unwrap());
    }
    for secret in secrets {
        assert!(!text.contains(&secret), "a secret was written: {secret}");
    }
}

/// The role of pull requests need not read the header's secret, as `docs/deploy.md` says.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_by_who_may_not_read_the_secret_is_carried_out_by_who_may() {
    let mut scene = Scene::of(Program::whole().await);
    scene.program.apply().await;
    let change = edited(WHOLE_STACK, "memory: 512", "memory: 1024");
    let denied = Rule::on("secretsmanager:GetSecretValue");
    let denied = denied.error("AccessDeniedException", "Not you.");
    scene.program.bed.inject(denied);
    let run = scene.propose(7, &change).await;
    run.job("plan").ends(true, &["warning", "GetSecretValue"]);
    scene.program.bed.clear_faults();
    let run = scene.merge(7).await;
    let reviewed = "this carried out the plan that was reviewed";
    run.job("deploy").ends(true, &[reviewed]);
}
