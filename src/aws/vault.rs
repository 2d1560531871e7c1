//! Secrets in plain, and the fingerprints that stand for them wherever they can be seen.
//!
//! May depend on `model`. Invariant: a plain value leaves only through [`Plain::expose`], which is
//! called where it goes into a request to AWS and nowhere else; what is kept of it is kept in memory, to
//! be taken out of what others say.

use std::collections::{BTreeSet, HashMap};
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

/// Every secret that this process has had in plain.
static SEEN: Mutex<BTreeSet<Box<str>>> = Mutex::new(BTreeSet::new());

/// The text without any secret that this process has had in plain, whatever stack it is of: what others
/// say may repeat what they were sent.
pub fn without_secrets(text: &str) -> String {
    let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut told: Vec<&str> = seen.iter().map(|plain| &**plain).collect();
    told.retain(|plain| text.contains(plain));
    // One may be a part of another.
    told.sort_by_key(|plain| std::cmp::Reverse(plain.len()));
    told.into_iter().fold(text.to_owned(), |text, plain| {
        text.replace(plain, "(secret)")
    })
}

fn remember(plain: &str) {
    if !plain.is_empty() {
        let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(plain.into());
    }
}

/// A secret in plain.
#[derive(Clone)]
pub struct Plain(Arc<str>);

impl Plain {
    /// A new secret: 64 lower-case hexadecimal digits from the operating system's randomness.
    pub fn generate() -> Self {
        let mut bytes = [0_u8; SECRET_BYTES];
        rng().fill(&mut bytes);
        Self::from(hex(&bytes))
    }

    /// The plain text, for a request to AWS.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Plain {
    fn from(plain: String) -> Self {
        remember(&plain);
        Self(plain.into())
    }
}

impl fmt::Debug for Plain {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("(secret)")
    }
}

/// Fingerprints, and whose they are.
///
/// A fingerprint is keyed by the stack, so equal secrets of different stacks do not show as equal.
#[derive(Default)]
pub struct Vault {
    key: Vec<u8>,
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
            sources: Mutex::default(),
        }
    }

    /// What stands for a secret wherever it can be seen.
    pub fn fingerprint(&self, plain: &str) -> String {
        remember(plain);
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
        let fingerprint = vault.fingerprint(plain.expose());
        vault.belongs(&fingerprint, "arn");
        assert_eq!(vault.source(&fingerprint).as_deref(), Some("arn"));
        assert_eq!(vault.source("fp:0000000000000000"), None);
        for shown in [
            format!("{plain:?}"),
            format!("{vault:?}"),
            fingerprint.clone(),
        ] {
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        let other = Vault::of(&Owner::new("shop", "eu-west-2"));
        assert_ne!(other.fingerprint("hunter2"), fingerprint);
        vault.fingerprint("hunter2-and-more");
        let told = without_secrets("hunter2-and-more, not hunter2!");
        assert_eq!(told, "(secret), not (secret)!");
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
