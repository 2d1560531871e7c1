//! Tokens for the edge function's tests: well-formed ones and such as only look like it.

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};

/// A part of a token.
pub(crate) fn part(content: &str) -> String {
    URL_SAFE_NO_PAD.encode(content)
}

/// A token with that header and those claims, and a signature of the usual length.
pub(crate) fn token(header: &str, claims: &str) -> String {
    format!(
        "{}.{}.{}",
        part(header),
        part(claims),
        part(&"s".repeat(32))
    )
}

/// A token as the application issues them.
pub(crate) fn good() -> String {
    token(HEADER, r#"{"sub":"demo","exp":1}"#)
}

pub(crate) const HEADER: &str = r#"{"alg":"HS256","kid":"v1","typ":"JWT"}"#;

/// Values of the Authorization header that are no bearer token.
pub(crate) fn malformed() -> Vec<(&'static str, String)> {
    let claims = r#"{"sub":"demo"}"#;
    let with = |header: &str| format!("Bearer {}", token(header, claims));
    vec![
        ("empty", String::new()),
        ("no scheme", good()),
        ("another scheme", format!("Basic {}", good())),
        ("no token", "Bearer ".to_owned()),
        ("one part", format!("Bearer {}", part(HEADER))),
        (
            "two parts",
            format!("Bearer {}.{}", part(HEADER), part(claims)),
        ),
        ("four parts", format!("Bearer {}.abcd", good())),
        ("an empty part", format!("Bearer {}..abcd", part(HEADER))),
        (
            "no signature",
            format!("Bearer {}.{}.", part(HEADER), part(claims)),
        ),
        ("a blank in it", format!("Bearer {} x", good())),
        ("a line break", format!("Bearer {}\n", good())),
        ("two tokens", format!("Bearer {0}, Bearer {0}", good())),
        ("padding", format!("Bearer {}.e30=.abcd", part(HEADER))),
        (
            "not base64url",
            format!("Bearer {}.a+/b.abcd", part(HEADER)),
        ),
        (
            "half a byte",
            format!("Bearer {}A.e30.abcd", part(r#"{"alg":"HS256"} "#)),
        ),
        ("no JSON", with("HS256")),
        ("JSON cut short", with(r#"{"alg":"HS256""#)),
        ("null", with("null")),
        ("a list", with(r#"["HS256"]"#)),
        ("a text", with(r#""HS256""#)),
        ("no algorithm", with(r#"{"kid":"v1"}"#)),
        ("algorithm none", with(r#"{"alg":"none"}"#)),
        ("algorithm in lower case", with(r#"{"alg":"hs256"}"#)),
        ("another algorithm", with(r#"{"alg":"HS512"}"#)),
        ("an algorithm in a list", with(r#"{"alg":["HS256"]}"#)),
        (
            "claims that are no object",
            format!("Bearer {}", token(HEADER, "1")),
        ),
        (
            "too long",
            format!(
                "Bearer {}",
                token(HEADER, &format!("{{\"a\":\"{}\"}}", "a".repeat(4096)))
            ),
        ),
    ]
}

/// Values of the Authorization header that are let through for the application to check.
pub(crate) fn well_formed() -> Vec<String> {
    let padded = URL_SAFE.encode(HEADER).trim_end_matches('=').to_owned();
    vec![
        format!("Bearer {}", good()),
        format!("bearer {}", good()),
        format!("BEARER  {}", good()),
        format!("Bearer {padded}.e30.c2ln"),
        format!(
            "Bearer {}",
            token(r#" { "typ": "JWT", "alg": "HS256" } "#, "{}")
        ),
        format!(
            "Bearer {}",
            token(r#"{"alg":"HS256","kid":"ü€😀"}"#, r#"{"name":"ü€😀"}"#)
        ),
    ]
}
