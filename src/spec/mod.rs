//! `stack.yaml`: what a user may write, where it stands, what is wrong with it, and what it means.
//!
//! Depends on `model` only. A text becomes a tree with places (`parse`, `tree`), the tree becomes typed
//! sections (`sections`, declared with `#[derive(Section)]`), and checks across sections turn those
//! into a [`Spec`] (`resolve`). The same declarations give the JSON Schema and the reference.
//! Invariant: reading is pure, and reports every problem of a file at once.

pub mod arn;
pub mod code;
pub mod diagnostic;
pub mod draft;
pub mod image;
pub mod layout;
pub mod leaf;
pub mod names;
pub mod resolved;
pub mod source;
pub mod topic;
pub mod web;

pub(crate) mod choice;
pub(crate) mod collection;
pub(crate) mod parse;
pub(crate) mod reader;
pub(crate) mod resolve;
pub(crate) mod sections;
pub(crate) mod shape;
pub(crate) mod switch;
pub(crate) mod text;
pub(crate) mod tree;

mod reference;
mod schema;

pub use diagnostic::{Diagnostic, Diagnostics, Severity, Span, Style};
pub use resolved::Spec;
pub use source::{Purpose, Source};

use reader::{FromNode as _, Reader};
use sections::StackFile;
use shape::{SectionShape, Shape};

/// A file that can be used.
#[derive(Debug)]
pub struct Reading {
    /// What it asks for.
    pub spec: Spec,
    /// The files and directories that it names.
    pub sources: Vec<Source>,
    /// What is probably not meant.
    pub warnings: Diagnostics,
}

impl Reading {
    /// Problems that were found later, such as a directory that is not there, as problems of this
    /// file.
    pub fn problems(&self, list: Vec<Diagnostic>) -> Diagnostics {
        self.warnings.of_the_same_file(list)
    }
}

/// Reads a stack file. `file_name` is what diagnostics call it.
///
/// # Errors
/// Everything that is wrong with it, warnings included.
pub fn read(file_name: &str, source: impl AsRef<[u8]>) -> Result<Reading, Diagnostics> {
    let source = source.as_ref();
    let text = match std::str::from_utf8(source) {
        Ok(text) => text,
        Err(error) => {
            let lossy = String::from_utf8_lossy(source);
            let start = error.valid_up_to();
            let span = Span {
                start,
                end: start + '\u{fffd}'.len_utf8(),
            };
            let problem = Diagnostic::error(span, "the file is not UTF-8 text")
                .expected("text in UTF-8")
                .hint("save it again with that encoding");
            return Err(Diagnostics::new(file_name, &lossy, vec![problem]));
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (read, problems) = read_text(text);
    let diagnostics = Diagnostics::new(file_name, text, problems);
    match read {
        Some((spec, sources)) if diagnostics.errors() == 0 => Ok(Reading {
            spec,
            sources,
            warnings: diagnostics,
        }),
        Some(_) | None => Err(diagnostics),
    }
}

fn read_text(text: &str) -> (Option<(Spec, Vec<Source>)>, Vec<Diagnostic>) {
    let (root, mut problems) = match parse::parse(text) {
        Ok(parsed) => parsed,
        Err(problems) => return (None, problems),
    };
    if root.is_null() {
        let problem = Diagnostic::error(Span::default(), "the file is empty")
            .expected("a stack, which has at least the keys `stack` and `region`")
            .hint("for example\n  stack: shop\n  region: us-east-1");
        problems.push(problem);
        return (None, problems);
    }
    let mut reader = Reader::default();
    let file = StackFile::from_node(&root, &mut reader);
    let read = file.and_then(|file| {
        let sources = resolve::sources(&file);
        resolve::stack(file, &mut reader).map(|spec| (spec, sources))
    });
    problems.extend(reader.into_problems());
    (read, problems)
}

/// The JSON Schema of the stack file (draft 2020-12).
pub fn schema() -> serde_json::Value {
    schema::document(&root_shape())
}

/// The reference of the stack file, as Markdown.
pub fn reference() -> String {
    reference::document(&root_shape())
}

fn root_shape() -> SectionShape {
    match StackFile::shape() {
        Shape::Section(shape) => shape,
        Shape::Bool
        | Shape::Integer { .. }
        | Shape::Numbers(_)
        | Shape::Text(_)
        | Shape::Literal
        | Shape::Off
        | Shape::Words(_)
        | Shape::List { .. }
        | Shape::Map { .. }
        | Shape::Either(_) => unreachable!("a derived section has the shape of a section"),
    }
}
