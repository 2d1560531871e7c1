//! What CloudFront's policies for caches and for requests to origins have in common.
//!
//! May depend on `aws` and `model`. Invariant: a selection survives the API.

use std::collections::BTreeSet;

use aws_sdk_cloudfront::types::{CookieNames, Headers, QueryStringNames};

use crate::aws::of_build;
use crate::model::{Fault, Owner, Query, Tags};
use qpiac_derive::Field;

const NONE: &str = "none";
const ALL: &str = "all";
const ONLY: &str = "whitelist";
const ALL_EXCEPT: &str = "allExcept";

/// Some of a request's cookies or query parameters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum Selection {
    /// None.
    None,
    /// All.
    All,
    /// Only those with these names.
    Only(BTreeSet<String>),
    /// All but those with these names.
    AllExcept(BTreeSet<String>),
}

impl Selection {
    /// The word that CloudFront has for it.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::None => NONE,
            Self::All => ALL,
            Self::Only(_) => ONLY,
            Self::AllExcept(_) => ALL_EXCEPT,
        }
    }

    /// The names that go with the word.
    fn names(&self) -> Option<&BTreeSet<String>> {
        match self {
            Self::None | Self::All => None,
            Self::Only(names) | Self::AllExcept(names) => Some(names),
        }
    }

    /// The same as names of cookies.
    pub(super) fn cookies(&self, operation: &str) -> Result<Option<CookieNames>, Fault> {
        let names = self.names().map(|names| {
            CookieNames::builder()
                .quantity(quantity(names.len()))
                .set_items(items(names))
                .build()
        });
        names
            .transpose()
            .map_err(|error| of_build(operation, &error))
    }

    /// The same as names of query parameters.
    pub(super) fn query_strings(&self, operation: &str) -> Result<Option<QueryStringNames>, Fault> {
        let names = self.names().map(|names| {
            QueryStringNames::builder()
                .quantity(quantity(names.len()))
                .set_items(items(names))
                .build()
        });
        names
            .transpose()
            .map_err(|error| of_build(operation, &error))
    }

    /// What CloudFront's word and names say.
    pub(super) fn of(word: &str, names: Option<Vec<String>>) -> Self {
        let names = || names.into_iter().flatten().collect();
        match word {
            ALL => Self::All,
            ONLY => Self::Only(names()),
            ALL_EXCEPT => Self::AllExcept(names()),
            _ => Self::None,
        }
    }
}

/// Header fields of these names.
pub(super) fn headers(operation: &str, names: &BTreeSet<String>) -> Result<Headers, Fault> {
    Headers::builder()
        .quantity(quantity(names.len()))
        .set_items(items(names))
        .build()
        .map_err(|error| of_build(operation, &error))
}

/// How many there are, as the SDK takes it.
pub(super) fn quantity(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The members of a list; CloudFront wants no empty ones.
pub(super) fn items(names: &BTreeSet<String>) -> Option<Vec<String>> {
    (!names.is_empty()).then(|| names.iter().cloned().collect())
}

/// Whether a policy is looked for.
pub(super) fn is_asked(which: &Query, id: &str, name: &str, tags: &Tags) -> bool {
    let owns = |owner: &Owner| owner.owns(tags);
    match which {
        Query::Owned { owner, names } => owns(owner) || names.iter().any(|wanted| wanted == name),
        Query::Ids(ids) => ids.iter().any(|wanted| wanted == id),
        Query::Under(_) => false,
    }
}

#[cfg(test)]
#[path = "cloudfront_policy_tests.rs"]
mod tests;
