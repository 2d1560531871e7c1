//! What a terminal shows, at 60, 80 and 120 columns, with and without colours.

use std::time::Duration;

use indicatif::{InMemoryTerm, ProgressDrawTarget};
use qpiac::engine::{Health, Wellness};
use qpiac::model::Owner;
use qpiac::render::{Detail, Live, Progress, Standing, status_human, summary, unfinished};
use qpiac::spec::{self, diagnostic::Style};

use crate::runs::{beginning, failing, numbered};
use crate::{golden, plain};

/// The end of colours, as a terminal in memory writes it behind each line.
const RESET: &str = "␛[m";
pub(crate) const WIDTHS: [u16; 3] = [60, 80, 120];

/// The golden files of a text at a width: as it is without colours, and with them made visible.
#[track_caller]
pub(crate) fn both(name: &str, width: u16, shown: &str) {
    golden(&format!("{name}_{width}.txt"), &plain(shown));
    golden(
        &format!("{name}_{width}_colours.txt"),
        &shown.replace('\u{1b}', "␛"),
    );
}

/// Every line fits, unless it is one word, which can only be copied in one piece.
#[track_caller]
pub(crate) fn assert_fits(width: u16, shown: &str) {
    for line in plain(shown).lines() {
        let is_one_word = !line.trim().contains(' ');
        assert!(
            is_one_word || line.chars().count() <= usize::from(width),
            "{width}: {line}"
        );
    }
}

/// The screen in the middle of a run, with its colours made visible; what turns and what counts seconds is
/// made still.
fn screen(width: u16, colour: bool) -> String {
    let terminal = InMemoryTerm::new(24, width);
    let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
    let columns: fn() -> usize = match width {
        60 => || 60,
        80 => || 80,
        _ => || 120,
    };
    let mut live = Live::on(target, colour, Detail::Usual, 1.0, columns);
    let mut progress = Progress::default();
    for event in numbered(beginning()) {
        progress.fold(&event);
        live.show(&progress, &event);
    }
    // Longer than the pause between two drawings.
    std::thread::sleep(Duration::from_millis(400));
    let shown = if colour {
        let bytes = terminal.contents_formatted();
        let text = String::from_utf8(bytes).expect("text");
        text.replace('\r', "").replace('\u{1b}', "␛")
    } else {
        terminal.contents()
    };
    let still = |line: &str| {
        let (line, end) = match line.strip_suffix(RESET) {
            Some(line) => (line.trim_end(), RESET),
            None => (line, ""),
        };
        let line: String = line
            .chars()
            .map(|c| {
                if ('\u{2800}'..='\u{28ff}').contains(&c) {
                    '*'
                } else {
                    c
                }
            })
            .collect();
        let line = match line.split_once(" under way (") {
            Some((head, times)) => {
                assert!(
                    times.contains("about ") && times.ends_with(" left)"),
                    "{line}"
                );
                format!("{head} under way (...)")
            }
            None => match line.strip_prefix("* ").map(str::trim_start) {
                // How long it has been under way comes first.
                Some(line) => match line.split_once(' ') {
                    Some((_, words)) => format!("* {words}"),
                    None => line.to_owned(),
                },
                None => line,
            },
        };
        format!("{line}{end}")
    };
    shown.lines().map(|line| still(line) + "\n").collect()
}

#[test]
fn a_run_under_way_shows_what_runs_what_comes_and_what_is_left() {
    for width in WIDTHS {
        let shown = screen(width, false);
        assert_fits(width, &shown);
        for words in [
            "gate/main creating",
            "2/7 done, 1 under way",
            "next: part/a, runner/app, store/old and 1 more",
            "net/main: created after 14s",
        ] {
            assert!(shown.contains(words), "{words}:\n{shown}");
        }
        golden(&format!("live_{width}.txt"), &shown);
        golden(&format!("live_{width}_colours.txt"), &screen(width, true));
    }
}

/// The report of a run that failed, over its last lines.
#[test]
fn a_run_that_failed_fits_the_columns_that_there_are() {
    let mut progress = Progress::default();
    for event in numbered(failing()) {
        progress.fold(&event);
    }
    for width in WIDTHS {
        let report = unfinished(&progress, "qpiac apply", usize::from(width));
        let shown = report.expect("a report") + &summary(&progress, &[]);
        assert_fits(width, &shown);
        both("report", width, &shown);
    }
}

fn standings() -> Vec<Standing> {
    let standing = |about: &str, service, wellness, summary: &str, reasons: &[&str]| Standing {
        address: about.parse().expect("an address"),
        id: "id-1".to_owned(),
        service,
        health: Health {
            wellness,
            summary: summary.to_owned(),
            reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
        },
    };
    vec![
        standing("vpc/main", "ec2", Wellness::Well, "", &[]),
        standing(
            "ecs-service/app",
            "ecs",
            Wellness::Ill,
            "0 of 2 tasks run",
            &[
                "task stopped: CannotPullContainerError: pull image manifest has been retried 5 \
                 times: failed to resolve ref ghcr.io/example/app:1.0: not found",
                "deployment: tasks failed to start. (3 failed tasks)",
            ],
        ),
        standing(
            "distribution/main",
            "cloudfront",
            Wellness::Waiting,
            "InProgress: CloudFront is still deploying this configuration to its edge locations",
            &[],
        ),
    ]
}

#[test]
fn the_state_of_a_stack_fits_the_columns_that_there_are() {
    let owner = Owner::new("shop", "eu-west-1");
    for width in WIDTHS {
        let shown = status_human(&owner, &standings(), usize::from(width));
        assert_fits(width, &shown);
        both("status", width, &shown);
    }
}

#[test]
fn a_bad_file_fits_the_columns_that_there_are() {
    let text = "stack: shop\nregion: eu-west-1\nnetwork:\n  nat: singel\nservices:\n  app:\n    \
                image: ghcr.io/example/app:1.0\n    memory: 513\n    colour: red\n";
    let problems = spec::read("stack.yaml", text).expect_err("a bad file");
    for width in WIDTHS {
        let style = |colour| Style {
            colour,
            width: usize::from(width),
            wraps: true,
        };
        let shown = problems.render(style(true));
        assert_eq!(plain(&shown), problems.render(style(false)));
        both("bad_spec", width, &shown);
    }
}
