//! Pictures and the document of the stack that comes with the program.

#![allow(clippy::unwrap_used)]

mod drawn;

use std::path::Path;
use std::process::{Command, Output};

/// The program in a folder with the stack of this repository.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        std::fs::copy(root.join("stack.yaml"), place.0.path().join("stack.yaml")).unwrap();
        let copied = Command::new("cp")
            .arg("-r")
            .arg(root.join("workload"))
            .arg(place.0.path())
            .status();
        assert!(copied.unwrap().success());
        place
    }

    fn output(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_qpiac"))
            .args(arguments)
            .current_dir(self.0.path())
            .env_remove("QPIAC_SANDBOX")
            .env_remove("COLUMNS")
            .output()
            .unwrap()
    }

    /// What a command prints that succeeds.
    #[track_caller]
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {err}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap()
    }
}

#[track_caller]
fn golden(name: &str, actual: &str) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/picture");
    testbed::golden(Path::new(folder).join(name), actual);
}

#[test]
fn what_a_stack_file_wants_is_drawn_without_a_look_at_aws() {
    let place = Place::new();
    golden("wanted.txt", &place.run(&["diagram"]));
    golden(
        "wanted.mmd",
        &place.run(&["diagram", "--format", "mermaid"]),
    );
    golden("wanted.svg", &place.run(&["diagram", "--format", "svg"]));
    golden("wanted.md", &place.run(&["document", "--from", "spec"]));
    assert!(!place.0.path().join(".qpiac").exists());
}

#[test]
fn the_name_of_a_file_says_its_form() {
    let place = Place::new();
    for (name, begins) in [
        ("a.svg", "<svg "),
        ("a.mmd", "flowchart TB\n"),
        ("a.txt", "qp-iac-cdn-headers@us-east-1\n"),
    ] {
        assert_eq!(place.run(&["diagram", "--out", name]), "");
        assert!(place.read(name).starts_with(begins), "{name}");
    }
}

#[test]
fn a_stack_that_is_not_there_cannot_be_drawn_as_it_is() {
    let place = Place::new();
    let output = place.output(&["document", "--sandbox"]);
    assert_eq!(output.status.code(), Some(1));
    let err = String::from_utf8(output.stderr).unwrap();
    for words in [
        "nothing of qp-iac-cdn-headers@us-east-1 is there",
        "hint: --from spec",
    ] {
        assert!(err.contains(words), "{words}: {err}");
    }
    let output = place.output(&["diagram", "--stack", "shop", "--region", "eu-west-1"]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_document_has_every_component_with_what_aws_calls_it() {
    let place = Place::new();
    place.run(&["apply", "--sandbox", "--yes"]);
    let document = place.run(&["document", "--sandbox"]);
    assert_eq!(document, place.run(&["document", "--sandbox"]));
    let row = |component: &str| {
        let begins = format!("| {component} | ");
        let mut lines = document.lines();
        lines
            .find(|line| line.starts_with(&begins))
            .unwrap_or_else(|| panic!("{component}:\n{document}"))
    };
    for (component, words) in [
        (
            "Names",
            &[
                "`qp-iac-cdn-headers-`",
                "us-east-1a, us-east-1b",
                "`qp-iac-cdn-headers@us-east-1`",
            ][..],
        ),
        (
            "VPC",
            &[
                "10.0.0.0/16",
                "public 10.0.1.0/24, 10.0.2.0/24",
                "private 10.0.3.0/24, 10.0.4.0/24",
                "internet gateway",
                "NAT gateway in public-a",
                "`vpc-",
                "`igw-",
                "`nat-",
                "`203.0.113.",
            ],
        ),
        (
            "Load balancer",
            &[
                "internet-facing, in public-a, public-b",
                "access logs in logs",
                "HTTP 80",
                "on port 8000, health check `/health`",
                "`arn:aws:elasticloadbalancing:",
                ".elb.amazonaws.com`",
            ],
        ),
        (
            "ECS Fargate",
            &[
                "cluster `qp-iac-cdn-headers-cluster`",
                "service `qp-iac-cdn-headers-app-service`",
                "2 to 6 tasks",
                "`qp-iac-cdn-headers-app-task` (CPU 256, memory 512 MB, port 8000)",
                "`arn:aws:ecs:",
            ],
        ),
        (
            "CloudFront",
            &[
                "PriceClass_100",
                "redirect-to-https",
                "/api/*: not cached",
                "/health: cached 30 s",
                "an edge function checks requests",
                "HTTP 80 with X-CDN-Auth",
                "no country is shut out",
                ".cloudfront.net`",
            ],
        ),
        (
            "Secrets Manager",
            &[
                "`qp-iac-cdn-headers/jwt`",
                "`qp-iac-cdn-headers/api-key`",
                "jwt gets a new value every 30 days",
                "`arn:aws:secretsmanager:",
            ],
        ),
        (
            "Lambda",
            &[
                "jwt-generator: python3.13",
                "rotation: python3.13",
                "`arn:aws:lambda:",
            ],
        ),
        (
            "CloudWatch",
            &[
                "logs `/ecs/qp-iac-cdn-headers-app`",
                "alarm app-unhealthy",
                "dashboard `qp-iac-cdn-headers-us-east-1`",
            ],
        ),
        (
            "Security groups",
            &[
                "alb: tcp 80 from com.amazonaws.global.cloudfront.origin-facing",
                "app: tcp 8000 from alb",
                "`sg-",
            ],
        ),
    ] {
        let row = row(component);
        for words in words {
            assert!(row.contains(words), "{component}, {words}: {row}");
        }
    }
    // Every resource has its line, and no secret's value is anywhere.
    let lines = document.lines();
    let addresses = lines.skip_while(|line| *line != "## All resources");
    let known = addresses.filter(|line| line.contains(" | `")).count();
    assert_eq!(known, 73, "{document}");
    let drawn = place.run(&["diagram", "--sandbox", "--from", "live"]);
    for words in [
        "vpc-",
        "igw-",
        "subnet-",
        ".cloudfront.net",
        ".elb.amazonaws.com",
    ] {
        assert!(drawn.contains(words), "{words}: {drawn}");
    }
}

#[test]
fn what_took_how_long_is_a_page_of_its_own() {
    let place = Place::new();
    place.run(&["apply", "--sandbox", "--yes", "--timings", "t.html"]);
    let page = place.read("t.html");
    assert!(page.starts_with("<!DOCTYPE html>"));
    for elsewhere in ["http://", "https://", "src=", "<script", "@import"] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    for address in [
        "vpc/main",
        "distribution/main",
        "nat-gateway/a",
        "ecs-service/app",
    ] {
        let bar = format!("data-step=\"{address}\"");
        assert_eq!(page.matches(&bar).count(), 1, "{address}");
    }
    assert_eq!(page.matches("data-step=").count(), 73);
    let way = page.split("id=\"critical\"").nth(1).unwrap();
    let way = way.split("</ol>").next().unwrap();
    assert!(way.matches("<li>").count() > 2, "{way}");
    assert!(page.contains("Done in "));
}
