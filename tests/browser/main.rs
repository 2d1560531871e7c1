//! The drawing, the document and the page of timings in a real browser, in light and in dark.
//!
//! Needs Chromium, so it is not a part of plain `cargo test`:
//! `cargo test --test browser -- --ignored`. The gate installs Chromium and runs it.

#![allow(clippy::unwrap_used)]

use std::process::Command;

use serde_json::Value;

#[path = "../cli/program.rs"]
#[allow(dead_code, reason = "other tests need more of it")]
mod program;

use program::Place;

/// What looks at a drawing from inside the page, and says what it saw.
const LOOK: &str = include_str!("look.js");
/// The stack file at the root.
const ROOT_STACK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/stack.yaml");
/// Names under which Chromium is installed.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// What a reader prefers; the numbers are Chromium's.
#[derive(Clone, Copy, Debug)]
enum Scheme {
    Dark = 0,
    Light = 1,
}

fn browser() -> String {
    let is_there = |name: &&str| Command::new(name).arg("--version").output().is_ok();
    let name = NAMES.into_iter().find(is_there);
    name.unwrap_or_else(|| panic!("none of {NAMES:?} is installed"))
        .to_owned()
}

/// What a command about the stack at the root prints, which succeeds.
#[track_caller]
fn run(place: &Place, arguments: &[&str]) -> String {
    let arguments = [arguments, &["-f", ROOT_STACK]].concat();
    place.run(&arguments).expect(0).out
}

/// What the script in a page says of it.
fn look(place: &Place, body: &str, scheme: Scheme) -> Value {
    let page = format!(
        "<!DOCTYPE html><meta charset=\"utf-8\"><body>{body}<script>{LOOK}</script></body>"
    );
    let path = place.path("page.html");
    std::fs::write(&path, page).unwrap();
    let output = Command::new(browser())
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
        ])
        .args([
            "--no-first-run",
            "--disable-background-networking",
            "--disable-sync",
        ])
        .arg(format!(
            "--user-data-dir={}",
            place.path("profile").display()
        ))
        .arg(format!(
            "--blink-settings=preferredColorScheme={}",
            scheme as u8
        ))
        .arg("--dump-dom")
        .arg(format!("file://{}", path.display()))
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let said = shown
        .split("<pre id=\"said\">")
        .nth(1)
        .and_then(|rest| rest.split("</pre>").next())
        .unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let said = said
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    serde_json::from_str(&said).unwrap()
}

#[test]
#[ignore = "needs Chromium"]
fn a_drawing_can_be_read_in_light_and_in_dark() {
    let place = Place::new();
    run(&place, &["apply", "--sandbox", "--yes"]);
    for from in ["spec", "live"] {
        let drawing = run(
            &place,
            &["diagram", "--sandbox", "--from", from, "--format", "svg"],
        );
        for (scheme, ground) in [
            (Scheme::Light, "rgb(255, 255, 255)"),
            (Scheme::Dark, "rgb(13, 17, 23)"),
        ] {
            let said = look(&place, &drawing, scheme);
            assert_eq!(said["ground"], ground, "{from}");
            assert_eq!(said["problems"], serde_json::json!([]), "{from} {scheme:?}");
            assert!(said["texts"].as_u64() > Some(60), "{said}");
            assert!(said["figures"].as_u64() > Some(15), "{said}");
            assert!(said["arrows"].as_u64() > Some(9), "{said}");
        }
    }
}

/// The components of the reference stack, each with what AWS calls it, and every resource.
#[test]
#[ignore = "needs Chromium"]
fn the_document_is_a_page_with_every_component() {
    let place = Place::new();
    run(&place, &["apply", "--sandbox", "--yes"]);
    let page = run(&place, &["document", "--sandbox", "--format", "html"]);
    for (scheme, ground) in [
        (Scheme::Light, "rgb(255, 255, 255)"),
        (Scheme::Dark, "rgb(13, 17, 23)"),
    ] {
        let said = look(&place, &page, scheme);
        assert_eq!(said["page"], ground);
        assert_eq!(said["problems"], serde_json::json!([]), "{scheme:?}");
        assert_eq!(
            said["components"],
            serde_json::json!([
                "Names",
                "VPC",
                "Load balancer",
                "ECS Fargate",
                "CloudFront",
                "Secrets Manager",
                "Lambda",
                "CloudWatch",
                "Security groups"
            ])
        );
        assert_eq!(said["resources"], 73, "{said}");
        assert!(said["figures"].as_u64() > Some(15), "{said}");
        assert_eq!(said["sections"], 6, "{said}");
    }
}

/// What somebody begins with: a load balancer and a service.
#[test]
#[ignore = "needs Chromium"]
fn a_drawing_of_a_small_stack_can_be_read() {
    let place = Place::new();
    let drawing = place.run(&["diagram", "--format", "svg"]).expect(0).out;
    let said = look(&place, &drawing, Scheme::Light);
    assert_eq!(said["problems"], serde_json::json!([]));
    assert!(said["arrows"].as_u64() > Some(3), "{said}");
}

#[test]
#[ignore = "needs Chromium"]
fn the_page_of_timings_shows_every_step() {
    let place = Place::new();
    run(
        &place,
        &["apply", "--sandbox", "--yes", "--timings", "t.html"],
    );
    let page = std::fs::read_to_string(place.path("t.html")).unwrap();
    for (scheme, ground) in [
        (Scheme::Light, "rgb(255, 255, 255)"),
        (Scheme::Dark, "rgb(13, 17, 23)"),
    ] {
        let said = look(&place, &page, scheme);
        assert_eq!(said["page"], ground);
        assert_eq!(said["bars"], 73, "{said}");
        assert_eq!(said["rows"], 73, "{said}");
        assert!(said["critical"].as_u64() > Some(2), "{said}");
        assert_eq!(said["problems"], serde_json::json!([]), "{scheme:?}");
    }
}
