//! Pictures of a stack: what it consists of, who talks to whom, and what is let through.
//!
//! May depend on `resources` (structs) and `model`. Invariant: a picture says what a graph or a
//! snapshot says, and nothing that stands in neither; equal stacks have equal pictures.

mod arrows;
mod boxes;
mod document;
mod edge;
mod managed;
mod mermaid;
mod network;
mod parts;
mod routes;
mod services;
mod sheet;
mod svg;
mod text;

pub use document::Document;
pub use mermaid::mermaid;
pub use parts::{Parts, Source};
pub use sheet::{Arrow, Figure, Picture, Role};
pub use svg::svg;
pub use text::text;

use crate::model::Misfit;

impl Picture {
    /// The picture of a stack.
    ///
    /// # Errors
    /// [`Misfit`] where a resource is not what its kind says.
    pub fn of(parts: &Parts) -> Result<Self, Misfit> {
        let mut rows = vec![vec![edge::viewers()]];
        let edge = edge::figures(parts)?;
        if !edge.is_empty() {
            rows.push(edge);
        }
        let below = network::vpc(parts)?
            .into_iter()
            .chain(managed::figure(parts)?);
        rows.extend(below.map(|figure| vec![figure]));
        let mut picture = Self {
            title: match parts.source() {
                Source::File | Source::Aws => parts.owner().to_string(),
                Source::Sandbox => format!("{} in a sandbox", parts.owner()),
            },
            rows,
            arrows: Vec::new(),
        };
        picture.arrows = arrows::arrows(parts)?;
        let known = picture.ids();
        picture
            .arrows
            .retain(|arrow| known.contains(&arrow.from) && known.contains(&arrow.to));
        Ok(picture)
    }
}
