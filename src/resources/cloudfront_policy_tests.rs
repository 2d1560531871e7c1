//! Traps of CloudFront's policies.

use std::collections::{BTreeMap, BTreeSet};

use super::super::cache_policy::{CacheKeyHeaders, CachePolicy};
use super::super::cloudfront_script::{create, mark, owned, reply, resolved, update, versions};
use super::super::lifecycle::Lifecycle;
use super::super::origin_request_policy::{OriginRequestHeaders, OriginRequestPolicy};
use super::super::response_headers_policy::{ContentTypeOptions, ResponseHeadersPolicy};
use super::*;
use crate::aws::Clients;
use crate::aws::scripted::{Answer, Scripted, rest_error};
use crate::model::{FaultClass, Found, State};

const ID: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn cache_policy() -> CachePolicy {
    CachePolicy {
        name: "shop-health".to_owned(),
        min_ttl_s: 0,
        default_ttl_s: 30,
        max_ttl_s: 30,
        enable_accept_encoding_gzip: true,
        enable_accept_encoding_brotli: true,
        headers: CacheKeyHeaders::Only(set(&["Accept", "X-A"])),
        cookies: Selection::AllExcept(set(&["session"])),
        query_strings: Selection::All,
    }
}

fn origin_request_policy() -> OriginRequestPolicy {
    OriginRequestPolicy {
        name: "shop-all".to_owned(),
        headers: OriginRequestHeaders::AllExcept(set(&["host"])),
        cookies: Selection::Only(set(&["session"])),
        query_strings: Selection::None,
    }
}

fn response_headers_policy() -> ResponseHeadersPolicy {
    ResponseHeadersPolicy {
        name: "shop-security".to_owned(),
        strict_transport_security: None,
        content_type_options: Some(ContentTypeOptions { overrides: true }),
        frame_options: None,
        referrer_policy: None,
        content_security_policy: None,
        custom_headers: BTreeMap::new(),
        remove_headers: set(&["Server"]),
    }
}

/// What the SDK sends as the configuration of a new policy, without the declaration of its
/// namespace.
async fn configuration<R: Lifecycle>(want: &R) -> String {
    let cloud = Scripted::new([rest_error(400, "InvalidArgument", "no")]);
    create(&cloud, want)
        .await
        .err()
        .expect("the script says so");
    let body = cloud.asked().remove(0).body;
    let begin = body.find('<').expect("XML");
    let xmlns = body.find(" xmlns=").expect("a namespace");
    let end = body[xmlns..].find('>').expect("the end of the tag");
    format!("{}{}", &body[begin..xmlns], &body[xmlns + end..])
}

/// A listing of one policy, as AWS sends it.
fn listing(kind: &str, configuration: &str, next: &str) -> Answer {
    let body = format!(
        "<{kind}List>{next}<MaxItems>100</MaxItems><Quantity>1</Quantity><Items>\
         <{kind}Summary><Type>custom</Type><{kind}><Id>{ID}</Id>\
         <LastModifiedTime>2026-11-24T03:00:00Z</LastModifiedTime>{configuration}</{kind}>\
         </{kind}Summary></Items></{kind}List>"
    );
    Answer::Reply(200, body)
}

async fn found<R: Lifecycle>(kind: &str, want: &R) -> Found<R> {
    let cloud = Scripted::new([listing(kind, &configuration(want).await, "")]);
    let aws = clients(&cloud);
    let mut found = R::find(&aws, &owned()).await.expect("a listing");
    assert_eq!(found.len(), 1, "{kind}");
    found.remove(0)
}

fn clients(cloud: &Scripted) -> Clients {
    super::super::cloudfront_script::clients(cloud)
}

/// What was created is found as it was wanted, with its owner tags from the comment.
async fn survives<R: Lifecycle>(kind: &str, want: &R) {
    let found = found(kind, want).await;
    assert_eq!(found.attributes.values(), want.values(), "{kind}");
    assert_eq!(found.tags, mark::<R>().tags, "{kind}");
    assert_eq!((found.id.as_str(), &found.state), (ID, &State::Ready));
}

#[tokio::test]
async fn policies_survive_the_api() {
    survives("CachePolicy", &cache_policy()).await;
    survives("OriginRequestPolicy", &origin_request_policy()).await;
    survives("ResponseHeadersPolicy", &response_headers_policy()).await;
}

#[tokio::test]
async fn policies_of_others_are_left_alone_unless_they_have_a_wanted_name() {
    let other = configuration(&cache_policy())
        .await
        .replace("qpiac:shop@eu-west-1/cache-policy/main", "made by hand");
    let ask = async |names: &[&str]| {
        let cloud = Scripted::new([listing("CachePolicy", &other, "")]);
        let Query::Owned { owner, .. } = owned() else {
            panic!("a query by owner");
        };
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let query = Query::Owned { owner, names };
        let found = CachePolicy::find(&clients(&cloud), &query).await;
        found.expect("a listing")
    };
    assert!(ask(&[]).await.is_empty());
    let named = ask(&["shop-health"]).await;
    assert!(named[0].tags.is_empty());
}

