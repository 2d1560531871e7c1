//! Checks of the network: range, zones, and subnets that fit them.
//!
//! Depends on the sections of the spec. Invariant: a network that comes out has one public and one
//! private subnet in each zone, all within the VPC and none over another.

use std::net::Ipv4Addr;

use super::subnets::{self, Subnets};
use crate::model::Cidr;
use crate::spec::diagnostic::Diagnostic;
use crate::spec::leaf::ZoneName;
use crate::spec::reader::{Optional, Origin, Reader, Spanned};
use crate::spec::resolved::{Network, Zone};
use crate::spec::sections::StackFile;
use crate::spec::sections::network::NetworkSection;
use crate::spec::text::Text as _;

pub(super) fn network(file: &StackFile, reader: &mut Reader) -> Option<Network> {
    let section = &file.network.value;
    let sized = vpc_range(&section.cidr, reader);
    let zones = zones(file, reader);
    if file.load_balancer.is_absent() || zones.is_broken() {
        // Without a load balancer one zone is enough.
    } else if zones.value.len() < 2 {
        reader.report(
            Diagnostic::error(zones.span, "a load balancer needs two zones or more")
                .expected("at least two zones")
                .hint("add a zone, or leave `load_balancer` out"),
        );
    }
    subnets::check(section, &zones, reader);
    if !sized || zones.is_broken() {
        return None;
    }
    let ranges = subnets::ranges(section, zones.value.len(), reader)?;
    small_subnets(file, section, &ranges, reader);
    let zones = zones
        .value
        .into_iter()
        .zip(ranges.public)
        .zip(ranges.private);
    Some(Network {
        cidr: section.cidr.value,
        zones: zones
            .map(|((zone, public), private)| Zone {
                letter: zone.value.as_str().chars().next_back().unwrap_or('a'),
                name: zone.value,
                public,
                private,
            })
            .collect(),
        nat: section.nat.value,
    })
}

/// Whether the VPC has a range that subnets can be cut from.
fn vpc_range(cidr: &Spanned<Cidr>, reader: &mut Reader) -> bool {
    if cidr.is_broken() {
        return false;
    }
    let range = cidr.value;
    if !(16..=28).contains(&range.prefix()) {
        let message = format!("a VPC cannot have a range of /{}", range.prefix());
        let near = Cidr::around(range.first(), range.prefix().clamp(16, 28));
        let near = near.unwrap_or(Cidr::ANYWHERE);
        reader.report(
            Diagnostic::error(cidr.span, message)
                .expected("a range from /16 to /28")
                .hint(format!("for example {near}")),
        );
        return false;
    }
    vpc_addresses(cidr, reader);
    true
}

