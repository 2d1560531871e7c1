//! Asking before something is changed.
//!
//! May depend on `engine`. Invariant: nothing but `yes` means yes, and silence never does.

use std::io;

use anyhow::bail;

use super::stops::{Stops, unless_stopped};
use super::terminal::Terminal;

/// Whether to go on. Without a terminal there is nobody to ask, which is an error.
pub(super) async fn may_go_on(
    question: &str,
    stops: &Stops,
    terminal: &Terminal,
) -> anyhow::Result<bool> {
    if !terminal.can_ask() {
        bail!(
            "there is no terminal to ask on, so nothing was changed\nhint: --yes goes ahead without asking"
        );
    }
    terminal.say(&format!("{question} Only `yes` is taken as yes: "));
    let answer = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = unless_stopped(stops, answer).await.inspect_err(|_| {
        // The cursor still stands behind the question.
        terminal.line("");
    })?;
    Ok(answer??.trim() == "yes")
}
