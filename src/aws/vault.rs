//! The plain values of secrets, for as long as a run lasts, behind their fingerprints.
//!
//! May depend on `model`. Invariant: a plain value leaves only through [`Plain::expose`], which is
//! called where it goes into a request to AWS and nowhere else.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hmac::{Hmac, Mac};
use rand::{Rng, rng};
use sha2::Sha256;

use crate::model::Owner;

/// Bytes of a fingerprint that are kept.
const FINGERPRINT_BYTES: usize = 8;
/// Bytes of randomness in a secret made here.
const SECRET_BYTES: usize = 32;

/// A secret in plain.
#[derive(Clone)]
pub struct Plain(Arc<str>);

impl Plain {
    /// A new secret: 64 lower-case hexadecimal digits from the operating system's randomness.
    pub fn generate() -> Self {
        let mut bytes = [0_u8; SECRET_BYTES];
        rng().fill(&mut bytes);
        Self(hex(&bytes).into())
    }

    /// The plain text, for a request to AWS.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Plain {
    fn from(plain: String) -> Self {
        Self(plain.into())
    }
}

impl fmt::Debug for Plain {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("(secret)")
    }
}

/// Secrets by fingerprint.
///
/// A fingerprint is keyed by the stack, so equal secrets of different stacks do not show as equal.
#[derive(Default)]
pub struct Vault {
    key: Vec<u8>,
    kept: Mutex<HashMap<String, Plain>>,
    sources: Mutex<HashMap<String, String>>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("(vault)")
    }
}

impl Vault {
    /// The vault of a stack.
    pub fn of(owner: &Owner) -> Self {
        Self {
            key: format!("qpiac fingerprint of {owner}").into_bytes(),
            kept: Mutex::default(),
            sources: Mutex::default(),
        }
    }

    /// What stands for a secret wherever it can be seen.
    pub fn fingerprint(&self, plain: &str) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key).expect("a key of any length will do");
        mac.update(plain.as_bytes());
        let digest = mac.finalize().into_bytes();
        format!("fp:{}", hex(&digest[..FINGERPRINT_BYTES]))
    }

    /// Remembers whose fingerprint it is: that of the secret with this ARN.
    pub fn belongs(&self, fingerprint: &str, arn: &str) {
        self.sources
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(fingerprint.to_owned(), arn.to_owned());
    }

    /// The ARN of the secret that a fingerprint belongs to, where this run has seen it.
    pub fn source(&self, fingerprint: &str) -> Option<String> {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        sources.get(fingerprint).cloned()
    }

    /// Keeps a secret and says its fingerprint.
    pub fn keep(&self, plain: &Plain) -> String {
        let fingerprint = self.fingerprint(plain.expose());
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(fingerprint.clone(), plain.clone());
        fingerprint
    }

    /// The secret behind a fingerprint, where this run has seen it.
    pub fn plain(&self, fingerprint: &str) -> Option<Plain> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(fingerprint).cloned()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_only_as_its_fingerprint() {
        let vault = Vault::of(&Owner::new("shop", "eu-west-1"));
        let plain = Plain::from("hunter2".to_owned());
        let fingerprint = vault.keep(&plain);
        let kept = vault.plain(&fingerprint).expect("it is kept");
        assert_eq!(kept.expose(), "hunter2");
        assert!(vault.plain("fp:0000000000000000").is_none());
        for shown in [
            format!("{plain:?}"),
            format!("{vault:?}"),
            fingerprint.clone(),
        ] {
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        let other = Vault::of(&Owner::new("shop", "eu-west-2"));
        assert_ne!(other.fingerprint("hunter2"), fingerprint);
    }

    #[test]
    fn generated_secrets_are_lower_case_hex_and_differ() {
        let [one, other] = [Plain::generate(), Plain::generate()];
        assert_eq!(one.expose().len(), 2 * SECRET_BYTES);
        assert!(
            one.expose()
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        );
        assert_ne!(one.expose(), other.expose());
    }
}
