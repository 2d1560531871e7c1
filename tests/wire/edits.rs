//! Edits of stack.yaml: each has a golden plan, is applied, and is followed by an empty plan.

mod whole;

use crate::program::{Program, WEB_STACK, edited, golden, short};

/// A stack with two services by path, for edits of routes.
pub(crate) fn two_services() -> String {
    WEB_STACK.to_owned()
        + "  api:
    image: ghcr.io/example/api:1.0
    port: 9000
    health: /health
    route: { path: /api/* }
"
}

/// The stack in three zones.
fn three_zones() -> String {
    let stack = edited(WEB_STACK, "us-east-1b]", "us-east-1b, us-east-1c]");
    let stack = edited(&stack, "10.0.2.0/24]", "10.0.2.0/24, 10.0.5.0/24]");
    edited(&stack, "10.0.4.0/24]", "10.0.4.0/24, 10.0.6.0/24]")
}

#[track_caller]
fn edit(from: &str, to: &str) -> (String, String) {
    (WEB_STACK.to_owned(), edited(WEB_STACK, from, to))
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
        let (before, after) = edit("cpu: 256", "cpu: 512");
        (before, edited(&after, "memory: 512", "memory: 1024"))
    };
    memory: edit("memory: 512", "memory: 1024");
    count: edit("count: 2", "count: 3");
    image: edit("app:1.0", "app:1.1");
    third_zone: (WEB_STACK.to_owned(), three_zones());
    removed_zone: (three_zones(), WEB_STACK.to_owned());
    nat_per_zone: edit("nat: single", "nat: per-zone");
    nat_single_again: {
        let (before, after) = edit("nat: single", "nat: per-zone");
        (after, before)
    };
    nat_none: edit("nat: single", "nat: none");
    nat_back: {
        let (before, after) = edit("nat: single", "nat: none");
        (after, before)
    };
    vpc_range: {
        let after = edited(WEB_STACK, "10.0.0.0/16", "10.9.0.0/16");
        let after = edited(&after, "[10.0.1.0/24, 10.0.2.0/24]", "[10.9.1.0/24, 10.9.2.0/24]");
        let after = edited(&after, "[10.0.3.0/24, 10.0.4.0/24]", "[10.9.3.0/24, 10.9.4.0/24]");
        (WEB_STACK.to_owned(), after)
    };
    one_subnet_range: edit("10.0.4.0/24]", "10.0.8.0/24]");
    overlapping_subnet_range: edit("10.0.4.0/24]", "10.0.4.0/25]");
    health_path: edit("health: /health", "health: /ready");
    retention: edit("retention_days: 30", "retention_days: 90");
    second_service: (WEB_STACK.to_owned(), two_services());
    removed_service: (two_services(), WEB_STACK.to_owned());
    route: (two_services(), edited(&two_services(), "path: /api/*", "path: /v2/*"));
    renamed_tag: edit("{ project: cdn-headers }", "{ team: web }");
    further_tag: edit("{ project: cdn-headers }", "{ project: cdn-headers, team: web }");
    listener_port: edit("listen: [80]", "listen: [8080]");
    further_listener_port: edit("listen: [80]", "listen: [80, 8080]");
    container_port: edit("port: 8000", "port: 8001");
    environment: edit("ENVIRONMENT: production", "ENVIRONMENT: staging\n      DEBUG: \"1\"");
    command: edit("    health: /health", "    health: /health\n    command: [serve, --fast]");
    idle_timeout: edit("listen: [80]", "idle_timeout_s: 120\n  listen: [80]");
    allowed_ranges: edit("listen: [80]", "allow: [198.51.100.0/24]\n  listen: [80]");
    internal: edit("listen: [80]", "internal: true\n  listen: [80]");
    shell: edit("    health: /health", "    health: /health\n    exec: true");
    worker: edit("    port: 8000", "    # port: 8000").without("    health: /health\n");
}

trait Without {
    fn without(self, text: &str) -> Self;
}

impl Without for (String, String) {
    fn without(self, text: &str) -> Self {
        let after = edited(&self.1, text, "");
        (self.0, after)
    }
}
