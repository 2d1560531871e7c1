//! A folder with files.

use std::fs;
use std::path::{Path, PathBuf};

pub struct Folder(tempfile::TempDir);

impl Folder {
    /// These files, made in this order.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        for (path, content) in files {
            folder.write(path, content);
        }
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    pub fn write(&self, path: &str, content: &str) {
        let place = self.file(path);
        fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        fs::write(place, content).expect("a file");
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.file(path)).expect("a file")
    }

    pub fn remove(&self, path: &str) {
        fs::remove_file(self.file(path)).expect("a file");
    }

    #[cfg(unix)]
    pub fn set_mode(&self, path: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(self.file(path), permissions).expect("permissions");
    }

    #[cfg(unix)]
    pub fn link(&self, path: &str, target: &str) {
        std::os::unix::fs::symlink(target, self.file(path)).expect("a link");
    }
}
