//! How distributions are written.
//!
//! UpdateDistribution puts a whole configuration in place of another and merges nothing
//! (CloudFront API reference), so whatever is no attribute is taken over from what is there.
//!
//! May depend on `aws` and `model`. Invariant: a secret is written as it is now, and never shows in
//! a fault.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudfront::types as sdk;
use aws_smithy_types::error::operation::BuildError;

use super::cloudfront_policy::{items, quantity};
use super::distribution::Distribution;
use super::distribution_parts::{
    AcmCertificate, CacheBehavior, GeoRestriction, Origin, PathBehavior, ViewerCertificate,
};
use super::distribution_reading::{self as reading, main_origin};
use super::secret_versions;
use crate::aws::{Clients, Plain, of_build};
use crate::model::{Class, Fault, FaultClass, Ref, Resolved};

/// The header fields that the origin gets, in plain.
pub(super) struct Headers(BTreeMap<String, Plain>);

impl Headers {
    /// The values of the wanted secrets at this moment. What `live` sends already stays: it may be
    /// the next value of a secret that is being rotated.
    pub(super) async fn of(
        aws: &Clients,
        want: &Resolved<Distribution>,
        live: Option<&sdk::DistributionConfig>,
    ) -> Result<Self, Fault> {
        let sent = match live {
            Some(live) => sent(aws, live).await?,
            None => BTreeMap::new(),
        };
        let mut headers = BTreeMap::new();
        for (name, secret) in &want.origin_headers {
            let fingerprint = want.known(secret);
            let plain = match sent.get(fingerprint) {
                Some(plain) => plain.clone(),
                None => {
                    let versions = secret_versions::versions_to_write(aws, fingerprint).await?;
                    versions.current
                }
            };
            headers.insert(name.clone(), plain);
        }
        Ok(Self(headers))
    }

    fn to_sdk(&self) -> Result<sdk::CustomHeaders, BuildError> {
        let headers = self.0.iter().map(|(name, plain)| {
            sdk::OriginCustomHeader::builder()
                .header_name(name)
                .header_value(plain.expose())
                .build()
        });
        let headers: Vec<_> = headers.collect::<Result<_, _>>()?;
        sdk::CustomHeaders::builder()
            .quantity(quantity(headers.len()))
            .set_items((!headers.is_empty()).then_some(headers))
            .build()
    }
}

/// What is sent now, by the fingerprints of what it means.
async fn sent(
    aws: &Clients,
    live: &sdk::DistributionConfig,
) -> Result<BTreeMap<String, Plain>, Fault> {
    let versions = secret_versions::origin_secrets(aws).await?;
    let sent = reading::headers(live).filter_map(|header| {
        let secret = reading::settled(aws, &versions, header);
        let fingerprint = secret.id()?.to_owned();
        Some((fingerprint, Plain::from(header.header_value.clone())))
    });
    Ok(sent.collect())
}

/// A configuration with the wanted attributes, and for the rest as `live`. Without `headers`, the
/// header fields stay as they are.
pub(super) fn config(
    operation: &str,
    want: &Resolved<Distribution>,
    mut live: sdk::DistributionConfig,
    headers: Option<&Headers>,
) -> Result<sdk::DistributionConfig, Fault> {
    if let ViewerCertificate::Other(what) = &want.viewer_certificate {
        let message = format!("no certificate can be made from `{what}`");
        return Err(Fault::own(FaultClass::Rejected, operation, message));
    }
    write(want, &mut live, headers).map_err(|error| of_build(operation, &error))?;
    Ok(live)
}

fn write(
    want: &Resolved<Distribution>,
    live: &mut sdk::DistributionConfig,
    headers: Option<&Headers>,
) -> Result<(), BuildError> {
    live.origins = Some(origins(want, live, headers)?);
    let default = live.default_cache_behavior.take();
    live.default_cache_behavior = Some(default_behavior(want, default)?);
    live.cache_behaviors = Some(path_behaviors(want, live.cache_behaviors.take())?);
    live.enabled = want.enabled;
    live.aliases = Some(
        sdk::Aliases::builder()
            .quantity(quantity(want.aliases.len()))
            .set_items(items(&want.aliases))
            .build()?,
    );
    live.price_class = Some(want.price_class.as_word().into());
    live.http_version = Some(want.http_version.as_word().into());
    live.is_ipv6_enabled = Some(want.is_ipv6_enabled);
    live.default_root_object = Some(want.default_root_object.clone().unwrap_or_default());
    live.restrictions = Some(
        sdk::Restrictions::builder()
            .geo_restriction(geo(&want.geo_restriction)?)
            .build(),
    );
    live.viewer_certificate = Some(match &want.viewer_certificate {
        ViewerCertificate::Acm(certificate) => acm(want, certificate),
        ViewerCertificate::Default | ViewerCertificate::Other(_) => {
            sdk::ViewerCertificate::builder()
                .cloud_front_default_certificate(true)
                .build()
        }
    });
    let web_acl = want.web_acl_arn.as_ref().map(|arn| want.known(arn));
    live.web_acl_id = Some(web_acl.unwrap_or_default().to_owned());
    Ok(())
}

