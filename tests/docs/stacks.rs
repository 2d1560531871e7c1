//! Stack files and parts of them, and JSON.

use qpiac::spec;
use serde_json::Value;

use crate::fate::{Fate, of};
use crate::pages::Block;
use crate::place::Place;
use crate::scenes::Stack;

/// That a stack file is read without a word.
#[track_caller]
fn assert_read(block: &Block, text: &str) {
    let reading = spec::read("stack.yaml", text)
        .unwrap_or_else(|problems| panic!("{}:\n{problems}", block.place()));
    assert!(reading.warnings.is_empty(), "{}", block.place());
}

#[test]
fn every_stack_is_valid() {
    let stacks = of(&Fate::Stack);
    assert!(stacks.len() > 1, "{}", stacks.len());
    for block in stacks {
        assert_read(&block, &block.text);
    }
}

/// Keys are read in a stack file that has them beside the README's. A comment alone is one that `init`
/// writes.
#[test]
fn every_part_of_a_stack_is_valid_within_one() {
    let parts = of(&Fate::Keys);
    assert!(parts.len() > 1, "{}", parts.len());
    let place = Place::with("");
    let written = place.run("qpiac init --yes -f -").expect(0, "init").out;
    let shop: Value = serde_yaml::from_str(&Stack::Shop.text("")).expect("YAML");
    for block in parts {
        if block.text.lines().all(|line| line.starts_with('#')) {
            assert!(
                written.starts_with(&block.text),
                "{}:\n{written}",
                block.place()
            );
            continue;
        }
        let keys: Value = serde_yaml::from_str(&block.text).expect("YAML");
        let mut whole = shop.clone();
        for (key, value) in keys.as_object().expect("keys") {
            lay(&mut whole[key], value);
        }
        assert_read(&block, &whole.to_string());
    }
}

/// Puts keys beside and over others.
fn lay(on: &mut Value, value: &Value) {
    match (on, value) {
        (Value::Object(on), Value::Object(keys)) => {
            for (key, value) in keys {
                lay(on.entry(key).or_insert(Value::Null), value);
            }
        }
        (on, value) => *on = value.clone(),
    }
}

#[test]
fn every_document_is_json() {
    let documents = of(&Fate::Json);
    assert!(documents.len() > 1, "{}", documents.len());
    for block in documents {
        let parsed: Result<Value, _> = serde_json::from_str(&block.text);
        assert!(parsed.is_ok(), "{}: {parsed:?}", block.place());
    }
}
