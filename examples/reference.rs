//! Writes the generated pages of `docs`, or checks that they are current.
//!
//! `cargo run --example reference` writes them, `cargo run --example reference -- --check` fails
//! where one differs.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

fn pages() -> Result<Vec<(&'static str, String)>> {
    let schemas = qpiac::resources::schemas();
    Ok(vec![
        ("kinds.md", qpiac::render::kinds(&schemas)),
        ("stack.md", qpiac::spec::reference()),
        (
            "stack.schema.json",
            serde_json::to_string_pretty(&qpiac::spec::schema())? + "\n",
        ),
        ("cli.md", qpiac::cli::reference()),
        (
            "../permissions.md",
            qpiac::render::permissions(&schemas, &qpiac::aws::facts::READS),
        ),
    ])
}

fn main() -> Result<()> {
    let check = std::env::args()
        .skip(1)
        .any(|argument| argument == "--check");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    let mut stale = Vec::new();
    for (name, text) in pages()? {
        let path = folder.join(name);
        if fs::read_to_string(&path).is_ok_and(|current| current == text) {
            continue;
        }
        if check {
            stale.push(name);
        } else {
            fs::create_dir_all(&folder)?;
            fs::write(&path, text)?;
        }
    }
    if !stale.is_empty() {
        bail!(
            "these pages of docs/reference are not current: {}; run `cargo run --example reference`",
            stale.join(", ")
        );
    }
    Ok(())
}
