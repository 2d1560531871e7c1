//! Pictures and the document of the stack that comes with the program.

#![allow(clippy::unwrap_used)]

mod drawn;

use std::path::Path;

#[path = "../cli/program.rs"]
#[allow(dead_code, reason = "other tests need more of it")]
mod program;

use program::Place;

/// The stack file at the root, with the workload beside it.
const STACK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/stack.yaml");

/// What a command about that stack prints, which succeeds.
#[track_caller]
fn run(place: &Place, arguments: &[&str]) -> String {
    let arguments = [arguments, &["-f", STACK]].concat();
    place.run(&arguments).expect(0).out
}

fn read(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.path(name)).unwrap()
}

#[track_caller]
fn golden(name: &str, actual: &str) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/picture");
    testbed::golden(Path::new(folder).join(name), actual);
}

#[test]
fn what_a_stack_file_wants_is_drawn_without_a_look_at_aws() {
    let place = Place::new();
    golden("wanted.txt", &run(&place, &["diagram"]));
    golden(
        "wanted.mmd",
        &run(&place, &["diagram", "--format", "mermaid"]),
    );
    golden("wanted.svg", &run(&place, &["diagram", "--format", "svg"]));
    golden("wanted.md", &run(&place, &["document", "--from", "spec"]));
    assert!(!place.path(".qpiac").exists());
}

#[test]
fn the_name_of_a_file_says_its_form() {
    let place = Place::new();
    for (name, begins) in [
        ("a.svg", "<svg "),
        ("a.mmd", "flowchart TB\n"),
        ("a.txt", "qp-iac-cdn-headers@us-east-1\n"),
    ] {
        assert_eq!(run(&place, &["diagram", "--out", name]), "");
        assert!(read(&place, name).starts_with(begins), "{name}");
    }
    let done = place.run(&["diagram", "--out", "a.png"]).expect(64);
    assert!(done.err.contains("a name in .svg"), "{}", done.err);
    assert!(!place.path("a.png").exists());
}

#[test]
fn a_stack_that_is_not_there_cannot_be_drawn_as_it_is() {
    let place = Place::new();
    let done = place.run(&["document", "--sandbox", "-f", STACK]).expect(1);
    for words in [
        "nothing of qp-iac-cdn-headers@us-east-1 is there",
        "hint: --from spec",
    ] {
        assert!(done.err.contains(words), "{words}: {}", done.err);
    }
    let by_name = ["diagram", "--stack", "shop", "--region", "eu-west-1"];
    let done = place.run(&by_name).expect(1);
    assert!(done.err.contains("hint: --from live"), "{}", done.err);
}

#[test]
fn the_document_has_every_component_with_what_aws_calls_it() {
    let place = Place::new();
    run(&place, &["apply", "--sandbox", "--yes"]);
    let document = run(&place, &["document", "--sandbox"]);
    assert_eq!(document, run(&place, &["document", "--sandbox"]));
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
                "`/api/*`: not cached",
                "`/health`: cached 30 s",
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
    assert!(
        document.contains("it answers 403 to whatever lacks the secret value in X-CDN-Auth"),
        "{document}"
    );
    // Every resource has its line, with what AWS calls it.
    let lines = document.lines();
    let addresses = lines.skip_while(|line| *line != "## All resources");
    let known = addresses.filter(|line| line.contains(" | `")).count();
    assert_eq!(known, 73, "{document}");
    let drawn = run(&place, &["diagram", "--sandbox", "--from", "live"]);
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
    run(
        &place,
        &["apply", "--sandbox", "--yes", "--timings", "t.html"],
    );
    let page = read(&place, "t.html");
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
