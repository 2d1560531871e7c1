//! Topological order, and what to say where there is none.
//!
//! May depend on nothing else. Invariant: the order is stable: of several items that could come
//! next, the smallest comes.

use std::collections::{BTreeMap, BTreeSet};

/// The items so that each comes after everything it needs, or one cycle.
///
/// `needs` may name things that are not keys; they are not waited for.
pub(super) fn sort<T: Ord + Clone>(needs: &BTreeMap<T, BTreeSet<T>>) -> Result<Vec<T>, Vec<T>> {
    let mut waiting: BTreeMap<&T, usize> = BTreeMap::new();
    let mut needed_by: BTreeMap<&T, Vec<&T>> = BTreeMap::new();
    for (item, targets) in needs {
        let inside = targets.iter().filter(|target| needs.contains_key(*target));
        let mut count = 0;
        for target in inside {
            needed_by.entry(target).or_default().push(item);
            count += 1;
        }
        waiting.insert(item, count);
    }
    let mut ready: BTreeSet<&T> = waiting
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(item, _)| *item)
        .collect();
    let mut sorted = Vec::with_capacity(needs.len());
    while let Some(item) = ready.pop_first() {
        sorted.push(item.clone());
        waiting.remove(item);
        for dependent in needed_by.get(item).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(dependent) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(dependent);
                }
            }
        }
    }
    if waiting.is_empty() {
        Ok(sorted)
    } else {
        Err(cycle(needs, &waiting.into_keys().collect()))
    }
}

/// One cycle among items each of which needs another of them.
fn cycle<T: Ord + Clone>(needs: &BTreeMap<T, BTreeSet<T>>, stuck: &BTreeSet<&T>) -> Vec<T> {
    let mut path: Vec<&T> = Vec::new();
    let mut next = stuck.first().copied();
    while let Some(item) = next {
        if let Some(start) = path.iter().position(|seen| *seen == item) {
            return path[start..].iter().map(|item| (*item).clone()).collect();
        }
        path.push(item);
        next = needs
            .get(item)
            .and_then(|targets| targets.iter().find(|target| stuck.contains(target)));
    }
    path.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(
        pairs: &[(&'static str, &[&'static str])],
    ) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
        pairs
            .iter()
            .map(|(item, targets)| (*item, targets.iter().copied().collect()))
            .collect()
    }

    #[test]
    fn targets_come_first_and_ties_are_stable() {
        let graph = needs(&[
            ("c", &["a"]),
            ("a", &["outside"]),
            ("b", &[]),
            ("d", &["c", "b"]),
        ]);
        assert_eq!(sort(&graph), Ok(vec!["a", "b", "c", "d"]));
    }

    #[test]
    fn a_cycle_is_named() {
        let graph = needs(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"]), ("d", &[])]);
        assert_eq!(sort(&graph), Err(vec!["b", "c"]));
    }
}
