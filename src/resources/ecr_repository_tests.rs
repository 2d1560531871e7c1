//! Traps of repositories.

use super::*;
use crate::aws::scripted::{Answer, Scripted, json_error, json_reply};
use crate::model::Attributes;
use serde_json::json;

const ARN: &str = "arn:aws:ecr:us-east-1:123456789012:repository/shop/app";

fn repository() -> EcrRepository {
    EcrRepository {
        name: "shop/app".to_owned(),
        image_tag_mutability: ImageTagMutability::Mutable,
        scan_on_push: true,
        lifecycle_policy: None,
    }
}

fn described() -> serde_json::Value {
    json!({
        "repositoryArn": ARN,
        "repositoryName": "shop/app",
        "repositoryUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/app",
        "imageTagMutability": "MUTABLE",
        "imageScanningConfiguration": { "scanOnPush": true },
    })
}

async fn find(answers: [Answer; 3]) -> Result<Vec<Found<EcrRepository>>, Fault> {
    let cloud = Scripted::new(answers);
    EcrRepository::find(&cloud.clients(), &Query::Ids(vec![ARN.to_owned()])).await
}

fn list() -> Answer {
    json_reply(&json!({ "repositories": [described()] }))
}

#[tokio::test]
async fn lifecycle_policy_not_found_is_none() {
    let none = json_error(400, "LifecyclePolicyNotFoundException", "there is none");
    let found = find([list(), json_reply(&json!({ "tags": [] })), none]).await;
    let found = found.expect("all are answers");
    assert_eq!(found[0].attributes.values(), repository().values());
}

#[tokio::test]
async fn a_repository_that_went_since_it_was_listed_is_absent() {
    let gone = || json_error(400, "RepositoryNotFoundException", "there is none");
    let found = find([list(), gone(), gone()]).await;
    assert!(found.expect("all are answers").is_empty());
}

#[tokio::test]
async fn repository_not_empty_names_the_way_out() {
    let cloud = Scripted::new([json_error(
        400,
        "RepositoryNotEmptyException",
        "The repository cannot be deleted because it still contains images",
    )]);
    let found = Found {
        id: ARN.to_owned(),
        attributes: repository(),
        outputs: EcrRepositoryOutputs {
            arn: ARN.into(),
            name: "shop/app".into(),
            url: "url".into(),
        },
        tags: Tags::new(),
        state: State::Ready,
    };
    let fault = EcrRepository::delete(&cloud.clients(), found)
        .await
        .expect_err("somebody else's images");
    assert_eq!(fault.class, FaultClass::Rejected);
    assert!(fault.message.contains("delete the images"), "{fault}");
}

#[test]
fn only_the_last_images_are_kept() {
    let policy = EcrRepository::keep_last(5).to_json().expect("known");
    assert_eq!(
        policy,
        json!({ "rules": [{
            "rulePriority": 1,
            "selection": {
                "tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5,
            },
            "action": { "type": "expire" },
        }] })
    );
}