/// The origins, of which the main one is as wanted.
fn origins(
    want: &Resolved<Distribution>,
    live: &sdk::DistributionConfig,
    headers: Option<&Headers>,
) -> Result<sdk::Origins, BuildError> {
    let domain_name = want.known(&want.origin.domain_name);
    let main = main_origin(live);
    let mut origin = match main {
        Some(main) => main.clone(),
        None => sdk::Origin::builder()
            .id(&want.origin.id)
            .domain_name(domain_name)
            .build()?,
    };
    origin.id.clone_from(&want.origin.id);
    domain_name.clone_into(&mut origin.domain_name);
    origin.custom_origin_config = Some(custom_origin(&want.origin, origin.custom_origin_config)?);
    origin.s3_origin_config = None;
    origin.vpc_origin_config = None;
    if let Some(headers) = headers {
        origin.custom_headers = Some(headers.to_sdk()?);
    }
    let others = live.origins().map(|origins| origins.items());
    let others = others.unwrap_or_default().iter();
    let others = others
        .filter(|other| main.is_none_or(|main| main.id != other.id) && other.id != want.origin.id);
    let all: Vec<_> = others.cloned().chain([origin]).collect();
    sdk::Origins::builder()
        .quantity(quantity(all.len()))
        .set_items(Some(all))
        .build()
}

fn custom_origin(
    want: &Origin,
    live: Option<sdk::CustomOriginConfig>,
) -> Result<sdk::CustomOriginConfig, BuildError> {
    let protocols = want.ssl_protocols.iter();
    let protocols: Vec<sdk::SslProtocol> = protocols.map(|p| p.as_word().into()).collect();
    let protocols = sdk::OriginSslProtocols::builder()
        .quantity(quantity(protocols.len()))
        .set_items(Some(protocols))
        .build()?;
    let seconds = |seconds: u32| Some(i32::try_from(seconds).unwrap_or(i32::MAX));
    let mut custom = match live {
        Some(live) => live,
        None => sdk::CustomOriginConfig::builder()
            .http_port(want.http_port.into())
            .https_port(want.https_port.into())
            .origin_protocol_policy(want.protocol_policy.as_word().into())
            .build()?,
    };
    custom.http_port = want.http_port.into();
    custom.https_port = want.https_port.into();
    custom.origin_protocol_policy = want.protocol_policy.as_word().into();
    custom.origin_ssl_protocols = Some(protocols);
    custom.origin_read_timeout = seconds(want.read_timeout_s);
    custom.origin_keepalive_timeout = seconds(want.keepalive_timeout_s);
    Ok(custom)
}

/// The SDK has two types for behaviours, with the same members.
macro_rules! write_behavior {
    ($want:expr, $behavior:expr, $live:expr) => {{
        let (want, behavior, live) = ($want, $behavior, $live);
        let request_policy = known(want, behavior.origin_request_policy_id.as_ref());
        let headers_policy = known(want, behavior.response_headers_policy_id.as_ref());
        live.target_origin_id.clone_from(&behavior.target_origin_id);
        live.viewer_protocol_policy = behavior.viewer_protocol_policy.as_word().into();
        live.allowed_methods = Some(methods(behavior)?);
        live.compress = Some(behavior.compress);
        live.cache_policy_id = Some(want.known(&behavior.cache_policy_id).to_owned());
        live.origin_request_policy_id = request_policy.map(str::to_owned);
        live.response_headers_policy_id = headers_policy.map(str::to_owned);
        live.function_associations = Some(functions(want, behavior)?);
        // These and a cache policy exclude each other.
        live.forwarded_values = None;
        live.min_ttl = None;
        live.default_ttl = None;
        live.max_ttl = None;
    }};
}

#[expect(deprecated, reason = "what an older configuration has is taken away")]
fn default_behavior(
    want: &Resolved<Distribution>,
    live: Option<sdk::DefaultCacheBehavior>,
) -> Result<sdk::DefaultCacheBehavior, BuildError> {
    let behavior = &want.default_cache_behavior;
    let mut written = match live {
        Some(live) => live,
        None => sdk::DefaultCacheBehavior::builder()
            .target_origin_id(&behavior.target_origin_id)
            .viewer_protocol_policy(behavior.viewer_protocol_policy.as_word().into())
            .build()?,
    };
    write_behavior!(want, behavior, &mut written);
    Ok(written)
}

