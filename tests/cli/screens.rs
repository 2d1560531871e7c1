//! The recordings of `docs/screens.md`, made anew in a terminal of 80 columns.
//!
//! `UPDATE_GOLDEN=1 cargo test --test cli recordings` writes them into the page. That of `verify` is made
//! in the tests against the emulators, since the sandbox carries no requests.

#![cfg(unix)]

use crate::program::{Place, done};
use crate::recording::{
    assert_recorded, assert_recorded_in_any_order, is_update, neutral, shown, write,
};
use crate::window::Window;

/// The stack of the page.
const STACK: &str = include_str!("../../docs/screens.yaml");
const COLUMNS: u16 = 80;
/// So many that nothing scrolls away.
const ALL_ROWS: u16 = 300;

/// What the page's command shows in the end, in a terminal where nothing scrolls away.
#[track_caller]
fn seen(place: &Place, command: &str, code: i32) -> String {
    let (screen, ended) = window(place, command, ALL_ROWS).end();
    assert_eq!(ended, code, "{screen}");
    screen
}

/// A terminal with a command of the page in it, which may begin with what it sets.
fn window(place: &Place, command: &str, rows: u16) -> Window {
    let line = command.strip_prefix("$ ").expect("a command");
    let (settings, line) = match line.split_once("qpiac ") {
        Some((settings, arguments)) => (settings.trim(), arguments),
        None => panic!("{line}"),
    };
    let arguments: Vec<&str> = line.split_whitespace().collect();
    let mut program = place.command(&arguments);
    if let Some((name, value)) = settings.split_once('=') {
        program.env(name, value.trim_matches('\''));
    }
    program.env("NO_COLOR", "1");
    Window::open(&program, COLUMNS, rows)
}

#[test]
fn the_recordings_of_the_page_are_current() {
    let place = Place::with(STACK);
    bad_spec(&place);
    under_way(&place);
    plan(&place);
    failed(&place);
    status();
}

fn bad_spec(place: &Place) {
    let wrong = STACK
        .replace("nat: single", "nat: singel")
        .replace("memory: 512", "memory: 513")
        .replace("count: 2", "cuont: 2");
    place.write(&wrong);
    let command = "$ qpiac validate";
    assert_recorded(command, &seen(place, command, 1));
    place.write(STACK);
}

/// At some moment the last lines are those of the page, but for the numbers in them.
fn under_way(place: &Place) {
    let command = "$ qpiac apply --sandbox";
    let mut window = window(place, command, 24);
    if is_update() {
        let long = ["nat-gateway/a creating: ", "load-balancer/main creating: "];
        let screen = window.when(|screen| {
            long.iter().all(|words| screen.contains(words)) && screen.contains(" under way (2s")
        });
        write(command, &screen);
    } else {
        let live = |screen: &str| -> Vec<String> {
            let lines = screen.lines().rev().take(4);
            let bare = |line: &str| neutral(line).replace(|c: char| c.is_ascii_digit(), "");
            let mut lines: Vec<String> = lines.map(bare).collect();
            // What began first stands first.
            lines.sort();
            lines
        };
        let expected = live(&shown(command));
        window.when(|screen| live(screen) == expected);
    }
    let (screen, code) = window.end();
    assert_eq!(code, 0, "{screen}");
}

fn plan(place: &Place) {
    let edited = STACK
        .replace("memory: 512", "memory: 1024")
        .replace("count: 2", "count: 3")
        .replace("    secrets: { API_KEY: api-key }\n", "")
        .replace("  api-key: {}\n", "  signing-key: {}\n");
    place.write(&edited);
    let command = "$ qpiac plan --sandbox";
    assert_recorded(command, &seen(place, command, 0));
}

fn failed(place: &Place) {
    let command = "$ QPIAC_SANDBOX_BREAKS='ecs-service=tasks failed to start: image not found' \
                   qpiac apply --sandbox --progress plain";
    assert_recorded_in_any_order(command, &seen(place, command, 1));
}

/// A stack of which a part does not work.
fn status() {
    let place = Place::with(STACK);
    let mut apply = place.command(&["apply", "--sandbox"]);
    apply.env("QPIAC_SANDBOX_BREAKS", "nat-gateway=no address is free");
    done(&apply.output().expect("the program runs")).expect(1);
    let command = "$ qpiac status --sandbox";
    assert_recorded(command, &seen(&place, command, 1));
}
