//! The single values of a stack file that are more than text: names, ARNs, patterns, words.
//!
//! Depends on the text types of this room. Invariant: what AWS refuses by its form alone is refused
//! here.

use serde::Serialize;

use super::choice::words;
use super::reader::{FromNode, Reader};
use super::shape::Shape;
use super::text::{Hint, all, only, texts};

pub use super::arn::{CertificateArn, IamAction, IamResource, PolicyArn};
pub use super::code::{Handler, Runtime, SourcePath, UrlAccess};
pub use super::image::ImageReference;
use super::tree::{Content, Node};
pub use super::web::{
    CountryCode, DomainName, EmailAddress, HeaderName, HostedZone, HostedZoneId, OriginProtocol,
    PriceClass,
};

texts! {
    /// Name of a stack: the first part of every name that it has on AWS.
    StackName {
        name: "a stack name",
        expected: "at most 21 lower-case letters, digits and single hyphens, beginning with a letter",
        example: "shop",
        pattern: r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        length: 1..=super::names::STACK_LIMIT,
        read: |text| slug(text),
    }

    /// Name of a service within its stack.
    ServiceName {
        name: "a service name",
        expected: "at most 32 lower-case letters, digits and single hyphens, beginning with a letter",
        example: "app",
        pattern: r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        length: 1..=32,
        read: |text| slug(text),
    }

    /// Name of a secret within its stack.
    SecretName {
        name: "a secret name",
        expected: "at most 32 lower-case letters, digits and single hyphens, beginning with a letter",
        example: "jwt",
        pattern: r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        length: 1..=32,
        read: |text| slug(text),
    }

    /// Name of a function within its stack.
    FunctionName {
        name: "a function name",
        expected: "at most 32 lower-case letters, digits and single hyphens, beginning with a letter",
        example: "rotation",
        pattern: r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        length: 1..=32,
        read: |text| slug(text),
    }

    /// Code of a region.
    Region {
        name: "a region",
        expected: "the code of an AWS region",
        example: "us-east-1",
        pattern: r"^[a-z]{2}(-[a-z]+){1,2}-[1-9]$",
        length: 6..=20,
        read: |text| region(text).map_err(|_| {
            let shorter = text.strip_suffix(|letter: char| letter.is_ascii_lowercase());
            let of = shorter.filter(|shorter| region(shorter).is_ok());
            of.map(|of| format!("this is a zone; its region is {of}"))
        }),
    }

    /// Name of an availability zone.
    ZoneName {
        name: "a zone",
        expected: "the name of an availability zone",
        example: "us-east-1a",
        pattern: r"^[a-z]{2}(-[a-z]+){1,2}-[1-9][a-z]$",
        length: 7..=21,
        read: |text| match text.char_indices().next_back() {
            Some((end, letter)) if letter.is_ascii_lowercase() => region(&text[..end]),
            Some(_) | None => Err(region(text).is_ok().then(|| {
                format!("this is a region; its first zone is {text}a")
            })),
        },
    }

    /// Number of an AWS account.
    AccountId {
        name: "an AWS account",
        expected: "the 12 digits of an AWS account, in quotes",
        example: "\"123456789012\"",
        pattern: "^[0-9]{12}$",
        length: 12..=12,
        read: |text| all(text, |byte| byte.is_ascii_digit()),
    }

    /// A named set of TLS versions and ciphers of the load balancer.
    TlsPolicy {
        name: "a TLS policy",
        expected: "the name of a security policy of load balancers",
        example: "ELBSecurityPolicy-TLS13-1-2-2021-06",
        pattern: "^ELBSecurityPolicy-[A-Za-z0-9-]+$",
        length: 19..=100,
        read: |text| {
            let name = text.strip_prefix("ELBSecurityPolicy-").ok_or(None)?;
            all(name, |byte| byte.is_ascii_alphanumeric() || byte == b'-')
        },
    }

    /// Name of an environment variable.
    EnvironmentName {
        name: "the name of an environment variable",
        expected: "letters, digits and _, not beginning with a digit",
        example: "LOG_LEVEL",
        pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
        length: 1..=255,
        read: |text| {
            only(!text.starts_with(|first: char| first.is_ascii_digit()))?;
            all(text, |byte| byte.is_ascii_alphanumeric() || byte == b'_')
        },
    }

    /// Path that a health check asks.
    HealthPath {
        name: "a path",
        expected: "a path that begins with /, without spaces",
        example: "/health",
        pattern: r"^/[!-~]*$",
        length: 1..=1024,
        read: |text| {
            only(text.starts_with('/')).map_err(|_| Some(format!("for example /{text}")))?;
            all(text, |byte| byte.is_ascii_graphic())
        },
    }

    /// Status codes that count as well.
    StatusMatcher {
        name: "a set of status codes",
        expected: "status codes from 200 to 499, separated by commas or hyphens",
        example: "\"200\", 200-299 or 200,302",
        pattern: "^[2-4][0-9][0-9]([,-][2-4][0-9][0-9])*$",
        length: 3..=60,
        read: |text| text.split([',', '-']).try_for_each(|code| {
            all(code, |byte| byte.is_ascii_digit())?;
            only(code.len() == 3 && ('2'..='4').contains(&code.chars().next().unwrap_or('0')))
        }),
    }

    /// Pattern of the paths that a service gets.
    PathPattern {
        name: "a path pattern",
        expected: "a path that begins with /, of letters, digits and _-.$/~\"'@:+&, with * and ? as wildcards",
        example: "/api/*",
        pattern: r#"^/[A-Za-z0-9_.$/~"'@:+&*?-]*$"#,
        length: 1..=128,
        read: |text| {
            only(text.starts_with('/')).map_err(|_| Some(format!("for example /{text}")))?;
            all(text, |byte| byte.is_ascii_alphanumeric() || br#"_-.$/~"'@:+&*?"#.contains(&byte))
        },
    }

    /// Pattern of the hosts that a service gets.
    HostPattern {
        name: "a host pattern",
        expected: "a host name with a dot, with * and ? as wildcards",
        example: "api.example.com",
        pattern: r"^[A-Za-z0-9*?-]+(\.[A-Za-z0-9*?-]+)*\.[A-Za-z*?]+$",
        length: 3..=128,
        read: |text| {
            let (rest, top) = text.rsplit_once('.').ok_or(None)?;
            all(top, |byte| byte.is_ascii_alphabetic() || b"*?".contains(&byte))?;
            rest.split('.').try_for_each(|label| {
                all(label, |byte| byte.is_ascii_alphanumeric() || b"*?-".contains(&byte))
            })
        },
    }

    /// Key of a tag.
    TagKey {
        name: "the key of a tag",
        expected: "1 to 128 letters, digits, spaces and _.:/=+-@",
        example: "cost-centre",
        pattern: r"^[\p{L}\p{N} _.:/=+\-@]+$",
        length: 1..=128,
        read: |text| tag_text(text),
    }
}

words! {
    /// How private subnets reach the internet.
    Nat {
        /// Not at all: AWS is reached through VPC endpoints
        None = "none",
        /// One NAT gateway in the first zone; if that zone fails, all zones lose their way out
        Single = "single",
        /// A NAT gateway in each zone
        PerZone = "per-zone",
    }

    /// Which subnets tasks stand in.
    Placement {
        /// No address on the internet
        Private = "private",
        /// A public address for each task; its security group still admits the load balancer alone
        Public = "public",
    }

    /// Processor family.
    Architecture {
        /// Intel and AMD
        X86 = "x86_64",
        /// Graviton: about a fifth cheaper, for images built for it
        Arm = "arm64",
    }
}

/// Text, number or boolean; what counts is the text as it was written, so `1.10` stays `1.10`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Literal(String);

impl Literal {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromNode for Literal {
    fn shape() -> Shape {
        Shape::Literal
    }

    fn from_node(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.content {
            Content::Scalar(scalar) if !node.is_null() => Some(Self(scalar.text.clone())),
            Content::Scalar(_) => {
                reader.wrong_type(node, "a text", "write \"\" for an empty text".to_owned());
                None
            }
            Content::List(_) | Content::Map(_) => {
                let hint = "put a text with brackets or braces into quotes".to_owned();
                reader.wrong_type(node, "a single text", hint);
                None
            }
        }
    }
}

impl Region {
    /// Partition that the region belongs to: the second part of its ARNs.
    pub fn partition(&self) -> &'static str {
        match self.0.split('-').next() {
            Some("cn") => "aws-cn",
            Some("us") if self.0.starts_with("us-gov-") => "aws-us-gov",
            Some(_) | None => "aws",
        }
    }
}

fn slug(text: &str) -> Result<(), Hint> {
    let well_formed = text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.split('-').all(|part| {
            all(part, |byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit()
            })
            .is_ok()
        });
    if well_formed {
        return Ok(());
    }
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let near: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let near = near.join("-");
    let usable = text.is_ascii() && near.starts_with(|first: char| first.is_ascii_lowercase());
    Err(usable.then(|| format!("for example {near}")))
}

pub(crate) fn region(text: &str) -> Result<(), Hint> {
    let parts: Vec<&str> = text.split('-').collect();
    let (Some(land), Some(number)) = (parts.first(), parts.last()) else {
        return Err(None);
    };
    only(parts.len() == 3 || parts.len() == 4)?;
    only(land.len() == 2 && number.len() == 1)?;
    all(number, |byte| matches!(byte, b'1'..=b'9'))?;
    parts[..parts.len() - 1]
        .iter()
        .try_for_each(|part| all(part, |byte| byte.is_ascii_lowercase()))
}

/// Letters of any script, digits, spaces and a few signs: what AWS admits in tags.
pub(crate) fn tag_text(text: &str) -> Result<(), Hint> {
    let wrong = text
        .chars()
        .find(|letter| !(letter.is_alphanumeric() || " _.:/=+-@".contains(*letter)));
    match wrong {
        Some(letter) => Err(Some(format!(
            "AWS admits no `{}` in a tag",
            letter.escape_debug()
        ))),
        None => Ok(()),
    }
}
