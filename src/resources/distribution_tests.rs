//! Traps of distributions.

use super::super::cloudfront_script::{
    clients, create, mark, owned, reply, tags, update, versions,
};
use super::super::distribution_parts::{
    AcmCertificate, AllowedMethods, CachedMethods, MinimumProtocolVersion, OriginProtocolPolicy,
    SslProtocol, SslSupportMethod, ViewerProtocolPolicy,
};
use super::super::{CachePolicyId, OriginRequestPolicyId};
use super::*;
use crate::aws::scripted::{Answer, Scripted, json_error, json_reply, rest_error};
use crate::model::{Attributes, State};
use serde_json::json;

const ARN: &str = "arn:aws:cloudfront::123456789012:distribution/E1";
const FUNCTION: &str = "arn:aws:cloudfront::123456789012:function/shop-guard";
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/cdn-auth-AbCdEf";
const PLAIN: &str = "5ec4e7000000000000000000000000000000000000000000000000000000beef";

fn behavior() -> CacheBehavior {
    CacheBehavior {
        target_origin_id: "alb".to_owned(),
        viewer_protocol_policy: ViewerProtocolPolicy::RedirectToHttps,
        allowed_methods: AllowedMethods::All,
        cached_methods: CachedMethods::Read,
        compress: true,
        cache_policy_id: CachePolicyId::caching_disabled(),
        origin_request_policy_id: Some(OriginRequestPolicyId::all_viewer()),
        response_headers_policy_id: None,
        viewer_request_function: Some(Ref::known(FUNCTION)),
        viewer_response_function: None,
    }
}

fn distribution() -> Distribution {
    let certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1";
    Distribution {
        enabled: true,
        aliases: BTreeSet::from(["a.example.com".to_owned(), "b.example.com".to_owned()]),
        price_class: PriceClass::Class100,
        http_version: HttpVersion::Http2,
        is_ipv6_enabled: true,
        default_root_object: None,
        origin: Origin {
            id: "alb".to_owned(),
            domain_name: Ref::known("shop-alb-1.eu-west-1.elb.amazonaws.com"),
            protocol_policy: OriginProtocolPolicy::HttpOnly,
            http_port: 80,
            https_port: 443,
            ssl_protocols: BTreeSet::from([SslProtocol::Tls1_1, SslProtocol::Tls1_2]),
            read_timeout_s: 30,
            keepalive_timeout_s: 5,
        },
        origin_headers: BTreeMap::new(),
        default_cache_behavior: behavior(),
        ordered_cache_behaviors: vec![PathBehavior {
            path_pattern: "/health".to_owned(),
            behavior: CacheBehavior {
                allowed_methods: AllowedMethods::Read,
                ..behavior()
            },
        }],
        geo_restriction: GeoRestriction::Deny(BTreeSet::from(["KP".to_owned()])),
        viewer_certificate: ViewerCertificate::Acm(AcmCertificate {
            certificate_arn: Ref::known(certificate),
            minimum_protocol_version: MinimumProtocolVersion::Tls1_2From2021,
            ssl_support_method: SslSupportMethod::SniOnly,
        }),
        web_acl_arn: None,
    }
}

/// Members in the order of AWS, with what CloudFront fills in.
fn filled_in(methods: &str) -> String {
    format!(
        "<TargetOriginId>alb</TargetOriginId><TrustedSigners><Enabled>false</Enabled>\
         <Quantity>0</Quantity></TrustedSigners><TrustedKeyGroups><Enabled>false</Enabled>\
         <Quantity>0</Quantity></TrustedKeyGroups>\
         <ViewerProtocolPolicy>redirect-to-https</ViewerProtocolPolicy><AllowedMethods>{methods}\
         <CachedMethods><Quantity>2</Quantity><Items><Method>HEAD</Method><Method>GET</Method>\
         </Items></CachedMethods></AllowedMethods><SmoothStreaming>false</SmoothStreaming>\
         <Compress>true</Compress><LambdaFunctionAssociations><Quantity>0</Quantity>\
         </LambdaFunctionAssociations><FunctionAssociations><Quantity>1</Quantity><Items>\
         <FunctionAssociation><FunctionARN>{FUNCTION}</FunctionARN>\
         <EventType>viewer-request</EventType></FunctionAssociation></Items>\
         </FunctionAssociations><FieldLevelEncryptionId></FieldLevelEncryptionId>\
         <CachePolicyId>4135ea2d-6df8-44a3-9df3-4b5a84be39ad</CachePolicyId>\
         <OriginRequestPolicyId>216adef6-5c7f-47e4-b989-5492eafa07d3</OriginRequestPolicyId>"
    )
}

