//! Traps of subscriptions.

use super::*;
use crate::aws::scripted::{Answer, Scripted, rest_error};
use crate::model::{Attributes, FaultClass, Owner, Parent};

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:shop-alarms";

fn subscription() -> SnsSubscription {
    SnsSubscription {
        topic: Ref::known(TOPIC),
        protocol: "email".to_owned(),
        endpoint: "ops@example.com".to_owned(),
    }
}

fn found() -> Found<SnsSubscription> {
    let SnsSubscription {
        protocol, endpoint, ..
    } = subscription();
    read(TOPIC, protocol, endpoint)
}

fn reply(operation: &str, body: &str) -> Answer {
    Answer::Reply(
        200,
        format!(
            "<{operation}Response><{operation}Result>{body}</{operation}Result></{operation}Response>"
        ),
    )
}

/// Subscriptions with these ARNs, each to another address.
fn listed(arns: &[&str]) -> Answer {
    let members: String = arns
        .iter()
        .zip(["ops", "dev", "boss"])
        .map(|(arn, name)| {
            format!(
                "<member><SubscriptionArn>{arn}</SubscriptionArn><Protocol>email</Protocol>\
                 <Endpoint>{name}@example.com</Endpoint></member>"
            )
        })
        .collect();
    let body = format!("<Subscriptions>{members}</Subscriptions>");
    reply("ListSubscriptionsByTopic", &body)
}

fn tagged(keys: &[&str]) -> Answer {
    let members: String = keys
        .iter()
        .map(|key| format!("<member><Key>{key}</Key><Value>unconfirmed</Value></member>"))
        .collect();
    reply("ListTagsForResource", &format!("<Tags>{members}</Tags>"))
}

async fn ids_found(cloud: &Scripted) -> (Vec<String>, Vec<String>) {
    let aws = cloud.clients();
    let topics = Query::Under(vec![Parent {
        id: TOPIC.to_owned(),
        owner: Owner::new("shop", "us-east-1"),
    }]);
    let found = SnsSubscription::find(&aws, &topics).await.expect("found");
    let ids = found.into_iter().map(|found| found.id).collect();
    (ids, aws.take_notes())
}

#[tokio::test]
async fn pending_confirmation_is_no_arn_and_nothing_to_wait_for() {
    let confirmed = format!("{TOPIC}:0-1-2");
    let cloud = Scripted::new([
        listed(&["PendingConfirmation", &confirmed, "Deleted"]),
        tagged(&[]),
    ]);
    let (ids, notes) = ids_found(&cloud).await;
    let id = |name: &str| format!("{TOPIC}/email/{name}@example.com");
    assert_eq!(ids, [id("ops"), id("dev")]);
    assert_eq!(found().state, State::Ready);
    assert_eq!(notes.len(), 1);
    assert!(
        notes[0].starts_with("ops@example.com is told nothing yet"),
        "{notes:?}"
    );
}

#[tokio::test]
async fn an_unconfirmed_subscription_cannot_be_deleted_and_is_overlooked() {
    let key = left_tag("email", "ops@example.com");
    let tag = Answer::Reply(200, "<TagResourceResponse/>".to_owned());
    let cloud = Scripted::new([
        listed(&["PendingConfirmation"]),
        tag,
        listed(&["PendingConfirmation"]),
        tagged(&[&key]),
    ]);
    let aws = cloud.clients();
    SnsSubscription::delete(&aws, found())
        .await
        .expect("success");
    assert_eq!(
        cloud.operations(),
        ["ListSubscriptionsByTopic", "TagResource"]
    );
    let asked = cloud.asked();
    assert!(!asked[1].body.contains("example.com"), "{}", asked[1].body);
    assert!(aws.take_notes()[0].starts_with("ops@example.com never confirmed"));
    let (ids, notes) = ids_found(&cloud).await;
    assert!(ids.is_empty() && notes.is_empty(), "{ids:?} {notes:?}");
}

#[tokio::test]
async fn who_subscribes_again_is_overlooked_no_more() {
    let key = left_tag("email", "ops@example.com");
    let untag = Answer::Reply(200, "<UntagResourceResponse/>".to_owned());
    let arn = "<SubscriptionArn>pending confirmation</SubscriptionArn>";
    let cloud = Scripted::new([reply("Subscribe", arn), tagged(&[&key]), untag]);
    let want = Resolved::new(&subscription().values()).expect("all is known");
    let mark = Mark {
        tags: Tags::new(),
        token: String::new(),
    };
    let outputs = SnsSubscription::create(&cloud.clients(), &want, &mark).await;
    assert_eq!(outputs.expect("subscribed").id.as_str(), found().id);
    assert_eq!(
        cloud.operations(),
        ["Subscribe", "ListTagsForResource", "UntagResource"]
    );
}

#[tokio::test]
async fn a_confirmed_subscription_is_deleted_by_its_arn() {
    let confirmed = format!("{TOPIC}:0-1-2");
    let gone = Answer::Reply(200, "<UnsubscribeResponse/>".to_owned());
    let cloud = Scripted::new([listed(&[&confirmed]), gone, listed(&[])]);
    let aws = cloud.clients();
    SnsSubscription::delete(&aws, found())
        .await
        .expect("success");
    SnsSubscription::delete(&aws, found())
        .await
        .expect("gone already");
    assert_eq!(
        cloud.operations(),
        [
            "ListSubscriptionsByTopic",
            "Unsubscribe",
            "ListSubscriptionsByTopic"
        ]
    );
    let asked = &cloud.asked()[1].body;
    assert!(asked.contains("shop-alarms%3A0-1-2"), "{asked}");
}

#[tokio::test]
async fn not_found_is_done() {
    let missing = || rest_error(404, "NotFound", "Topic does not exist");
    let cloud = Scripted::new([missing(), missing()]);
    assert!(ids_found(&cloud).await.0.is_empty());
    let cloud = Scripted::new([missing()]);
    let fault = SnsSubscription::delete(&cloud.clients(), found()).await;
    assert_eq!(fault.expect_err("no topic").class, FaultClass::Missing);
}
