//! The setting up of the deploy job, with emulators for AWS.

use testbed::Testbed;

use crate::place::Place;
use crate::scenes::{Scene, Stack, nothing};

pub(crate) const SCENE: Scene = Scene {
    page: "docs/deploy.md",
    stack: Stack::Whole,
    is_up: false,
    prepare: nothing,
    prints: &[],
};

#[tokio::test(flavor = "multi_thread")]
async fn the_deploy_job_is_set_up_as_the_page_says() {
    let bed = Testbed::start().await.expect("a test bed");
    let requirements = include_str!("../../testbed/requirements/moto.txt");
    let environment = bed.environment();
    let played = tokio::task::spawn_blocking(move || {
        let python = testbed::python_environment(requirements).expect("a Python");
        let python = ("EXAMPLES_PYTHON".to_owned(), python.display().to_string());
        let place = Place::with(&SCENE.stack.text(SCENE.page));
        let place = place.among(environment).among([python]);
        SCENE.play(&place);
        let attached = |role: &str| {
            let what = format!("aws iam list-attached-role-policies --role-name {role}");
            let names = "--query AttachedPolicies[].PolicyName --output text";
            place.run(&format!("{what} {names}")).expect(0, role).out
        };
        (attached("qpiac-plan"), attached("qpiac-deploy"))
    });
    let (plan, deploy) = played.await.expect("the page works");
    assert!(plan.contains("qpiac-plan-1"), "{plan}");
    assert!(
        deploy.contains("qpiac-deploy-1") && deploy.contains("qpiac-deploy-2"),
        "{deploy}"
    );
    for (call, count) in [
        ("iam:CreateOpenIDConnectProvider", 1),
        ("iam:CreateRole", 2),
    ] {
        assert_eq!(bed.count_of(call), count, "{call}");
    }
    assert_eq!(
        bed.count_of("iam:CreatePolicy"),
        bed.count_of("iam:AttachRolePolicy")
    );
}
