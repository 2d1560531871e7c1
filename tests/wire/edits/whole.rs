//! Edits of the whole stack, one after another, each from where the last one led.

use aws_sdk_route53::types::RrType;

use crate::observer::Observer;
use crate::permissions::check_declared;
use crate::program::{Program, WHOLE_STACK, edited, golden, short};

/// A stack that is applied, and edited again and again.
struct Desk {
    program: Program,
    stack: String,
}

impl Desk {
    async fn new() -> Self {
        let program = Program::whole().await;
        program.apply().await;
        Self {
            program,
            stack: WHOLE_STACK.to_owned(),
        }
    }

    /// Puts one text in the place of another in the stack file, for the next edit.
    fn prepare(&mut self, from: &str, to: &str) {
        self.stack = edited(&self.stack, from, to);
    }

    /// Puts one text in the place of another in the stack file.
    async fn edit(&mut self, name: &str, from: &str, to: &str) {
        self.prepare(from, to);
        self.program.write(&self.stack);
        self.check(name).await;
    }

    /// The same in a file beside the stack file.
    async fn edit_file(&self, name: &str, file: &str, from: &str, to: &str) {
        let path = self.program.path(file);
        let code = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, edited(&code, from, to)).unwrap();
        self.check(name).await;
    }

    /// The plan is the golden one, is carried out, and leaves nothing to do.
    async fn check(&self, name: &str) {
        let plan = self.program.plan().await;
        golden(&format!("edits/whole/{name}.txt"), &short(&plan));
        let ran = self.program.run(&["apply", "--yes"]).await;
        assert_eq!(ran.code, 0, "{name}:\n{}\n{}", ran.out, ran.err);
        let left = self.program.plan().await;
        let nothing = left["steps"].as_array().is_some_and(Vec::is_empty);
        assert!(nothing, "{name} leaves something:\n{}", short(&left));
    }
}

