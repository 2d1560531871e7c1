//! Lambda functions with what belongs to them, and schedules.

use aws_sdk_eventbridge::types::Target;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionUrlAuthType};

use super::Scene;

const GENERATOR: &str = "qp-iac-cdn-headers-jwt-generator";
const ROTATION: &str = "qp-iac-cdn-headers-rotation";
/// A zip with nothing in it.
const EMPTY_ZIP: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

#[tokio::test(flavor = "multi_thread")]
async fn functions() {
    let scene = Scene::whole().await;
    function(&scene).await;
    permission(&scene).await;
    url(&scene).await;
    schedule(&scene).await;
}

async fn function(scene: &Scene) {
    scene
        .drifts("function_memory", async |s| {
            let update = s.aws.lambda.update_function_configuration();
            let update = update.function_name(GENERATOR).memory_size(512);
            update.send().await.unwrap();
        })
        .await;
    scene
        .drifts("function_variable_added", async |s| {
            let environment = Environment::builder().variables("BY", "hand");
            let update = s.aws.lambda.update_function_configuration();
            let update = update.function_name(GENERATOR);
            let update = update.environment(environment.build());
            update.send().await.unwrap();
        })
        .await;
    scene
        .drifts("function_code", async |s| {
            let update = s.aws.lambda.update_function_code();
            let update = update.function_name(GENERATOR);
            update.zip_file(Blob::new(EMPTY_ZIP)).send().await.unwrap();
        })
        .await;
    scene
        .drifts("function_tag_added", async |s| {
            let read = s.aws.lambda.get_function().function_name(GENERATOR);
            let function = read.send().await.unwrap().configuration.unwrap();
            let add = s.aws.lambda.tag_resource();
            let add = add.resource(function.function_arn().unwrap());
            add.tags("by", "hand").send().await.unwrap();
        })
        .await;
    for (name, function) in [
        ("function_deleted", GENERATOR),
        ("rotation_deleted", ROTATION),
    ] {
        scene
            .drifts(name, async |s| {
                let delete = s.aws.lambda.delete_function();
                delete.function_name(function).send().await.unwrap();
            })
            .await;
    }
}

async fn permission(scene: &Scene) {
    scene
        .drifts("permission_removed", async |s| {
            let remove = s.aws.lambda.remove_permission();
            let remove = remove.function_name(ROTATION).statement_id("rotate-jwt");
            remove.send().await.unwrap();
        })
        .await;
    scene
        .drifts("permission_added", async |s| {
            let add = s.aws.lambda.add_permission().function_name(GENERATOR);
            let add = add.statement_id("by-hand").principal("210987654321");
            let add = add.action("lambda:InvokeFunction");
            add.send().await.unwrap();
        })
        .await;
}

async fn url(scene: &Scene) {
    scene
        .drifts("url_opened", async |s| {
            let update = s.aws.lambda.update_function_url_config();
            let update = update.function_name(GENERATOR);
            let update = update.auth_type(FunctionUrlAuthType::None);
            update.send().await.unwrap();
        })
        .await;
    scene
        .drifts("url_deleted", async |s| {
            let delete = s.aws.lambda.delete_function_url_config();
            delete.function_name(GENERATOR).send().await.unwrap();
        })
        .await;
}

async fn schedule(scene: &Scene) {
    scene
        .drifts("schedule_disabled", async |s| {
            let disable = s.aws.events.disable_rule().name(ROTATION);
            disable.send().await.unwrap();
        })
        .await;
    scene
        .drifts("schedule_target_added", async |s| {
            let read = s.aws.lambda.get_function().function_name(GENERATOR);
            let function = read.send().await.unwrap().configuration.unwrap();
            let target = Target::builder().id("by-hand");
            let target = target.arn(function.function_arn().unwrap());
            let put = s.aws.events.put_targets().rule(ROTATION);
            let put = put.targets(target.build().unwrap());
            put.send().await.unwrap();
        })
        .await;
    scene
        .drifts("schedule_deleted", async |s| {
            let events = &s.aws.events;
            let list = events.list_targets_by_rule().rule(ROTATION);
            let ids = list.send().await.unwrap();
            let ids = ids.targets().iter().map(|one| one.id().to_owned());
            let remove = events.remove_targets().rule(ROTATION);
            let remove = remove.set_ids(Some(ids.collect()));
            remove.send().await.unwrap();
            events.delete_rule().name(ROTATION).send().await.unwrap();
        })
        .await;
}