/// The behaviours in the wanted order; what there is for the same path is taken over.
fn path_behaviors(
    want: &Resolved<Distribution>,
    live: Option<sdk::CacheBehaviors>,
) -> Result<sdk::CacheBehaviors, BuildError> {
    let mut live = live.and_then(|live| live.items).unwrap_or_default();
    let written = want.ordered_cache_behaviors.iter().map(|path| {
        let at = live
            .iter()
            .position(|live| live.path_pattern == path.path_pattern);
        path_behavior(want, path, at.map(|at| live.remove(at)))
    });
    let written: Vec<_> = written.collect::<Result<_, _>>()?;
    sdk::CacheBehaviors::builder()
        .quantity(quantity(written.len()))
        .set_items((!written.is_empty()).then_some(written))
        .build()
}

#[expect(deprecated, reason = "what an older configuration has is taken away")]
fn path_behavior(
    want: &Resolved<Distribution>,
    path: &PathBehavior,
    live: Option<sdk::CacheBehavior>,
) -> Result<sdk::CacheBehavior, BuildError> {
    let behavior = &path.behavior;
    let mut written = match live {
        Some(live) => live,
        None => new_path_behavior(path)?,
    };
    write_behavior!(want, behavior, &mut written);
    Ok(written)
}

/// A behaviour with everything that an update demands of each, and a create does not (CloudFront
/// developer guide, "Required API fields for creating and updating distributions").
fn new_path_behavior(path: &PathBehavior) -> Result<sdk::CacheBehavior, BuildError> {
    let behavior = &path.behavior;
    sdk::CacheBehavior::builder()
        .path_pattern(&path.path_pattern)
        .target_origin_id(&behavior.target_origin_id)
        .viewer_protocol_policy(behavior.viewer_protocol_policy.as_word().into())
        .smooth_streaming(false)
        .field_level_encryption_id("")
        .lambda_function_associations(
            sdk::LambdaFunctionAssociations::builder()
                .quantity(0)
                .build()?,
        )
        .trusted_signers(
            sdk::TrustedSigners::builder()
                .enabled(false)
                .quantity(0)
                .build()?,
        )
        .trusted_key_groups(
            sdk::TrustedKeyGroups::builder()
                .enabled(false)
                .quantity(0)
                .build()?,
        )
        .build()
}

fn known<'a, C: Class>(
    want: &'a Resolved<Distribution>,
    reference: Option<&'a Ref<C>>,
) -> Option<&'a str> {
    reference.map(|reference| want.known(reference))
}

fn methods(want: &CacheBehavior) -> Result<sdk::AllowedMethods, BuildError> {
    let of = |words: &str| -> Vec<sdk::Method> { words.split(", ").map(Into::into).collect() };
    let cached = of(want.cached_methods.as_word());
    let allowed = of(want.allowed_methods.as_word());
    let cached = sdk::CachedMethods::builder()
        .quantity(quantity(cached.len()))
        .set_items(Some(cached))
        .build()?;
    sdk::AllowedMethods::builder()
        .quantity(quantity(allowed.len()))
        .set_items(Some(allowed))
        .cached_methods(cached)
        .build()
}

fn functions(
    want: &Resolved<Distribution>,
    behavior: &CacheBehavior,
) -> Result<sdk::FunctionAssociations, BuildError> {
    let wanted = [
        (
            sdk::EventType::ViewerRequest,
            &behavior.viewer_request_function,
        ),
        (
            sdk::EventType::ViewerResponse,
            &behavior.viewer_response_function,
        ),
    ];
    let functions = wanted.into_iter().filter_map(|(event, function)| {
        let function = want.known(function.as_ref()?);
        Some(
            sdk::FunctionAssociation::builder()
                .event_type(event)
                .function_arn(function)
                .build(),
        )
    });
    let functions: Vec<_> = functions.collect::<Result<_, _>>()?;
    sdk::FunctionAssociations::builder()
        .quantity(quantity(functions.len()))
        .set_items((!functions.is_empty()).then_some(functions))
        .build()
}

fn geo(want: &GeoRestriction) -> Result<sdk::GeoRestriction, BuildError> {
    let nowhere = BTreeSet::new();
    let (restriction, countries) = match want {
        GeoRestriction::None => (sdk::GeoRestrictionType::None, &nowhere),
        GeoRestriction::Allow(countries) => (sdk::GeoRestrictionType::Whitelist, countries),
        GeoRestriction::Deny(countries) => (sdk::GeoRestrictionType::Blacklist, countries),
    };
    sdk::GeoRestriction::builder()
        .restriction_type(restriction)
        .quantity(quantity(countries.len()))
        .set_items(items(countries))
        .build()
}

fn acm(want: &Resolved<Distribution>, certificate: &AcmCertificate) -> sdk::ViewerCertificate {
    sdk::ViewerCertificate::builder()
        .cloud_front_default_certificate(false)
        .acm_certificate_arn(want.known(&certificate.certificate_arn))
        .minimum_protocol_version(certificate.minimum_protocol_version.as_word().into())
        .ssl_support_method(certificate.ssl_support_method.as_word().into())
        .build()
}
