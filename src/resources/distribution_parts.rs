//! What a distribution consists of.
//!
//! May depend on `model`. Invariant: words are CloudFront's own.

use std::collections::BTreeSet;

use super::cache_policy::CachePolicyId;
use super::certificate::CertificateArn;
use super::cloudfront_function::CloudFrontFunctionArn;
use super::load_balancer::LoadBalancerDnsName;
use super::origin_request_policy::OriginRequestPolicyId;
use super::response_headers_policy::ResponseHeadersPolicyId;
use crate::model::Ref;
use qpiac_derive::Field;

/// Which edge locations answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum PriceClass {
    /// North America, Europe and Israel.
    #[field("PriceClass_100")]
    Class100,
    /// Those, and most of Africa, Asia and the Middle East.
    #[field("PriceClass_200")]
    Class200,
    /// All.
    #[field("PriceClass_All")]
    All,
}

/// The newest version of HTTP that viewers may speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum HttpVersion {
    /// HTTP/1.1.
    #[field("http1.1")]
    Http1,
    /// HTTP/2.
    #[field("http2")]
    Http2,
    /// HTTP/3, not HTTP/2.
    #[field("http3")]
    Http3,
    /// HTTP/2 and HTTP/3.
    #[field("http2and3")]
    Http2And3,
}

/// Where answers come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct Origin {
    /// What behaviours call it.
    pub id: String,
    /// Its name in DNS.
    pub domain_name: Ref<LoadBalancerDnsName>,
    /// What is spoken with it.
    pub protocol_policy: OriginProtocolPolicy,
    /// Its port for HTTP.
    pub http_port: u16,
    /// Its port for HTTPS.
    pub https_port: u16,
    /// The versions of TLS that are spoken with it.
    pub ssl_protocols: BTreeSet<SslProtocol>,
    /// Seconds for which its answer is waited for.
    pub read_timeout_s: u32,
    /// Seconds for which an idle connection to it stays open.
    pub keepalive_timeout_s: u32,
}

/// What CloudFront speaks with an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum OriginProtocolPolicy {
    /// HTTP.
    #[field("http-only")]
    HttpOnly,
    /// HTTPS.
    #[field("https-only")]
    HttpsOnly,
    /// What the viewer speaks.
    #[field("match-viewer")]
    MatchViewer,
}

/// A version of TLS, or of what came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum SslProtocol {
    /// SSL 3.0.
    #[field("SSLv3")]
    Ssl3,
    /// TLS 1.0.
    #[field("TLSv1")]
    Tls1,
    /// TLS 1.1.
    #[field("TLSv1.1")]
    Tls1_1,
    /// TLS 1.2.
    #[field("TLSv1.2")]
    Tls1_2,
}

/// What happens to requests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct CacheBehavior {
    /// The origin that is asked.
    pub target_origin_id: String,
    /// What viewers may speak.
    pub viewer_protocol_policy: ViewerProtocolPolicy,
    /// The methods that are passed on to the origin.
    pub allowed_methods: AllowedMethods,
    /// The methods whose answers are kept.
    pub cached_methods: CachedMethods,
    /// Whether CloudFront compresses answers.
    pub compress: bool,
    /// How long answers are kept.
    pub cache_policy_id: Ref<CachePolicyId>,
    /// What of a request the origin gets, besides what tells answers apart.
    pub origin_request_policy_id: Option<Ref<OriginRequestPolicyId>>,
    /// Header fields that are added to answers.
    pub response_headers_policy_id: Option<Ref<ResponseHeadersPolicyId>>,
    /// The function that sees requests first.
    pub viewer_request_function: Option<Ref<CloudFrontFunctionArn>>,
    /// The function that sees answers last.
    pub viewer_response_function: Option<Ref<CloudFrontFunctionArn>>,
}

/// What happens to requests for some paths.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct PathBehavior {
    /// The paths; `*` and `?` are wildcards.
    pub path_pattern: String,
    /// What happens.
    pub behavior: CacheBehavior,
}

/// What viewers may speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum ViewerProtocolPolicy {
    /// HTTP and HTTPS.
    #[field("allow-all")]
    AllowAll,
    /// HTTPS; HTTP is refused.
    #[field("https-only")]
    HttpsOnly,
    /// HTTPS; HTTP is sent there.
    #[field("redirect-to-https")]
    RedirectToHttps,
}

/// The methods that are passed on; CloudFront knows these three sets and no other (AllowedMethods
/// in the CloudFront API reference).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum AllowedMethods {
    /// Those that read.
    #[field("GET, HEAD")]
    Read,
    /// Those, and the question what is allowed.
    #[field("GET, HEAD, OPTIONS")]
    ReadAndOptions,
    /// All.
    #[field("GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE")]
    All,
}

/// The methods whose answers are kept; CloudFront knows these two sets and no other (CachedMethods
/// in the CloudFront API reference).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum CachedMethods {
    /// Those that read.
    #[field("GET, HEAD")]
    Read,
    /// Those, and the question what is allowed.
    #[field("GET, HEAD, OPTIONS")]
    ReadAndOptions,
}

/// Countries that are served, as two capital letters of ISO 3166.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum GeoRestriction {
    /// All.
    None,
    /// Only these.
    Allow(BTreeSet<String>),
    /// All but these.
    Deny(BTreeSet<String>),
}

/// The certificate that viewers see.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum ViewerCertificate {
    /// CloudFront's own, for the distribution's own name.
    Default,
    /// One of ACM.
    Acm(AcmCertificate),
    /// Something else, found but never wanted; what AWS says of it.
    Other(String),
}

/// A certificate of ACM.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct AcmCertificate {
    /// The certificate, in us-east-1.
    pub certificate_arn: Ref<CertificateArn>,
    /// The oldest version of TLS that viewers may speak.
    pub minimum_protocol_version: MinimumProtocolVersion,
    /// How viewers say which name they want.
    pub ssl_support_method: SslSupportMethod,
}

/// How viewers say which name they want, before they see a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum SslSupportMethod {
    /// By server name indication, as all browsers since 2010.
    #[field("sni-only")]
    SniOnly,
    /// By an address of the distribution's own, which costs extra.
    #[field("vip")]
    Vip,
    /// By addresses that AWS gave on request.
    #[field("static-ip")]
    StaticIp,
}

/// A security policy of CloudFront: the oldest version of TLS, and the year of its ciphers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum MinimumProtocolVersion {
    /// SSL 3.0.
    #[field("SSLv3")]
    Ssl3,
    /// TLS 1.0.
    #[field("TLSv1")]
    Tls1,
    /// TLS 1.0.
    #[field("TLSv1_2016")]
    Tls1From2016,
    /// TLS 1.1.
    #[field("TLSv1.1_2016")]
    Tls1_1From2016,
    /// TLS 1.2.
    #[field("TLSv1.2_2018")]
    Tls1_2From2018,
    /// TLS 1.2.
    #[field("TLSv1.2_2019")]
    Tls1_2From2019,
    /// TLS 1.2.
    #[field("TLSv1.2_2021")]
    Tls1_2From2021,
    /// TLS 1.2.
    #[field("TLSv1.2_2025")]
    Tls1_2From2025,
    /// TLS 1.3.
    #[field("TLSv1.3_2025")]
    Tls1_3From2025,
}
