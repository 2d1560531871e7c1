//! Types of single values: how each is read from a scalar, and what it looks like.
//!
//! Depends on the reader and the shapes of this room. Invariant: a text type holds only texts that
//! its `read` admits, and its pattern admits exactly those (a test compares the two).

use std::net::Ipv4Addr;

use super::diagnostic::{Diagnostic, Span};
use super::reader::{FromNode, Reader, shortened};
use super::shape::{Shape, TextShape};
use super::tree::{Content, Meaning, Node, Scalar};
use crate::model::{Cidr, CidrError};

/// Why a text is not what it should be; `None` where the expected form says it all.
pub(crate) type Hint = Option<String>;

/// A type made from text.
pub(crate) trait Text: Sized {
    /// What the text looks like.
    const SHAPE: TextShape;

    /// Reads a text of any length.
    fn read(text: &str) -> Result<Self, Hint>;

    /// Reads a text, or says what is wrong with it.
    fn admit(text: &str) -> Result<Self, Hint> {
        let value = Self::read(text)?;
        let length = text.chars().count();
        if length > Self::SHAPE.max || length < Self::SHAPE.min {
            let plural = if length == 1 { "" } else { "s" };
            return Err(Some(format!("this one has {length} character{plural}")));
        }
        Ok(value)
    }
}

impl<T: Text> FromNode for T {
    fn shape() -> Shape {
        Shape::Text(T::SHAPE)
    }

    fn from_node(node: &Node, reader: &mut Reader) -> Option<Self> {
        let scalar = text_scalar(node, reader, &T::SHAPE)?;
        match T::admit(&scalar.text) {
            Ok(value) => Some(value),
            Err(hint) => {
                reader.report(misfit::<T>(node.span, &scalar.text, hint));
                None
            }
        }
    }
}

/// The diagnostic of a text that is not a `T`.
pub(crate) fn misfit<T: Text>(span: Span, text: &str, hint: Hint) -> Diagnostic {
    let shape = T::SHAPE;
    Diagnostic::error(span, format!("`{}` is not {}", shortened(text), shape.name))
        .expected(shape.expected)
        .hint(hint.unwrap_or_else(|| format!("for example {}", shape.example)))
}

/// The scalar of a node that must be text; numbers and booleans are told to wear quotes.
fn text_scalar<'node>(
    node: &'node Node,
    reader: &mut Reader,
    shape: &TextShape,
) -> Option<&'node Scalar> {
    let example = || format!("for example {}", shape.example);
    let hint = match &node.content {
        Content::Scalar(scalar) => match scalar.meaning() {
            Meaning::Text => return Some(scalar),
            Meaning::Null => example(),
            Meaning::Bool(_) | Meaning::Integer(_) | Meaning::Float => {
                format!("put it into quotes: \"{}\"", shortened(&scalar.text))
            }
        },
        Content::List(_) | Content::Map(_) => example(),
    };
    reader.wrong_type(node, shape.expected, hint);
    None
}

impl Text for Cidr {
    const SHAPE: TextShape = TextShape {
        name: "an IPv4 range in canonical form",
        expected: "an IPv4 range ADDRESS/PREFIX without bits behind the prefix",
        example: "10.0.0.0/16",
        pattern: r"^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}/(3[0-2]|[12]?\d)$",
        min: 9,
        max: 18,
    };

    fn read(text: &str) -> Result<Self, Hint> {
        text.parse().map_err(|error| match error {
            CidrError::Malformed(_) if text.parse::<Ipv4Addr>().is_ok() => {
                Some(format!("for the address alone write {text}/32"))
            }
            CidrError::Malformed(_) => None,
            CidrError::HostBits { canonical, .. } => {
                Some(format!("the range that holds it is {canonical}"))
            }
        })
    }
}

/// Whether a text is not empty and all its bytes are admitted.
pub(crate) fn all(text: &str, admitted: impl Fn(u8) -> bool) -> Result<(), Hint> {
    only(!text.is_empty() && text.bytes().all(admitted))
}

/// Whether a condition holds.
pub(crate) fn only(condition: bool) -> Result<(), Hint> {
    if condition { Ok(()) } else { Err(None) }
}

