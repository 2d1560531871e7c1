//! Everything that is there, whoever it belongs to, told without the program and without its tags.
//!
//! Asks AWS through the tests' own clients. Invariant: what a census leaves out is what AWS keeps of
//! something deleted, and the bucket of leases, which belongs to no stack.

mod account;
mod edge;
mod network;
mod service;

use std::collections::BTreeMap;
use std::fmt::Debug;

use crate::observer::Observer;

/// One resource.
#[derive(Clone, Debug)]
struct Item {
    /// What it is and by what AWS knows it.
    id: String,
    /// What it is in words that are the same in every run.
    label: String,
    /// All that AWS says of it.
    text: String,
}

/// What is there at one time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Census {
    items: Vec<Item>,
}

/// How often there is what.
pub(crate) type Labels = BTreeMap<String, usize>;

impl Census {
    pub(crate) async fn of(aws: &Observer) -> Self {
        let mut census = Self::default();
        network::list(aws, &mut census).await;
        service::list(aws, &mut census).await;
        account::list(aws, &mut census).await;
        edge::list(aws, &mut census).await;
        census
    }

    fn add(&mut self, kind: &str, id: impl Into<Id>, label: &str, text: &impl Debug) {
        let Id(id) = id.into();
        self.items.push(Item {
            id: format!("{kind} {id}"),
            label: format!("{kind} {label}"),
            text: format!("{text:?}"),
        });
    }

    /// What is there that was not there before.
    pub(crate) fn since(&self, before: &Self) -> Labels {
        let is_new = |item: &&Item| !before.items.iter().any(|one| one.id == item.id);
        let mut labels = Labels::new();
        for item in self.items.iter().filter(is_new) {
            *labels.entry(item.label.clone()).or_default() += 1;
        }
        labels
    }

    /// What was there before and is gone or different, with both descriptions.
    pub(crate) fn changed_since(&self, before: &Self) -> Vec<String> {
        let mut changed = Vec::new();
        for was in &before.items {
            let is = self.items.iter().find(|item| item.id == was.id);
            match is {
                None => changed.push(format!("{} is gone", was.id)),
                Some(is) if is.text != was.text => {
                    changed.push(format!("{}: {} -> {}", was.id, was.text, is.text));
                }
                Some(_) => {}
            }
        }
        changed
    }
}

/// A name that AWS may leave out.
struct Id(String);

impl From<Option<&str>> for Id {
    fn from(id: Option<&str>) -> Self {
        Self(id.unwrap_or_default().to_owned())
    }
}

impl From<&str> for Id {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

/// What is in `of` and not in `other`, each as often as it is more.
pub(crate) fn excess(of: &Labels, other: &Labels) -> Vec<String> {
    let mut more = Vec::new();
    for (label, count) in of {
        let others = other.get(label).copied().unwrap_or_default();
        more.extend((others..*count).map(|_| label.clone()));
    }
    more
}
