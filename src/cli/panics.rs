//! What is said when the program breaks down.
//!
//! May depend on `aws` (what must not be said) and `render`. Invariant: no secret is repeated, and nothing
//! here can break down again.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Display;
use std::io::{self, Write};
use std::panic;

use crate::aws::without_secrets;
use crate::render::message;

/// From now on a panic is told in the program's own words.
pub(super) fn listen() {
    panic::set_hook(Box::new(|panic| {
        let what = panic.payload_as_str().unwrap_or("for an unknown reason");
        let place = panic.location().map(|place| place as &dyn Display);
        let mut text = report(what, place);
        let trace = Backtrace::capture();
        if trace.status() == BacktraceStatus::Captured {
            text += &without_secrets(&trace.to_string());
        }
        let mut err = anstream::AutoStream::auto(io::stderr());
        // There is nobody left to tell that nobody listens.
        let _ = err.write_all(text.as_bytes());
    }));
}

fn report(what: &str, place: Option<&dyn Display>) -> String {
    let place = place.map_or_else(String::new, |place| format!(" ({place})"));
    let what = without_secrets(what);
    [
        message::error(format!("qpiac broke down: {what}{place}")),
        message::hint(
            "this is a mistake in qpiac, which shall be reported; RUST_BACKTRACE=1 says more",
        ),
        message::hint("what was made in AWS is not lost: run the same command again"),
    ]
    .map(|line| line + "\n")
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Plain, Vault};
    use crate::model::Owner;

    #[test]
    fn a_panic_repeats_no_secret() {
        let made = Plain::generate();
        let found = "0badcafe".repeat(8);
        Vault::of(&Owner::new("shop", "eu-west-1")).fingerprint(&found);
        let what = format!("called with {} and {found}", made.expose());
        let told = report(&what, Some(&"src/a.rs:1:2"));
        assert!(
            told.contains("called with (secret) and (secret) (src/a.rs:1:2)"),
            "{told}"
        );
    }
}
