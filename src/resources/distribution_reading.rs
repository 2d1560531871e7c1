//! How distributions are read.
//!
//! May depend on `aws` and `model`. Invariant: the value of a header leaves only as a fingerprint.

use std::sync::Arc;

use aws_sdk_cloudfront::types as sdk;
use futures::future::{try_join, try_join_all};

use super::distribution::{Distribution, DistributionOutputs};
use super::distribution_parts::{
    AcmCertificate, AllowedMethods, CacheBehavior, CachedMethods, GeoRestriction, HttpVersion,
    MinimumProtocolVersion, Origin, OriginProtocolPolicy, PathBehavior, PriceClass, SslProtocol,
    SslSupportMethod, ViewerCertificate, ViewerProtocolPolicy,
};
use super::secret::SecretValue;
use super::secret_versions::{self, Versions};
use crate::aws::{Call, Clients, cloudfront, if_present, marker, required};
use crate::model::{Class, Fault, Found, Owner, Ref, State, Tags};

const LIST: &str = "cloudfront:ListDistributions";
const GET: &str = "cloudfront:GetDistribution";
/// The status of a distribution that all edge locations have.
const DEPLOYED: &str = "Deployed";
/// Seconds that CloudFront waits for an origin where nothing is said (CustomOriginConfig in the
/// CloudFront API reference).
const READ_TIMEOUT_S: u32 = 30;
/// Seconds that CloudFront keeps idle connections where nothing is said (the same).
const KEEPALIVE_TIMEOUT_S: u32 = 5;

/// A distribution as it is now.
pub(super) struct Live {
    pub(super) distribution: sdk::Distribution,
    pub(super) config: sdk::DistributionConfig,
    /// What an update must name.
    pub(super) version: String,
}

/// The distribution with this identifier.
pub(super) async fn get(aws: &Clients, id: &str) -> Result<Live, Fault> {
    let reply = aws
        .cloudfront
        .get_distribution()
        .id(id)
        .send()
        .await
        .at(GET)?;
    let mut distribution = required(GET, "the distribution", reply.distribution)?;
    let config = distribution.distribution_config.take();
    Ok(Live {
        config: required(GET, "the configuration", config)?,
        version: required(GET, "the ETag", reply.e_tag)?,
        distribution,
    })
}

/// Whether all edge locations have it as it is.
pub(super) fn is_deployed(distribution: &sdk::Distribution) -> bool {
    distribution.status == DEPLOYED
}

/// The distributions of this stack.
pub(super) async fn owned(aws: &Clients, owner: &Owner) -> Result<Vec<Found<Distribution>>, Fault> {
    let listed = cloudfront::all(LIST, |start| async move {
        let call = aws.cloudfront.list_distributions().set_marker(start);
        let list = call.send().await.at(LIST)?.distribution_list;
        let list = required(LIST, "the list", list)?;
        Ok((list.items, list.next_marker))
    })
    .await?;
    let candidates = listed.iter().filter(|listed| may_be_of(owner, listed));
    let read = candidates.map(|listed| async {
        let live = async { if_present(get(aws, &listed.id).await) };
        let (live, tags) = try_join(live, cloudfront::tags_of(aws, &listed.arn)).await?;
        Ok::<_, Fault>(live.zip(tags))
    });
    let mut present: Vec<_> = try_join_all(read).await?.into_iter().flatten().collect();
    present.retain(|(_, tags)| owner.owns(tags));
    read_all(aws, present).await
}

/// Whether it is worth while to read its tags: its comment says so, or, where somebody has changed
/// that, its origin is named like those of the stack.
fn may_be_of(owner: &Owner, listed: &sdk::DistributionSummary) -> bool {
    let prefix = format!("{}-", owner.stack);
    let mut origins = listed.origins.iter().flat_map(|origins| &origins.items);
    owner.owns(&marker::tags(&listed.comment))
        || origins.any(|origin| origin.domain_name.starts_with(&prefix))
}

/// The distributions with these identifiers.
pub(super) async fn with_ids(
    aws: &Clients,
    ids: &[String],
) -> Result<Vec<Found<Distribution>>, Fault> {
    let read = ids.iter().map(|id| async {
        let Some(live) = if_present(get(aws, id).await)? else {
            return Ok(None);
        };
        let tags = cloudfront::tags_of(aws, &live.distribution.arn).await?;
        Ok::<_, Fault>(tags.map(|tags| (live, tags)))
    });
    let present = try_join_all(read).await?.into_iter().flatten().collect();
    read_all(aws, present).await
}

/// What these are with their tags, and with what their headers mean.
async fn read_all(
    aws: &Clients,
    present: Vec<(Live, Tags)>,
) -> Result<Vec<Found<Distribution>>, Fault> {
    let has_headers = |(live, _): &(Live, Tags)| headers(&live.config).next().is_some();
    let versions = if present.iter().any(has_headers) {
        secret_versions::origin_secrets(aws).await?
    } else {
        Arc::default()
    };
    present
        .into_iter()
        .map(|(live, tags)| read_one(aws, &live, tags, &versions))
        .collect()
}

