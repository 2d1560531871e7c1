//! CloudFront distributions.
//!
//! - Replies that hold a configuration: AWS fills in everything that was left out
//!   (`Aliases`, `DefaultRootObject`, `CustomErrorResponses`, `Logging`, `ViewerCertificate`,
//!   `Restrictions`, `Staging`, the settings of origins and behaviours, ...), gives the certificate
//!   its deprecated fields, and lists the methods in an order of its own; ministack gives what was
//!   sent.
//! - `CreateDistribution`, `CreateDistributionWithTags` with a `CallerReference` that was used: AWS
//!   refuses with `DistributionAlreadyExists`; ministack gives the existing one.
//! - `UpdateDistribution` with a behaviour that lacks what a create may leave out (`SmoothStreaming`,
//!   `Compress`, `FieldLevelEncryptionId`, `LambdaFunctionAssociations`, `AllowedMethods`): AWS refuses
//!   with `InvalidArgument`; ministack takes it.
//! - `CreateDistribution...`, `UpdateDistribution` that name a cache, origin request or response
//!   headers policy that does not exist, or a function that is not published: AWS refuses with
//!   `NoSuchCachePolicy`, `NoSuchOriginRequestPolicy`, `NoSuchResponseHeadersPolicy`,
//!   `InvalidFunctionAssociation`; ministack takes them.

use anyhow::Result;
use hyper::StatusCode;

use super::{Answer, Next, Shim};
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

const API: &str = "/2020-05-31";

/// What AWS fills in, by the element that it is in. An empty element stands for an empty list.
const DEFAULTS: [(&str, &str); 5] = [
    (
        "DistributionConfig",
        "<a><Aliases><Quantity>0</Quantity></Aliases><DefaultRootObject></DefaultRootObject>\
         <OriginGroups><Quantity>0</Quantity></OriginGroups>\
         <CacheBehaviors><Quantity>0</Quantity></CacheBehaviors>\
         <CustomErrorResponses><Quantity>0</Quantity></CustomErrorResponses><Comment></Comment>\
         <Logging><Enabled>false</Enabled><IncludeCookies>false</IncludeCookies><Bucket></Bucket>\
         <Prefix></Prefix></Logging><PriceClass>PriceClass_All</PriceClass>\
         <ViewerCertificate><CloudFrontDefaultCertificate>true</CloudFrontDefaultCertificate>\
         <SSLSupportMethod>vip</SSLSupportMethod>\
         <MinimumProtocolVersion>TLSv1</MinimumProtocolVersion>\
         <CertificateSource>cloudfront</CertificateSource></ViewerCertificate>\
         <Restrictions><GeoRestriction><RestrictionType>none</RestrictionType>\
         <Quantity>0</Quantity></GeoRestriction></Restrictions><WebACLId></WebACLId>\
         <HttpVersion>http2</HttpVersion><IsIPV6Enabled>false</IsIPV6Enabled>\
         <ContinuousDeploymentPolicyId></ContinuousDeploymentPolicyId><Staging>false</Staging></a>",
    ),
    (
        "Origin",
        "<a><OriginPath></OriginPath><CustomHeaders><Quantity>0</Quantity></CustomHeaders>\
         <ConnectionAttempts>3</ConnectionAttempts><ConnectionTimeout>10</ConnectionTimeout>\
         <OriginShield><Enabled>false</Enabled></OriginShield>\
         <OriginAccessControlId></OriginAccessControlId></a>",
    ),
    (
        "CustomOriginConfig",
        "<a><OriginSslProtocols><Quantity>3</Quantity><Items><SslProtocol>TLSv1</SslProtocol>\
         <SslProtocol>TLSv1.1</SslProtocol><SslProtocol>TLSv1.2</SslProtocol></Items>\
         </OriginSslProtocols><OriginReadTimeout>30</OriginReadTimeout>\
         <OriginKeepaliveTimeout>5</OriginKeepaliveTimeout></a>",
    ),
    ("DefaultCacheBehavior", BEHAVIOR),
    ("CacheBehavior", BEHAVIOR),
];

const BEHAVIOR: &str = "<a><TrustedSigners><Enabled>false</Enabled><Quantity>0</Quantity>\
    </TrustedSigners><TrustedKeyGroups><Enabled>false</Enabled><Quantity>0</Quantity>\
    </TrustedKeyGroups><AllowedMethods><Quantity>2</Quantity><Items><Method>HEAD</Method>\
    <Method>GET</Method></Items><CachedMethods><Quantity>2</Quantity><Items><Method>HEAD</Method>\
    <Method>GET</Method></Items></CachedMethods></AllowedMethods>\
    <SmoothStreaming>false</SmoothStreaming><Compress>false</Compress>\
    <LambdaFunctionAssociations><Quantity>0</Quantity></LambdaFunctionAssociations>\
    <FunctionAssociations><Quantity>0</Quantity></FunctionAssociations>\
    <FieldLevelEncryptionId></FieldLevelEncryptionId><GrpcConfig><Enabled>false</Enabled>\
    </GrpcConfig></a>";

/// What an update must say of each behaviour.
const DEMANDED: [&str; 5] = [
    "AllowedMethods",
    "Compress",
    "FieldLevelEncryptionId",
    "LambdaFunctionAssociations",
    "SmoothStreaming",
];

/// The order in which AWS lists methods.
const METHODS: [&str; 7] = ["HEAD", "DELETE", "POST", "GET", "OPTIONS", "PUT", "PATCH"];

