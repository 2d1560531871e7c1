//! The stacks of the campaign, and what is edited in them.
//!
//! Invariant: an edit changes something in its stack.

use crate::program::{Program, WEB_STACK, WHOLE_STACK, edited};

/// What stands in place of what.
type Replacement = (&'static str, &'static str);

/// An edit by name; whether it deploys a service that runs.
pub(super) struct Edit {
    pub(super) name: &'static str,
    pub(super) deploys: bool,
    replacements: &'static [Replacement],
}

const fn edit(name: &'static str, deploys: bool, replacements: &'static [Replacement]) -> Edit {
    Edit {
        name,
        deploys,
        replacements,
    }
}

const WEB: [Edit; 12] = [
    edit("memory", true, &[("memory: 512", "memory: 1024")]),
    edit("subnet range", false, &[("10.0.4.0/24]", "10.0.8.0/24]")]),
    edit("NAT per zone", false, &[("nat: single", "nat: per-zone")]),
    edit("container port", false, &[("port: 8000", "port: 8001")]),
    edit(
        "environment",
        true,
        &[("ENVIRONMENT: production", "ENVIRONMENT: staging")],
    ),
    edit(
        "third zone",
        false,
        &[
            ("us-east-1b]", "us-east-1b, us-east-1c]"),
            ("10.0.2.0/24]", "10.0.2.0/24, 10.0.5.0/24]"),
            ("10.0.4.0/24]", "10.0.4.0/24, 10.0.6.0/24]"),
        ],
    ),
    edit(
        "VPC range",
        false,
        &[
            ("10.0.0.0/16", "10.9.0.0/16"),
            ("[10.0.1.0/24, 10.0.2.0/24]", "[10.9.1.0/24, 10.9.2.0/24]"),
            ("[10.0.3.0/24, 10.0.4.0/24]", "[10.9.3.0/24, 10.9.4.0/24]"),
        ],
    ),
    edit("health", false, &[("health: /health", "health: /ready")]),
    edit("no NAT", false, &[("nat: single", "nat: none")]),
    edit("listener", false, &[("listen: [80]", "listen: [80, 8080]")]),
    edit(
        "internal",
        false,
        &[("listen: [80]", "internal: true\n  listen: [80]")],
    ),
    edit(
        "tags and retention",
        false,
        &[
            ("{ project: cdn-headers }", "{ team: web }"),
            ("retention_days: 30", "retention_days: 90"),
        ],
    ),
];

const WHOLE: [Edit; 6] = [
    edit(
        "behaviour",
        false,
        &[(
            "behaviors:\n",
            "behaviors:\n    /static/*: { cache: 86400 }\n",
        )],
    ),
    edit(
        "function memory",
        false,
        &[("timeout_s: 10\n", "timeout_s: 10\n    memory: 256\n")],
    ),
    edit(
        "service secret",
        true,
        &[("API_KEY: api-key", "API_KEY: api-key, KEY: jwt")],
    ),
    edit(
        "scaling",
        false,
        &[("{ min: 2, max: 6,", "{ min: 1, max: 8,")],
    ),
    edit(
        "header",
        false,
        &[("header: X-CDN-Auth", "header: X-Origin-Auth")],
    ),
    edit(
        "web ACL",
        false,
        &[("# waf: { rate_limit: 2000 }", "waf: { rate_limit: 2000 }")],
    ),
];

/// Whether a seed is about the whole stack: every fourth is.
pub(super) fn is_whole(seed: u64) -> bool {
    seed % 4 == 3
}

/// The edit of a seed.
pub(super) fn of_seed(seed: u64) -> &'static Edit {
    let (edits, number): (&'static [Edit], u64) = if is_whole(seed) {
        (&WHOLE, seed / 4)
    } else {
        (&WEB, seed - seed / 4)
    };
    let at = usize::try_from(number).unwrap_or_default() % edits.len();
    &edits[at]
}

/// Whether the first deployment of a seed's edit fails and is rolled back.
pub(super) fn fails_first(seed: u64) -> bool {
    of_seed(seed).deploys && (seed / 4).is_multiple_of(2)
}

/// Empty emulators and the stack of a seed, as it is at first.
pub(super) async fn program(seed: u64) -> Program {
    if is_whole(seed) {
        Program::whole().await
    } else {
        Program::with(WEB_STACK).await
    }
}

/// Edits the stack file of a seed.
pub(super) fn make(seed: u64, program: &Program) {
    let stack = if is_whole(seed) {
        WHOLE_STACK
    } else {
        WEB_STACK
    };
    let replacements = of_seed(seed).replacements.iter();
    let stack = replacements.fold(stack.to_owned(), |stack, (from, to)| {
        edited(&stack, from, to)
    });
    program.write(&stack);
}
