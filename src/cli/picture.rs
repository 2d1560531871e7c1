//! `qpiac diagram` and `qpiac document`.

use std::path::Path;

use anyhow::{Context, bail};

use super::arguments::{Diagram, DiagramFormat, Document, DocumentFormat, Picturing, Source};
use super::look::look;
use super::subject;
use super::terminal::Terminal;
use super::{Exit, Misuse};
use crate::picture::{self, Parts, Picture};
use crate::render::message;
use crate::stack::{self, Digests, Inputs};

/// What stands for the account in names, where the file does not say it.
const ACCOUNT: &str = "ACCOUNT";

pub(super) async fn diagram(given: &Diagram, terminal: &Terminal) -> anyhow::Result<Exit> {
    let picturing = &given.picturing;
    let source = picturing.from.unwrap_or(Source::Spec);
    let out = picturing.out.as_deref();
    let format = match (given.format, out) {
        (Some(format), _) => format,
        (None, Some(path)) => by_name(path).ok_or_else(|| {
            Misuse(format!(
                "the name {} says no form of a diagram\nhint: --format, or a name in .svg, .mmd or .txt",
                path.display()
            ))
        })?,
        (None, None) => DiagramFormat::Text,
    };
    let Some(parts) = parts(picturing, source, terminal).await? else {
        return Ok(Exit::Failed);
    };
    let picture = Picture::of(&parts)?;
    let text = match format {
        DiagramFormat::Svg => picture::svg(&picture),
        DiagramFormat::Mermaid => picture::mermaid(&picture),
        DiagramFormat::Text => picture::text(&picture),
    };
    give(&text, out, terminal)
}

pub(super) async fn document(given: &Document, terminal: &Terminal) -> anyhow::Result<Exit> {
    let picturing = &given.picturing;
    let source = picturing.from.unwrap_or(Source::Live);
    let Some(parts) = parts(picturing, source, terminal).await? else {
        return Ok(Exit::Failed);
    };
    let document = picture::Document::of(&parts)?;
    let out = picturing.out.as_deref();
    let format = given.format.unwrap_or_else(|| document_by_name(out));
    let text = match format {
        DocumentFormat::Markdown => document.markdown(),
        DocumentFormat::Html => document.html(),
    };
    give(&text, out, terminal)
}

/// The form of a document that a file's name means.
fn document_by_name(path: Option<&Path>) -> DocumentFormat {
    match path.and_then(Path::extension).and_then(|e| e.to_str()) {
        Some("html" | "htm") => DocumentFormat::Html,
        Some(_) | None => DocumentFormat::Markdown,
    }
}

/// The form that a file's name means.
fn by_name(path: &Path) -> Option<DiagramFormat> {
    match path.extension()?.to_str()? {
        "svg" => Some(DiagramFormat::Svg),
        "mmd" | "mermaid" => Some(DiagramFormat::Mermaid),
        "txt" => Some(DiagramFormat::Text),
        _ => None,
    }
}

/// What is wanted or there; nothing where the file has errors, after they were shown.
async fn parts(
    given: &Picturing,
    source: Source,
    terminal: &Terminal,
) -> anyhow::Result<Option<Parts>> {
    match source {
        Source::Spec => {
            let Some(known) = subject::known(&given.subject, terminal)? else {
                return Ok(None);
            };
            let Some(spec) = &known.spec else {
                bail!("a stack that is given by name has no file to draw\nhint: --from live");
            };
            let inputs = Inputs {
                account: known.account.unwrap_or_else(|| ACCOUNT.to_owned()),
                digests: Digests::default(),
            };
            let graph = stack::graph(spec, &inputs);
            Ok(Some(Parts::of_graph(&graph)))
        }
        Source::Live => {
            let Some(look) = look(&given.subject, terminal).await? else {
                return Ok(None);
            };
            let parts =
                Parts::of_snapshot(&look.known.owner, &look.snapshot, look.cloud.is_sandbox());
            if parts.is_empty() {
                bail!(
                    "nothing of {} is there\nhint: --from spec shows what stack.yaml wants",
                    parts.owner()
                );
            }
            Ok(Some(parts))
        }
    }
}

/// Prints a text, or writes it to a file.
fn give(text: &str, out: Option<&Path>, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Some(path) = out else {
        terminal.data(text)?;
        return Ok(Exit::Done);
    };
    let shown = path.display();
    std::fs::write(path, text).with_context(|| format!("cannot write {shown}"))?;
    terminal.line(&message::note(format!("written: {shown}")));
    Ok(Exit::Done)
}
