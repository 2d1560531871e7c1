//! Secrets and their rotation.

use aws_sdk_secretsmanager::types::{RotationRulesType, Tag};

use super::{STACK, Scene};

#[tokio::test(flavor = "multi_thread")]
async fn secrets() {
    let scene = Scene::whole().await;
    secret(&scene).await;
    rotation(&scene).await;
}

fn name(secret: &str) -> String {
    format!("{STACK}/{secret}")
}

async fn secret(scene: &Scene) {
    scene
        .drifts("secret_description", async |s| {
            let update = s.aws.secrets.update_secret().secret_id(name("jwt"));
            update.description("by hand").send().await.unwrap();
        })
        .await;
    scene
        .drifts("secret_tag_added", async |s| {
            let tag = Tag::builder().key("by").value("hand").build();
            let add = s.aws.secrets.tag_resource().secret_id(name("jwt"));
            add.tags(tag).send().await.unwrap();
        })
        .await;
    scene
        .drifts("secret_usage_tag_removed", async |s| {
            let remove = s.aws.secrets.untag_resource();
            let remove = remove.secret_id(name("cdn-auth"));
            remove.tag_keys("qpiac:usage").send().await.unwrap();
        })
        .await;
    scene
        .drifts("secret_deleted", async |s| {
            let delete = s.aws.secrets.delete_secret().secret_id(name("jwt"));
            delete.recovery_window_in_days(7).send().await.unwrap();
        })
        .await;
    scene
        .drifts("origin_secret_deleted", async |s| {
            let delete = s.aws.secrets.delete_secret();
            let delete = delete.secret_id(name("cdn-auth"));
            delete.recovery_window_in_days(7).send().await.unwrap();
        })
        .await;
}

async fn rotation(scene: &Scene) {
    scene
        .drifts("rotation_days", async |s| {
            let rules = RotationRulesType::builder().automatically_after_days(90);
            let rotate = s.aws.secrets.rotate_secret().secret_id(name("jwt"));
            let rotate = rotate.rotation_rules(rules.build());
            rotate.rotate_immediately(false).send().await.unwrap();
        })
        .await;
    scene
        .drifts("rotation_cancelled", async |s| {
            let cancel = s.aws.secrets.cancel_rotate_secret();
            cancel.secret_id(name("api-key")).send().await.unwrap();
        })
        .await;
}
