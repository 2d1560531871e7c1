//! Traps of CloudFront Functions.

use super::super::cloudfront_script::{
    CODE, CODE_SHA256, clients, create, mark, owned, reply, resolved, tags, update, versions,
};
use super::*;
use crate::aws::scripted::{Answer, Scripted, rest_error};
use crate::model::Attributes;

const ARN: &str = "arn:aws:cloudfront::123456789012:function/shop-guard-01234567";

fn function() -> CloudFrontFunction {
    CloudFrontFunction {
        name: "shop-guard".to_owned(),
        runtime: FunctionRuntime::CloudfrontJs2,
        code_sha256: CODE_SHA256.to_owned(),
        comment: "looks at tokens".to_owned(),
    }
}

fn summary(stage: &str, comment: &str) -> String {
    format!(
        "<FunctionSummary><Name>shop-guard-01234567</Name><Status>UNASSOCIATED</Status><FunctionConfig>\
         <Comment>{comment}</Comment><Runtime>cloudfront-js-2.0</Runtime></FunctionConfig>\
         <FunctionMetadata><FunctionARN>{ARN}</FunctionARN><Stage>{stage}</Stage>\
         <LastModifiedTime>2026-11-24T03:00:00Z</LastModifiedTime></FunctionMetadata>\
         </FunctionSummary>"
    )
}

fn listing(summaries: &str) -> Answer {
    let body = format!(
        "<FunctionList><MaxItems>100</MaxItems><Quantity>1</Quantity><Items>{summaries}</Items>\
         </FunctionList>"
    );
    Answer::Reply(200, body)
}

fn unpublished() -> Answer {
    rest_error(404, "NoSuchFunctionExists", "There is no such function.")
}

fn described(tag: &str) -> Answer {
    reply(tag, summary("DEVELOPMENT", "looks at tokens"))
}

async fn found(summaries: &str, code: Answer) -> Found<CloudFrontFunction> {
    let mark = mark::<CloudFrontFunction>();
    let cloud = Scripted::new([listing(summaries), tags(&mark.tags), code]);
    let found = CloudFrontFunction::find(&clients(&cloud), &owned()).await;
    let found = found.expect("the script has answers").pop();
    assert_eq!(cloud.operations().len(), 3);
    found.expect("it is ours")
}

#[tokio::test]
async fn what_is_published_counts() {
    let stages = [
        summary("LIVE", "looks at tokens"),
        summary("DEVELOPMENT", "an experiment"),
    ];
    let live = found(&stages.concat(), reply("E1", String::from_utf8_lossy(CODE))).await;
    assert_eq!(live.attributes.values(), function().values());
    assert_eq!(live.tags, mark::<CloudFrontFunction>().tags);
    assert_eq!(live.id, ARN);
}

#[tokio::test]
async fn a_function_that_was_not_published_has_no_code_and_is_published_by_the_next_update() {
    let created = function();
    let cloud = Scripted::new([
        reply("E1", summary("DEVELOPMENT", "looks at tokens")),
        rest_error(400, "Throttling", "Rate exceeded"),
    ]);
    let fault = create(&cloud, &created).await.expect_err("half-way");
    assert_eq!(fault.class, FaultClass::Throttled);
    assert_eq!(fault.operation, "PublishFunction");
    let found = found(&summary("DEVELOPMENT", "looks at tokens"), unpublished()).await;
    assert_eq!(found.attributes.code_sha256, "");
    let cloud = Scripted::new([
        described("E1"),
        reply("", ""),
        described("E2"),
        Answer::Reply(200, summary("LIVE", "looks at tokens")),
    ]);
    update(&cloud, &created, &found, &["code_sha256"])
        .await
        .expect("the script has answers");
    let publish = cloud.asked().remove(3);
    assert!(
        publish
            .operation
            .ends_with("/function/shop-guard-01234567/publish"),
        "{publish:?}"
    );
    assert_eq!(publish.if_match.as_deref(), Some("E2"));
}

#[tokio::test]
async fn a_replacement_has_another_name_than_the_one_that_is_in_use() {
    let mut names = Vec::new();
    for token in ["0123456789abcdef", "fedcba9876543210"] {
        let cloud = Scripted::new([
            reply("E1", summary("DEVELOPMENT", "looks at tokens")),
            Answer::Reply(200, summary("LIVE", "looks at tokens")),
        ]);
        let mark = Mark {
            token: token.to_owned(),
            ..mark::<CloudFrontFunction>()
        };
        let (aws, want) = (clients(&cloud), resolved(&function()));
        let made = CloudFrontFunction::create(&aws, &want, &mark).await;
        made.expect("the script has answers");
        let publish = cloud.asked().remove(1).operation;
        names.push(publish.split('/').rev().nth(1).expect("a name").to_owned());
    }
    assert_eq!(names, ["shop-guard-01234567", "shop-guard-fedcba98"]);
    for name in &names {
        assert_eq!(unversioned(name), "shop-guard");
    }
}

#[tokio::test]
async fn function_in_use() {
    let found = found(
        &summary("LIVE", "looks at tokens"),
        reply("E1", String::from_utf8_lossy(CODE)),
    )
    .await;
    let cloud = Scripted::new([
        described("E1"),
        rest_error(
            409,
            "FunctionInUse",
            "The function is associated with 1 distribution.",
        ),
        described("E2"),
        Answer::Reply(204, String::new()),
    ]);
    let aws = clients(&cloud);
    let fault = CloudFrontFunction::delete(&aws, found.clone()).await;
    assert_eq!(fault.expect_err("it is in use").class, FaultClass::Conflict);
    CloudFrontFunction::delete(&aws, found)
        .await
        .expect("nothing uses it");
    assert_eq!(versions(&cloud, "DELETE"), ["E1", "E2"]);
}

#[tokio::test]
async fn invalid_if_match_version_with_a_fresh_etag() {
    let found = found(
        &summary("LIVE", "something else"),
        reply("E1", String::from_utf8_lossy(CODE)),
    )
    .await;
    let cloud = Scripted::new([
        described("E1"),
        rest_error(
            400,
            "InvalidIfMatchVersion",
            "The If-Match version is missing or not valid",
        ),
        described("E2"),
        reply("", ""),
        described("E3"),
        Answer::Reply(200, summary("LIVE", "looks at tokens")),
    ]);
    let fault = update(&cloud, &function(), &found, &["comment"]).await;
    assert_eq!(fault.expect_err("overtaken").class, FaultClass::Conflict);
    update(&cloud, &function(), &found, &["comment"])
        .await
        .expect("the script has answers");
    assert_eq!(versions(&cloud, "PUT"), ["E1", "E2"]);
}

#[tokio::test]
async fn code_that_is_not_at_hand_is_told_before_any_call() {
    let cloud = Scripted::default();
    let unknown = CloudFrontFunction {
        code_sha256: "00".to_owned(),
        ..function()
    };
    let fault = create(&cloud, &unknown).await.expect_err("no such code");
    assert_eq!(fault.class, FaultClass::Rejected);
    assert!(cloud.operations().is_empty());
}
