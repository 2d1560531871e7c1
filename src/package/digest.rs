//! What an image is built from, in one short text: the tag of the image.
//!
//! May depend on `files` and `dockerignore`. Invariant: what a builder gets decides, and what the
//! image shall run on; nothing else does.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::dockerignore::Ignored;
use super::files::{self, FileKind, Unpackable};

/// The file that says how to build.
const DOCKERFILE: &str = "Dockerfile";
/// Bytes of the digest that are kept, as two digits each.
const DIGEST_BYTES: usize = 8;

/// The digest of a directory with a `Dockerfile` and of what the image shall run on, such as
/// `linux/arm64`: 16 hexadecimal digits.
///
/// # Errors
/// [`Unpackable`] where it is not there, cannot be read or lacks the `Dockerfile`.
pub fn context_digest(directory: &Path, platform: &str) -> Result<String, Unpackable> {
    files::check_directory(directory)?;
    if !directory.join(DOCKERFILE).is_file() {
        return Err(Unpackable::Lacks {
            directory: directory.to_owned(),
            file: DOCKERFILE,
        });
    }
    let ignored = Ignored::of(directory)?;
    let is_sent = |path: &str, is_directory: bool| {
        let is_searched = is_directory && ignored.has_exceptions();
        path == DOCKERFILE || is_searched || !ignored.has(path)
    };
    let mut digest = Sha256::new();
    add(&mut digest, platform.as_bytes());
    for file in files::below(directory, &is_sent)? {
        add(&mut digest, file.path.as_bytes());
        digest.update(match file.kind {
            FileKind::Plain => b"f",
            FileKind::Executable => b"x",
            FileKind::Link => b"l",
        });
        add(&mut digest, &file.content()?);
    }
    Ok(hex(&digest.finalize()[..DIGEST_BYTES]))
}

/// The SHA-256 of some bytes in hexadecimal digits.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes behind their number, so that none can be taken for a part of its neighbour.
fn add(digest: &mut Sha256, bytes: &[u8]) {
    digest.update((bytes.len() as u64).to_be_bytes());
    digest.update(bytes);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
