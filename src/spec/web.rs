//! Names on the internet: domains, zones, header fields, countries, mail addresses.
//!
//! Depends on the text types of this room. Invariant: what DNS, CloudFront or the load balancer
//! refuses by its form alone is refused here.

use serde::Serialize;

use super::choice::words;
use super::reader::{FromNode, Reader};
use super::shape::Shape;
use super::text::{Hint, all, only, texts};
use super::tree::{Content, Node};

texts! {
    /// Name in DNS.
    DomainName {
        name: "a domain name",
        expected: "a lower-case domain name with a dot",
        example: "www.example.com",
        pattern: r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$",
        length: 3..=253,
        read: |text| domain(text),
    }

    /// Identifier of a hosted zone in Route 53.
    HostedZoneId {
        name: "the id of a hosted zone",
        expected: "the id of a hosted zone: Z with capital letters and digits",
        example: "Z0123456789ABCDEFGHIJ",
        pattern: "^Z[A-Z0-9]+$",
        length: 8..=32,
        read: |text| {
            let rest = text.strip_prefix('Z').ok_or(None)?;
            all(rest, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        },
    }

    /// Name of a header field.
    HeaderName {
        name: "the name of a header field",
        expected: "at most 40 letters, digits and hyphens, beginning with a letter",
        example: "X-CDN-Auth",
        pattern: "^[A-Za-z][A-Za-z0-9-]*$",
        length: 1..=40,
        read: |text| {
            only(text.starts_with(|first: char| first.is_ascii_alphabetic()))?;
            all(text, |byte| byte.is_ascii_alphanumeric() || byte == b'-')
        },
    }

    /// Code of a country.
    CountryCode {
        name: "the code of a country",
        expected: "two capital letters of ISO 3166",
        example: "KP",
        pattern: "^[A-Z]{2}$",
        length: 2..=2,
        read: |text| {
            let folded = text.to_ascii_uppercase();
            let near = text.len() == 2 && folded != text;
            all(text, |byte| byte.is_ascii_uppercase())
                .map_err(|_| near.then(|| format!("for example {folded}")))
        },
    }

    /// Address that mail can be sent to.
    EmailAddress {
        name: "a mail address",
        expected: "NAME@DOMAIN",
        example: "ops@example.com",
        pattern: r"^[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
        length: 5..=254,
        read: |text| {
            let (local, domain) = text.split_once('@').ok_or(None)?;
            local.split('.').try_for_each(|part| {
                all(part, |byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
            })?;
            only(domain.contains('.'))?;
            domain.split('.').try_for_each(|label| {
                all(label, |byte| byte.is_ascii_alphanumeric() || byte == b'-')
            })
        },
    }
}

words! {
    /// Which edge locations of CloudFront answer.
    PriceClass {
        /// North America, Europe and Israel: the cheapest
        North = "PriceClass_100",
        /// Those, and most of Africa, Asia and the Middle East
        Most = "PriceClass_200",
        /// All of them
        All = "PriceClass_All",
    }

    /// What CloudFront speaks with the load balancer.
    OriginProtocol {
        /// Plain HTTP: the header that proves where a request comes from crosses in clear
        Http = "http",
        /// HTTP over TLS, on port 443
        Https = "https",
    }
}

/// A hosted zone of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HostedZone {
    /// By its name, which no second public zone of the account has.
    Name(DomainName),
    /// By its identifier.
    Id(HostedZoneId),
}

impl std::fmt::Display for HostedZone {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => name.fmt(out),
            Self::Id(id) => id.fmt(out),
        }
    }
}

impl FromNode for HostedZone {
    fn shape() -> Shape {
        Shape::Either(vec![DomainName::shape(), HostedZoneId::shape()])
    }

    fn from_node(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.content {
            Content::Scalar(scalar) if scalar.text.starts_with('Z') => {
                HostedZoneId::from_node(node, reader).map(Self::Id)
            }
            Content::Scalar(_) | Content::List(_) | Content::Map(_) => {
                DomainName::from_node(node, reader).map(Self::Name)
            }
        }
    }
}

impl DomainName {
    /// Whether it is `zone`, or a name within it.
    pub fn is_within(&self, zone: &Self) -> bool {
        let before = self.0.strip_suffix(zone.as_str());
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    }
}

fn domain(text: &str) -> Result<(), Hint> {
    let folded = text.to_ascii_lowercase();
    let folded = folded.trim_end_matches('.');
    let well_formed = |text: &str| {
        text.contains('.')
            && text.split('.').all(|label| {
                let edges = label.starts_with('-') || label.ends_with('-');
                let admitted =
                    |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
                !edges && label.len() <= 63 && all(label, admitted).is_ok()
            })
    };
    if well_formed(text) {
        return Ok(());
    }
    Err(well_formed(folded).then(|| format!("write {folded}")))
}
