//! Tokens: JSON Web Tokens signed with HMAC-SHA-256.
//!
//! May depend on `aws` (secrets in plain). Invariant: a key leaves only as a signature.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;

use crate::aws::Plain;

/// What a token says, without its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl Token {
    /// What this token says, where it is one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let mut next = || {
            let bytes = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
            serde_json::from_slice(&bytes).ok()
        };
        Some(Self {
            header: next()?,
            claims: next()?,
        })
    }

    /// The name of the key that it is signed with.
    pub(super) fn key_id(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
    }

    /// The same, valid from and to other moments, in seconds since 1970.
    #[must_use]
    pub(super) fn valid(&self, from_s: i64, to_s: i64) -> Self {
        let mut token = self.clone();
        token.claims.insert("iat".to_owned(), from_s.into());
        token.claims.insert("exp".to_owned(), to_s.into());
        token
    }

    /// When it ends, in seconds since 1970.
    #[cfg(test)]
    pub(super) fn expires_s(&self) -> i64 {
        self.claims["exp"].as_i64().unwrap_or_default()
    }

    /// The whole token, signed with this key.
    pub(super) fn signed(&self, key: &Plain) -> String {
        let part = |content: &Map<String, Value>| {
            URL_SAFE_NO_PAD.encode(Value::Object(content.clone()).to_string())
        };
        let content = format!("{}.{}", part(&self.header), part(&self.claims));
        let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes())
            .expect("a key of any length will do");
        mac.update(content.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        format!("{content}.{signature}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7515, appendix A.1, has a key in binary; this one was made with PyJWT.
    const MADE: &str = "eyJhbGciOiJIUzI1NiIsImtpZCI6InYxIiwidHlwIjoiSldUIn0.\
                        eyJpc3MiOiJxcC1pYWMtY2RuLWhlYWRlcnMiLCJpYXQiOjEwMDAsImV4cCI6MTkwMH0.\
                        i5WHs2MxDzxvSgkT7mL6lDDKZT6lb0WEjGYczda81eY";

    fn key() -> Plain {
        Plain::from("0123456789abcdef".repeat(4))
    }

    #[test]
    fn a_token_signed_here_is_the_one_that_others_make() {
        let token = Token::parse(MADE).expect("a token");
        assert_eq!(token.key_id(), Some("v1"));
        assert_eq!(token.signed(&key()), MADE);
    }

    #[test]
    fn a_token_gets_other_times_and_nothing_else() {
        let token = Token::parse(MADE).expect("a token");
        let expired = Token::parse(&token.valid(10, 20).signed(&key())).expect("a token");
        assert_eq!(expired.claims["iat"], 10);
        assert_eq!(expired.claims["exp"], 20);
        assert_eq!(expired.claims["iss"], token.claims["iss"]);
        assert_eq!(expired.header, token.header);
    }

    #[test]
    fn what_is_no_token_is_none() {
        for text in ["", "a", "a.b.c", "e30", "e30.!!.x"] {
            assert_eq!(Token::parse(text), None, "{text}");
        }
    }
}
