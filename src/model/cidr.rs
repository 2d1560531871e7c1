//! IPv4 ranges in canonical form.
//!
//! May depend on nothing else of the crate. Invariant: the host bits of a [`Cidr`] are zero, so two
//! ranges are equal exactly when their text is.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

/// An IPv4 range such as `10.0.0.0/16`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr(Ipv4Net);

/// A text is not a canonical IPv4 range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CidrError {
    /// It is no range at all.
    #[error("`{0}` is not an IPv4 range; expected ADDRESS/PREFIX, such as 10.0.0.0/16")]
    Malformed(String),
    /// Bits behind the prefix are set.
    #[error("`{given}` has bits set behind its prefix; the range that holds it is {canonical}")]
    HostBits {
        /// The text.
        given: String,
        /// The range that was probably meant.
        canonical: Cidr,
    },
}

impl Cidr {
    /// Every IPv4 address.
    pub const ANYWHERE: Self = Self(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0));

    /// The range of `prefix` bits that holds `address`, or `None` where `prefix` exceeds 32.
    pub fn around(address: Ipv4Addr, prefix: u8) -> Option<Self> {
        Ipv4Net::new(address, prefix)
            .ok()
            .map(|net| Self(net.trunc()))
    }

    /// Number of bits that are the same in all its addresses.
    pub fn prefix(self) -> u8 {
        self.0.prefix_len()
    }

    /// Its first address.
    pub fn first(self) -> Ipv4Addr {
        self.0.network()
    }

    /// Its last address.
    pub fn last(self) -> Ipv4Addr {
        self.0.broadcast()
    }

    /// Whether every address of `other` is in this range.
    pub fn contains(self, other: Self) -> bool {
        self.0.contains(&other.0)
    }

    /// Whether an address is in both ranges.
    pub fn overlaps(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// The ranges of `prefix` bits that it divides into, in order; none where `prefix` is shorter
    /// than its own or exceeds 32.
    pub fn cut(self, prefix: u8) -> impl Iterator<Item = Self> {
        self.0.subnets(prefix).into_iter().flatten().map(Self)
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        let net: Ipv4Net = text
            .parse()
            .map_err(|_| CidrError::Malformed(text.to_owned()))?;
        let canonical = Self(net.trunc());
        if canonical.to_string() == text {
            Ok(canonical)
        } else {
            Err(CidrError::HostBits {
                given: text.to_owned(),
                canonical,
            })
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

impl fmt::Debug for Cidr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl TryFrom<String> for Cidr {
    type Error = CidrError;

    fn try_from(text: String) -> Result<Self, CidrError> {
        text.parse()
    }
}

impl From<Cidr> for String {
    fn from(cidr: Cidr) -> Self {
        cidr.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cidr(text: &str) -> Cidr {
        text.parse().expect("a canonical range")
    }

    #[test]
    fn only_the_canonical_form_is_read() {
        for (text, message) in [
            ("10.0.0.0/16", None),
            ("0.0.0.0/0", None),
            ("10.0.0.1/32", None),
            (
                "10.0.1.7/24",
                Some(
                    "`10.0.1.7/24` has bits set behind its prefix; the range that holds it is 10.0.1.0/24",
                ),
            ),
            (
                "10.0.0.0",
                Some(
                    "`10.0.0.0` is not an IPv4 range; expected ADDRESS/PREFIX, such as 10.0.0.0/16",
                ),
            ),
            (
                "10.0.0.0/33",
                Some(
                    "`10.0.0.0/33` is not an IPv4 range; expected ADDRESS/PREFIX, such as 10.0.0.0/16",
                ),
            ),
        ] {
            let read: Result<Cidr, CidrError> = text.parse();
            assert_eq!(
                read.err().map(|error| error.to_string()).as_deref(),
                message,
                "{text}"
            );
        }
    }

    #[test]
    fn ranges_contain_overlap_and_divide() {
        let vpc = cidr("10.0.0.0/16");
        assert!(vpc.contains(cidr("10.0.255.0/24")));
        assert!(!cidr("10.0.255.0/24").contains(vpc));
        assert!(vpc.overlaps(cidr("10.0.0.0/8")));
        assert!(!vpc.overlaps(cidr("10.1.0.0/16")));
        let quarters: Vec<String> = vpc.cut(18).map(|range| range.to_string()).collect();
        assert_eq!(
            quarters,
            [
                "10.0.0.0/18",
                "10.0.64.0/18",
                "10.0.128.0/18",
                "10.0.192.0/18"
            ]
        );
        assert_eq!(vpc.cut(15).count(), 0);
        assert_eq!(vpc.cut(33).count(), 0);
    }
}
