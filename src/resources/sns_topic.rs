//! The SNS topic.
//!
//! Recognised by its owner tags, which the create call gives. Its name is unique in account and
//! region, so a repeated create answers with the topic that the first one made. The API lists topics
//! by nothing, so all are listed and those of a near name are looked at.

use futures::future::try_join_all;

use super::lifecycle::{Lifecycle, Mark};
use super::sns_subscription::LEFT_TAG;
use crate::aws::{Call, Clients, if_present, required, sns};
use crate::classes;
use crate::model::{Fault, Found, Id, Query, Resolved, State, TagChange, Tags};
use qpiac_derive::{Outputs, Resource};

classes! {
    /// Identifies a topic.
    TopicArn = "sns-topic", "arn:aws:sns:{region}:{account}:{name}";
}

/// What tells everybody who subscribed to it.
///
/// It has the policy that AWS gives it, by which whatever belongs to the account may publish to it,
/// CloudWatch's alarms among it.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "sns-topic",
    outputs = SnsTopicOutputs,
    replacement = "create-first",
    outage = "nobody is notified through it",
    named = "name",
    find = "sns:ListTopics, sns:ListTagsForResource",
    create = "sns:CreateTopic, sns:TagResource",
    update = "sns:TagResource, sns:UntagResource",
    delete = "sns:DeleteTopic"
)]
pub struct SnsTopic {
    /// Its name, unique in the account and region; at most 256 letters, digits, hyphens and
    /// underscores.
    #[attribute(replace)]
    pub name: String,
}

/// What a topic gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct SnsTopicOutputs {
    /// The topic's ARN.
    pub arn: Id<TopicArn>,
}

impl Lifecycle for SnsTopic {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let arns = match which {
            Query::Owned { owner, names } => {
                let prefix = format!("{}-", owner.stack);
                let mut arns = list(aws).await?;
                arns.retain(|arn| {
                    let name = name_in(arn);
                    name.starts_with(&prefix) || names.iter().any(|n| n == name)
                });
                arns
            }
            Query::Ids(arns) => arns.clone(),
            Query::Under(_) => Vec::new(),
        };
        let found = try_join_all(arns.into_iter().map(|arn| async move {
            let tags = if_present(sns::tags_of(aws, &arn).await)?;
            Ok::<_, Fault>(tags.map(|tags| read(arn, &tags)))
        }));
        let mut found: Vec<_> = found.await?.into_iter().flatten().collect();
        if let Query::Owned { owner, names } = which {
            found.retain(|t| owner.owns(&t.tags) || names.contains(&t.attributes.name));
        }
        Ok(found)
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<SnsTopicOutputs, Fault> {
        let operation = "sns:CreateTopic";
        let reply = aws
            .sns
            .create_topic()
            .name(&want.name)
            .set_tags(Some(sns::tags(operation, &mark.tags)?))
            .send()
            .await
            .at(operation)?;
        let arn = required(operation, "the topic's ARN", reply.topic_arn)?;
        Ok(SnsTopicOutputs { arn: arn.into() })
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        sns::retag(aws, &found.id, tags).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.sns
            .delete_topic()
            .topic_arn(found.id)
            .send()
            .await
            .at("sns:DeleteTopic")?;
        Ok(())
    }
}

async fn list(aws: &Clients) -> Result<Vec<String>, Fault> {
    let pages = aws.sns.list_topics().into_paginator().items();
    let topics = pages.send().try_collect().await.at("sns:ListTopics")?;
    Ok(topics.into_iter().filter_map(|t| t.topic_arn).collect())
}

/// `shop-alarms` of `arn:aws:sns:eu-west-1:123456789012:shop-alarms`.
fn name_in(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

fn read(arn: String, tags: &Tags) -> Found<SnsTopic> {
    let of_others = tags.iter().filter(|(key, _)| !key.starts_with(LEFT_TAG));
    Found {
        attributes: SnsTopic {
            name: name_in(&arn).to_owned(),
        },
        outputs: SnsTopicOutputs {
            arn: arn.clone().into(),
        },
        tags: of_others.map(|(k, v)| (k.clone(), v.clone())).collect(),
        state: State::Ready,
        id: arn,
    }
}
