//! What stands in front of the network.

use super::parts::{Part, Parts, word};
use super::sheet::{Figure, Role};
use crate::model::Misfit;
use crate::resources::{
    CacheBehavior, CachePolicy, CachePolicyId, Distribution, GeoRestriction, Route53Record, WebAcl,
};

/// What arrows call the visitors.
pub(super) const VIEWERS: &str = "viewers";

/// The visitors.
pub(super) fn viewers() -> Figure {
    Figure::new(Role::Outside, VIEWERS, "Visitors", Vec::new())
}

/// The distribution and what is asked before it.
pub(super) fn figures(parts: &Parts) -> Result<Vec<Figure>, Misfit> {
    let mut figures = Vec::new();
    for record in parts.all::<Route53Record>()? {
        let lines = vec![record.is.name.clone()];
        figures.push(Figure::new(Role::Edge, record.id(), "Route 53", lines));
    }
    for distribution in parts.all::<Distribution>()? {
        figures.push(Figure::new(
            Role::Edge,
            distribution.id(),
            "CloudFront",
            lines(parts, &distribution)?,
        ));
    }
    for acl in parts.all::<WebAcl>()? {
        let rules: Vec<String> = acl.is.rules.iter().map(|rule| rule.name.clone()).collect();
        figures.push(Figure::new(Role::Edge, acl.id(), "Web ACL", rules));
    }
    Ok(figures)
}

fn lines(parts: &Parts, distribution: &Part<Distribution>) -> Result<Vec<String>, Misfit> {
    let is = &distribution.is;
    let mut lines: Vec<String> = is.aliases.iter().cloned().collect();
    lines.extend(distribution.output("domain_name").map(str::to_owned));
    lines.push(word(&is.price_class));
    let paths = behaviors(parts, is)?.into_iter();
    lines.extend(paths.map(|(path, kept)| format!("{path}: {kept}")));
    let default = &is.default_cache_behavior;
    if default.viewer_request_function.is_some() {
        lines.push("edge function checks every request".to_owned());
    }
    lines.extend(geography(&is.geo_restriction));
    Ok(lines)
}

/// How long answers are kept, by path.
pub(super) fn behaviors(parts: &Parts, is: &Distribution) -> Result<Vec<(String, String)>, Misfit> {
    let policies = parts.all::<CachePolicy>()?;
    let kept = |behavior: &CacheBehavior| kept(parts, &policies, behavior);
    let mut paths: Vec<(String, String)> = is
        .ordered_cache_behaviors
        .iter()
        .map(|path| (path.path_pattern.clone(), kept(&path.behavior)))
        .collect();
    paths.push(("Default (*)".to_owned(), kept(&is.default_cache_behavior)));
    Ok(paths)
}

fn kept(parts: &Parts, policies: &[Part<CachePolicy>], behavior: &CacheBehavior) -> String {
    let id = &behavior.cache_policy_id;
    if id.id() == Some(CachePolicyId::CACHING_DISABLED) {
        return "not cached".to_owned();
    }
    let target = parts.target(id);
    let own = policies
        .iter()
        .find(|policy| Some(&policy.address) == target.as_ref());
    match own {
        Some(policy) if policy.is.max_ttl_s == 0 => "not cached".to_owned(),
        Some(policy) => format!("cached {} s", policy.is.default_ttl_s),
        None => "cached as the origin says".to_owned(),
    }
}

/// Who is let in by where they are; nothing where all are.
pub(super) fn geography(restriction: &GeoRestriction) -> Option<String> {
    let list = |countries: &std::collections::BTreeSet<String>| {
        countries.iter().cloned().collect::<Vec<_>>().join(", ")
    };
    match restriction {
        GeoRestriction::None => None,
        GeoRestriction::Allow(countries) => Some(format!("only from {}", list(countries))),
        GeoRestriction::Deny(countries) => Some(format!("not from {}", list(countries))),
    }
}
