//! CloudFront: distributions, functions, policies.

use testbed::{Client, Element, Testbed};

use super::{gap, rest_outcome};

const API: &str = "/2020-05-31";
const CDN: &str = "cloudfront";

/// A cache policy that every account has.
const UNCACHED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

const CODE: &str = "ZnVuY3Rpb24gaGFuZGxlcihlKSB7IHJldHVybiBlLnJlcXVlc3Q7IH0=";

async fn read(client: &Client, path: &str) -> Element {
    let path = format!("{API}/{path}");
    let reply = client.rest(CDN, "GET", &path, &[], "").await.unwrap();
    assert!(reply.is_success(), "{path}: {}", reply.text());
    Element::parse(&reply.text()).unwrap()
}

/// Makes something; gives the reply and its version.
async fn make(client: &Client, path: &str, body: &str) -> (Element, String) {
    let path = format!("{API}/{path}");
    let reply = client.rest(CDN, "POST", &path, &[], body).await.unwrap();
    assert!(reply.is_success(), "{path}: {}", reply.text());
    let version = reply.headers["etag"].to_str().unwrap().to_owned();
    (Element::parse(&reply.text()).unwrap(), version)
}

async fn change(client: &Client, method: &str, path: &str, version: &str, body: &str) -> String {
    let path = format!("{API}/{path}");
    let version = [("if-match", version)];
    let reply = client
        .rest(CDN, method, &path, &version, body)
        .await
        .unwrap();
    if reply.is_success() {
        "ok".to_owned()
    } else {
        reply.code()
    }
}

fn behavior(further: &str) -> String {
    format!(
        "<TargetOriginId>app</TargetOriginId>\
         <ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy>{further}"
    )
}

fn distribution(reference: &str, behavior: &str) -> String {
    format!(
        "<DistributionConfig xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
         <CallerReference>{reference}</CallerReference><Comment>text</Comment><Enabled>true</Enabled>\
         <Origins><Quantity>1</Quantity><Items><Origin><Id>app</Id>\
         <DomainName>app.example.com</DomainName><CustomOriginConfig><HTTPPort>80</HTTPPort>\
         <HTTPSPort>443</HTTPSPort><OriginProtocolPolicy>http-only</OriginProtocolPolicy>\
         </CustomOriginConfig></Origin></Items></Origins>\
         <DefaultCacheBehavior>{behavior}</DefaultCacheBehavior></DistributionConfig>"
    )
}

fn cached(policy: &str) -> String {
    behavior(&format!("<CachePolicyId>{policy}</CachePolicyId>"))
}

fn function(name: &str) -> String {
    format!(
        "<CreateFunctionRequest xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
         <Name>{name}</Name>{}</CreateFunctionRequest>",
        function_fields()
    )
}

fn function_fields() -> String {
    format!(
        "<FunctionConfig><Comment>text</Comment><Runtime>cloudfront-js-2.0</Runtime>\
         </FunctionConfig><FunctionCode>{CODE}</FunctionCode>"
    )
}

fn associated(name: &str) -> String {
    behavior(&format!(
        "<CachePolicyId>{UNCACHED}</CachePolicyId><FunctionAssociations><Quantity>1</Quantity><Items>\
         <FunctionAssociation><FunctionARN>arn:aws:cloudfront::123456789012:function/{name}\
         </FunctionARN><EventType>viewer-request</EventType></FunctionAssociation></Items>\
         </FunctionAssociations>"
    ))
}

#[tokio::test]
async fn a_distributions_configuration_is_filled_in() {
    let scenario = async |client: &Client| {
        let (made, _) = make(
            client,
            "distribution",
            &distribution("a", &cached(UNCACHED)),
        )
        .await;
        let id = made.at("Id");
        let config = read(client, &format!("distribution/{id}/config")).await;
        let mut seen = Vec::new();
        for config in [&made.child("DistributionConfig").unwrap().clone(), &config] {
            let origin = &config.members("Origins/Items")[0];
            seen.push(
                [
                    config.at("Aliases/Quantity"),
                    config.at("PriceClass"),
                    config.at("HttpVersion"),
                    config.at("ViewerCertificate/CloudFrontDefaultCertificate"),
                    config.at("Restrictions/GeoRestriction/RestrictionType"),
                    config.at("Staging"),
                    origin.at("ConnectionAttempts"),
                    origin.at("CustomOriginConfig/OriginReadTimeout"),
                    config.at("DefaultCacheBehavior/Compress"),
                    config.at("DefaultCacheBehavior/AllowedMethods/Quantity"),
                ]
                .join(" "),
            );
        }
        seen.dedup();
        seen.join(", ")
    };
    gap(
        scenario,
        "0 PriceClass_All http2 true none false 3 30 false 2",
    )
    .await;
}