fn read_one(
    aws: &Clients,
    live: &Live,
    tags: Tags,
    versions: &[Versions],
) -> Result<Found<Distribution>, Fault> {
    let distribution = &live.distribution;
    let state = if is_deployed(distribution) {
        State::Ready
    } else {
        State::Busy(distribution.status.clone())
    };
    Ok(Found {
        id: distribution.id.clone(),
        attributes: attributes(aws, &live.config, versions)?,
        outputs: DistributionOutputs::of(distribution),
        tags,
        state,
    })
}

fn attributes(
    aws: &Clients,
    config: &sdk::DistributionConfig,
    versions: &[Versions],
) -> Result<Distribution, Fault> {
    let default = config.default_cache_behavior.as_ref();
    let default = required(GET, "the default behaviour", default)?;
    let paths = config.cache_behaviors().map(|list| list.items());
    let aliases = config.aliases().map(|aliases| aliases.items());
    let price_class = config.price_class.as_ref().map(sdk::PriceClass::as_str);
    let http_version = config.http_version.as_ref().map(sdk::HttpVersion::as_str);
    let web_acl = config.web_acl_id.clone().filter(|id| !id.is_empty());
    Ok(Distribution {
        enabled: config.enabled,
        aliases: aliases.unwrap_or_default().iter().cloned().collect(),
        price_class: word(price_class, PriceClass::All, PriceClass::from_word)?,
        http_version: word(
            http_version.map(str::to_ascii_lowercase).as_deref(),
            HttpVersion::Http2,
            HttpVersion::from_word,
        )?,
        is_ipv6_enabled: config.is_ipv6_enabled.unwrap_or_default(),
        default_root_object: config
            .default_root_object
            .clone()
            .filter(|object| !object.is_empty()),
        origin: origin(required(GET, "an origin", main_origin(config))?)?,
        origin_headers: headers(config)
            .map(|header| {
                let secret = settled(aws, versions, header);
                (header.header_name.clone(), secret)
            })
            .collect(),
        default_cache_behavior: default_behavior(default)?,
        ordered_cache_behaviors: paths
            .unwrap_or_default()
            .iter()
            .map(|path| {
                Ok(PathBehavior {
                    path_pattern: path.path_pattern.clone(),
                    behavior: path_behavior(path)?,
                })
            })
            .collect::<Result<_, Fault>>()?,
        geo_restriction: geo(config.restrictions().and_then(|r| r.geo_restriction())),
        viewer_certificate: certificate(config.viewer_certificate())?,
        web_acl_arn: web_acl.map(Ref::known),
    })
}

/// What stands for a word of AWS; `default` where AWS leaves it out.
fn word<T>(word: Option<&str>, default: T, of: fn(&str) -> Option<T>) -> Result<T, Fault> {
    word.map_or(Ok(default), |word| required(GET, "a known word", of(word)))
}

/// The origin that the default behaviour asks, else the first.
pub(super) fn main_origin(config: &sdk::DistributionConfig) -> Option<&sdk::Origin> {
    let origins = config.origins().map(|origins| origins.items())?;
    let target = config.default_cache_behavior()?.target_origin_id();
    let main = origins.iter().find(|origin| origin.id == target);
    main.or_else(|| origins.first())
}

/// The header fields that the origin gets.
pub(super) fn headers(
    config: &sdk::DistributionConfig,
) -> impl Iterator<Item = &sdk::OriginCustomHeader> {
    let headers = main_origin(config).and_then(|origin| origin.custom_headers());
    headers.into_iter().flat_map(|headers| headers.items())
}

/// The secret that a header's value means.
pub(super) fn settled(
    aws: &Clients,
    versions: &[Versions],
    header: &sdk::OriginCustomHeader,
) -> Ref<SecretValue> {
    let fingerprint = aws.vault().fingerprint(&header.header_value);
    Ref::known(secret_versions::settled_header(versions, fingerprint))
}

fn origin(found: &sdk::Origin) -> Result<Origin, Fault> {
    let custom = found.custom_origin_config();
    let policy = custom.map(|custom| custom.origin_protocol_policy.as_str());
    let ssl = custom.and_then(|custom| custom.origin_ssl_protocols());
    let ssl = ssl.map(|ssl| ssl.items()).unwrap_or_default().iter();
    let port = |port: Option<i32>| u16::try_from(port.unwrap_or_default()).unwrap_or_default();
    let seconds = |seconds: Option<i32>, default| {
        seconds.map_or(default, |seconds| {
            u32::try_from(seconds).unwrap_or_default()
        })
    };
    Ok(Origin {
        id: found.id.clone(),
        domain_name: Ref::known(&found.domain_name),
        protocol_policy: word(
            policy,
            OriginProtocolPolicy::MatchViewer,
            OriginProtocolPolicy::from_word,
        )?,
        http_port: port(custom.map(|custom| custom.http_port)),
        https_port: port(custom.map(|custom| custom.https_port)),
        ssl_protocols: ssl
            .map(|protocol| {
                let protocol = SslProtocol::from_word(protocol.as_str());
                required(GET, "a known version of TLS", protocol)
            })
            .collect::<Result<_, _>>()?,
        read_timeout_s: seconds(
            custom.and_then(|custom| custom.origin_read_timeout),
            READ_TIMEOUT_S,
        ),
        keepalive_timeout_s: seconds(
            custom.and_then(|custom| custom.origin_keepalive_timeout),
            KEEPALIVE_TIMEOUT_S,
        ),
    })
}