/// What AWS says of [`distribution`].
fn configuration(enabled: bool, headers: &str) -> String {
    let all = "<Quantity>7</Quantity><Items><Method>HEAD</Method><Method>DELETE</Method>\
               <Method>POST</Method><Method>GET</Method><Method>OPTIONS</Method>\
               <Method>PUT</Method><Method>PATCH</Method></Items>";
    let read = "<Quantity>2</Quantity><Items><Method>HEAD</Method><Method>GET</Method></Items>";
    format!(
        "<DistributionConfig><CallerReference>0123</CallerReference><Aliases><Quantity>2</Quantity>\
         <Items><CNAME>b.example.com</CNAME><CNAME>a.example.com</CNAME></Items></Aliases>\
         <DefaultRootObject></DefaultRootObject><Origins><Quantity>1</Quantity><Items><Origin>\
         <Id>alb</Id><DomainName>shop-alb-1.eu-west-1.elb.amazonaws.com</DomainName>\
         <OriginPath></OriginPath>{headers}<CustomOriginConfig><HTTPPort>80</HTTPPort>\
         <HTTPSPort>443</HTTPSPort><OriginProtocolPolicy>http-only</OriginProtocolPolicy>\
         <OriginSslProtocols><Quantity>2</Quantity><Items><SslProtocol>TLSv1.2</SslProtocol>\
         <SslProtocol>TLSv1.1</SslProtocol></Items></OriginSslProtocols>\
         <OriginReadTimeout>30</OriginReadTimeout>\
         <OriginKeepaliveTimeout>5</OriginKeepaliveTimeout></CustomOriginConfig>\
         <ConnectionAttempts>3</ConnectionAttempts><ConnectionTimeout>10</ConnectionTimeout>\
         <OriginShield><Enabled>false</Enabled></OriginShield></Origin></Items></Origins>\
         <OriginGroups><Quantity>0</Quantity></OriginGroups><DefaultCacheBehavior>{}\
         </DefaultCacheBehavior><CacheBehaviors><Quantity>1</Quantity><Items><CacheBehavior>\
         <PathPattern>/health</PathPattern>{}</CacheBehavior></Items></CacheBehaviors>\
         <CustomErrorResponses><Quantity>0</Quantity></CustomErrorResponses>\
         <Comment>qpiac:shop@eu-west-1/distribution/main</Comment><Logging>\
         <Enabled>false</Enabled><IncludeCookies>false</IncludeCookies><Bucket></Bucket>\
         <Prefix></Prefix></Logging><PriceClass>PriceClass_100</PriceClass>\
         <Enabled>{enabled}</Enabled><ViewerCertificate>\
         <CloudFrontDefaultCertificate>false</CloudFrontDefaultCertificate>\
         <ACMCertificateArn>arn:aws:acm:us-east-1:123456789012:certificate/1</ACMCertificateArn>\
         <SSLSupportMethod>sni-only</SSLSupportMethod>\
         <MinimumProtocolVersion>TLSv1.2_2021</MinimumProtocolVersion>\
         <Certificate>arn:aws:acm:us-east-1:123456789012:certificate/1</Certificate>\
         <CertificateSource>acm</CertificateSource></ViewerCertificate><Restrictions>\
         <GeoRestriction><RestrictionType>blacklist</RestrictionType><Quantity>1</Quantity><Items>\
         <Location>KP</Location></Items></GeoRestriction></Restrictions><WebACLId></WebACLId>\
         <HttpVersion>HTTP2</HttpVersion><IsIPV6Enabled>true</IsIPV6Enabled>\
         <ContinuousDeploymentPolicyId></ContinuousDeploymentPolicyId><Staging>false</Staging>\
         </DistributionConfig>",
        filled_in(all),
        filled_in(read),
    )
}

fn live_with(tag: &str, status: &str, configuration: &str) -> Answer {
    let body = format!(
        "<Distribution><Id>E1</Id><ARN>{ARN}</ARN><Status>{status}</Status>\
         <LastModifiedTime>2026-11-24T03:00:00Z</LastModifiedTime>\
         <InProgressInvalidationBatches>0</InProgressInvalidationBatches>\
         <DomainName>d1.cloudfront.net</DomainName>{configuration}</Distribution>"
    );
    reply(tag, body)
}

fn live(tag: &str, status: &str, enabled: bool) -> Answer {
    live_with(tag, status, &configuration(enabled, ""))
}

