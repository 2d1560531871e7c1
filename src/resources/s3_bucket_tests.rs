//! Traps of buckets.

use super::*;
use crate::aws::scripted::{Answer, Scripted, s3_error};
use crate::model::{Attributes, State};

const NAME: &str = "shop-logs-123456789012-us-east-1";

fn bucket() -> S3Bucket {
    S3Bucket {
        name: NAME.to_owned(),
        policy: None,
        sse_algorithm: "AES256".to_owned(),
        block_public_access: true,
        expiration: Expiration::Never,
        force_destroy: false,
    }
}

fn mark() -> Tags {
    Tags::from([
        (STACK_TAG.to_owned(), "shop@us-east-1".to_owned()),
        (ADDRESS_TAG.to_owned(), "s3-bucket/logs".to_owned()),
    ])
}

fn found(force_destroy: bool) -> Found<S3Bucket> {
    Found {
        id: NAME.to_owned(),
        attributes: S3Bucket {
            force_destroy,
            ..bucket()
        },
        outputs: S3BucketOutputs::new(NAME, "aws"),
        tags: mark(),
        state: State::Ready,
    }
}

fn done() -> Answer {
    Answer::Reply(200, String::new())
}

fn missing(code: &str) -> Answer {
    s3_error(404, code, "there is none")
}

fn tagged(tags: &Tags) -> Answer {
    let tags: String = tags
        .iter()
        .map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"))
        .collect();
    Answer::Reply(200, format!("<Tagging><TagSet>{tags}</TagSet></Tagging>"))
}

async fn create(cloud: &Scripted) -> Result<S3BucketOutputs, Fault> {
    let want = Resolved::new(&bucket().values()).expect("all is known");
    let mark = Mark {
        tags: mark(),
        token: String::new(),
    };
    S3Bucket::create(&cloud.clients(), &want, &mark).await
}

async fn find(cloud: &Scripted) -> Result<Vec<Found<S3Bucket>>, Fault> {
    S3Bucket::find(&cloud.clients(), &Query::Ids(vec![NAME.to_owned()])).await
}

#[tokio::test]
async fn operation_aborted_is_a_conflict() {
    let cloud = Scripted::new([
        missing("NoSuchBucket"),
        s3_error(
            409,
            "OperationAborted",
            "A conflicting conditional operation is currently in progress against this resource. \
             Please try again.",
        ),
    ]);
    let fault = create(&cloud).await.expect_err("the name was just freed");
    assert_eq!(fault.class, FaultClass::Conflict, "{fault}");
    assert_eq!(fault.operation, "CreateBucket");
}

#[tokio::test]
async fn tags_stand_in_the_create_call() {
    let cloud = Scripted::new([missing("NoSuchBucket"), done(), done()]);
    create(&cloud).await.expect("a new bucket");
    let asked = cloud.asked();
    assert_eq!(asked.len(), 3, "{:?}", cloud.operations());
    assert!(
        asked[1].body.contains("s3-bucket/logs"),
        "{}",
        asked[1].body
    );
    assert!(!asked[1].body.contains("LocationConstraint"));
}

/// CreateBucket of one's own bucket succeeds in us-east-1.
#[tokio::test]
async fn bucket_already_owned_by_you_is_not_taken() {
    let other = Tags::from([(STACK_TAG.to_owned(), "other@us-east-1".to_owned())]);
    for there in [missing("NoSuchTagSet"), tagged(&other)] {
        let cloud = Scripted::new([there]);
        let fault = create(&cloud).await.expect_err("it is not ours");
        assert_eq!(fault.class, FaultClass::Rejected);
        assert!(fault.message.contains("does not belong"), "{fault}");
        assert_eq!(cloud.operations().len(), 1);
    }
}

#[tokio::test]
async fn what_a_lost_reply_made_is_gone_on_with() {
    let cloud = Scripted::new([tagged(&mark()), done()]);
    create(&cloud).await.expect("it is ours");
    assert_eq!(cloud.operations().len(), 2);
}

