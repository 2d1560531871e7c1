//! What digests in a graph stand for: code and images that AWS gets from here.
//!
//! May depend on nothing. Invariant: a digest names its content, so equal digests are equal content.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Something that a digest stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A file, such as the zip of a function's code.
    Bytes(Arc<[u8]>),
    /// What an image is built from.
    BuildContext(BuildContext),
}

/// What an image is built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildContext {
    /// A directory with a `Dockerfile`.
    pub directory: PathBuf,
    /// What the image shall run on, such as `linux/arm64`.
    pub platform: String,
}

/// Contents by digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents(BTreeMap<String, Content>);

impl Contents {
    /// Adds a content.
    pub fn add(&mut self, digest: impl Into<String>, content: Content) {
        self.0.insert(digest.into(), content);
    }

    /// The content of this digest.
    pub fn get(&self, digest: &str) -> Option<&Content> {
        self.0.get(digest)
    }

    /// The bytes of this digest.
    pub fn bytes(&self, digest: &str) -> Option<&Arc<[u8]>> {
        match self.0.get(digest)? {
            Content::Bytes(bytes) => Some(bytes),
            Content::BuildContext(_) => None,
        }
    }
}
