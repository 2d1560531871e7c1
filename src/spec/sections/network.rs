//! The `network` section.
//!
//! Depends on the reader and the leaf types of the spec. Invariant: see the parent module.

use qpiac_derive::Section;

use crate::model::Cidr;
use crate::spec::leaf::{Nat, ZoneName};
use crate::spec::reader::{Optional, Spanned};

/// The VPC with its zones and subnets: in each zone one public subnet, which has a route to the
/// internet gateway, and one private subnet, which has none.
#[derive(Debug, Section)]
pub(crate) struct NetworkSection {
    /// Range of the VPC, from /16 to /28.
    #[key(default = "10.0.0.0/16")]
    pub(crate) cidr: Spanned<Cidr>,
    /// Availability zones, all of the stack's region. A load balancer needs two.
    #[key(
        absent = "the first two zones of the region",
        example = "[us-east-1a, us-east-1b]",
        distinct,
        some
    )]
    pub(crate) zones: Optional<Vec<Spanned<ZoneName>>>,
    /// Ranges of the public subnets, one for each zone in the same order.
    #[key(
        absent = "cut from the lower half of the VPC's range, a sixteenth of it each; adding a zone leaves the others' ranges as they are",
        example = "[10.0.1.0/24, 10.0.2.0/24]"
    )]
    pub(crate) public: Optional<Vec<Spanned<Cidr>>>,
    /// Ranges of the private subnets, one for each zone in the same order.
    #[key(
        absent = "cut from the upper half of the VPC's range, a sixteenth of it each; adding a zone leaves the others' ranges as they are",
        example = "[10.0.3.0/24, 10.0.4.0/24]"
    )]
    pub(crate) private: Optional<Vec<Spanned<Cidr>>>,
    /// How private subnets reach the internet. With `none`, services in private subnets get VPC
    /// endpoints to the AWS services they need (which cost more than a single NAT gateway as soon
    /// as there are two zones), and their images must be in Amazon ECR.
    #[key(default = "single")]
    pub(crate) nat: Spanned<Nat>,
}
