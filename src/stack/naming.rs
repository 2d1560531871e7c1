//! Names in AWS of resources whose successor stands beside them for a while.
//!
//! May depend on nothing. Invariant: the suffix changes with everything that only a new resource
//! can take on, so that old and new never have one name.

use sha2::{Digest, Sha256};

/// A name with a hyphen and six hexadecimal digits that stand for these parts.
pub(super) fn suffixed(name: &str, parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    let bytes = digest.finalize();
    format!("{name}-{:02x}{:02x}{:02x}", bytes[0], bytes[1], bytes[2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_is_as_long_as_the_spec_reckons() {
        let name = suffixed("shop-app", &["8000", "10.0.0.0/16"]);
        assert_eq!(
            name.len(),
            "shop-app".len() + crate::spec::names::SUFFIX_LENGTH
        );
        assert_ne!(name, suffixed("shop-app", &["8001", "10.0.0.0/16"]));
        assert_ne!(suffixed("a", &["b", "c"]), suffixed("a", &["bc", ""]));
    }
}