/// A page of the listing with one distribution.
fn listing(comment: &str, domain: &str, next: &str) -> Answer {
    let body = format!(
        "<DistributionList><Marker></Marker>{next}<MaxItems>100</MaxItems>\
         <IsTruncated>false</IsTruncated><Quantity>1</Quantity><Items><DistributionSummary>\
         <Id>E1</Id><ARN>{ARN}</ARN><Status>Deployed</Status>\
         <LastModifiedTime>2026-11-24T03:00:00Z</LastModifiedTime>\
         <DomainName>d1.cloudfront.net</DomainName><Aliases><Quantity>0</Quantity></Aliases>\
         <Origins><Quantity>1</Quantity><Items><Origin><Id>o</Id><DomainName>{domain}</DomainName>\
         </Origin></Items></Origins><CacheBehaviors><Quantity>0</Quantity></CacheBehaviors>\
         <CustomErrorResponses><Quantity>0</Quantity></CustomErrorResponses>\
         <Comment>{comment}</Comment><PriceClass>PriceClass_100</PriceClass>\
         <Enabled>true</Enabled><WebACLId></WebACLId><HttpVersion>HTTP2</HttpVersion>\
         <IsIPV6Enabled>true</IsIPV6Enabled><Staging>false</Staging></DistributionSummary></Items>\
         </DistributionList>"
    );
    Answer::Reply(200, body)
}

const OURS: &str = "qpiac:shop@eu-west-1/distribution/main";

fn our_tags() -> Answer {
    tags(&mark::<Distribution>().tags)
}

async fn find(cloud: &Scripted) -> Vec<Found<Distribution>> {
    let found = Distribution::find(&clients(cloud), &owned()).await;
    found.expect("the script has answers")
}

async fn found(enabled: bool) -> Found<Distribution> {
    let cloud = Scripted::new([
        listing(OURS, "x.example.com", ""),
        live("V1", "Deployed", enabled),
        our_tags(),
    ]);
    find(&cloud).await.remove(0)
}

#[tokio::test]
async fn what_cloudfront_fills_in_and_reorders_is_no_difference() {
    let found = found(true).await;
    assert_eq!(found.attributes.values(), distribution().values());
    assert_eq!(found.tags, mark::<Distribution>().tags);
    assert_eq!(found.state, State::Ready);
    assert_eq!(found.outputs.arn.as_str(), ARN);
    assert_eq!(found.outputs.domain_name.as_str(), "d1.cloudfront.net");
}

#[tokio::test]
async fn a_disabled_distribution_is_not_leaving_but_to_be_enabled_again() {
    let found = found(false).await;
    assert_eq!(found.state, State::Ready);
    assert!(!found.attributes.enabled);
    let cloud = Scripted::new([
        live("V1", "InProgress", false),
        live("V2", "InProgress", true),
    ]);
    update(&cloud, &distribution(), &found, &["enabled"])
        .await
        .expect("the script has answers");
    let sent = cloud.asked().remove(1).body;
    assert!(
        sent.contains("<Enabled>true</Enabled><ViewerCertificate>"),
        "{sent}"
    );
}

#[tokio::test]
async fn list_distributions_is_read_to_the_end_and_narrowed_by_comment_or_origin() {
    for (comment, domain, is_candidate) in [
        (OURS, "x.example.com", true),
        ("edited", "shop-alb-1.eu-west-1.elb.amazonaws.com", true),
        ("edited", "x.example.com", false),
        (
            "qpiac:other@eu-west-1/distribution/main",
            "x.example.com",
            false,
        ),
    ] {
        let cloud = Scripted::new([
            listing("of others", "y.example.com", "<NextMarker>E0</NextMarker>"),
            listing(comment, domain, ""),
            live("V1", "Deployed", true),
            our_tags(),
        ]);
        let found = find(&cloud).await;
        assert_eq!(found.len(), usize::from(is_candidate), "{comment} {domain}");
        let asked = cloud.operations();
        assert!(asked[1].contains("Marker=E0"), "{asked:?}");
        assert_eq!(asked.len(), if is_candidate { 4 } else { 2 });
    }
}

#[tokio::test]
async fn a_comment_proves_nothing() {
    let cloud = Scripted::new([
        listing(OURS, "x.example.com", ""),
        live("V1", "Deployed", true),
        tags(&crate::model::Tags::new()),
    ]);
    assert!(find(&cloud).await.is_empty());
}

