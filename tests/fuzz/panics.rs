//! Panics of the thread that tries inputs, also those that a runtime would swallow.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static SEEN: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

static HOOK: Once = Once::new();

/// What a work gives, or where and why it panicked; the first panic counts.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(listen);
    SEEN.set(Some(Vec::new()));
    let outcome = catch_unwind(AssertUnwindSafe(work));
    let seen = SEEN.take().unwrap_or_default();
    match (outcome, seen.into_iter().next()) {
        (Ok(value), None) => Ok(value),
        (_, Some(why)) => Err(why),
        (Err(_), None) => Err("a panic without a word".to_owned()),
    }
}

/// Other threads' panics are told as ever.
fn listen() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let is_ours = SEEN.with_borrow_mut(|seen| {
            seen.as_mut().map(|seen| {
                let place = panic.location().map(ToString::to_string);
                let said = panic.payload_as_str().unwrap_or("something");
                seen.push(format!("{}: {said}", place.unwrap_or_default()));
            })
        });
        if is_ours.is_none() {
            usual(panic);
        }
    }));
}
