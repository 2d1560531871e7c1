//! Writes the generated pages of `docs`, or checks that they are current.
//!
//! `cargo run --example reference` writes them, `cargo run --example reference -- --check` fails
//! where one differs.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};
use qpiac::picture::{Parts, Picture, svg};
use qpiac::stack::{Digests, Inputs, graph};

/// The picture of the stack at the root.
fn picture() -> Result<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("stack.yaml"))?;
    let reading = qpiac::spec::read("stack.yaml", &text)?;
    let inputs = Inputs {
        account: "ACCOUNT".to_owned(),
        digests: Digests::default(),
    };
    let parts = Parts::of_graph(&graph(&reading.spec, &inputs));
    Ok(svg(&Picture::of(&parts)?))
}

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
        ("../default-stack.svg", picture()?),
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