#[tokio::test]
async fn precondition_failed_with_a_fresh_etag() {
    let found = found(true).await;
    let want = Distribution {
        price_class: PriceClass::All,
        ..distribution()
    };
    let cloud = Scripted::new([
        live("V1", "Deployed", true),
        rest_error(412, "PreconditionFailed", "The precondition given failed"),
        live("V2", "InProgress", true),
        live("V3", "InProgress", true),
    ]);
    let fault = update(&cloud, &want, &found, &["price_class"]).await;
    assert_eq!(fault.expect_err("overtaken").class, FaultClass::Conflict);
    update(&cloud, &want, &found, &["price_class"])
        .await
        .expect("the script has answers");
    assert_eq!(versions(&cloud, "PUT"), ["V1", "V2"]);
    let sent = cloud.asked().remove(3).body;
    for kept in [
        "<CallerReference>0123</CallerReference>",
        "<ConnectionTimeout>10</ConnectionTimeout>",
        "<SmoothStreaming>false</SmoothStreaming>",
        "<Prefix></Prefix>",
        "<PriceClass>PriceClass_All</PriceClass>",
    ] {
        assert!(sent.contains(kept), "{kept} in {sent}");
    }
}

#[tokio::test]
async fn distribution_not_disabled() {
    let found = found(true).await;
    let cloud = Scripted::new([
        live("V1", "Deployed", true),
        live("V2", "InProgress", false),
        live("V2", "InProgress", false),
        live("V3", "Deployed", false),
        rest_error(
            409,
            "DistributionNotDisabled",
            "The distribution is not disabled.",
        ),
        live("V4", "Deployed", false),
        Answer::Reply(204, String::new()),
        rest_error(
            404,
            "NoSuchDistribution",
            "The specified distribution does not exist.",
        ),
    ]);
    let aws = clients(&cloud);
    let mut said = Vec::new();
    for _ in 0..3 {
        let fault = Distribution::delete(&aws, found.clone()).await;
        let fault = fault.expect_err("not yet");
        assert_eq!(fault.class, FaultClass::Conflict, "{fault}");
        said.push(fault.message);
    }
    assert_eq!(
        said,
        [
            "it is being disabled",
            "AWS is still taking it from its edge locations",
            "The distribution is not disabled.",
        ]
    );
    Distribution::delete(&aws, found.clone())
        .await
        .expect("it is disabled");
    assert_eq!(versions(&cloud, "PUT"), ["V1"]);
    assert_eq!(versions(&cloud, "DELETE"), ["V3", "V4"]);
    let gone = Distribution::delete(&aws, found).await;
    assert_eq!(gone.expect_err("gone").class, FaultClass::Missing);
}

#[tokio::test]
async fn distribution_already_exists_says_that_an_earlier_try_was_heard() {
    let cloud = Scripted::new([rest_error(
        409,
        "DistributionAlreadyExists",
        "The caller reference that you are using to create a distribution is associated with \
         another distribution. Already exists: E1",
    )]);
    let fault = create(&cloud, &distribution()).await;
    // The engine then looks for the owner tags, as after any reply that was lost.
    assert_eq!(fault.expect_err("a replay").class, FaultClass::Unknown);
    let sent = cloud.asked().remove(0);
    assert_eq!(sent.operation, "POST /2020-05-31/distribution?WithTags");
    let token = mark::<Distribution>().token;
    assert!(sent.body.contains(&format!("<CallerReference>{token}<")));
    assert!(sent.body.contains("<Value>shop@eu-west-1</Value>"));
    assert!(sent.body.contains(&format!("<Comment>{OURS}</Comment>")));
    let found = found(true).await;
    assert_eq!(found.attributes.values(), distribution().values());
}

#[tokio::test]
async fn invalid_viewer_certificate_is_repeated_unless_it_is_for_other_names() {
    for (message, class) in [
        (
            "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, \
             or doesn't include a valid certificate chain.",
            FaultClass::NotYet,
        ),
        (
            "The certificate that is attached to your distribution doesn't cover the alternate \
             domain name (CNAME) that you're trying to add.",
            FaultClass::Rejected,
        ),
    ] {
        let cloud = Scripted::new([rest_error(400, "InvalidViewerCertificate", message)]);
        let fault = create(&cloud, &distribution()).await;
        assert_eq!(fault.expect_err("refused").class, class, "{message}");
    }
}

#[tokio::test]
async fn throttling_by_cloudfront() {
    let cloud = Scripted::new([rest_error(400, "Throttling", "Rate exceeded")]);
    let fault = create(&cloud, &distribution()).await;
    assert_eq!(fault.expect_err("throttled").class, FaultClass::Throttled);
}

fn with_secret(aws: &Clients) -> Distribution {
    let fingerprint = aws.vault().fingerprint(PLAIN);
    aws.vault().belongs(&fingerprint, SECRET);
    Distribution {
        origin_headers: BTreeMap::from([("X-CDN-Auth".to_owned(), Ref::known(fingerprint))]),
        ..distribution()
    }
}

