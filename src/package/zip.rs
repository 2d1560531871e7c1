//! A directory as a zip file, for Lambda.
//!
//! May depend on `files`. Invariant: the bytes follow from paths, contents and executable bits
//! alone.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use miniz_oxide::deflate::compress_to_vec;
use rawzip::time::UtcDateTime;
use rawzip::{CompressionMethod, ZipArchiveWriter};
use sha2::{Digest, Sha256};

use super::files::{self, File, FileKind, Unpackable};

/// Most bytes of a zip in a request (Lambda quotas: 50 MB zipped, for direct upload).
const ZIPPED_LIMIT: u64 = 50_000_000;
/// Most bytes of the files in it (Lambda quotas: 250 MB unzipped, layers included).
const UNZIPPED_LIMIT: u64 = 250_000_000;
/// Effort of the compressor, of 10; another one makes other bytes.
const LEVEL: u8 = 6;
/// Every file's time: the first that a zip can tell, 1980-01-01, in seconds since 1970.
const TIME_S: i64 = 315_532_800;
/// What tools leave behind, which is no part of the code.
const LEFT_OUT: [&str; 6] = [
    ".DS_Store",
    ".git",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "__pycache__",
];

/// A directory, packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The zip file.
    pub bytes: Arc<[u8]>,
    /// Its SHA-256 in base64, as Lambda gives it (`CodeSha256`).
    pub sha256: String,
}

/// Packs a directory.
///
/// # Errors
/// [`Unpackable`] where it is not there, cannot be read, holds nothing, a link or something that is
/// no file, or is larger than Lambda takes.
pub fn zip(directory: &Path) -> Result<Package, Unpackable> {
    let files = files::below(directory, &|path, _| is_code(path))?;
    if files.is_empty() {
        return Err(Unpackable::Empty(directory.to_owned()));
    }
    let mut archive = ZipArchiveWriter::new(Vec::new());
    let mut unzipped = 0;
    for file in files {
        if file.kind == FileKind::Link {
            return Err(Unpackable::Link(file.place));
        }
        let content = file.content()?;
        unzipped += content.len() as u64;
        files::check_size("the code", unzipped, UNZIPPED_LIMIT)?;
        add(&mut archive, &file, &content).map_err(|error| unwritable(&file, error))?;
        files::check_size("the zip of the code", archive.stream_offset(), ZIPPED_LIMIT)?;
    }
    let bytes = archive.finish().map_err(|error| Unpackable::Unreadable {
        path: directory.to_owned(),
        error: io::Error::other(error),
    })?;
    files::check_size("the zip of the code", bytes.len() as u64, ZIPPED_LIMIT)?;
    Ok(Package {
        sha256: sha256_base64(&bytes),
        bytes: bytes.into(),
    })
}

/// The SHA-256 of some bytes in base64.
pub fn sha256_base64(bytes: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(bytes))
}

fn is_code(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    !LEFT_OUT.contains(&name) && !name.ends_with(".pyc")
}

fn add(archive: &mut ZipArchiveWriter<Vec<u8>>, file: &File, content: &[u8]) -> io::Result<()> {
    let mode = match file.kind {
        FileKind::Executable => 0o100_755,
        FileKind::Plain | FileKind::Link => 0o100_644,
    };
    let (mut entry, config) = archive
        .new_file(file.path.as_str())
        .compression_method(CompressionMethod::DEFLATE)
        .last_modified(UtcDateTime::from_unix(TIME_S))
        .unix_permissions(mode)
        .start()
        .map_err(io::Error::other)?;
    let mut checksum = config.wrap(io::sink());
    checksum.write_all(content)?;
    let (_, descriptor) = checksum.finish().map_err(io::Error::other)?;
    entry.write_all(&compress_to_vec(content, LEVEL))?;
    entry.finish(descriptor).map_err(io::Error::other)?;
    Ok(())
}

fn unwritable(file: &File, error: io::Error) -> Unpackable {
    Unpackable::Unreadable {
        path: file.place.clone(),
        error,
    }
}
