//! The blocks that no scene runs, and why. Shell among them is still parsed, and its commands of qpiac
//! are still taken by the program's own arguments (`commands.rs`).

use crate::pages::Block;

/// A block that is not run here.
#[derive(Debug)]
pub(crate) struct Exception {
    pub(crate) page: &'static str,
    /// How it begins.
    begins: &'static str,
    pub(crate) why: Why,
}

/// Why a block is not run here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// This test tries it.
    Elsewhere(&'static str),
    /// For this reason nothing can.
    Cannot(#[allow(dead_code, reason = "it is read by people, and shown")] &'static str),
}

impl Exception {
    pub(crate) fn is(&self, block: &Block) -> bool {
        self.page == block.page && block.text.starts_with(self.begins)
    }
}

const fn exception(page: &'static str, begins: &'static str, why: Why) -> Exception {
    Exception { page, begins, why }
}

const NEWCOMER: Why = Why::Elsewhere("tests/cli/newcomer.rs");
const FAILING: Why = Why::Elsewhere("tests/docs/failing.rs");
const SCREEN: Why = Why::Elsewhere("tests/cli/screens.rs");
const SHOWN: Why = Why::Elsewhere("tests/docs/shown.rs");
const DRAWING: Why = Why::Cannot("a drawing");
const SHORTENED: Why = Why::Cannot("code that is shortened to its shape");

pub(crate) const EXCEPTIONS: &[Exception] = &[
    exception("README.md", "error: unknown value", SHOWN),
    exception("docs/ARCHITECTURE.md", "stack.yaml --spec--> Spec", DRAWING),
    exception(
        "docs/ARCHITECTURE.md",
        "/// A part of a VPC's range",
        SHORTENED,
    ),
    exception(
        "docs/deploy.md",
        "- uses: OWNER/qpiac@<commit of the tag> # v0.1.0\n  with:",
        SHOWN,
    ),
    exception(
        "docs/deploy.md",
        "- uses: OWNER/qpiac@<commit of the tag> # v0.1.0\n",
        SHOWN,
    ),
    exception("docs/deploy.md", "a change is proposed ", SHOWN),
    exception(
        "docs/deploy.md",
        "gh attestation verify",
        Why::Cannot("needs a release on GitHub"),
    ),
    exception(
        "docs/development.md",
        "cargo install mdbook",
        Why::Cannot("needs a package registry, and some minutes"),
    ),
    exception("docs/newcomer.md", "git clone REPOSITORY", NEWCOMER),
    exception("docs/newcomer.md", "qpiac init\n", NEWCOMER),
    exception("docs/newcomer.md", "Name of the stack", NEWCOMER),
    exception("docs/newcomer.md", "qpiac init --name", NEWCOMER),
    exception("docs/operation.md", "$ qpiac apply --image", FAILING),
    exception("docs/operation.md", "error: create vpc/main failed", SHOWN),
    exception(
        "docs/reliability.md",
        ".ci/soak ",
        Why::Cannot("takes five hours"),
    ),
    exception("docs/screens.md", "$ qpiac validate", SCREEN),
    exception("docs/screens.md", "$ qpiac apply", SCREEN),
    exception("docs/screens.md", "$ qpiac plan", SCREEN),
    exception("docs/screens.md", "$ QPIAC_SANDBOX_BREAKS", SCREEN),
    exception("docs/screens.md", "$ qpiac status", SCREEN),
    exception(
        "docs/screens.md",
        "$ qpiac verify",
        Why::Elsewhere("tests/wire/verify.rs"),
    ),
    exception(
        "testbed/README.md",
        "cargo run --example emulators",
        Why::Cannot("goes on until it is stopped"),
    ),
    exception(
        "testbed/README.md",
        "let bed = Testbed::start()",
        Why::Elsewhere("tests/docs/testbed_readme.rs"),
    ),
    exception(
        "testbed/README.md",
        "bed.turn_hostile",
        Why::Elsewhere("tests/docs/testbed_readme.rs"),
    ),
    exception(
        "workload/README.md",
        "python3 -m venv",
        Why::Cannot(
            "starts a server that goes on until it is stopped; tests/workload runs the application under one",
        ),
    ),
    exception(
        "workload/README.md",
        "cd workload/app\nlock=",
        Why::Cannot("asks a package registry for the newest versions"),
    ),
];
