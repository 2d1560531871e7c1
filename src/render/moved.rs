//! Why a saved plan cannot be carried out any more.
//!
//! May depend on `plan` and `model`. Invariant: every resource is named with what differs.

use std::collections::{BTreeMap, BTreeSet};

use super::difference::{Difference, between};
use super::value::text;
use crate::model::{Address, Change, Name, Names};
use crate::plan::saved::Moved;

/// What moved in AWS since a plan was made, one a line.
pub fn moved(moved: &BTreeMap<Address, Vec<Moved>>, names: &Names) -> Vec<String> {
    let lines = moved.iter().flat_map(|(address, moves)| {
        moves
            .iter()
            .flat_map(move |one| move_lines(address, one, names))
    });
    lines.collect()
}

fn move_lines(address: &Address, moved: &Moved, names: &Names) -> Vec<String> {
    match moved {
        Moved::Appeared { id } => vec![format!("{address} is there now ({id})")],
        Moved::Gone { id } => vec![format!("{address} is not there any more ({id})")],
        Moved::Changed(Change {
            attribute,
            from,
            to,
        }) => between(attribute, from, to)
            .iter()
            .map(|leaf| {
                let path = &leaf.path;
                match leaf.what {
                    Difference::Changed { from, to } => {
                        let (from, to) = (text(from, names), text(to, names));
                        format!("{address}: {path} was {from}, and is {to}")
                    }
                    Difference::Added(value) => {
                        format!("{address}: {path} got {}", text(value, names))
                    }
                    Difference::Removed(value) => {
                        format!("{address}: {path} lost {}", text(value, names))
                    }
                }
            })
            .collect(),
    }
}

/// What the stack file wants otherwise than when a plan was made, one resource a line.
pub fn rewritten(rewritten: &BTreeMap<Address, BTreeSet<Name>>) -> Vec<String> {
    let lines = rewritten.iter().map(|(address, attributes)| {
        if attributes.is_empty() {
            return format!("{address} is new in the stack file, or not in it any more");
        }
        let attributes: Vec<&str> = attributes.iter().map(AsRef::as_ref).collect();
        format!("{address}: another {}", attributes.join(", "))
    });
    lines.collect()
}
