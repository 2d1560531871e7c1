//! The subscription to an SNS topic: a child of the topic, told apart by protocol and endpoint.
//!
//! Recognised by its topic. Subscribing the same endpoint again makes no second subscription. One
//! that nobody has confirmed has no ARN, so topic, protocol and endpoint identify it. No API deletes
//! such a one; AWS does so by itself after three days (deleting a subscription, in the SNS developer
//! guide). Until then a tag of the topic says that it is to be overlooked.

use aws_sdk_sns::types::Subscription;
use futures::future::{try_join, try_join_all};
use sha2::{Digest, Sha256};

use super::health::{ill, unread, waiting};
use super::lifecycle::{Lifecycle, Mark};
use super::sns_topic::TopicArn;
use crate::aws::{Call, Clients, if_present, sns};
use crate::classes;
use crate::engine::Health;
use crate::model::{Fault, Found, Id, Query, Ref, Resolved, State, TagChange, Tags};
use qpiac_derive::{Outputs, Resource};

/// How the tags of a topic begin that tell which unconfirmed subscriptions nobody wants any more.
pub(super) const LEFT_TAG: &str = "qpiac:left-";
/// Bytes of the digest of a subscription in such a tag.
const DIGEST_BYTES: usize = 8;
/// What stands for the ARN of a subscription that is not confirmed (ListSubscriptionsByTopic).
const PENDING: &str = "PendingConfirmation";
/// What stands for the ARN of a subscription that was deleted.
const DELETED: &str = "Deleted";

classes! {
    /// Identifies a subscription: its topic's ARN, protocol and endpoint.
    SubscriptionId = "sns-subscription", "{topic}/{protocol}/{endpoint}";
}

/// Somebody who is told what a topic tells.
///
/// Whoever has an e-mail address must first follow the link in a mail that AWS sends; nothing waits
/// for that.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "sns-subscription",
    outputs = SnsSubscriptionOutputs,
    replacement = "delete-first",
    outage = "nobody is notified through it",
    parent = "topic",
    key = "protocol, endpoint",
    find = "sns:ListSubscriptionsByTopic, sns:ListTagsForResource",
    create = "sns:Subscribe, sns:ListTagsForResource, sns:UntagResource",
    delete = "sns:Unsubscribe, sns:ListSubscriptionsByTopic, sns:TagResource"
)]
pub struct SnsSubscription {
    /// The topic.
    #[attribute(replace)]
    pub topic: Ref<TopicArn>,
    /// How the endpoint is told, such as `email`.
    #[attribute(replace)]
    pub protocol: String,
    /// Who is told, such as an e-mail address.
    #[attribute(replace)]
    pub endpoint: String,
}

/// What a subscription gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct SnsSubscriptionOutputs {
    /// The subscription's topic, protocol and endpoint.
    pub id: Id<SubscriptionId>,
}

impl Lifecycle for SnsSubscription {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let mut topics: Vec<&str> = match which {
            // Its topic says whose it is.
            Query::Owned { .. } => Vec::new(),
            Query::Ids(ids) => ids.iter().filter_map(|id| topic_in(id)).collect(),
            Query::Under(topics) => topics.iter().map(|topic| topic.id.as_str()).collect(),
        };
        topics.sort_unstable();
        topics.dedup();
        let found = topics.into_iter().map(|topic| of_topic(aws, topic));
        let found = try_join_all(found).await?.into_iter().flatten();
        let is_asked = |found: &Found<Self>| match which {
            Query::Ids(ids) => ids.contains(&found.id),
            Query::Owned { .. } | Query::Under(_) => true,
        };
        Ok(found.filter(is_asked).collect())
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        _mark: &Mark,
    ) -> Result<SnsSubscriptionOutputs, Fault> {
        let topic = want.known(&want.topic);
        aws.sns
            .subscribe()
            .topic_arn(topic)
            .protocol(&want.protocol)
            .endpoint(&want.endpoint)
            .send()
            .await
            .at("sns:Subscribe")?;
        let key = left_tag(&want.protocol, &want.endpoint);
        if sns::tags_of(aws, topic).await?.contains_key(&key) {
            let remove = TagChange {
                set: Tags::new(),
                remove: vec![key],
            };
            sns::retag(aws, topic, &remove).await?;
        }
        let id = id(topic, &want.protocol, &want.endpoint);
        Ok(SnsSubscriptionOutputs { id: id.into() })
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let wanted = &found.attributes;
        let topic = wanted.topic.id().unwrap_or_default();
        let subscriptions = list(aws, topic).await?;
        let listed = subscriptions.iter().find(|one| is_for(one, wanted));
        match listed.and_then(Subscription::subscription_arn) {
            None | Some(DELETED) => Ok(()),
            Some(PENDING) => leave(aws, topic, wanted).await,
            Some(arn) => {
                let call = aws.sns.unsubscribe().subscription_arn(arn);
                call.send().await.at("sns:Unsubscribe")?;
                Ok(())
            }
        }
    }

    async fn health(aws: &Clients, found: &Found<Self>) -> Result<Health, Fault> {
        let wanted = &found.attributes;
        Ok(
            match list(aws, wanted.topic.id().unwrap_or_default()).await {
                Ok(listed) => {
                    let mut listed = listed.iter();
                    let this = listed.find(|one| is_for(one, wanted));
                    health(this.and_then(Subscription::subscription_arn))
                }
                Err(fault) => unread(&found.state, &fault),
            },
        )
    }
}

