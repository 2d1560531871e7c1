//! Files that are replaced as a whole.
//!
//! May depend on nothing. Invariant: whoever reads such a file finds the old text or the new one, and never
//! a part of either.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

/// What the names of files end in that are not in their place yet.
pub const NEW: &str = ".new";

/// Puts these bytes in the place of a file, which keeps its permissions; it need not be there.
///
/// # Errors
/// It cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, false)
}

/// The same, and not done before the bytes are on the disk: for what nobody can make anew.
///
/// # Errors
/// It cannot be written.
pub fn replace_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, true)
}

fn put(path: &Path, bytes: &[u8], is_durable: bool) -> io::Result<()> {
    let permissions = match fs::metadata(path) {
        Ok(old) if old.is_file() => Some(old.permissions()),
        // A device or a pipe takes what it is given, and has no place that another could take.
        Ok(_) => return fs::write(path, bytes),
        // A link that leads nowhere yet is followed.
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => {
            return fs::write(path, bytes);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    // What a link leads to is replaced, not the link.
    let target = match permissions {
        Some(_) => fs::canonicalize(path)?,
        None => path.to_owned(),
    };
    beside(&target, permissions, bytes, is_durable)?
        .persist(&target)
        .map_err(|failed| failed.error)?;
    Ok(())
}

/// A file of a name that nobody has, with these bytes, which is gone where it does not get its place.
fn beside(
    target: &Path,
    permissions: Option<Permissions>,
    bytes: &[u8],
    is_durable: bool,
) -> io::Result<NamedTempFile> {
    let folder = target.parent().filter(|folder| *folder != Path::new(""));
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".");
    let mut builder = Builder::new();
    builder.prefix(&name).suffix(NEW);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // What it may be at most; the mask of the process takes away its part.
        builder.permissions(Permissions::from_mode(0o666));
    }
    if let Some(permissions) = &permissions {
        builder.permissions(permissions.clone());
    }
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    if is_durable {
        file.as_file().sync_all()?;
    }
    Ok(file)
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
        fs::write(folder.path().join("taken.new"), "somebody's").expect("a file");
        let names = || fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(names(), 2);
        let path = folder.path().join("file");
        for text in ["one", "two"] {
            replace_durably(&path, text.as_bytes()).expect("a file");
            assert_eq!(fs::read_to_string(&path).expect("a file"), text);
        }
        assert_eq!(names(), 3);
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
        let (nowhere, new) = (folder.path().join("nowhere"), folder.path().join("there"));
        std::os::unix::fs::symlink(&new, &nowhere).expect("a link");
        replace(&nowhere, b"new").expect("a file");
        assert!(nowhere.is_symlink() && new.is_file());
        let device = folder.path().join("device");
        std::os::unix::fs::symlink("/dev/null", &device).expect("a link");
        replace(&device, b"three").expect("a device takes everything");
        assert!(device.is_symlink() && !Path::new("/dev/null").is_file());
    }
}