/// Declares text types: newtypes over `String` with their form and a check of it.
macro_rules! texts {
    ($($(#[$meta:meta])* $name:ident {
        name: $what:literal, expected: $expected:literal, example: $example:literal,
        pattern: $pattern:expr, length: $min:literal..=$max:expr, read: $read:expr $(,)?
    })+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl $crate::spec::text::Text for $name {
            const SHAPE: $crate::spec::shape::TextShape = $crate::spec::shape::TextShape {
                name: $what,
                expected: $expected,
                example: $example,
                pattern: $pattern,
                min: $min,
                max: $max,
            };

            fn read(text: &str) -> Result<Self, $crate::spec::text::Hint> {
                let check: fn(&str) -> Result<(), $crate::spec::text::Hint> = $read;
                check(text).map(|()| Self(text.to_owned()))
            }
        }
    )+};
}
pub(crate) use texts;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::leaf::{
        AccountId, CertificateArn, CountryCode, DomainName, EmailAddress, EnvironmentName,
        FunctionName, Handler, HeaderName, HealthPath, HostPattern, HostedZoneId, IamAction,
        IamResource, ImageReference, PathPattern, PolicyArn, Region, Runtime, SecretName,
        ServiceName, SourcePath, StackName, StatusMatcher, TagKey, TlsPolicy, ZoneName,
    };

    /// Characters that are special in one of the forms, or in none.
    const ALPHABET: &[char] = &[
        'a', 'z', 'A', 'Z', '0', '1', '9', '-', '_', '.', ':', '/', '*', '?', '@', ',', '+', '=',
        ' ', '"', '\n', 'é', '東', '\u{7f}',
    ];

    /// An editor that has the schema must not say something else than the reader: the example and
    /// everything one or two edits away from it is put to the pattern and to `admit`.
    fn pattern_agrees<T: Text>(samples: &[&str]) {
        let shape = T::SHAPE;
        let schema = serde_json::json!({
            "pattern": shape.pattern, "minLength": shape.min, "maxLength": shape.max,
        });
        let schema = jsonschema::validator_for(&schema).expect("a valid pattern");
        let (mut admitted, mut refused) = (0, 0);
        let mut compare = |text: &str| {
            let read = T::admit(text).is_ok();
            let valid = schema.is_valid(&serde_json::Value::from(text));
            assert_eq!(
                read, valid,
                "{}: {text:?} read {read}, pattern {valid}",
                shape.name
            );
            if read { admitted += 1 } else { refused += 1 }
        };
        let example = shape.example.trim_matches('"');
        let example = example.split("\",").next().unwrap_or(example);
        assert!(T::admit(example).is_ok(), "{}: {example}", shape.name);
        for sample in samples.iter().copied().chain([example, ""]) {
            let letters: Vec<char> = sample.chars().collect();
            for place in 0..=letters.len() {
                for change in ALPHABET {
                    let (before, after) = letters.split_at(place);
                    let edited = |after: &[char]| -> String {
                        before.iter().chain([change]).chain(after).collect()
                    };
                    compare(&edited(after));
                    compare(&edited(after.get(1..).unwrap_or_default()));
                    compare(&edited(after.get(2..).unwrap_or_default()));
                }
                let (before, after) = letters.split_at(place);
                compare(&before.iter().collect::<String>());
                compare(&after.iter().collect::<String>());
            }
        }
        assert!(admitted > 0 && refused > 0, "{}", shape.name);
    }

    #[test]
    fn patterns_and_readers_agree() {
        pattern_agrees::<StackName>(&["a-b-c", "qp-iac-cdn-headers-21"]);
        pattern_agrees::<ServiceName>(&["a1", "nightly-statistics-report-for-al"]);
        pattern_agrees::<Region>(&["us-gov-west-1", "cn-north-1"]);
        pattern_agrees::<ZoneName>(&["us-gov-west-1b"]);
        pattern_agrees::<AccountId>(&[]);
        pattern_agrees::<CertificateArn>(&[
            "arn:aws-us-gov:acm:us-gov-west-1:123456789012:certificate/0a1b2c3d-4e5f-6789-abcd-ef0123456789",
        ]);
        pattern_agrees::<PolicyArn>(&["arn:aws-cn:iam::123456789012:policy/path/name"]);
        pattern_agrees::<TlsPolicy>(&[]);
        pattern_agrees::<ImageReference>(&[
            "app",
            "localhost/app",
            "host:5000/a/b",
            "a.b/c_d.e-f:1",
            "a__b/c",
            "app@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ]);
        pattern_agrees::<EnvironmentName>(&["_", "a1"]);
        pattern_agrees::<HealthPath>(&["/", "/a?b=c"]);
        pattern_agrees::<StatusMatcher>(&["200", "200-299,404"]);
        pattern_agrees::<PathPattern>(&["/", "/a/*?$~"]);
        pattern_agrees::<HostPattern>(&["*.example.com", "a.b"]);
        pattern_agrees::<IamAction>(&["*", "s3:*"]);
        pattern_agrees::<IamResource>(&["*"]);
        pattern_agrees::<TagKey>(&["a b", "é"]);
        pattern_agrees::<SecretName>(&["a-b-c"]);
        pattern_agrees::<FunctionName>(&["a-b-c"]);
        pattern_agrees::<DomainName>(&["a.b", "a-b.c", "1.2", "a..b", "-a.b"]);
        pattern_agrees::<HostedZoneId>(&["Z1234567"]);
        pattern_agrees::<HeaderName>(&["A", "x-real-ip"]);
        pattern_agrees::<CountryCode>(&["de", "D", "USA"]);
        pattern_agrees::<EmailAddress>(&["a@b.c", "a.b+c@d-e.f", "a@@b.c", ".a@b.c"]);
        pattern_agrees::<SourcePath>(&[
            ".", "..", "./a", "a/..", "a/.b", "a/../b", "...", "..a", "a//b", "/a", "a\\b",
        ]);
        pattern_agrees::<Handler>(&["a", "com.example.App::run"]);
        pattern_agrees::<Runtime>(&["provided.al2023", "nodejs22.x"]);
    }

    /// The schema cannot say that the bits behind a prefix are zero, so it admits more.
    #[test]
    fn the_pattern_of_ranges_admits_every_range() {
        let schema = serde_json::json!({ "pattern": Cidr::SHAPE.pattern });
        let schema = jsonschema::validator_for(&schema).expect("a valid pattern");
        for (text, read, valid) in [
            ("10.0.0.0/16", true, true),
            ("0.0.0.0/0", true, true),
            ("255.255.255.255/32", true, true),
            ("10.0.0.1/16", false, true),
            ("10.0.0.0/33", false, false),
            ("10.0.0.256/32", false, false),
            ("10.0.0/24", false, false),
            ("010.0.0.0/16", false, false),
        ] {
            assert_eq!(Cidr::admit(text).is_ok(), read, "{text}");
            assert_eq!(
                schema.is_valid(&serde_json::Value::from(text)),
                valid,
                "{text}"
            );
        }
    }
}
