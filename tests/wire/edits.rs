//! Edits of stack.yaml: each has a golden plan, is applied, and is followed by an empty plan.

use crate::program::{DEFAULT_STACK, Program, golden, short};

/// A stack with two services by path, for edits of routes.
pub(crate) fn two_services() -> String {
    DEFAULT_STACK.to_owned()
        + "  api:
    image: ghcr.io/example/api:1.0
    port: 9000
    health: /health
    route: { path: /api/* }
"
}

/// The default stack in three zones.
fn three_zones() -> String {
    let stack = edit(DEFAULT_STACK, "us-east-1b]", "us-east-1b, us-east-1c]");
    let stack = edit(&stack, "10.0.2.0/24]", "10.0.2.0/24, 10.0.5.0/24]");
    edit(&stack, "10.0.4.0/24]", "10.0.4.0/24, 10.0.6.0/24]")
}

/// The stack with one text in the place of another, which must be there.
#[track_caller]
fn edit(stack: &str, from: &str, to: &str) -> String {
    assert!(stack.contains(from), "nothing to edit: {from}");
    stack.replace(from, to)
}

#[track_caller]
fn default(from: &str, to: &str) -> (String, String) {
    (DEFAULT_STACK.to_owned(), edit(DEFAULT_STACK, from, to))
}

/// Applies the first, plans and applies the second, and finds nothing left to do.
async fn check(name: &str, (before, after): (String, String)) {
    let program = Program::with(&before).await;
    program.apply().await;
    program.write(&after);
    let plan = program.plan().await;
    golden(&format!("edits/{name}.txt"), &short(&plan));
    program.apply().await;
    program.assert_in_sync().await;
}

macro_rules! edits {
    ($($name:ident: $edit:expr;)+) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            check(stringify!($name), $edit).await;
        }
    )+};
}

edits! {
    size: {
        let (before, after) = default("cpu: 256 ", "cpu: 512 ");
        (before, edit(&after, "memory: 512 ", "memory: 1024 "))
    };
    memory: default("memory: 512 ", "memory: 1024 ");
    count: default("count: 2 ", "count: 3 ");
    image: default("app:1.0", "app:1.1");
    third_zone: (DEFAULT_STACK.to_owned(), three_zones());
    removed_zone: (three_zones(), DEFAULT_STACK.to_owned());
    nat_per_zone: default("nat: single ", "nat: per-zone ");
    nat_single_again: {
        let (before, after) = default("nat: single ", "nat: per-zone ");
        (after, before)
    };
    nat_none: default("nat: single ", "nat: none ");
    nat_back: {
        let (before, after) = default("nat: single ", "nat: none ");
        (after, before)
    };
    vpc_range: {
        let after = edit(DEFAULT_STACK, "10.0.0.0/16", "10.9.0.0/16");
        let after = edit(&after, "[10.0.1.0/24, 10.0.2.0/24]", "[10.9.1.0/24, 10.9.2.0/24]");
        let after = edit(&after, "[10.0.3.0/24, 10.0.4.0/24]", "[10.9.3.0/24, 10.9.4.0/24]");
        (DEFAULT_STACK.to_owned(), after)
    };
    one_subnet_range: default("10.0.4.0/24]", "10.0.8.0/24]");
    overlapping_subnet_range: default("10.0.4.0/24]", "10.0.4.0/25]");
    health_path: default("health: /health", "health: /ready");
    retention: default("retention_days: 30", "retention_days: 90");
    second_service: (DEFAULT_STACK.to_owned(), two_services());
    removed_service: (two_services(), DEFAULT_STACK.to_owned());
    route: (two_services(), edit(&two_services(), "path: /api/*", "path: /v2/*"));
    renamed_tag: default("{ project: cdn-headers }", "{ team: web }");
    further_tag: default("{ project: cdn-headers }", "{ project: cdn-headers, team: web }");
    listener_port: default("listen: [80] ", "listen: [8080] ");
    further_listener_port: default("listen: [80] ", "listen: [80, 8080] ");
    container_port: default("port: 8000 ", "port: 8001 ");
    environment: default("ENVIRONMENT: production", "ENVIRONMENT: staging\n      DEBUG: \"1\"");
    command: default("    health: /health", "    health: /health\n    command: [serve, --fast]");
    idle_timeout: default("listen: [80] ", "idle_timeout_s: 120\n  listen: [80] ");
    allowed_ranges: default("listen: [80] ", "allow: [198.51.100.0/24]\n  listen: [80] ");
    internal: default("listen: [80] ", "internal: true\n  listen: [80] ");
    shell: default("    health: /health", "    health: /health\n    exec: true");
    worker: default("    port: 8000", "    # port: 8000").without("    health: /health\n");
}

trait Without {
    fn without(self, text: &str) -> Self;
}

impl Without for (String, String) {
    fn without(self, text: &str) -> Self {
        let after = edit(&self.1, text, "");
        (self.0, after)
    }
}
