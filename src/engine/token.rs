//! The token that makes a repeated create call return the first one's resource.
//!
//! May depend on `model`. Invariant: two creates have the same token only if they are repetitions
//! of each other within one run.
//!
//! The token is keyed by the run. Some APIs remember tokens for a day and longer: a token made from
//! the stack and the address alone would bring back a NAT gateway that somebody deleted an hour ago,
//! and nothing that can be read from AWS tells that case from a create that never happened. Across
//! runs it is not the token that prevents a second one but the owner tags, which are part of the
//! create call.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::model::{Address, Owner, Values};

/// A token of 32 lower-case hexadecimal digits.
pub(super) fn token(run: &[u8; 16], owner: &Owner, address: &Address, want: &Values) -> String {
    let mut digest = Hmac::<Sha256>::new_from_slice(run).expect("HMAC takes keys of any length");
    let want = serde_json::to_vec(want).expect("values have text keys only");
    for part in [
        owner.to_string().as_bytes(),
        address.to_string().as_bytes(),
        &want,
    ] {
        digest.update(part);
        digest.update(&[0]);
    }
    let bytes = digest.finalize().into_bytes();
    bytes[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Value};

    #[test]
    fn a_token_changes_with_everything_it_stands_for() {
        let token_of = |run: u8, stack: &str, name: &str, size: i64| {
            token(
                &[run; 16],
                &Owner::new(stack, "us-east-1"),
                &Address::new(Kind::new("disk"), name.to_owned()),
                &Values::from([("size".into(), Value::Int(size))]),
            )
        };
        let first = token_of(1, "shop", "a", 1);
        assert_eq!(first, token_of(1, "shop", "a", 1));
        assert_eq!(first.len(), 32);
        assert!(
            first
                .chars()
                .all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase())
        );
        for other in [
            token_of(2, "shop", "a", 1),
            token_of(1, "shops", "a", 1),
            token_of(1, "shop", "b", 1),
            token_of(1, "shop", "a", 2),
        ] {
            assert_ne!(first, other);
        }
    }
}