#[tokio::test]
async fn no_such_bucket_right_after_create_is_not_yet() {
    let cloud = Scripted::new([missing("NoSuchBucket"), done(), missing("NoSuchBucket")]);
    let fault = create(&cloud).await.expect_err("it is not visible yet");
    assert_eq!(fault.class, FaultClass::NotYet, "{fault}");
}

#[tokio::test]
async fn settings_that_were_never_made_are_absent() {
    let cloud = Scripted::new([
        missing("NoSuchTagSet"),
        missing("NoSuchBucketPolicy"),
        missing("ServerSideEncryptionConfigurationNotFoundError"),
        missing("NoSuchPublicAccessBlockConfiguration"),
        missing("NoSuchLifecycleConfiguration"),
    ]);
    let found = find(&cloud).await.expect("all are answers");
    let expected = S3Bucket {
        block_public_access: false,
        ..bucket()
    };
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].attributes.values(), expected.values());
}

#[tokio::test]
async fn a_bucket_that_went_is_absent_and_a_failed_read_is_neither() {
    let gone = || missing("NoSuchBucket");
    let cloud = Scripted::new([tagged(&mark()), gone(), gone(), gone(), gone()]);
    assert!(find(&cloud).await.expect("all are answers").is_empty());
    let cloud = Scripted::new([tagged(&mark()), s3_error(403, "AccessDenied", "no")]);
    let fault = find(&cloud).await.expect_err("a right is missing");
    assert_eq!(fault.class, FaultClass::Denied);
}

#[tokio::test]
async fn bucket_not_empty_names_the_way_out() {
    let full = || s3_error(409, "BucketNotEmpty", "The bucket is not empty");
    let cloud = Scripted::new([full()]);
    let fault = S3Bucket::delete(&cloud.clients(), found(false))
        .await
        .expect_err("there are logs in it");
    assert_eq!(fault.class, FaultClass::Rejected);
    assert!(fault.message.contains("force_destroy: true"), "{fault}");
    assert_eq!(cloud.operations().len(), 1, "nothing is emptied unasked");

    let versions = "<ListVersionsResult><IsTruncated>false</IsTruncated><Version><Key>a</Key>\
                    <VersionId>1</VersionId></Version><DeleteMarker><Key>b</Key>\
                    <VersionId>2</VersionId></DeleteMarker></ListVersionsResult>";
    let cloud = Scripted::new([
        Answer::Reply(200, versions.to_owned()),
        Answer::Reply(200, "<DeleteResult/>".to_owned()),
        full(),
    ]);
    let fault = S3Bucket::delete(&cloud.clients(), found(true))
        .await
        .expect_err("a late log came");
    assert_eq!(fault.class, FaultClass::Conflict, "{fault}");
    let body = &cloud.asked()[1].body;
    assert!(body.contains("<VersionId>1</VersionId>") && body.contains("<Key>b</Key>"));
}

#[tokio::test]
async fn an_object_that_cannot_be_deleted_is_told() {
    let cloud = Scripted::new([
        Answer::Reply(
            200,
            "<ListVersionsResult><Version><Key>a</Key><VersionId>1</VersionId></Version>\
             </ListVersionsResult>"
                .to_owned(),
        ),
        Answer::Reply(
            200,
            "<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code><Message>Access Denied\
             </Message></Error></DeleteResult>"
                .to_owned(),
        ),
    ]);
    let fault = S3Bucket::delete(&cloud.clients(), found(true))
        .await
        .expect_err("it is locked");
    assert_eq!(fault.class, FaultClass::Denied, "{fault}");
}

/// PutBucketTagging replaces all tags.
#[tokio::test]
async fn other_tags_stay() {
    let mut there = mark();
    there.insert("team".to_owned(), "web".to_owned());
    let cloud = Scripted::new([tagged(&there), done()]);
    let change = TagChange {
        set: Tags::from([("cost".to_owned(), "7".to_owned())]),
        remove: vec!["team".to_owned()],
    };
    S3Bucket::retag(&cloud.clients(), &found(false), &change)
        .await
        .expect("tags change");
    let body = &cloud.asked()[1].body;
    assert!(body.contains("qpiac:stack") && body.contains("cost") && !body.contains("team"));
}
