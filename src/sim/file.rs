//! A world in a file, held by one process at a time.
//!
//! May depend on `world` and `files`. Invariant: at every moment the file holds a whole world, the one before a
//! change or the one after it.

use std::fmt::Display;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::world::{WORLD_VERSION, World};
use crate::files;

/// The largest file that is read, in bytes.
const LARGEST_BYTES: u64 = 64 << 20;

/// A world's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The file, or a file or directory beside it, cannot be read or written.
    #[error("cannot use the sandbox file {}: {source}\nhint: name another with --sandbox=FILE", path.display())]
    Inaccessible {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It does not hold a world.
    #[error("the sandbox file {} cannot be understood: {why}\nhint: delete it to begin with an empty sandbox", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A later version of this program wrote it.
    #[error("the sandbox file {} has version {version}, and this program knows versions up to {WORLD_VERSION}\nhint: use a newer qpiac, or delete the file to begin with an empty sandbox", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u64,
    },
    /// Another process uses it.
    #[error("another run is using the sandbox file {}\nhint: wait until it has ended, or name another file with --sandbox=FILE", path.display())]
    Held {
        /// The file.
        path: PathBuf,
    },
    /// It stands for another region.
    #[error("the sandbox file {} holds resources in {holds}, not in {wanted}\nhint: name another file with --sandbox=FILE", path.display())]
    OtherRegion {
        /// The file.
        path: PathBuf,
        /// The region of its resources.
        holds: String,
        /// The region that was asked for.
        wanted: String,
    },
}

/// A world's file, locked for as long as this value lives.
#[derive(Debug)]
pub(super) struct WorldFile {
    path: PathBuf,
    /// The operating system releases the lock when this is closed, however the process ends.
    _lock: File,
}

impl WorldFile {
    /// Locks the file and reads the world; `fresh` where there is none yet.
    pub(super) fn open(path: &Path, fresh: World) -> Result<(Self, World), SandboxError> {
        let inaccessible = |source| SandboxError::Inaccessible {
            path: path.to_owned(),
            source,
        };
        make_directory(path).map_err(inaccessible)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(beside(path, "lock"))
            .map_err(inaccessible)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => SandboxError::Held {
                path: path.to_owned(),
            },
            TryLockError::Error(source) => inaccessible(source),
        })?;
        let world = match fs::metadata(path) {
            Ok(data) if data.len() > LARGEST_BYTES => {
                return Err(corrupt(path, &"it is too large"));
            }
            Ok(_) => fs::read(path).map_err(inaccessible).map(Some)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(inaccessible(error)),
        };
        let world = match world {
            Some(bytes) => placed(path, parse(path, &bytes)?, fresh)?,
            None => fresh,
        };
        let file = Self {
            path: path.to_owned(),
            _lock: lock,
        };
        Ok((file, world))
    }

    /// Replaces the file's world.
    pub(super) fn save(&self, world: &World) -> Result<(), SandboxError> {
        self.write(world)
            .map_err(|source| SandboxError::Inaccessible {
                path: self.path.clone(),
                source,
            })
    }

    fn write(&self, world: &World) -> io::Result<()> {
        files::replace(&self.path, &serde_json::to_vec_pretty(world)?)
    }
}

/// `DIRECTORY/sandbox.json.EXTENSION`.
fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

/// A directory that is made for the file keeps itself out of version control.
fn make_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() && !directory.exists() => {
            fs::create_dir_all(directory)?;
            fs::write(directory.join(".gitignore"), "*\n")
        }
        Some(_) | None => Ok(()),
    }
}

fn corrupt(path: &Path, why: &dyn Display) -> SandboxError {
    SandboxError::Corrupt {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<World, SandboxError> {
    /// All that every version has in common.
    #[derive(Deserialize)]
    struct Versioned {
        version: u64,
    }
    let Versioned { version } =
        serde_json::from_slice(bytes).map_err(|error| corrupt(path, &error))?;
    if version == 0 {
        return Err(corrupt(path, &"there was no version 0"));
    }
    if version > u64::from(WORLD_VERSION) {
        return Err(SandboxError::Newer {
            path: path.to_owned(),
            version,
        });
    }
    serde_json::from_slice(bytes).map_err(|error| corrupt(path, &error))
}

/// An empty world moves to where the fresh one is; one with resources stays where it is.
fn placed(path: &Path, mut world: World, fresh: World) -> Result<World, SandboxError> {
    if world.is_empty() {
        (world.account, world.region) = (fresh.account, fresh.region);
    } else if world.region != fresh.region {
        return Err(SandboxError::OtherRegion {
            path: path.to_owned(),
            holds: world.region,
            wanted: fresh.region,
        });
    }
    Ok(world)
}
