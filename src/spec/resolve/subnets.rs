//! Ranges of subnets: those of the file checked, those left out cut from the VPC's.
//!
//! Depends on the sections of the spec. Invariant: a range that is cut depends on the VPC's range,
//! the place of its zone and the ranges given, so that a further zone moves none of the others.

use crate::model::Cidr;
use crate::spec::diagnostic::Diagnostic;
use crate::spec::leaf::ZoneName;
use crate::spec::reader::{Optional, Reader, Spanned};
use crate::spec::sections::network::NetworkSection;

/// Bits by which a subnet that is cut is smaller than its VPC: eight public ones fit in the lower
/// half, eight private ones in the upper.
const CUT_BITS: u8 = 4;
/// The smallest subnet that AWS admits.
const SMALLEST: u8 = 28;

/// Ranges in the order of the zones.
pub(super) struct Subnets {
    pub(super) public: Vec<Cidr>,
    pub(super) private: Vec<Cidr>,
}

type Zones = Spanned<Vec<Spanned<ZoneName>>>;
type Ranges = Optional<Vec<Spanned<Cidr>>>;

/// Checks the ranges of the file.
pub(super) fn check(section: &NetworkSection, zones: &Zones, reader: &mut Reader) {
    check_count(&section.public, zones, "public", reader);
    check_count(&section.private, zones, "private", reader);
    check_ranges(&section.cidr, &given(section), reader);
}

/// The ranges for so many zones; `None` where there is no room to cut those that are left out.
pub(super) fn ranges(
    section: &NetworkSection,
    count: usize,
    reader: &mut Reader,
) -> Option<Subnets> {
    let taken: Vec<Cidr> = given(section).iter().map(|range| range.value).collect();
    Some(Subnets {
        public: choose(section, &section.public, (false, count), &taken, reader)?,
        private: choose(section, &section.private, (true, count), &taken, reader)?,
    })
}

fn given(section: &NetworkSection) -> Vec<&Spanned<Cidr>> {
    [&section.public, &section.private]
        .into_iter()
        .filter_map(|ranges| ranges.given())
        .flat_map(|ranges| &ranges.value)
        .collect()
}

fn check_count(ranges: &Ranges, zones: &Zones, which: &str, reader: &mut Reader) {
    let Optional::Given(ranges) = ranges else {
        return;
    };
    let (have, want) = (ranges.value.len(), zones.value.len());
    if ranges.is_broken() || zones.is_broken() || have == want {
        return;
    }
    let plural = |count: usize, word: &str| {
        let ending = if count == 1 { "" } else { "s" };
        format!("{count} {word}{ending}")
    };
    let message = format!(
        "{} for {}",
        plural(have, &format!("{which} range")),
        plural(want, "zone")
    );
    let problem = Diagnostic::error(ranges.span, message)
        .expected("one range for each zone, in the same order");
    reader.report(if zones.is_written() {
        problem.related(zones.span, "the zones").hint(format!(
            "or leave `{which}` out: the ranges are then cut from the VPC's"
        ))
    } else {
        let names: Vec<&str> = zones.value.iter().map(|zone| zone.value.as_str()).collect();
        problem.hint(format!(
            "without `zones` there are two, {}; name them to have others",
            names.join(" and ")
        ))
    });
}

fn check_ranges(vpc: &Spanned<Cidr>, given: &[&Spanned<Cidr>], reader: &mut Reader) {
    for (place, range) in given.iter().enumerate() {
        let prefix = range.value.prefix();
        if prefix > SMALLEST {
            let message = format!("a subnet cannot be as small as /{prefix}");
            let wider = Cidr::around(range.value.first(), SMALLEST).unwrap_or(vpc.value);
            reader.report(
                Diagnostic::error(range.span, message)
                    .expected("/28 or larger")
                    .hint(format!("for example {wider}")),
            );
        }
        if !vpc.is_broken() && !vpc.value.contains(range.value) {
            let message = format!("the subnet {} is outside the VPC", range.value);
            let problem = Diagnostic::error(range.span, message)
                .expected(format!("a range within {}", vpc.value));
            reader.report(if vpc.is_written() {
                problem
                    .related(vpc.span, "the VPC's range")
                    .hint("change either of them")
            } else {
                problem.hint(format!("`cidr` is left out, so the VPC has {}", vpc.value))
            });
        }
        for other in &given[..place] {
            if other.value.overlaps(range.value) {
                let message = format!("the subnets {} and {} overlap", other.value, range.value);
                reader.report(
                    Diagnostic::error(range.span, message)
                        .expected("ranges that share no address")
                        .hint("or leave both lists out: the ranges are then cut from the VPC's")
                        .related(other.span, "the other one"),
                );
            }
        }
    }
}

/// The given ranges, or ranges cut from one half of the VPC's that overlap none of those taken.
fn choose(
    section: &NetworkSection,
    ranges: &Ranges,
    (upper, count): (bool, usize),
    taken: &[Cidr],
    reader: &mut Reader,
) -> Option<Vec<Cidr>> {
    match ranges {
        Optional::Broken => return None,
        Optional::Given(ranges) => {
            return Some(ranges.value.iter().map(|range| range.value).collect());
        }
        Optional::Absent => {}
    }
    let vpc = section.cidr.value;
    let halves = vpc.cut(vpc.prefix() + 1).skip(usize::from(upper)).take(1);
    let cut: Vec<Cidr> = halves
        .flat_map(|half| half.cut(vpc.prefix() + CUT_BITS))
        .filter(|range| range.prefix() <= SMALLEST)
        .filter(|range| !taken.iter().any(|other| other.overlaps(*range)))
        .take(count)
        .collect();
    if cut.len() == count {
        return Some(cut);
    }
    let key = if upper { "private" } else { "public" };
    let message = format!("there is no room in {vpc} to cut {count} {key} subnets");
    reader.report(
        Diagnostic::error(section.cidr.span, message)
            .expected(
                "a VPC of /24 or larger, with a free sixteenth for each subnet in either half",
            )
            .hint(format!(
                "take a larger range, or give the subnets' ranges under `{key}`"
            )),
    );
    None
}