/// What a behaviour names, where it is read, and what AWS says when it does not exist.
const POLICIES: [(&str, &str, &str); 3] = [
    ("CachePolicyId", "cache-policy", "NoSuchCachePolicy"),
    (
        "OriginRequestPolicyId",
        "origin-request-policy",
        "NoSuchOriginRequestPolicy",
    ),
    (
        "ResponseHeadersPolicyId",
        "response-headers-policy",
        "NoSuchResponseHeadersPolicy",
    ),
];

pub(crate) struct Distribution;

impl Shim for Distribution {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "cloudfront:CreateDistribution",
            "cloudfront:CreateDistributionWithTags",
            "cloudfront:UpdateDistribution",
            "cloudfront:GetDistribution",
            "cloudfront:GetDistributionConfig",
            "cloudfront:ListDistributions",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            if let Some(refused) = refused(request, next).await? {
                return Ok(refused);
            }
            let reply = next.forward(request).await?;
            if !reply.is_success() {
                return Ok(reply);
            }
            let mut root = reply.element(request)?;
            if root.name == "DistributionConfig" {
                fill(&mut root, DEFAULTS[0].1)?;
                certificate(&mut root);
            }
            for (name, defaults) in DEFAULTS {
                let mut filled = Ok(());
                root.change_all(name, &mut |element| {
                    if let Err(error) = fill(element, defaults) {
                        filled = Err(error);
                    }
                });
                filled?;
            }
            root.change_all("DistributionConfig", &mut certificate);
            for name in ["AllowedMethods", "CachedMethods"] {
                root.change_all(name, &mut |list| sort(list));
            }
            Ok(reply.with_element(&root))
        })
    }
}

/// The configurations of all distributions, as they are listed.
pub(crate) async fn configurations(next: Next<'_>) -> Result<Vec<Element>> {
    let path = format!("{API}/distribution");
    let (request, reply) = next.rest("cloudfront", "GET", &path, "").await?;
    Ok(reply.element(&request)?.members("Items").to_vec())
}

/// Why AWS would not take what a request sends.
async fn refused(request: &Request, next: Next<'_>) -> Result<Option<Reply>> {
    let Ok(sent) = Element::parse(request.text("Body")) else {
        return Ok(None);
    };
    let refusal = |status, code, message: &str| Some(Reply::error(request, status, code, message));
    if request.operation.starts_with("Create") {
        let reference = sent.all("CallerReference").first().map(|found| &found.text);
        for distribution in configurations(next).await? {
            let path = format!("{API}/distribution/{}/config", distribution.at("Id"));
            let (asked, reply) = next.rest("cloudfront", "GET", &path, "").await?;
            // It may be deleted meanwhile.
            let Ok(config) = reply.element(&asked) else {
                continue;
            };
            if Some(config.at("CallerReference")) == reference.map(String::as_str) {
                let message = "The caller reference that you are using to create a distribution \
                               is associated with another distribution.";
                let code = "DistributionAlreadyExists";
                return Ok(refusal(StatusCode::CONFLICT, code, message));
            }
        }
    }
    if request.operation == "UpdateDistribution" {
        for behavior in ["DefaultCacheBehavior", "CacheBehavior"] {
            for sent in sent.all(behavior) {
                if let Some(lacking) = DEMANDED.iter().find(|name| sent.child(name).is_none()) {
                    let message = format!("The parameter {lacking} is required.");
                    return Ok(refusal(
                        StatusCode::BAD_REQUEST,
                        "InvalidArgument",
                        &message,
                    ));
                }
            }
        }
    }
    for (reference, place, code) in POLICIES {
        for id in sent.all(reference).iter().filter(|id| !id.text.is_empty()) {
            let path = format!("{API}/{place}/{}", id.text);
            if !next
                .rest("cloudfront", "GET", &path, "")
                .await?
                .1
                .is_success()
            {
                let message = format!("The policy {} does not exist.", id.text);
                return Ok(refusal(StatusCode::NOT_FOUND, code, &message));
            }
        }
    }
    for arn in sent.all("FunctionARN") {
        let name = arn.text.rsplit('/').next().unwrap_or("");
        let path = format!("{API}/function/{name}/describe?Stage=LIVE");
        if !next
            .rest("cloudfront", "GET", &path, "")
            .await?
            .1
            .is_success()
        {
            let message = format!("The function {} is not published.", arn.text);
            let code = "InvalidFunctionAssociation";
            return Ok(refusal(StatusCode::BAD_REQUEST, code, &message));
        }
    }
    Ok(None)
}

fn fill(element: &mut Element, defaults: &str) -> Result<()> {
    for default in Element::parse(defaults)?.children {
        if element.child(&default.name).is_none() {
            element.put(default);
        }
    }
    Ok(())
}

/// The fields of a certificate that AWS still gives for old clients.
fn certificate(config: &mut Element) {
    let Some(certificate) = config.child_mut("ViewerCertificate") else {
        return;
    };
    let arn = certificate.at("ACMCertificateArn").to_owned();
    if !arn.is_empty() {
        for (name, text) in [
            ("CloudFrontDefaultCertificate", "false"),
            ("Certificate", &arn),
            ("CertificateSource", "acm"),
        ] {
            certificate.put(Element::text(name, text));
        }
    } else if certificate.at("CloudFrontDefaultCertificate") == "true" {
        for (name, text) in [
            ("SSLSupportMethod", "vip"),
            ("MinimumProtocolVersion", "TLSv1"),
            ("CertificateSource", "cloudfront"),
        ] {
            certificate.put(Element::text(name, text));
        }
    }
}

fn sort(list: &mut Element) {
    if let Some(methods) = list.members_mut("Items") {
        methods.sort_by_key(|method| METHODS.iter().position(|name| *name == method.text));
    }
}
