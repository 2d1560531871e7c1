//! Files and directories that a stack file names.
//!
//! Depends on the leaf types and the diagnostics of this room. Invariant: nothing here looks at a
//! disk; whoever does can point at the place in the file that asked for it.

use super::diagnostic::{Diagnostic, Span};
use super::leaf::{FunctionName, ServiceName, SourcePath};

/// A file or directory that a stack file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it lies, relative to the stack file.
    pub path: SourcePath,
    /// What it is for.
    pub purpose: Purpose,
    /// Where the stack file names it.
    pub span: Span,
}

/// What a source is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// The directory of a service's image.
    Image(ServiceName),
    /// The directory of a function's code.
    Function(FunctionName),
    /// The file of the CDN's function.
    EdgeFunction,
}

impl Source {
    /// That something is wrong with it: an error at its place.
    pub fn problem(&self, message: impl Into<String>, hint: impl Into<String>) -> Diagnostic {
        Diagnostic::error(self.span, message)
            .expected(match &self.purpose {
                Purpose::Image(_) => "a directory with a Dockerfile, relative to the stack file",
                Purpose::Function(_) => "a directory with code, relative to the stack file",
                Purpose::EdgeFunction => "a file with JavaScript, relative to the stack file",
            })
            .hint(hint)
    }
}
