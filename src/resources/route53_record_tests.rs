//! Traps of DNS names.

use super::super::route53_script::{changed, zones};
use super::*;
use crate::aws::scripted::{Answer, Scripted, rest_error};
use crate::model::{Attributes, Owner, State};

fn sets(sets: &str) -> Answer {
    Answer::Reply(
        200,
        format!(
            "<ListResourceRecordSetsResponse><ResourceRecordSets>{sets}</ResourceRecordSets>\
             <IsTruncated>false</IsTruncated><MaxItems>300</MaxItems>\
             </ListResourceRecordSetsResponse>"
        ),
    )
}

fn alias(name: &str) -> String {
    format!(
        "<ResourceRecordSet><Name>{name}</Name><Type>A</Type><AliasTarget>\
         <HostedZoneId>Z2FDTNDATAQYW2</HostedZoneId><DNSName>d1.cloudfront.net.</DNSName>\
         <EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget></ResourceRecordSet>"
    )
}

fn text(name: &str, owner: &str) -> String {
    format!(
        "<ResourceRecordSet><Name>{name}</Name><Type>TXT</Type><TTL>60</TTL><ResourceRecords>\
         <ResourceRecord><Value>&quot;qpiac:{owner}/route53-record/www&quot;</Value>\
         </ResourceRecord></ResourceRecords></ResourceRecordSet>"
    )
}

fn record() -> Route53Record {
    Route53Record {
        zone: "example.com".to_owned(),
        name: "www.example.com".to_owned(),
        types: BTreeSet::from([AddressType::A]),
        target: AliasTarget::Distribution(Ref::known("d1.cloudfront.net")),
    }
}

fn mark() -> Tags {
    let address = "route53-record/www".parse().expect("an address");
    Owner::new("shop", "us-east-1").mark(&address)
}

fn found() -> Found<Route53Record> {
    Found {
        id: "Z1/www.example.com".to_owned(),
        attributes: record(),
        outputs: Route53RecordOutputs {
            id: "Z1/www.example.com".into(),
            name: "www.example.com".into(),
        },
        tags: mark(),
        state: State::Ready,
    }
}

async fn create(cloud: &Scripted) -> Result<Route53RecordOutputs, Fault> {
    let want = Resolved::new(&record().values()).expect("all is known");
    let mark = Mark {
        tags: mark(),
        token: String::new(),
    };
    Route53Record::create(&cloud.clients(), &want, &mark).await
}

#[tokio::test]
async fn a_name_and_its_companion_are_made_together() {
    let cloud = Scripted::new([zones(), changed()]);
    create(&cloud).await.expect("a new name");
    let body = &cloud.asked()[1].body;
    assert_eq!(body.matches("<Action>CREATE</Action>").count(), 2, "{body}");
    assert!(body.contains("www._qpiac.example.com"), "{body}");
    assert!(
        body.contains("qpiac:shop@us-east-1/route53-record/www"),
        "{body}"
    );
}

#[tokio::test]
async fn invalid_change_batch_tells_what_is_in_the_way() {
    let message = "[Tried to create resource record set [name='www.example.com.', type='A'] but \
                   it already exists]";
    let cloud = Scripted::new([zones(), rest_error(400, "InvalidChangeBatch", message)]);
    let fault = create(&cloud).await.expect_err("somebody has the name");
    assert_eq!(
        (fault.class, &*fault.message),
        (FaultClass::Rejected, message)
    );
}

/// AWS deletes only what is named exactly as it stands there.
#[tokio::test]
async fn what_is_deleted_is_read_before() {
    let cloud = Scripted::new([
        zones(),
        sets(&alias("www.example.com.")),
        sets(&text("www._qpiac.example.com.", "shop@us-east-1")),
        changed(),
    ]);
    Route53Record::delete(&cloud.clients(), found())
        .await
        .expect("all is deleted");
    let body = &cloud.asked()[3].body;
    assert_eq!(body.matches("<Action>DELETE</Action>").count(), 2, "{body}");
    assert!(body.contains("<TTL>60</TTL>"), "{body}");

    for (message, class) in [
        (
            "[Tried to delete a but it was not found]",
            FaultClass::Missing,
        ),
        (
            "[Tried to delete a but the values provided do not match the current values]",
            FaultClass::Conflict,
        ),
    ] {
        let cloud = Scripted::new([
            zones(),
            sets(&alias("www.example.com.")),
            sets(""),
            rest_error(400, "InvalidChangeBatch", message),
        ]);
        let deleted = Route53Record::delete(&cloud.clients(), found()).await;
        let fault = deleted.expect_err("it changed in between");
        assert_eq!(fault.class, class, "{fault}");
    }
}

#[tokio::test]
async fn prior_request_not_complete_is_repeated() {
    let cloud = Scripted::new([
        zones(),
        rest_error(400, "PriorRequestNotComplete", "still processing"),
    ]);
    let fault = create(&cloud).await.expect_err("another change is on");
    assert_eq!(fault.class, FaultClass::Throttled, "{fault}");
}

/// A name that somebody made by hand has no companion, and other stacks have companions as well.
#[tokio::test]
async fn only_a_companion_of_ours_makes_a_name_ours() {
    let cases = [
        (String::new(), Tags::new()),
        (text("www._qpiac.example.com.", "shop@us-east-1"), mark()),
    ];
    for (companion, tags) in cases {
        let cloud = Scripted::new([zones(), sets(&companion), sets(&alias("www.example.com."))]);
        let query = Query::Ids(vec!["Z1/www.example.com".to_owned()]);
        let found = Route53Record::find(&cloud.clients(), &query).await;
        let found = found.expect("all are answers");
        assert_eq!(found[0].tags, tags, "{:?}", cloud.operations());
        assert_eq!(found[0].attributes.values(), record().values());
    }
}
