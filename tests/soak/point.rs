//! Where a program is killed.
//!
//! Depends on the test bed's sides alone. Invariant: a point is read back from what it prints.

use std::fmt;

use testbed::Side;

use crate::program::{WHOLE_STACK, edited};

/// What the program does when it is killed. Each goes on from where the one before led.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Everything is made.
    Apply,
    /// Most of it is replaced.
    Edit,
    /// Everything is deleted.
    Destroy,
}

impl Phase {
    pub(crate) const ALL: [Self; 3] = [Self::Apply, Self::Edit, Self::Destroy];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Edit => "edit",
            Self::Destroy => "destroy",
        }
    }

    pub(crate) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Apply | Self::Edit => &["apply", "--yes"],
            Self::Destroy => &["destroy", "--yes"],
        }
    }

    /// The stack file.
    pub(crate) fn stack(self) -> String {
        match self {
            Self::Apply => WHOLE_STACK.to_owned(),
            Self::Edit | Self::Destroy => replacing(),
        }
    }
}

/// Another range for the network replaces the VPC and all in it, by both orders: subnets and groups
/// are made before the old ones go, the NAT gateway and the load balancer after. Port and size of the
/// service replace its target group and task definition. The name of the header changes the edge.
fn replacing() -> String {
    let stack = edited(WHOLE_STACK, "10.0.", "10.1.");
    let stack = edited(&stack, "port: 8000", "port: 9000");
    let stack = edited(&stack, "cpu: 256 ", "cpu: 512 ");
    let stack = edited(&stack, "memory: 512", "memory: 1024");
    edited(&stack, "header: X-CDN-Auth", "header: X-Origin-Auth")
}

/// At which changing call of what the program is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Point {
    pub(crate) phase: Phase,
    pub(crate) call: u32,
    pub(crate) side: Side,
}

impl Point {
    /// Reads `apply:17:after`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let name = parts.next()?;
        let phase = Phase::ALL.into_iter().find(|phase| phase.name() == name)?;
        let call = parts.next()?.parse().ok()?;
        let side = match parts.next()? {
            "before" => Side::Before,
            "after" => Side::After,
            _ => return None,
        };
        Some(Self { phase, call, side })
    }
}

impl fmt::Display for Point {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Before => "before",
            Side::After => "after",
        };
        write!(formatter, "{}:{}:{side}", self.phase.name(), self.call)
    }
}