/// Whether it is the subscription of this endpoint.
fn is_for(listed: &Subscription, wanted: &SnsSubscription) -> bool {
    listed.protocol() == Some(&wanted.protocol) && listed.endpoint() == Some(&wanted.endpoint)
}

fn id(topic: &str, protocol: &str, endpoint: &str) -> String {
    format!("{topic}/{protocol}/{endpoint}")
}

/// The topic in an identifier; an ARN of a topic contains no `/`.
fn topic_in(id: &str) -> Option<&str> {
    id.split_once('/').map(|(topic, _)| topic)
}

/// How a subscription with this ARN, or what stands for one, is.
fn health(arn: Option<&str>) -> Health {
    match arn {
        None | Some(DELETED) => ill("it is gone", Vec::new()),
        Some(PENDING) => {
            let who = "whoever has the address must follow the link in the mail from AWS";
            waiting("not confirmed", vec![who.to_owned()])
        }
        Some(_) => Health::well("confirmed"),
    }
}

/// The tag by which a topic says that nobody wants this unconfirmed subscription any more. A
/// digest, since an address may hold what a tag may not.
fn left_tag(protocol: &str, endpoint: &str) -> String {
    let digest = Sha256::digest(format!("{protocol} {endpoint}"));
    let digits: String = digest[..DIGEST_BYTES]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{LEFT_TAG}{digits}")
}

async fn list(aws: &Clients, topic: &str) -> Result<Vec<Subscription>, Fault> {
    aws.sns
        .list_subscriptions_by_topic()
        .topic_arn(topic)
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .at("sns:ListSubscriptionsByTopic")
}

/// The subscriptions to a topic; none where the topic is gone.
async fn of_topic(aws: &Clients, topic: &str) -> Result<Vec<Found<SnsSubscription>>, Fault> {
    let both = try_join(list(aws, topic), sns::tags_of(aws, topic)).await;
    let Some((subscriptions, tags)) = if_present(both)? else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for subscription in subscriptions {
        let protocol = subscription.protocol.unwrap_or_default();
        let endpoint = subscription.endpoint.unwrap_or_default();
        match subscription.subscription_arn.as_deref() {
            Some(DELETED) => continue,
            Some(PENDING) if tags.contains_key(&left_tag(&protocol, &endpoint)) => continue,
            Some(PENDING) => aws.note(format!(
                "{endpoint} is told nothing yet: the link in the mail from AWS has to be followed \
                 first"
            )),
            Some(_) | None => {}
        }
        found.push(read(topic, protocol, endpoint));
    }
    Ok(found)
}

fn read(topic: &str, protocol: String, endpoint: String) -> Found<SnsSubscription> {
    let id = id(topic, &protocol, &endpoint);
    Found {
        attributes: SnsSubscription {
            topic: Ref::known(topic),
            protocol,
            endpoint,
        },
        outputs: SnsSubscriptionOutputs {
            id: id.clone().into(),
        },
        tags: Tags::new(),
        state: State::Ready,
        id,
    }
}

/// Overlooks an unconfirmed subscription from now on.
async fn leave(aws: &Clients, topic: &str, left: &SnsSubscription) -> Result<(), Fault> {
    let key = left_tag(&left.protocol, &left.endpoint);
    let set = TagChange {
        set: Tags::from([(key, "unconfirmed".to_owned())]),
        remove: Vec::new(),
    };
    sns::retag(aws, topic, &set).await?;
    aws.note(format!(
        "{} never confirmed its subscription, which AWS therefore deletes by itself, within three \
         days",
        left.endpoint
    ));
    Ok(())
}

#[cfg(test)]
#[path = "sns_subscription_tests.rs"]
mod tests;
