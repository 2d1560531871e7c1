//! Where what belongs to a stack stands in the store.
//!
//! May depend on nothing. Invariant: a store is one region's, so a stack's name is enough.

fn name(stack: &str) -> &str {
    stack.split('@').next().unwrap_or(stack)
}

/// The key of a stack's lease; stacks are given as `NAME@REGION`.
pub(super) fn lease(stack: &str) -> String {
    format!("leases/{}", name(stack))
}

/// What the keys of the records of a stack's runs begin with.
pub(super) fn history(stack: &str) -> String {
    format!("history/{}/", name(stack))
}

/// The key of what stands for a saved plan that was used.
pub fn plan(stack: &str, number: &str) -> String {
    format!("plans/{}/{number}.json", name(stack))
}
