//! A check and what came of it, as data.
//!
//! May depend on nothing. Invariant: no secret stands in a check.

use std::fmt;

/// A part of what a stack has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scenario {
    /// The page, the health endpoint, and requests spread over tasks.
    Connectivity,
    /// Logging in, and which tokens count.
    Login,
    /// What the CDN does to requests and answers.
    Edge,
    /// Rotation of secrets, and who can reach what.
    Security,
    /// Alarms, dashboard, logs and metrics.
    Monitoring,
}

impl Scenario {
    /// All, in their order.
    pub const ALL: [Self; 5] = [
        Self::Connectivity,
        Self::Login,
        Self::Edge,
        Self::Security,
        Self::Monitoring,
    ];

    /// Its number, from 1.
    pub fn number(self) -> u8 {
        match self {
            Self::Connectivity => 1,
            Self::Login => 2,
            Self::Edge => 3,
            Self::Security => 4,
            Self::Monitoring => 5,
        }
    }

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Connectivity => "Basic connectivity",
            Self::Login => "Logging in",
            Self::Edge => "CDN",
            Self::Security => "Security",
            Self::Monitoring => "Monitoring",
        }
    }
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What was expected was seen: this.
    Passed(String),
    /// Something else was seen, or it could not be found out.
    Failed(String),
    /// It does not concern this stack, for this reason.
    NotApplicable(String),
}

impl Outcome {
    /// Passed or failed, with what was seen in either case.
    pub(super) fn of(is_good: bool, seen: impl Into<String>) -> Self {
        if is_good {
            Self::Passed(seen.into())
        } else {
            Self::Failed(seen.into())
        }
    }

    /// It could not be found out.
    pub(super) fn unknown(why: impl fmt::Display) -> Self {
        Self::Failed(format!("not found out: {why}"))
    }

    /// It does not concern this stack.
    pub(super) fn not_applicable(why: impl Into<String>) -> Self {
        Self::NotApplicable(why.into())
    }

    /// What was seen, or why nothing was looked at.
    pub fn text(&self) -> &str {
        match self {
            Self::Passed(text) | Self::Failed(text) | Self::NotApplicable(text) => text,
        }
    }
}

/// A check and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The scenario that it belongs to.
    pub scenario: Scenario,
    /// What is checked; the name stays the same from run to run.
    pub name: String,
    /// What was expected.
    pub expected: String,
    /// What came of it.
    pub outcome: Outcome,
}

impl Check {
    pub(super) fn new(
        scenario: Scenario,
        name: impl Into<String>,
        expected: impl Into<String>,
        outcome: Outcome,
    ) -> Self {
        Self {
            scenario,
            name: name.into(),
            expected: expected.into(),
            outcome,
        }
    }

    /// Whether it failed.
    pub fn has_failed(&self) -> bool {
        match self.outcome {
            Outcome::Failed(_) => true,
            Outcome::Passed(_) | Outcome::NotApplicable(_) => false,
        }
    }
}
