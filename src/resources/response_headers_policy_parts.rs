//! A response headers policy as CloudFront's API has it.
//!
//! May depend on `aws` and `model`. Invariant: what is no attribute stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudfront::types as sdk;

use super::cloudfront_policy::quantity;
use super::response_headers_policy::{
    ContentSecurityPolicy, ContentTypeOptions, FrameOption, FrameOptions, Referrer, ReferrerPolicy,
    ResponseHeader, ResponseHeadersPolicy, StrictTransportSecurity,
};
use crate::aws::{of_build, required};
use crate::model::Fault;

/// The attributes of a policy.
pub(super) fn read(
    operation: &str,
    config: sdk::ResponseHeadersPolicyConfig,
) -> Result<ResponseHeadersPolicy, Fault> {
    let security = config.security_headers_config.unwrap_or_else(no_security);
    let custom = config.custom_headers_config.and_then(|config| config.items);
    let removed = config.remove_headers_config.and_then(|config| config.items);
    let transport = security.strict_transport_security;
    Ok(ResponseHeadersPolicy {
        name: config.name,
        strict_transport_security: transport.map(|found| StrictTransportSecurity {
            max_age_s: u32::try_from(found.access_control_max_age_sec).unwrap_or_default(),
            include_subdomains: found.include_subdomains.unwrap_or_default(),
            preload: found.preload.unwrap_or_default(),
            overrides: found.r#override,
        }),
        content_type_options: security
            .content_type_options
            .map(|found| ContentTypeOptions {
                overrides: found.r#override,
            }),
        frame_options: security
            .frame_options
            .map(|found| read_frame_options(operation, &found))
            .transpose()?,
        referrer_policy: security
            .referrer_policy
            .map(|found| read_referrer_policy(operation, &found))
            .transpose()?,
        content_security_policy: security.content_security_policy.map(|found| {
            ContentSecurityPolicy {
                content_security_policy: found.content_security_policy,
                overrides: found.r#override,
            }
        }),
        custom_headers: custom
            .into_iter()
            .flatten()
            .map(|found| {
                let header = ResponseHeader {
                    value: found.value,
                    overrides: found.r#override,
                };
                (found.header, header)
            })
            .collect(),
        remove_headers: removed
            .into_iter()
            .flatten()
            .map(|found| found.header)
            .collect(),
    })
}

fn read_frame_options(
    operation: &str,
    found: &sdk::ResponseHeadersPolicyFrameOptions,
) -> Result<FrameOptions, Fault> {
    let word = FrameOption::from_word(found.frame_option.as_str());
    Ok(FrameOptions {
        frame_option: required(operation, "a known frame option", word)?,
        overrides: found.r#override,
    })
}

fn read_referrer_policy(
    operation: &str,
    found: &sdk::ResponseHeadersPolicyReferrerPolicy,
) -> Result<ReferrerPolicy, Fault> {
    let word = Referrer::from_word(found.referrer_policy.as_str());
    Ok(ReferrerPolicy {
        referrer_policy: required(operation, "a known referrer policy", word)?,
        overrides: found.r#override,
    })
}

/// A policy with the wanted attributes, and for the rest as `live`.
pub(super) fn write(
    operation: &str,
    want: &ResponseHeadersPolicy,
    mut live: sdk::ResponseHeadersPolicyConfig,
) -> Result<sdk::ResponseHeadersPolicyConfig, Fault> {
    let security = live.security_headers_config.take();
    let security = write_security(operation, want, security.unwrap_or_else(no_security))?;
    live.name.clone_from(&want.name);
    live.security_headers_config = (security != no_security()).then_some(security);
    live.custom_headers_config = write_custom(operation, &want.custom_headers)?;
    live.remove_headers_config = write_removed(operation, &want.remove_headers)?;
    Ok(live)
}

fn no_security() -> sdk::ResponseHeadersPolicySecurityHeadersConfig {
    sdk::ResponseHeadersPolicySecurityHeadersConfig::builder().build()
}

fn write_security(
    operation: &str,
    want: &ResponseHeadersPolicy,
    mut live: sdk::ResponseHeadersPolicySecurityHeadersConfig,
) -> Result<sdk::ResponseHeadersPolicySecurityHeadersConfig, Fault> {
    let wrong = |error| of_build(operation, &error);
    let transport = want.strict_transport_security.as_ref().map(|want| {
        sdk::ResponseHeadersPolicyStrictTransportSecurity::builder()
            .access_control_max_age_sec(i32::try_from(want.max_age_s).unwrap_or(i32::MAX))
            .include_subdomains(want.include_subdomains)
            .preload(want.preload)
            .r#override(want.overrides)
            .build()
    });
    let content_type = want.content_type_options.as_ref().map(|want| {
        sdk::ResponseHeadersPolicyContentTypeOptions::builder()
            .r#override(want.overrides)
            .build()
    });
    let frame = want.frame_options.as_ref().map(|want| {
        sdk::ResponseHeadersPolicyFrameOptions::builder()
            .frame_option(want.frame_option.as_word().into())
            .r#override(want.overrides)
            .build()
    });
    let referrer = want.referrer_policy.as_ref().map(|want| {
        sdk::ResponseHeadersPolicyReferrerPolicy::builder()
            .referrer_policy(want.referrer_policy.as_word().into())
            .r#override(want.overrides)
            .build()
    });
    let content = want.content_security_policy.as_ref().map(|want| {
        sdk::ResponseHeadersPolicyContentSecurityPolicy::builder()
            .content_security_policy(&want.content_security_policy)
            .r#override(want.overrides)
            .build()
    });
    live.strict_transport_security = transport.transpose().map_err(wrong)?;
    live.content_type_options = content_type.transpose().map_err(wrong)?;
    live.frame_options = frame.transpose().map_err(wrong)?;
    live.referrer_policy = referrer.transpose().map_err(wrong)?;
    live.content_security_policy = content.transpose().map_err(wrong)?;
    Ok(live)
}

fn write_custom(
    operation: &str,
    want: &BTreeMap<String, ResponseHeader>,
) -> Result<Option<sdk::ResponseHeadersPolicyCustomHeadersConfig>, Fault> {
    if want.is_empty() {
        return Ok(None);
    }
    let wrong = |error| of_build(operation, &error);
    let items = want.iter().map(|(name, header)| {
        sdk::ResponseHeadersPolicyCustomHeader::builder()
            .header(name)
            .value(&header.value)
            .r#override(header.overrides)
            .build()
    });
    sdk::ResponseHeadersPolicyCustomHeadersConfig::builder()
        .quantity(quantity(want.len()))
        .set_items(Some(items.collect::<Result<_, _>>().map_err(wrong)?))
        .build()
        .map(Some)
        .map_err(wrong)
}

fn write_removed(
    operation: &str,
    want: &BTreeSet<String>,
) -> Result<Option<sdk::ResponseHeadersPolicyRemoveHeadersConfig>, Fault> {
    if want.is_empty() {
        return Ok(None);
    }
    let wrong = |error| of_build(operation, &error);
    let items = want.iter().map(|name| {
        sdk::ResponseHeadersPolicyRemoveHeader::builder()
            .header(name)
            .build()
    });
    sdk::ResponseHeadersPolicyRemoveHeadersConfig::builder()
        .quantity(quantity(want.len()))
        .set_items(Some(items.collect::<Result<_, _>>().map_err(wrong)?))
        .build()
        .map(Some)
        .map_err(wrong)
}
