//! Records of runs: told, or no records.

use std::sync::{Arc, LazyLock};

use qpiac::keep::Run;
use qpiac::render;
use serde_json::Value;

use crate::campaign::Part;
use crate::case::Case;
use crate::random::Random;
use crate::{corpus, json, mutate};

static PART: Part = Part {
    name: "history",
    sample: 800,
    share: 1,
    run,
};

static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| corpus::contents("history"));

/// A record with other lines, or lines in another order.
fn input(random: &mut Random) -> Vec<u8> {
    let text = &CORPUS[random.below(CORPUS.len())];
    let mut lines: Vec<Vec<u8>> = text
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    for _ in 0..=random.below(4) {
        let (at, other) = (random.below(lines.len()), random.below(lines.len()));
        match random.below(8) {
            0 => lines.swap(at, other),
            1 => drop(lines.remove(at)),
            2 => lines.insert(at, lines[other].clone()),
            3 => lines.truncate(at + 1),
            _ => change(random, &mut lines[at]),
        }
        if lines.is_empty() {
            break;
        }
    }
    let mut text = lines.join(&b'\n');
    if random.once_in(10) {
        mutate::bytes(random, &mut text);
    }
    text
}

fn change(random: &mut Random, line: &mut Vec<u8>) {
    match serde_json::from_slice::<Value>(line) {
        Ok(mut event) => {
            json::mutate(random, &mut event);
            *line = json::text(random, &event);
        }
        Err(_) => mutate::bytes(random, line),
    }
}

fn run(case: &Arc<Case>) -> bool {
    let text = input(&mut case.random());
    case.show(&text);
    let Some(run) = Run::parse(&text) else {
        return false;
    };
    let (header, events) = (&run.header, &run.events);
    assert_eq!(render::past_line(header, events).lines().count(), 2);
    assert!(render::past_run(header, events).ends_with('\n'));
    assert!(render::past_json(header, events, true)["outcome"].is_string());
    true
}

#[test]
fn no_record_makes_the_program_panic() {
    let tally = PART.campaign();
    assert!(tally.is_telling(), "{tally:?}");
}