fn header(value: &str) -> String {
    format!(
        "<CustomHeaders><Quantity>1</Quantity><Items><OriginCustomHeader>\
         <HeaderName>X-CDN-Auth</HeaderName><HeaderValue>{value}</HeaderValue>\
         </OriginCustomHeader></Items></CustomHeaders>"
    )
}

fn secrets() -> Answer {
    json_reply(&json!({ "SecretList": [{
        "ARN": SECRET,
        "Name": "shop/cdn-auth",
        "Tags": [
            { "Key": "qpiac:stack", "Value": "shop@eu-west-1" },
            { "Key": "qpiac:usage", "Value": "origin-header" },
        ],
    }] }))
}

/// The values of the current, the pending and the previous version.
fn values(current: &str, pending: Option<&str>) -> [Answer; 3] {
    let value = |value: Option<&str>| match value {
        Some(value) => json_reply(&json!({ "ARN": SECRET, "SecretString": value })),
        None => json_error(400, "ResourceNotFoundException", "no such version"),
    };
    [value(Some(current)), value(pending), value(None)]
}

#[tokio::test]
async fn a_header_shows_as_its_secret_also_while_that_is_rotated() {
    let new = PLAIN.replace("beef", "cafe");
    for (sent, current, pending) in [
        (PLAIN, PLAIN, None),
        (PLAIN, PLAIN, Some(new.as_str())),
        (new.as_str(), PLAIN, Some(new.as_str())),
    ] {
        let mut answers = vec![
            listing(OURS, "x.example.com", ""),
            live_with("V1", "Deployed", &configuration(true, &header(sent))),
            our_tags(),
            secrets(),
        ];
        answers.extend(values(current, pending));
        let cloud = Scripted::new(answers);
        let aws = clients(&cloud);
        let found = Distribution::find(&aws, &owned()).await;
        let found = found.expect("the script has answers").remove(0);
        assert_eq!(found.attributes.values(), with_secret(&aws).values());
        let shown = format!("{found:?}");
        assert!(!shown.contains(sent), "{shown}");
    }
}

#[tokio::test]
async fn an_update_of_something_else_leaves_the_header_as_it_is() {
    let aws = clients(&Scripted::default());
    let want = Distribution {
        price_class: PriceClass::All,
        ..with_secret(&aws)
    };
    let raw = "f00d";
    let cloud = Scripted::new([
        live_with("V1", "Deployed", &configuration(true, &header(raw))),
        live("V2", "InProgress", true),
    ]);
    update(&cloud, &want, &found(true).await, &["price_class"])
        .await
        .expect("the script has answers");
    let sent = cloud.asked().remove(1).body;
    assert!(sent.contains("<HeaderValue>f00d</HeaderValue>"), "{sent}");
}

#[tokio::test]
async fn a_secret_that_aws_repeats_is_not_shown() {
    let refusal = format!("The header value {PLAIN} is not valid");
    let mut answers: Vec<Answer> = values(PLAIN, None).into_iter().take(2).collect();
    answers.push(rest_error(400, "InvalidArgument", &refusal));
    let cloud = Scripted::new(answers);
    let aws = clients(&cloud);
    let want = super::super::cloudfront_script::resolved(&with_secret(&aws));
    let fault = Distribution::create(&aws, &want, &mark::<Distribution>()).await;
    let fault = fault.expect_err("refused");
    assert_eq!(fault.message, "The header value (secret) is not valid");
    let sent = cloud.asked().remove(2).body;
    assert!(sent.contains(PLAIN), "{sent}");
}

#[tokio::test]
async fn a_header_that_is_rotated_keeps_its_new_value_under_another_name() {
    let new = PLAIN.replace("beef", "cafe");
    let mut answers = vec![
        live_with("V1", "Deployed", &configuration(true, &header(&new))),
        secrets(),
    ];
    answers.extend(values(PLAIN, Some(&new)));
    answers.push(live("V2", "InProgress", true));
    let cloud = Scripted::new(answers);
    let aws = clients(&cloud);
    let mut want = with_secret(&aws);
    let secret = want.origin_headers["X-CDN-Auth"].clone();
    want.origin_headers = BTreeMap::from([("X-Proof".to_owned(), secret)]);
    update(&cloud, &want, &found(true).await, &["origin_headers"])
        .await
        .expect("the script has answers");
    let sent = cloud.asked().pop().expect("an update").body;
    assert!(sent.contains("<HeaderName>X-Proof</HeaderName>"), "{sent}");
    assert!(sent.contains(&new) && !sent.contains(PLAIN), "{sent}");
}
