//! The files below a directory, in an order that is the same everywhere.
//!
//! May depend on nothing. Invariant: paths are relative, with `/` between directories, and sorted
//! by their bytes.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// A directory whose content cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unpackable {
    /// It is not there.
    #[error("there is no `{}`", .0.display())]
    NotThere(PathBuf),
    /// It is something else.
    #[error("`{}` is not a directory", .0.display())]
    NoDirectory(PathBuf),
    /// It is something else than a file.
    #[error("`{}` is not a file", .0.display())]
    NoFile(PathBuf),
    /// It has no file that counts.
    #[error("there is no file in `{}`", .0.display())]
    Empty(PathBuf),
    /// The file is empty.
    #[error("`{}` is empty", .0.display())]
    NoCode(PathBuf),
    /// It lacks a file that must be there.
    #[error("there is no `{file}` in `{}`", .directory.display())]
    Lacks {
        /// The directory.
        directory: PathBuf,
        /// The name of the file.
        file: &'static str,
    },
    /// What it links to may be something else on another machine.
    #[error("`{}` is a symbolic link", .0.display())]
    Link(PathBuf),
    /// A socket, a device or the like.
    #[error("`{}` is neither a file nor a directory", .0.display())]
    Strange(PathBuf),
    /// Its name has no one form.
    #[error("the name of `{}` is not UTF-8 text", .0.display())]
    Name(PathBuf),
    /// A pattern of a `.dockerignore` is not well-formed.
    #[error("`{pattern}` in `{}` is not a pattern", .file.display())]
    Pattern {
        /// The file.
        file: PathBuf,
        /// The pattern.
        pattern: String,
    },
    /// AWS does not take so much.
    #[error("{what} has {size} bytes, and AWS takes at most {limit}")]
    TooLarge {
        /// What has a size.
        what: &'static str,
        /// Bytes that it has.
        size: u64,
        /// Bytes that it may have.
        limit: u64,
    },
    /// The operating system does not give it.
    #[error("cannot read `{}`: {error}", .path.display())]
    Unreadable {
        /// What was read.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

impl Unpackable {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotThere(_) | Self::NoDirectory(_) | Self::NoFile(_) => {
                "paths begin at the directory of the stack file"
            }
            Self::Empty(_) => "add code, or a `build` that makes it",
            Self::NoCode(_) => "write its code",
            Self::Lacks { .. } => "write one, or name an image with `image` instead of `build`",
            Self::Link(_) => "put the file itself in its place",
            Self::Strange(_) => "remove it",
            Self::Name(_) => "rename it",
            Self::Pattern { .. } => "every `[` needs its `]`, and every `!` something behind it",
            Self::TooLarge { .. } => "take out what the code does not need when it runs",
            Self::Unreadable { .. } => "see to its permissions",
        }
    }
}

/// A file below a directory.
#[derive(Debug)]
pub(super) struct File {
    /// Its path from there, with `/` between directories.
    pub(super) path: String,
    /// Where it is.
    pub(super) place: PathBuf,
    /// What it is.
    pub(super) kind: FileKind,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    Plain,
    Executable,
    Link,
}

impl File {
    /// Its bytes; of a link, where it leads.
    pub(super) fn content(&self) -> Result<Vec<u8>, Unpackable> {
        match self.kind {
            FileKind::Plain | FileKind::Executable => read(&self.place),
            FileKind::Link => {
                let target = fs::read_link(&self.place).map_err(|e| unreadable(&self.place, e))?;
                let target = target.to_str().ok_or_else(|| name(&self.place))?;
                Ok(target.as_bytes().to_vec())
            }
        }
    }
}

/// The files below a directory that `is_wanted` by their path, sorted. It is asked for directories
/// too, whose content is left out with them.
pub(super) fn below(
    directory: &Path,
    is_wanted: &dyn Fn(&str, bool) -> bool,
) -> Result<Vec<File>, Unpackable> {
    check_directory(directory)?;
    let mut files = Vec::new();
    collect(directory, "", is_wanted, &mut files)?;
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

/// That there is such a directory.
pub(super) fn check_directory(directory: &Path) -> Result<(), Unpackable> {
    match fs::metadata(directory) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(Unpackable::NoDirectory(directory.to_owned())),
        Err(error) => Err(missing_or_unreadable(directory, error)),
    }
}

/// That something is not larger than AWS takes.
pub(super) fn check_size(what: &'static str, size: u64, limit: u64) -> Result<(), Unpackable> {
    if size <= limit {
        return Ok(());
    }
    Err(Unpackable::TooLarge { what, size, limit })
}

/// The bytes of a file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Unpackable> {
    if fs::metadata(path).is_ok_and(|found| found.is_dir()) {
        return Err(Unpackable::NoFile(path.to_owned()));
    }
    fs::read(path).map_err(|error| missing_or_unreadable(path, error))
}

fn collect(
    directory: &Path,
    prefix: &str,
    is_wanted: &dyn Fn(&str, bool) -> bool,
    files: &mut Vec<File>,
) -> Result<(), Unpackable> {
    let entries = fs::read_dir(directory).map_err(|e| unreadable(directory, e))?;
    for entry in entries {
        let entry = entry.map_err(|e| unreadable(directory, e))?;
        let place = entry.path();
        let last = entry.file_name();
        let path = format!("{prefix}{}", last.to_str().ok_or_else(|| name(&place))?);
        let found = fs::symlink_metadata(&place).map_err(|e| unreadable(&place, e))?;
        if !is_wanted(&path, found.is_dir()) {
            continue;
        }
        if found.is_dir() {
            collect(&place, &format!("{path}/"), is_wanted, files)?;
        } else {
            let kind = kind(&found).ok_or_else(|| Unpackable::Strange(place.clone()))?;
            files.push(File { path, place, kind });
        }
    }
    Ok(())
}

fn kind(found: &Metadata) -> Option<FileKind> {
    if found.is_symlink() {
        Some(FileKind::Link)
    } else if !found.is_file() {
        None
    } else if is_executable(found) {
        Some(FileKind::Executable)
    } else {
        Some(FileKind::Plain)
    }
}

#[cfg(unix)]
fn is_executable(found: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    found.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_found: &Metadata) -> bool {
    false
}

fn name(path: &Path) -> Unpackable {
    Unpackable::Name(path.to_owned())
}

fn unreadable(path: &Path, error: io::Error) -> Unpackable {
    Unpackable::Unreadable {
        path: path.to_owned(),
        error,
    }
}

fn missing_or_unreadable(path: &Path, error: io::Error) -> Unpackable {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Unpackable::NotThere(path.to_owned())
        }
        _ => unreadable(path, error),
    }
}
