//! Checks of a live stack.

use qpiac::model::Owner;
use qpiac::render;
use qpiac::verify::{Check, Outcome, Scenario};

use crate::golden;
use crate::screens::{WIDTHS, assert_fits, both};

fn checks() -> Vec<Check> {
    let check = |scenario, name: &str, expected: &str, outcome| Check {
        scenario,
        name: name.to_owned(),
        expected: expected.to_owned(),
        outcome,
    };
    let passed = |seen: &str| Outcome::Passed(seen.to_owned());
    let failed = |seen: &str| Outcome::Failed(seen.to_owned());
    vec![
        check(
            Scenario::Connectivity,
            "page",
            "status 200, text/html",
            passed("status 200, text/html; charset=utf-8"),
        ),
        check(
            Scenario::Connectivity,
            "requests spread over tasks",
            "two tasks answer",
            failed("one task answered 30 requests"),
        ),
        check(
            Scenario::Login,
            "expired token",
            "status 401",
            failed("status 200"),
        ),
        check(
            Scenario::Edge,
            "caching of /api/*, configured",
            "never",
            failed("by the policy 658327ea-f89d-4fab-a63d-7e88639e58f6, which is not the stack's"),
        ),
        check(
            Scenario::Edge,
            "caching of /health, observed",
            "30 s",
            Outcome::NotApplicable(
                "http://127.0.0.1:4566 says nothing of a cache (no X-Cache)".to_owned(),
            ),
        ),
        check(
            Scenario::Security,
            "rotation of jwt",
            "every 30 days, due",
            failed(
                "not found out: secretsmanager:DescribeSecret: AccessDeniedException: User: \
                 arn:aws:iam::123456789012:user/ci is not\n authorized to perform: \
                 secretsmanager:DescribeSecret",
            ),
        ),
        check(
            Scenario::Security,
            "load balancer's security group",
            "tcp 80 from CloudFront",
            passed("tcp 80 from CloudFront"),
        ),
        check(
            Scenario::Monitoring,
            "alarms",
            "there, none in ALARM",
            passed("11 quiet, 2 without data yet"),
        ),
    ]
}

#[test]
fn checks_are_a_table_in_every_width() {
    let owner = Owner::new("shop", "us-east-1");
    for width in WIDTHS {
        let shown = render::checks_human(&owner, &checks(), usize::from(width));
        assert_fits(width, &shown);
        both("checks", width, &shown);
    }
}

#[test]
fn checks_are_documents() {
    let owner = Owner::new("shop", "us-east-1");
    let document = render::checks_json(&owner, &checks());
    golden("checks.json", &format!("{document:#}\n"));
    let lines: Vec<String> = checks()
        .iter()
        .map(|check| format!("{}\n", render::check_line(check)))
        .collect();
    let summary = render::checks_summary(&owner, &checks());
    golden("checks.jsonl", &format!("{}{summary}\n", lines.concat()));
}