/// Edits by name: what is there, and what comes in its place. Their calls are declared.
macro_rules! edits {
    ($desk:ident; $($name:ident: $from:expr => $to:expr;)+) => {
        $($desk.edit(stringify!($name), $from, $to).await;)+
        check_declared(&$desk.program.bed);
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn of_behaviours() {
    let mut desk = Desk::new().await;
    edits! {
        desk;
        cache_seconds: "/health: { cache: 30 }" => "/health: { cache: 60 }";
        behavior_added: "behaviors:\n" => "behaviors:\n    /static/*: { cache: 86400 }\n";
        behavior_removed: "    /api/*: { cache: off }\n" => "";
        default_cached: "default: { cache: off }" => "default: { cache: 60 }";
        price_class: "PriceClass_100" => "PriceClass_200";
        geo_deny: "# geo: { deny: [KP] }" => "geo: { deny: [KP] }";
        geo_allow: "{ deny: [KP] }" => "{ allow: [DE, FR] }";
        geo_none: "  geo: { allow: [DE, FR] }" => "  #";
        no_security_headers: "  price_class:" => "  security_headers: false\n  price_class:";
        security_headers: "security_headers: false" => "security_headers: true";
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_edge() {
    let mut desk = Desk::new().await;
    let section = desk.stack.find("cdn:\n").unwrap()..desk.stack.find("# domain:").unwrap();
    let cdn = desk.stack[section].to_owned();
    let guard = "workload/edge/guard.js";
    edits! {
        desk;
        no_cdn: &cdn => "# no CDN\n";
        cdn: "# no CDN\n" => &cdn;
        waf: "# waf: { rate_limit: 2000 }" => "waf: { rate_limit: 2000 }";
        waf_rate: "{ rate_limit: 2000 }" => "{ rate_limit: 500 }";
        no_waf: "  waf: { rate_limit: 500 }" => "  #";
        header_name: "header: X-CDN-Auth" => "header: X-Origin-Auth";
        no_edge_function: "function: workload/edge" => "# function: workload/edge";
        edge_function: "# function: workload/edge" => "function: workload/edge";
    }
    desk.edit_file("edge_code", guard, "4096", "2048").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_secrets_and_functions() {
    let mut desk = Desk::new().await;
    let reports = "functions:
  reports: { code: workload/functions/jwt_generator, handler: generator.handler, runtime: python3.13 }
";
    let generator = "workload/functions/jwt_generator/generator.py";
    edits! {
        desk;
        rotation_days: "30 } }\n  api-key" => "60 } }\n  api-key";
        secret_added: "secrets:\n  jwt:" => "secrets:\n  webhook: { rotation: rotation, recovery_days: 7 }\n  jwt:";
        recovery_days: "recovery_days: 7" => "recovery_days: 14";
        rotation_off: "{ rotation: rotation, recovery_days: 14 }" => "{ recovery_days: 14 }";
        secret_removed: "  webhook: { recovery_days: 14 }\n" => "";
        function_memory: "timeout_s: 10\n" => "timeout_s: 10\n    memory: 256\n";
        function_timeout: "timeout_s: 10\n" => "timeout_s: 20\n";
        function_environment: "memory: 256\n" => "memory: 256\n    environment: { TOKEN_LIFETIME_S: 600 }\n";
        function_architecture: "memory: 256\n" => "memory: 256\n    architecture: arm64\n";
        url_public: "url: iam" => "url: public";
        url_off: "url: public" => "# no URL";
        url_iam: "# no URL" => "url: iam";
        function_added: "functions:\n" => reports;
        function_removed: reports => "functions:\n";
    }
    desk.edit_file("function_code", generator, "import ", "import sys\nimport ")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_services_and_logs() {
    let mut desk = Desk::new().await;
    let scaling = "scaling: { min: 1, max: 8, cpu_percent: 50, requests_per_task: 500 }";
    edits! {
        desk;
        scaling_bounds: "{ min: 2, max: 6," => "{ min: 1, max: 8,";
        scaling_target: "cpu_percent: 60" => "cpu_percent: 50";
        scaling_by_requests: "cpu_percent: 50" => "cpu_percent: 50, requests_per_task: 500";
        scaling_off: scaling => "count: 3";
        scaling_on: "count: 3" => scaling;
        service_secret: "API_KEY: api-key" => "API_KEY: api-key, KEY: jwt";
        service_reads: "reads: [jwt] #" => "reads: [jwt, api-key] #";
        log_retention: "{ retention_days: 90 }" => "{ retention_days: 60 }";
        force_destroy: "{ retention_days: 60 }" => "{ retention_days: 60, force_destroy: true }";
        no_access_logs: "access_logs:" => "# access_logs:";
        access_logs: "# access_logs:" => "access_logs:";
    }
    desk.program.image = Some("ghcr.io/example/app:2.0");
    desk.check("image").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_monitoring() {
    let mut desk = Desk::new().await;
    edits! {
        desk;
        notify: "# notify: [ops@example.com]" => "notify: [ops@example.com]";
        notify_others: "[ops@example.com]" => "[a@example.com, b@example.com]";
        tags: "tags: { project: cdn-headers }" => "tags: { team: web }";
        notify_nobody: "  notify:" => "  # notify:";
        alarm_threshold: "dashboard: true" => "dashboard: true\n  alarms: { cpu_percent: 90 }";
        alarm_off: "cpu_percent: 90" => "response_time_ms: off";
        dashboard_off: "dashboard: true" => "dashboard: false";
        dashboard_on: "dashboard: false" => "dashboard: true";
        alarms_off: "{ response_time_ms: off }" => "false";
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_domain() {
    let mut desk = Desk::new().await;
    let aws = Observer::of(&desk.program.bed);
    let zone = aws.route53.create_hosted_zone().name("example.com");
    let zone = zone.caller_reference("test").send().await.unwrap();
    let zone = zone.hosted_zone.unwrap().id;
    let records = async |kind: RrType| {
        let found = aws.route53.list_resource_record_sets();
        let found = found.hosted_zone_id(&zone).send().await.unwrap();
        let found = found.resource_record_sets().iter();
        found
            .filter(|record| *record.r#type() == kind)
            .map(|record| record.name().to_owned())
            .collect::<Vec<_>>()
    };
    let domain = "\ndomain:\n  name: www.example.com\n  zone: example.com\n\nsecrets:";
    desk.edit("domain", "\nsecrets:", domain).await;
    assert_eq!(records(RrType::A).await, ["www.example.com."]);
    assert_eq!(records(RrType::Aaaa).await, ["www.example.com."]);
    assert_eq!(records(RrType::Cname).await.len(), 1);
    desk.prepare("listen: [80]", "# listen: [80]");
    edits! {
        desk;
        https_origin: "origin_protocol: http " => "origin_protocol: https ";
        another_name: "www.example.com" => "shop.example.com";
    }
    assert_eq!(records(RrType::A).await, ["shop.example.com."]);
    assert_eq!(records(RrType::Cname).await.len(), 1);
    desk.prepare("# listen: [80]", "listen: [80]");
    let domain = domain.replace("www", "shop");
    edits! {
        desk;
        http_origin: "origin_protocol: https " => "origin_protocol: http ";
        no_domain: &domain => "\nsecrets:";
    }
    for kind in [RrType::A, RrType::Aaaa, RrType::Cname, RrType::Txt] {
        assert_eq!(records(kind.clone()).await, [""; 0], "{kind:?}");
    }
    let certificates = aws.acm.list_certificates().send().await.unwrap();
    assert!(certificates.certificate_summary_list().is_empty());
}
