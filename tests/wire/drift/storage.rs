//! The bucket for logs and the repository for images.

use aws_sdk_ecr::types::ImageTagMutability;
use aws_sdk_s3::types::{
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule, Tag, Tagging,
};

use super::Scene;

const BUCKET: &str = "qp-iac-cdn-headers-logs-123456789012-us-east-1";
const REPOSITORY: &str = "qp-iac-cdn-headers/app";

#[tokio::test(flavor = "multi_thread")]
async fn storage() {
    let scene = Scene::whole().await;
    bucket(&scene).await;
    repository(&scene).await;
}

async fn bucket(scene: &Scene) {
    scene
        .drifts("bucket_opened", async |s| {
            let delete = s.aws.s3.delete_public_access_block();
            delete.bucket(BUCKET).send().await.unwrap();
        })
        .await;
    scene
        .drifts("bucket_policy_deleted", async |s| {
            let delete = s.aws.s3.delete_bucket_policy();
            delete.bucket(BUCKET).send().await.unwrap();
        })
        .await;
    scene
        .drifts("bucket_lifecycle_deleted", async |s| {
            let delete = s.aws.s3.delete_bucket_lifecycle();
            delete.bucket(BUCKET).send().await.unwrap();
        })
        .await;
    scene
        .drifts("bucket_encryption", async |s| {
            let default = ServerSideEncryptionByDefault::builder()
                .sse_algorithm(ServerSideEncryption::AwsKms)
                .build()
                .unwrap();
            let rule = ServerSideEncryptionRule::builder()
                .apply_server_side_encryption_by_default(default);
            let rules = ServerSideEncryptionConfiguration::builder().rules(rule.build());
            let put = s.aws.s3.put_bucket_encryption().bucket(BUCKET);
            let put = put.server_side_encryption_configuration(rules.build().unwrap());
            put.send().await.unwrap();
        })
        .await;
    scene
        .drifts("bucket_tag_added", async |s| {
            let read = s.aws.s3.get_bucket_tagging().bucket(BUCKET);
            let mut tags = read.send().await.unwrap().tag_set;
            tags.push(Tag::builder().key("by").value("hand").build().unwrap());
            let tags = Tagging::builder().set_tag_set(Some(tags)).build().unwrap();
            let put = s.aws.s3.put_bucket_tagging().bucket(BUCKET);
            put.tagging(tags).send().await.unwrap();
        })
        .await;
    scene
        .drifts("bucket_deleted", async |s| {
            let delete = s.aws.s3.delete_bucket().bucket(BUCKET);
            delete.send().await.unwrap();
        })
        .await;
}

async fn repository(scene: &Scene) {
    scene
        .drifts("repository_mutability", async |s| {
            let put = s.aws.ecr.put_image_tag_mutability();
            let put = put.repository_name(REPOSITORY);
            let put = put.image_tag_mutability(ImageTagMutability::Immutable);
            put.send().await.unwrap();
        })
        .await;
    scene
        .drifts("repository_lifecycle_deleted", async |s| {
            let delete = s.aws.ecr.delete_lifecycle_policy();
            delete.repository_name(REPOSITORY).send().await.unwrap();
        })
        .await;
    scene
        .drifts("repository_deleted", async |s| {
            let delete = s.aws.ecr.delete_repository();
            delete.repository_name(REPOSITORY).send().await.unwrap();
        })
        .await;
}
