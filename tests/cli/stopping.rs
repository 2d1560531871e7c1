//! Interrupting the program, and going on afterwards.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command};

use crate::program::Place;

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(status.success());
}

/// Runs apply, sends the signal as soon as a line of stderr holds `until`, the second one as soon
/// as the program has said that it is stopping, and gives stderr.
fn stopped(place: &Place, until: &str, first: &str, second: Option<&str>) -> (Option<i32>, String) {
    let mut child = place
        .command(&["apply", "--sandbox"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("the program runs");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut said = String::new();
    let mut wait_for = |what: &str| {
        loop {
            let before = said.len();
            let read = lines.read_line(&mut said).expect("text");
            assert!(read > 0, "the program never said {what}:\n{said}");
            if said[before..].contains(what) {
                break;
            }
        }
    };
    wait_for(until);
    signal(&child, first);
    if let Some(second) = second {
        wait_for("Stopping:");
        signal(&child, second);
    }
    lines.read_to_string(&mut said).expect("text");
    let status = child.wait().expect("the program ends");
    (status.code(), said)
}

#[test]
fn the_first_signal_starts_nothing_new_and_the_next_run_goes_on() {
    for signal in ["INT", "TERM"] {
        let place = Place::new();
        let (code, said) = stopped(&place, "nat-gateway/a: waiting", signal, None);
        assert_eq!(code, Some(130), "{said}");
        for part in [
            "Stopping: nothing new is begun",
            "Stopped: ",
            "create route/private-a.0.0.0.0/0 (the run was stopped)",
            "hint: to go on: qpiac apply --sandbox",
        ] {
            assert!(said.contains(part), "{part}:\n{said}");
        }
        assert!(
            !said.contains("route/private-a.0.0.0.0/0: creating"),
            "{said}"
        );
        place.run(&["apply", "--sandbox"]).expect(0);
        place
            .run(&["plan", "--sandbox", "--detailed-exitcode"])
            .expect(0);
    }
}

#[test]
fn the_second_signal_waits_for_nothing() {
    let place = Place::new();
    let (code, said) = stopped(&place, "nat-gateway/a: waiting", "INT", Some("INT"));
    assert_eq!(code, Some(130), "{said}");
    for part in [
        "Stopping now: nothing is waited for",
        "left while AWS works on it",
        "create nat-gateway/a",
    ] {
        assert!(said.contains(part), "{part}:\n{said}");
    }
    assert!(!said.contains("nat-gateway/a: created"), "{said}");
    place.run(&["apply", "--sandbox"]).expect(0);
    place
        .run(&["plan", "--sandbox", "--detailed-exitcode"])
        .expect(0);
}