/// AWS refuses some ranges, and others are hosts on the internet.
fn vpc_addresses(cidr: &Spanned<Cidr>, reader: &mut Reader) {
    let range = cidr.value;
    let holds = |[a, b, c, d]: [u8; 4], prefix| {
        Cidr::around(Ipv4Addr::new(a, b, c, d), prefix).is_some_and(|wide| wide.contains(range))
    };
    let reserved = [
        ([0; 4], 8),
        ([127, 0, 0, 0], 8),
        ([169, 254, 0, 0], 16),
        ([224, 0, 0, 0], 3),
    ];
    let private = [
        ([10, 0, 0, 0], 8),
        ([172, 16, 0, 0], 12),
        ([192, 168, 0, 0], 16),
        ([100, 64, 0, 0], 10),
    ];
    if reserved
        .iter()
        .any(|(address, prefix)| holds(*address, *prefix))
    {
        let message = format!("AWS admits no VPC in {range}");
        let problem = Diagnostic::error(cidr.span, message);
        reader.report(
            problem
                .expected("a private range")
                .hint("for example 10.0.0.0/16"),
        );
    } else if !private
        .iter()
        .any(|(address, prefix)| holds(*address, *prefix))
    {
        let message = format!("{range} is not a private range");
        reader.report(
            Diagnostic::warning(cidr.span, message)
                .expected("a range within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
                .hint(
                    "hosts on the internet that have these addresses cannot be reached from here",
                ),
        );
    }
}

/// The zones of the file, or those that stand in for them.
fn zones(file: &StackFile, reader: &mut Reader) -> Spanned<Vec<Spanned<ZoneName>>> {
    let section = &file.network.value;
    match &section.zones {
        Optional::Given(zones) => {
            check_zones(file, zones, reader);
            zones.clone()
        }
        Optional::Absent if !file.region.is_broken() => default_zones(file, reader),
        Optional::Absent | Optional::Broken => Spanned {
            value: Vec::new(),
            span: file.network.subject,
            subject: file.network.subject,
            origin: Origin::Broken,
        },
    }
}

/// The first two zones of the region. Their letters differ where the first ones are closed.
fn default_zones(file: &StackFile, reader: &mut Reader) -> Spanned<Vec<Spanned<ZoneName>>> {
    let region = &file.region;
    let letters: &[&str] = match region.value.as_str() {
        "ap-northeast-1" => &["a", "c"],
        "us-west-1" => &[],
        _ => &["a", "b"],
    };
    let mut origin = Origin::Default;
    if letters.is_empty() {
        origin = Origin::Broken;
        let message = "the zones of us-west-1 differ from account to account";
        reader.report(
            Diagnostic::error(region.span, message)
                .expected("the zones of your account under `network.zones`")
                .hint("`aws ec2 describe-availability-zones --region us-west-1` names them"),
        );
    }
    let zone = |letter: &&str| {
        let name = ZoneName::read(&format!("{}{letter}", region.value)).ok()?;
        Some(Spanned {
            value: name,
            span: region.span,
            subject: region.subject,
            origin,
        })
    };
    Spanned {
        value: letters.iter().filter_map(zone).collect(),
        span: region.span,
        subject: region.subject,
        origin,
    }
}

fn check_zones(file: &StackFile, zones: &Spanned<Vec<Spanned<ZoneName>>>, reader: &mut Reader) {
    if zones.value.is_empty() && !zones.is_broken() {
        let problem = Diagnostic::error(zones.span, "there is no zone in this list");
        reader.report(
            problem
                .expected("at least one zone")
                .hint("or leave the key out"),
        );
    }
    for (place, zone) in zones.value.iter().enumerate() {
        let name = zone.value.as_str();
        let region = file.region.value.as_str();
        if !file.region.is_broken() && name[..name.len() - 1] != *region {
            let letter = &name[name.len() - 1..];
            reader.report(
                Diagnostic::error(zone.span, format!("the zone `{name}` is not in {region}"))
                    .expected(format!("a zone of {region}"))
                    .hint(format!("for example {region}{letter}"))
                    .related(file.region.span, "the stack's region"),
            );
        }
        if let Some(first) = zones.value[..place]
            .iter()
            .find(|it| it.value == zone.value)
        {
            reader.report(
                Diagnostic::error(zone.span, format!("the zone `{name}` stands twice"))
                    .expected("each zone once")
                    .hint("a zone has one public and one private subnet")
                    .related(first.span, "first here"),
            );
        }
    }
}

/// A load balancer grows into its subnets.
fn small_subnets(
    file: &StackFile,
    section: &NetworkSection,
    ranges: &Subnets,
    reader: &mut Reader,
) {
    let Optional::Given(balancer) = &file.load_balancer else {
        return;
    };
    let (given, used, which) = if balancer.value.internal.value {
        (&section.private, &ranges.private, "private")
    } else {
        (&section.public, &ranges.public, "public")
    };
    let Some(place) = used.iter().position(|range| range.prefix() > 27) else {
        return;
    };
    let item = given.given().and_then(|given| given.value.get(place));
    let span = item.map_or(section.cidr.span, |item| item.span);
    let message = format!(
        "the {which} subnet {} is small for a load balancer",
        used[place]
    );
    reader.report(
        Diagnostic::warning(span, message)
            .expected("/27 or larger, with eight free addresses")
            .hint("give larger ranges, or the load balancer cannot grow under load"),
    );
}