/// The SDK has two types for behaviours, with the same members.
macro_rules! behavior {
    ($name:ident, $type:ty) => {
        fn $name(found: &$type) -> Result<CacheBehavior, Fault> {
            let viewer = ViewerProtocolPolicy::from_word(found.viewer_protocol_policy.as_str());
            let functions = found.function_associations();
            let functions = functions.map(|list| list.items()).unwrap_or_default();
            let (allowed_methods, cached_methods) = methods(found.allowed_methods())?;
            let known = |id: &Option<String>| id.clone().filter(|id| !id.is_empty());
            Ok(CacheBehavior {
                target_origin_id: found.target_origin_id.clone(),
                viewer_protocol_policy: required(GET, "a known protocol policy", viewer)?,
                allowed_methods,
                cached_methods,
                compress: found.compress.unwrap_or_default(),
                cache_policy_id: Ref::known(found.cache_policy_id.clone().unwrap_or_default()),
                origin_request_policy_id: known(&found.origin_request_policy_id).map(Ref::known),
                response_headers_policy_id: known(&found.response_headers_policy_id)
                    .map(Ref::known),
                viewer_request_function: function(functions, &sdk::EventType::ViewerRequest),
                viewer_response_function: function(functions, &sdk::EventType::ViewerResponse),
            })
        }
    };
}

behavior!(default_behavior, sdk::DefaultCacheBehavior);
behavior!(path_behavior, sdk::CacheBehavior);

fn function<C: Class>(
    found: &[sdk::FunctionAssociation],
    event: &sdk::EventType,
) -> Option<Ref<C>> {
    let found = found.iter().find(|found| found.event_type == *event)?;
    Some(Ref::known(&found.function_arn))
}

/// Sets come back in any order; without any, CloudFront means those that read.
fn methods(found: Option<&sdk::AllowedMethods>) -> Result<(AllowedMethods, CachedMethods), Fault> {
    let Some(found) = found else {
        return Ok((AllowedMethods::Read, CachedMethods::Read));
    };
    let allowed = match found.items().len() {
        2 => Some(AllowedMethods::Read),
        3 => Some(AllowedMethods::ReadAndOptions),
        7 => Some(AllowedMethods::All),
        _ => None,
    };
    let cached = match found.cached_methods().map(|cached| cached.items().len()) {
        None | Some(2) => Some(CachedMethods::Read),
        Some(3) => Some(CachedMethods::ReadAndOptions),
        Some(_) => None,
    };
    Ok((
        required(GET, "a known set of methods", allowed)?,
        required(GET, "a known set of cached methods", cached)?,
    ))
}

fn geo(found: Option<&sdk::GeoRestriction>) -> GeoRestriction {
    let countries = found.map(|found| found.items()).unwrap_or_default();
    let countries = countries.iter().cloned().collect();
    match found.map(|found| &found.restriction_type) {
        Some(sdk::GeoRestrictionType::Whitelist) => GeoRestriction::Allow(countries),
        Some(sdk::GeoRestrictionType::Blacklist) => GeoRestriction::Deny(countries),
        Some(_) | None => GeoRestriction::None,
    }
}

/// AWS adds members that say the same once more (ViewerCertificate in the CloudFront API reference).
fn certificate(found: Option<&sdk::ViewerCertificate>) -> Result<ViewerCertificate, Fault> {
    let filled = |id: Option<&str>| id.filter(|id| !id.is_empty()).map(str::to_owned);
    let acm = filled(found.and_then(|found| found.acm_certificate_arn()));
    let iam = filled(found.and_then(|found| found.iam_certificate_id()));
    let (Some(found), Some(arn)) = (found, acm) else {
        return Ok(iam.map_or(ViewerCertificate::Default, |id| {
            ViewerCertificate::Other(format!("the certificate {id} of IAM"))
        }));
    };
    let version = found.minimum_protocol_version.as_ref();
    let method = found.ssl_support_method.as_ref();
    Ok(ViewerCertificate::Acm(AcmCertificate {
        certificate_arn: Ref::known(arn),
        minimum_protocol_version: word(
            version.map(sdk::MinimumProtocolVersion::as_str),
            MinimumProtocolVersion::Tls1,
            MinimumProtocolVersion::from_word,
        )?,
        ssl_support_method: word(
            method.map(sdk::SslSupportMethod::as_str),
            SslSupportMethod::Vip,
            SslSupportMethod::from_word,
        )?,
    }))
}