#[tokio::test]
async fn policies_are_listed_to_the_end() {
    let configuration = configuration(&cache_policy()).await;
    let others = configuration.replace("qpiac:shop@", "qpiac:other@");
    let cloud = Scripted::new([
        listing("CachePolicy", &others, "<NextMarker>more</NextMarker>"),
        listing("CachePolicy", &configuration, ""),
    ]);
    let found = CachePolicy::find(&clients(&cloud), &owned()).await;
    assert_eq!(found.expect("a listing").len(), 1);
    let asked = cloud.operations();
    assert_eq!(asked.len(), 2);
    assert!(asked[1].contains("Marker=more"), "{asked:?}");
}

/// A delete that AWS refuses once is a conflict, and the next try names the version of then.
async fn is_in_use<R: Lifecycle>(kind: &str, want: &R, code: &str)
where
    R::Outputs: Clone,
{
    let (found, configuration) = (found(kind, want).await, configuration(want).await);
    let cloud = Scripted::new([
        reply("E1", &configuration),
        rest_error(409, code, "it is attached to 1 or more distributions"),
        reply("E2", &configuration),
        Answer::Reply(204, String::new()),
    ]);
    let aws = clients(&cloud);
    let fault = R::delete(&aws, found.clone()).await.expect_err("in use");
    assert_eq!(fault.class, FaultClass::Conflict, "{fault}");
    R::delete(&aws, found).await.expect("nothing uses it");
    assert_eq!(versions(&cloud, "DELETE"), ["E1", "E2"]);
}

#[tokio::test]
async fn policies_in_use() {
    is_in_use("CachePolicy", &cache_policy(), "CachePolicyInUse").await;
    let policy = origin_request_policy();
    is_in_use("OriginRequestPolicy", &policy, "OriginRequestPolicyInUse").await;
    let policy = response_headers_policy();
    is_in_use(
        "ResponseHeadersPolicy",
        &policy,
        "ResponseHeadersPolicyInUse",
    )
    .await;
}

/// An update that somebody else's comes before is a conflict, and the next try names the version
/// of then.
async fn is_overtaken<R: Lifecycle>(kind: &str, want: &R)
where
    R::Outputs: Clone,
{
    let (found, configuration) = (found(kind, want).await, configuration(want).await);
    let updated = format!(
        "<{kind}><Id>{ID}</Id><LastModifiedTime>2026-11-24T03:00:00Z</LastModifiedTime>\
         {configuration}</{kind}>"
    );
    let cloud = Scripted::new([
        reply("E1", &configuration),
        rest_error(412, "PreconditionFailed", "The precondition given failed"),
        reply("E2", &configuration),
        reply("E3", updated),
    ]);
    let fault = update(&cloud, want, &found, &[]).await;
    assert_eq!(
        fault.err().map(|fault| fault.class),
        Some(FaultClass::Conflict)
    );
    update(&cloud, want, &found, &[]).await.expect("an update");
    assert_eq!(versions(&cloud, "PUT"), ["E1", "E2"]);
    let sent = cloud.asked().remove(3).body;
    assert!(sent.contains("<Comment>qpiac:shop@eu-west-1/"), "{sent}");
}

#[tokio::test]
async fn precondition_failed_with_a_fresh_etag() {
    is_overtaken("CachePolicy", &cache_policy()).await;
    is_overtaken("OriginRequestPolicy", &origin_request_policy()).await;
    is_overtaken("ResponseHeadersPolicy", &response_headers_policy()).await;
}

#[tokio::test]
async fn what_is_no_attribute_of_response_headers_stays() {
    let want = response_headers_policy();
    let (found, configuration) = (
        found("ResponseHeadersPolicy", &want).await,
        configuration(&want).await,
    );
    let timing = "<ServerTimingHeadersConfig><Enabled>true</Enabled><SamplingRate>50.0</SamplingRate>\
                  </ServerTimingHeadersConfig>";
    let end = "</ResponseHeadersPolicyConfig>";
    let live = configuration.replace(end, &format!("{timing}{end}"));
    let cloud = Scripted::new([
        reply("E1", live),
        rest_error(400, "Throttling", "Rate exceeded"),
    ]);
    let fault = update(&cloud, &want, &found, &[]).await;
    assert_eq!(
        fault.err().map(|fault| fault.class),
        Some(FaultClass::Throttled)
    );
    let sent = cloud.asked().remove(1).body;
    assert!(sent.contains("<ServerTimingHeadersConfig>"), "{sent}");
    assert!(resolved(&want).remove_headers.contains("Server"));
}
