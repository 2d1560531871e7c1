//! No value of a secret in any byte that the program writes, whatever it runs into.

use std::collections::BTreeSet;

use testbed::{Reply, Rule, StatusCode};

use crate::observer::{HEADER, Observer};
use crate::program::{Program, Ran};

/// Values that nobody generates.
const PLANTED: [&str; 4] = [
    "0c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee0",
    "0decade00decade00decade00decade00decade00decade00decade00decade0",
    "0facade00facade00facade00facade00facade00facade00facade00facade0",
    "0defaced0defaced0defaced0defaced0defaced0defaced0defaced0defaced",
];

/// Where a plan is saved, and what took how long.
const PLAN: &str = "heard.plan";
const PAGE: &str = "heard.html";

/// A stack, and everything that was written about it.
struct Ear {
    program: Program,
    aws: Observer,
    heard: String,
    secrets: BTreeSet<String>,
}

impl Ear {
    async fn new() -> Self {
        let program = Program::whole().await;
        Self {
            aws: Observer::of(&program.bed),
            program,
            heard: String::new(),
            secrets: PLANTED.map(str::to_owned).into(),
        }
    }

    /// Runs the program, and listens to all that it says.
    async fn run(&mut self, arguments: &[&str]) -> Ran {
        let mut all = arguments.to_vec();
        all.push("-vv");
        let ran = self.program.run(&all).await;
        self.heard += &format!("$ {}\n{}{}", all.join(" "), ran.out, ran.err);
        let calls = self.program.bed.calls();
        for call in &calls {
            if let Some(value) = call.request["SecretString"].as_str() {
                self.secrets.insert(value.to_owned());
            }
        }
        ran
    }

    /// From now on AWS refuses one such call, and repeats all that it was sent.
    fn refuse_aloud(&self, call: &str) {
        let aloud = |request: &testbed::Request| {
            let message = format!("I cannot take {}", String::from_utf8_lossy(&request.body));
            let code = "ValidationException";
            Reply::error(request, StatusCode::BAD_REQUEST, code, &message)
        };
        self.program
            .bed
            .inject(Rule::on(call).first(1).answered(aloud));
    }

    /// Applies against such refusals, and then without.
    async fn apply_against(&mut self, calls: &[&str]) {
        for call in calls {
            self.refuse_aloud(call);
        }
        let failed = self.run(&["apply", "--yes"]).await.exits(1);
        assert!(failed.err.contains("I cannot take"), "{}", failed.err);
        self.program.bed.clear_faults();
        let page = ["apply", "--yes", "--format", "jsonl", "--timings", PAGE];
        self.run(&page).await.exits(0);
        self.heard += &std::fs::read_to_string(self.program.path(PAGE)).unwrap();
    }

    /// Everything that tells of differences.
    async fn plans(&mut self) {
        for format in ["human", "json", "jsonl", "markdown"] {
            let saving = ["plan", "--format", format, "--out", PLAN];
            let ran = self.run(&saving).await.exits(0);
            assert!(ran.out.contains("fp:"), "nothing differs: {}", ran.out);
            let shown = self.run(&["show", PLAN, "--format", format]).await.exits(0);
            assert!(shown.out.contains("fp:"), "nothing differs: {}", shown.out);
        }
        self.heard += &std::fs::read_to_string(self.program.path(PLAN)).unwrap();
    }

    /// Pictures of what is there, and the document.
    async fn pictures(&mut self) {
        for form in ["svg", "mermaid", "text"] {
            let drawing = ["diagram", "--from", "live", "--format", form];
            let ran = self.run(&drawing).await.exits(0);
            assert!(ran.out.contains("Secrets Manager"), "{}", ran.out);
        }
        let ran = self.run(&["document"]).await.exits(0);
        assert!(ran.out.contains("| secret/jwt |"), "{}", ran.out);
    }

    /// That nothing of it was a secret.
    fn assert_silence(&self) {
        assert!(self.secrets.len() > PLANTED.len() + 2, "none was made");
        assert!(self.heard.contains("(secret)"), "no message had one");
        let known: Vec<&String> = self.secrets.iter().collect();
        for line in self.heard.lines() {
            let told = known.iter().any(|secret| line.contains(*secret));
            assert!(!told, "a secret was told: {line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_told() {
    let mut ear = Ear::new().await;
    ear.run(&["validate"]).await.exits(0);
    ear.apply_against(&[
        "secretsmanager:CreateSecret",
        "elasticloadbalancing:CreateRule",
    ])
    .await;

    // Another value in the secret, in the rule, and at the distribution; and one to come.
    put(&ear, "cdn-auth", PLANTED[0], "AWSCURRENT").await;
    put(&ear, "jwt", PLANTED[3], "AWSCURRENT").await;
    ear.plans().await;
    ear.apply_against(&[
        "elasticloadbalancing:ModifyRule",
        "cloudfront:UpdateDistribution",
    ])
    .await;
    ear.aws.accept(vec![PLANTED[1].to_owned()]).await;
    ear.aws.edit_distribution(send_another).await;
    ear.plans().await;
    put(&ear, "cdn-auth", PLANTED[3], "AWSPENDING").await;
    ear.plans().await;
    ear.apply_against(&["elasticloadbalancing:ModifyRule"])
        .await;

    ear.pictures().await;
    for command in ["status", "output", "verify"] {
        for format in ["human", "json", "jsonl"] {
            let endpoint = ["--endpoint", "http://127.0.0.1:1"];
            let further = if command == "verify" {
                &endpoint[..]
            } else {
                &[]
            };
            let arguments = [&[command, "--format", format][..], further].concat();
            ear.run(&arguments).await;
        }
    }
    ear.refuse_aloud("secretsmanager:DeleteSecret");
    ear.run(&["destroy", "--yes"]).await.exits(1);
    ear.run(&["destroy", "--yes", "--format", "json"])
        .await
        .exits(0);
    ear.assert_silence();
}

async fn put(ear: &Ear, name: &str, value: &str, label: &str) {
    let put = ear.aws.secrets.put_secret_value();
    let put = put.secret_id(format!("qp-iac-cdn-headers/{name}"));
    let put = put.secret_string(value).version_stages(label);
    put.send().await.unwrap();
}

fn send_another(config: &mut aws_sdk_cloudfront::types::DistributionConfig) {
    let origin = &mut config.origins.as_mut().unwrap().items[0];
    let headers = origin.custom_headers.as_mut().unwrap();
    let mut headers = headers.items.as_mut().unwrap().iter_mut();
    let header = headers.find(|header| header.header_name == HEADER);
    header.unwrap().header_value = PLANTED[2].to_owned();
}
