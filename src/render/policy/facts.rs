//! On what IAM authorizes each action that changes something, and what it can be bound to.
//!
//! May depend on nothing. Invariant: a condition stands only where every type of resource on which
//! AWS authorizes the action has the key; what is not sure is not bound.
//!
//! Source: "Actions, resources, and condition keys" of each service in AWS's Service Authorization
//! Reference. Three things follow from how AWS behaves, not from that reference:
//!
//! - A key of the request (`aws:RequestTag`) is asked for only of the resource that a call makes.
//!   Whatever else the call touches has a grant of its own in the same rule.
//! - A tag of the resource is asked for in the calls that follow a create only of EC2, Elastic Load
//!   Balancing and ECS, which know the tags of a create at once; elsewhere the name bounds the
//!   change, and the tag only the deletion.
//! - Children that are the stack's through their parent (rules of security groups, listeners and
//!   their rules) may have been made by somebody else and bear no tag; they are bound to what bears
//!   the stack's name.

mod edge;
mod network;
mod programs;
mod stores;

/// What must be so beside action and resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Condition {
    /// Nothing.
    Free,
    /// The resource bears the stack's tag.
    Ours,
    /// The call gives the stack's tag to what it makes.
    Asked,
    /// The same of a call that tags for another call that makes it; with that key of AWS's.
    Asking(&'static str),
    /// The role goes to one of the services that get roles.
    Passed,
    /// The role is that of one of the services that act in the account.
    Linked,
}

/// A resource, and what must be so. `*` is any; else what stands behind `arn:PARTITION:`, with the
/// stack, region and account in braces.
pub(super) type Grant = (Condition, &'static str);

/// Actions that are granted alike.
pub(super) struct Rule {
    pub(super) actions: &'static [&'static str],
    pub(super) grants: &'static [Grant],
}

const fn rule(grants: &'static [Grant], actions: &'static [&'static str]) -> Rule {
    Rule { actions, grants }
}

/// The services that get roles of the stack.
pub(super) const PASSED_TO: [&str; 2] = ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com"];
/// The services whose own roles a run makes where the account has none.
pub(super) const LINKED: [&str; 3] = [
    "ecs.amazonaws.com",
    "ecs.application-autoscaling.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
];

/// Every rule.
pub(super) fn rules() -> impl Iterator<Item = &'static Rule> {
    [
        network::NETWORK,
        network::BALANCING,
        programs::CONTAINERS,
        programs::FUNCTIONS,
        edge::EDGE,
        stores::STORES,
        stores::WATCHING,
    ]
    .into_iter()
    .flatten()
}

/// The grants of an action; nothing where it is not listed.
pub(super) fn grants(action: &str) -> Option<&'static [Grant]> {
    let rule = rules().find(|rule| rule.actions.contains(&action));
    rule.map(|rule| rule.grants)
}
