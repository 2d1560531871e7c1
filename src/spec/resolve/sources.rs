//! What a stack file names beside itself.
//!
//! Depends on the sections of the spec. Invariant: every path of the file is in the list, with its
//! place.

use crate::spec::leaf::SourcePath;
use crate::spec::reader::Spanned;
use crate::spec::sections::StackFile;
use crate::spec::source::{Purpose, Source};

/// The paths of a file, in its order within each section.
pub(crate) fn sources(file: &StackFile) -> Vec<Source> {
    let source = |path: &Spanned<SourcePath>, purpose| Source {
        path: path.value.clone(),
        purpose,
        span: path.span,
    };
    let edge = file.cdn.given().and_then(|cdn| cdn.value.function.given());
    let images = file.services.value.0.iter().filter_map(|(name, service)| {
        let path = service.value.build.given()?;
        Some(source(path, Purpose::Image(name.value.clone())))
    });
    let functions = file.functions.value.0.iter().map(|(name, function)| {
        let purpose = Purpose::Function(name.value.clone());
        source(&function.value.code, purpose)
    });
    let edge = edge.map(|path| source(path, Purpose::EdgeFunction));
    edge.into_iter().chain(images).chain(functions).collect()
}
