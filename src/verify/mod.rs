//! Whether a stack does what its architecture says: scenarios of checks against the live stack.
//!
//! May depend on `model`, `spec`, `resources` (structs) and `aws` (facts), and on the HTTP client
//! that the clients of AWS use. Invariant: a check is never left out: one that does not concern a
//! stack says why, and what could not be found out has failed.

mod application;
mod asking;
mod caching;
mod check;
mod connectivity;
mod edge;
mod facts;
mod login;
mod monitoring;
mod network;
mod origin;
mod security;
mod stage;
mod token;
mod visitor;
mod web;

#[cfg(test)]
mod tests;

pub use check::{Check, Outcome, Scenario};
pub use facts::{Facts, Read};
pub use stage::Stage;
pub use visitor::{Endpoint, Visitor};
pub use web::{Answer, NoAnswer, Request, Web};

use asking::Trial;

/// The checks of a scenario, in a fixed order.
///
/// `now_s` is the time, in seconds since 1970.
pub async fn checks(
    scenario: Scenario,
    stage: &Stage<'_>,
    facts: &Facts,
    web: &dyn Web,
    now_s: i64,
) -> Vec<Check> {
    let trial = Trial {
        stage,
        facts,
        web,
        now_s,
    };
    match scenario {
        Scenario::Connectivity => connectivity::checks(&trial).await,
        Scenario::Login => login::checks(&trial).await,
        Scenario::Edge => edge::checks(&trial).await,
        Scenario::Security => security::checks(&trial).await,
        Scenario::Monitoring => monitoring::checks(&trial),
    }
}