#[tokio::test]
async fn a_certificate_is_given_back_with_its_old_fields() {
    let scenario = async |client: &Client| {
        let arn = "arn:aws:acm:us-east-1:123456789012:certificate/a";
        let certificate = format!(
            "<ViewerCertificate><ACMCertificateArn>{arn}</ACMCertificateArn>\
             <SSLSupportMethod>sni-only</SSLSupportMethod></ViewerCertificate></DistributionConfig>"
        );
        let sent =
            distribution("a", &cached(UNCACHED)).replace("</DistributionConfig>", &certificate);
        let (made, _) = make(client, "distribution", &sent).await;
        let certificate = made.all("ViewerCertificate")[0].clone();
        format!(
            "{} {}",
            certificate.at("CertificateSource"),
            certificate.at("Certificate") == arn
        )
    };
    gap(scenario, "acm true").await;
}

#[tokio::test]
async fn methods_are_listed_in_an_order_of_its_own() {
    let scenario = async |client: &Client| {
        let methods = "<AllowedMethods><Quantity>3</Quantity><Items><Method>GET</Method>\
             <Method>OPTIONS</Method><Method>HEAD</Method></Items></AllowedMethods>";
        let sent = distribution("a", &(cached(UNCACHED) + methods));
        let (made, _) = make(client, "distribution", &sent).await;
        let list = made.all("AllowedMethods")[0].clone();
        let names = list.members("Items").iter();
        names
            .map(|method| method.text.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    };
    gap(scenario, "HEAD GET OPTIONS").await;
}

#[tokio::test]
async fn an_update_says_all_of_a_behavior() {
    let scenario = async |client: &Client| {
        let sent = distribution("a", &cached(UNCACHED));
        let (made, version) = make(client, "distribution", &sent).await;
        let path = format!("distribution/{}/config", made.at("Id"));
        let short = change(client, "PUT", &path, &version, &sent).await;
        let whole = "<AllowedMethods><Quantity>2</Quantity><Items><Method>GET</Method>\
             <Method>HEAD</Method></Items></AllowedMethods><Compress>false</Compress>\
             <FieldLevelEncryptionId></FieldLevelEncryptionId><SmoothStreaming>false\
             </SmoothStreaming><LambdaFunctionAssociations><Quantity>0</Quantity>\
             </LambdaFunctionAssociations>";
        let sent = distribution("a", &(cached(UNCACHED) + whole));
        let whole = change(client, "PUT", &path, &version, &sent).await;
        format!("{short} {whole}")
    };
    gap(scenario, "InvalidArgument ok").await;
}

#[tokio::test]
async fn a_caller_reference_is_used_once() {
    let scenario = async |client: &Client| {
        let sent = distribution("a", &cached(UNCACHED));
        make(client, "distribution", &sent).await;
        let path = format!("{API}/distribution?WithTags");
        let tagged = format!(
            "<DistributionConfigWithTags xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
             {sent}<Tags><Items/></Tags></DistributionConfigWithTags>"
        );
        rest_outcome(client, CDN, "POST", &path, &tagged).await
    };
    gap(scenario, "DistributionAlreadyExists").await;
}

#[tokio::test]
async fn a_distribution_names_what_there_is() {
    let scenario = async |client: &Client| {
        make(client, "function", &function("unpublished")).await;
        let path = format!("{API}/distribution");
        let mut said = Vec::new();
        let other = |field: &str| cached(UNCACHED) + &format!("<{field}>none</{field}>");
        for behavior in [
            cached("none"),
            other("OriginRequestPolicyId"),
            other("ResponseHeadersPolicyId"),
            associated("unpublished"),
        ] {
            let sent = distribution("a", &behavior);
            said.push(rest_outcome(client, CDN, "POST", &path, &sent).await);
        }
        said.join(", ")
    };
    let aws = "NoSuchCachePolicy, NoSuchOriginRequestPolicy, NoSuchResponseHeadersPolicy, \
               InvalidFunctionAssociation";
    gap(scenario, aws).await;
}

#[tokio::test]
async fn a_functions_new_version_is_told() {
    let scenario = async |client: &Client| {
        let (_, version) = make(client, "function", &function("f")).await;
        let sent = format!(
            "<UpdateFunctionRequest xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">{}\
             </UpdateFunctionRequest>",
            function_fields()
        );
        let path = format!("{API}/function/f");
        let version = [("if-match", version.as_str())];
        let reply = client
            .rest(CDN, "PUT", &path, &version, &sent)
            .await
            .unwrap();
        assert!(reply.is_success(), "{}", reply.text());
        reply.headers.contains_key("ettag").to_string()
    };
    gap(scenario, "true").await;
}

#[tokio::test]
async fn a_functions_stage_need_not_be_named() {
    let scenario = async |client: &Client| {
        make(client, "function", &function("f")).await;
        let mut said = Vec::new();
        for path in ["function/f/describe", "function/f"] {
            let path = format!("{API}/{path}");
            said.push(rest_outcome(client, CDN, "GET", &path, "").await);
        }
        said.join(", ")
    };
    gap(scenario, "ok, ok").await;
}

#[tokio::test]
async fn a_function_in_use_is_not_deleted() {
    let scenario = async |client: &Client| {
        let (_, version) = make(client, "function", &function("f")).await;
        let published = change(client, "POST", "function/f/publish", &version, "").await;
        make(client, "distribution", &distribution("a", &associated("f"))).await;
        let deleted = change(client, "DELETE", "function/f", &version, "").await;
        format!("{published}, {deleted}")
    };
    gap(scenario, "ok, FunctionInUse").await;
}

/// Kind, path, the element of a behaviour, and the configuration of each kind of policy.
const POLICIES: [[&str; 4]; 3] = [
    [
        "CachePolicy",
        "cache-policy",
        "CachePolicyId",
        "<MinTTL>0</MinTTL><ParametersInCacheKeyAndForwardedToOrigin>\
         <EnableAcceptEncodingGzip>true</EnableAcceptEncodingGzip>\
         <HeadersConfig><HeaderBehavior>none</HeaderBehavior></HeadersConfig>\
         <CookiesConfig><CookieBehavior>none</CookieBehavior></CookiesConfig>\
         <QueryStringsConfig><QueryStringBehavior>none</QueryStringBehavior></QueryStringsConfig>\
         </ParametersInCacheKeyAndForwardedToOrigin>",
    ],
    [
        "OriginRequestPolicy",
        "origin-request-policy",
        "OriginRequestPolicyId",
        "<HeadersConfig><HeaderBehavior>allViewer</HeaderBehavior></HeadersConfig>\
         <CookiesConfig><CookieBehavior>all</CookieBehavior></CookiesConfig>\
         <QueryStringsConfig><QueryStringBehavior>all</QueryStringBehavior></QueryStringsConfig>",
    ],
    [
        "ResponseHeadersPolicy",
        "response-headers-policy",
        "ResponseHeadersPolicyId",
        "<SecurityHeadersConfig><ContentTypeOptions><Override>true</Override></ContentTypeOptions>\
         </SecurityHeadersConfig>",
    ],
];

async fn policy(client: &Client, [kind, path, _, config]: [&str; 4]) -> (String, String) {
    let sent = format!(
        "<{kind}Config xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Name>p</Name>\
         <Comment>text</Comment>{config}</{kind}Config>"
    );
    let (made, version) = make(client, path, &sent).await;
    (made.at("Id").to_owned(), version)
}

#[tokio::test]
async fn policies_in_use_are_not_deleted() {
    let scenario = async |client: &Client| {
        let mut made = Vec::new();
        let mut further = String::new();
        for kind in POLICIES {
            let (id, version) = policy(client, kind).await;
            further += &format!("<{0}>{id}</{0}>", kind[2]);
            made.push((format!("{}/{id}", kind[1]), version));
        }
        make(
            client,
            "distribution",
            &distribution("a", &behavior(&further)),
        )
        .await;
        let mut said = Vec::new();
        for (path, version) in made {
            said.push(change(client, "DELETE", &path, &version, "").await);
        }
        said.join(", ")
    };
    let aws = "CachePolicyInUse, OriginRequestPolicyInUse, ResponseHeadersPolicyInUse";
    gap(scenario, aws).await;
}

#[tokio::test]
async fn policies_have_no_empty_lists() {
    let scenario = async |client: &Client| {
        let mut empty = 0;
        for kind in &POLICIES[..2] {
            let (id, _) = policy(client, *kind).await;
            for path in [
                format!("{}/{id}", kind[1]),
                format!("{}/{id}/config", kind[1]),
            ] {
                empty += read(client, &path).await.all("Quantity").len();
            }
        }
        empty.to_string()
    };
    gap(scenario, "0").await;
}

#[tokio::test]
async fn a_deployment_takes_until_a_test_ends_it() {
    let bed = Testbed::start().await.unwrap();
    let states = async |client: &Client| {
        let sent = distribution("a", &cached(UNCACHED));
        let (made, _) = make(client, "distribution", &sent).await;
        let found = read(client, &format!("distribution/{}", made.at("Id"))).await;
        let listed = read(client, "distribution").await;
        let summary = &listed.members("Items")[0];
        [made.at("Status"), found.at("Status"), summary.at("Status")].join(" ")
    };
    assert_eq!(
        states(&bed.emulator()).await,
        "Deployed Deployed Deployed",
        "the emulator takes its time now: the shim can go"
    );
    bed.reset().await.unwrap();
    bed.hold_deployments();
    assert_eq!(
        states(&bed.client()).await,
        "InProgress InProgress InProgress"
    );
    bed.deploy();
    let listed = read(&bed.client(), "distribution").await;
    assert_eq!(listed.members("Items")[0].at("Status"), "Deployed");
}
