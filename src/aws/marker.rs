//! Owner tags in a text, for what AWS gives no tags: `qpiac:NAME@REGION/KIND/NAME`.
//!
//! May depend on `model`. Invariant: a text is a marker only as a whole; nothing is guessed from a
//! part of one.

use crate::model::{ADDRESS_TAG, Address, Owner, STACK_TAG, Tags};

const PREFIX: &str = "qpiac:";

/// The marker with these owner tags; empty where they are no owner tags.
pub fn text(tags: &Tags) -> String {
    match (tags.get(STACK_TAG), tags.get(ADDRESS_TAG)) {
        (Some(stack), Some(address)) => format!("{PREFIX}{stack}/{address}"),
        (Some(_) | None, _) => String::new(),
    }
}

/// The owner tags that a text is a marker of; none where it is something else.
pub fn tags(text: &str) -> Tags {
    let read = || {
        let (owner, address) = text.strip_prefix(PREFIX)?.split_once('/')?;
        let owner: Owner = owner.parse().ok()?;
        let address: Address = address.parse().ok()?;
        Some(owner.mark(&address))
    };
    read().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_survives_and_nothing_else_is_one() {
        let address: Address = "cache-policy/main".parse().expect("an address");
        let mark = Owner::new("shop", "eu-west-1").mark(&address);
        let marker = text(&mark);
        assert_eq!(marker, "qpiac:shop@eu-west-1/cache-policy/main");
        assert_eq!(tags(&marker), mark);
        for other in [
            "",
            "qpiac:",
            "qpiac:shop",
            "shop@eu-west-1/cache-policy/main",
            "by hand",
        ] {
            assert!(tags(other).is_empty(), "{other}");
        }
        assert_eq!(text(&Tags::new()), "");
    }
}
