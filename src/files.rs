//! Files that are replaced as a whole.
//!
//! May depend on nothing. Invariant: whoever reads such a file finds the old text or the new one, and never
//! a part of either.

use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::path::Path;

/// What is appended to the name of a file that is not in its place yet.
pub const NEW: &str = ".new";

/// Puts these bytes in the place of a file, which keeps its permissions; it need not be there.
///
/// # Errors
/// It cannot be written. Then it is as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, false)
}

/// The same, and not done before the bytes are on the disk: for what nobody can make anew.
///
/// # Errors
/// It cannot be written. Then it is as it was.
pub fn replace_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, true)
}

fn put(path: &Path, bytes: &[u8], is_durable: bool) -> io::Result<()> {
    let old = match fs::metadata(path) {
        Ok(old) if old.is_file() => old,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return rename_into(path, bytes, None, is_durable);
        }
        // A device or a pipe takes what it is given, and has no place that another could take.
        Ok(_) => return fs::write(path, bytes),
        Err(error) => return Err(error),
    };
    // What a link leads to is replaced, not the link.
    let target = fs::canonicalize(path)?;
    rename_into(&target, bytes, Some(old.permissions()), is_durable)
}

fn rename_into(
    path: &Path,
    bytes: &[u8],
    permissions: Option<Permissions>,
    is_durable: bool,
) -> io::Result<()> {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(NEW);
    let new = Path::new(&name);
    let written = write(new, bytes, is_durable)
        .and_then(|()| match permissions {
            Some(permissions) => fs::set_permissions(new, permissions),
            None => Ok(()),
        })
        .and_then(|()| fs::rename(new, path));
    if written.is_err() {
        let _ = fs::remove_file(new);
    }
    written
}

fn write(path: &Path, bytes: &[u8], is_durable: bool) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    if is_durable { file.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_replaced_is_as_it_was_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("taken");
        fs::create_dir_all(path.join("by a folder")).expect("a folder");
        assert!(replace(&path, b"text").is_err());
        let names = || fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(names(), 1);
        let path = folder.path().join("file");
        for text in ["one", "two"] {
            replace_durably(&path, text.as_bytes()).expect("a file");
            assert_eq!(fs::read_to_string(&path).expect("a file"), text);
        }
        assert_eq!(names(), 2);
    }

    #[test]
    #[cfg(unix)]
    fn links_and_devices_stay_what_they_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "one").expect("a file");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        replace(&link, b"two").expect("a file");
        assert_eq!(fs::read_to_string(&file).expect("a file"), "two");
        assert!(link.is_symlink());
        let device = folder.path().join("device");
        std::os::unix::fs::symlink("/dev/null", &device).expect("a link");
        replace(&device, b"three").expect("a device takes everything");
        assert!(device.is_symlink() && !Path::new("/dev/null").is_file());
    }
}
