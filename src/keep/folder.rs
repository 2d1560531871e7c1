//! A store in a folder, for the sandbox.
//!
//! May depend on `files`. Invariant: one process uses it at a time, which the lock of the
//! sandbox's file sees to; so a condition that was looked at still holds when the file is written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use futures::future::BoxFuture;
use sha2::{Digest, Sha256};

use super::store::{Etag, Object, Only, Store, Written};
use crate::files;
use crate::model::{Fault, FaultClass};

/// A folder.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at this path, which need not exist yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    fn path_of(&self, key: &str) -> PathBuf {
        // A key is a path of plain names; nothing leads out of the folder.
        let names = key
            .split('/')
            .filter(|name| !matches!(*name, "" | "." | ".."));
        names.fold(self.0.clone(), |path, name| path.join(name))
    }

    fn get(&self, key: &str) -> io::Result<Option<Object>> {
        match fs::read(self.path_of(key)) {
            Ok(body) => Ok(Some(Object {
                etag: Etag(format!("{:x}", Sha256::digest(&body))),
                body,
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn put(&self, key: &str, body: &[u8], only: &Only) -> io::Result<Written> {
        let there = self.get(key)?.map(|object| object.etag);
        let may = match only {
            Only::Always => true,
            Only::IfAbsent => there.is_none(),
            Only::IfUnchanged(etag) => there.as_ref() == Some(etag),
        };
        if !may {
            return Ok(Written::Refused);
        }
        let path = self.path_of(key);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        files::replace(&path, body)?;
        Ok(Written::Done(Etag(format!("{:x}", Sha256::digest(body)))))
    }

    fn keys(&self, prefix: &str) -> io::Result<Vec<String>> {
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut keys = Vec::new();
        let entries = match fs::read_dir(self.path_of(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(keys),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let name = entry?.file_name();
            let key = format!("{folder}/{}", Path::new(&name).display());
            if key.starts_with(prefix) && !key.ends_with(files::NEW) {
                keys.push(key);
            }
        }
        keys.sort();
        Ok(keys)
    }

    fn fault(&self, error: &io::Error) -> Fault {
        let message = format!("cannot use {}: {error}", self.0.display());
        Fault::own(FaultClass::Rejected, "", message)
    }
}

impl Store for Folder {
    fn name(&self) -> String {
        self.0.display().to_string()
    }

    fn prepare(&self) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Object>, Fault>> {
        let read = self.get(key).map_err(|error| self.fault(&error));
        Box::pin(std::future::ready(read))
    }

    fn write<'a>(
        &'a self,
        key: &'a str,
        body: Vec<u8>,
        only: Only,
    ) -> BoxFuture<'a, Result<Written, Fault>> {
        let written = self.put(key, &body, &only);
        let written = written.map_err(|error| self.fault(&error));
        Box::pin(std::future::ready(written))
    }

    fn last<'a>(
        &'a self,
        prefix: &'a str,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<String>, Fault>> {
        let keys = self.keys(prefix).map(|mut keys| {
            keys.drain(..keys.len().saturating_sub(most));
            keys
        });
        let keys = keys.map_err(|error| self.fault(&error));
        Box::pin(std::future::ready(keys))
    }
}
