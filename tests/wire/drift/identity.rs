//! Roles and log groups.

use super::Scene;
use crate::program::WEB_STACK;

const EXECUTION: &str = "qp-iac-cdn-headers-app-execution-us-east-1";
const TASK: &str = "qp-iac-cdn-headers-app-task-us-east-1";
const LOGS: &str = "/ecs/qp-iac-cdn-headers-app";
const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const ANOTHER_SERVICE: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
    "Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

#[tokio::test(flavor = "multi_thread")]
async fn roles_and_log_groups() {
    let scene = Scene::with(WEB_STACK).await;
    role(&scene).await;
    policies(&scene).await;
    log_group(&scene).await;
}

async fn role(scene: &Scene) {
    scene
        .drifts("role_trust", async |s| {
            let update = s.aws.iam.update_assume_role_policy().role_name(TASK);
            update
                .policy_document(ANOTHER_SERVICE)
                .send()
                .await
                .unwrap();
        })
        .await;
    scene
        .drifts("role_tag_added", async |s| {
            let tag = aws_sdk_iam::types::Tag::builder().key("by").value("hand");
            let tag = tag.build().unwrap();
            let call = s.aws.iam.tag_role().role_name(TASK).tags(tag);
            call.send().await.unwrap();
        })
        .await;
    scene
        .drifts("role_deleted", async |s| delete(s, EXECUTION).await)
        .await;
}

/// A role gone, with its policies, which AWS wants gone before.
async fn delete(s: &Scene, role: &str) {
    let iam = &s.aws.iam;
    let inline = iam
        .list_role_policies()
        .role_name(role)
        .send()
        .await
        .unwrap();
    for name in inline.policy_names() {
        let call = iam.delete_role_policy().role_name(role).policy_name(name);
        call.send().await.unwrap();
    }
    let attached = iam.list_attached_role_policies().role_name(role);
    for policy in attached.send().await.unwrap().attached_policies() {
        let call = iam.detach_role_policy().role_name(role);
        let call = call.policy_arn(policy.policy_arn().unwrap());
        call.send().await.unwrap();
    }
    iam.delete_role().role_name(role).send().await.unwrap();
}

async fn policies(scene: &Scene) {
    scene
        .drifts("inline_policy_added", async |s| {
            let put = s.aws.iam.put_role_policy().role_name(TASK);
            let put = put.policy_name("by-hand").policy_document(EVERYTHING);
            put.send().await.unwrap();
        })
        .await;
    scene
        .drifts("inline_policy_changed", async |s| {
            let iam = &s.aws.iam;
            let inline = iam.list_role_policies().role_name(EXECUTION);
            let inline = inline.send().await.unwrap();
            let put = iam.put_role_policy().role_name(EXECUTION);
            let put = put.policy_name(&inline.policy_names()[0]);
            put.policy_document(EVERYTHING).send().await.unwrap();
        })
        .await;
    scene
        .drifts("managed_policy_attached", async |s| {
            let iam = &s.aws.iam;
            let create = iam.create_policy().policy_name("by-hand");
            let made = create.policy_document(EVERYTHING).send().await.unwrap();
            let arn = made.policy().unwrap().arn().unwrap();
            let attach = iam.attach_role_policy().role_name(TASK);
            attach.policy_arn(arn).send().await.unwrap();
        })
        .await;
}

async fn log_group(scene: &Scene) {
    scene
        .drifts("log_group_retention", async |s| {
            let call = s.aws.logs.delete_retention_policy();
            call.log_group_name(LOGS).send().await.unwrap();
        })
        .await;
    scene
        .drifts("log_group_tag_added", async |s| {
            let groups = s.aws.logs.describe_log_groups();
            let groups = groups.log_group_name_prefix(LOGS).send().await.unwrap();
            let arn = groups.log_groups()[0].arn().unwrap();
            let call = s.aws.logs.tag_resource();
            let call = call.resource_arn(arn.trim_end_matches(":*"));
            call.tags("by", "hand").send().await.unwrap();
        })
        .await;
    scene
        .drifts("log_group_deleted", async |s| {
            let call = s.aws.logs.delete_log_group().log_group_name(LOGS);
            call.send().await.unwrap();
        })
        .await;
}
