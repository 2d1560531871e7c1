//! Zips of functions: the same bytes everywhere, and what Lambda can run.

use std::io::{Read, Write};
use std::process::Command;

use qpiac::package::{Unpackable, sha256_base64, zip};

use crate::folder::Folder;

const FILES: [(&str, &str); 4] = [
    (
        "handler.py",
        "def handler(event, context):\n    return {'ok': True}\n",
    ),
    ("lib/__init__.py", ""),
    ("lib/größe.py", "GRÖSSE = 'ä'\n"),
    ("run.sh", "#!/bin/sh\nexec true\n"),
];

#[cfg(unix)]
fn sample(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::with(files);
    folder.set_mode("run.sh", 0o700);
    folder
}

/// A digest that changes makes every function be uploaded once more: let it change for a reason.
#[cfg(unix)]
#[test]
fn the_bytes_are_the_same_on_every_machine() {
    let package = zip(sample(&FILES).path()).expect("a zip");
    assert_eq!(package.sha256, sha256_base64(&package.bytes));
    assert_eq!(
        package.sha256,
        "KBEcRwIJB4oFpMJvauVUWCLi2YmGA8pDw5IGoOnay+o="
    );
}

#[cfg(unix)]
#[test]
fn neither_order_nor_time_nor_mask_counts() {
    let one = zip(sample(&FILES).path()).expect("a zip");
    let mut files = FILES;
    files.reverse();
    let other = sample(&files);
    other.set_mode("handler.py", 0o600);
    other.set_mode("run.sh", 0o775);
    let times = std::fs::FileTimes::new().set_modified(std::time::SystemTime::UNIX_EPOCH);
    let file = std::fs::File::options()
        .write(true)
        .open(other.file("handler.py"));
    file.and_then(|file| file.set_times(times)).expect("a time");
    assert_eq!(zip(other.path()).expect("a zip"), one);
}

#[cfg(unix)]
#[test]
fn content_names_and_the_executable_bit_count() {
    let one = zip(sample(&FILES).path()).expect("a zip").sha256;
    let changes: [fn(&Folder); 4] = [
        |folder| folder.write("handler.py", "pass"),
        |folder| folder.write("new.py", ""),
        |folder| folder.remove("lib/__init__.py"),
        |folder| folder.set_mode("run.sh", 0o644),
    ];
    for (at, change) in changes.iter().enumerate() {
        let folder = sample(&FILES);
        change(&folder);
        assert_ne!(
            zip(folder.path()).expect("a zip").sha256,
            one,
            "change {at}"
        );
    }
}

#[cfg(unix)]
#[test]
fn what_tools_leave_behind_is_left_out() {
    let one = zip(sample(&FILES).path()).expect("a zip");
    let folder = sample(&FILES);
    for path in [
        "__pycache__/handler.cpython-313.pyc",
        "lib/__pycache__/x.txt",
        "lib/old.pyc",
        ".git/HEAD",
        ".pytest_cache/README.md",
        ".DS_Store",
    ] {
        folder.write(path, "x");
    }
    assert_eq!(zip(folder.path()).expect("a zip"), one);
}

/// Python reads it, as Lambda does.
#[cfg(unix)]
#[test]
fn others_can_read_it() {
    let package = zip(sample(&FILES).path()).expect("a zip");
    let out = Folder::with(&[]);
    let mut file = std::fs::File::create(out.file("code.zip")).expect("a file");
    file.write_all(&package.bytes).expect("a file");
    let script = "import sys, zipfile\n\
        z = zipfile.ZipFile(sys.argv[1])\n\
        assert z.testzip() is None\n\
        for i in z.infolist(): print(i.filename, oct(i.external_attr >> 16), i.date_time[:3], \
        len(z.read(i)))\n\
        sys.path.insert(0, sys.argv[1])\n\
        import handler\n\
        print(handler.handler(None, None))\n";
    let mut python = Command::new("python3")
        .args(["-c", script])
        .arg(out.file("code.zip"))
        .env("PYTHONIOENCODING", "utf-8")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("python3");
    let mut text = String::new();
    let mut stdout = python.stdout.take().expect("a pipe");
    stdout.read_to_string(&mut text).expect("text");
    assert!(python.wait().expect("an end").success());
    assert_eq!(
        text,
        "handler.py 0o100644 (1980, 1, 1) 53\n\
         lib/__init__.py 0o100644 (1980, 1, 1) 0\n\
         lib/größe.py 0o100644 (1980, 1, 1) 15\n\
         run.sh 0o100755 (1980, 1, 1) 20\n\
         {'ok': True}\n"
    );
}

#[cfg(unix)]
#[test]
fn what_lambda_cannot_have_is_refused() {
    let folder = Folder::with(&[("a.py", "pass"), ("empty/__pycache__/a.pyc", "")]);
    folder.link("b.py", "a.py");
    let said = |path: &str| zip(&folder.file(path)).expect_err("no zip").to_string();
    let place = |path: &str| folder.file(path).display().to_string();
    assert_eq!(said(""), format!("`{}` is a symbolic link", place("b.py")));
    assert_eq!(
        said("empty"),
        format!("there is no file in `{}`", place("empty"))
    );
    assert_eq!(said("none"), format!("there is no `{}`", place("none")));
    assert_eq!(
        said("a.py"),
        format!("`{}` is not a directory", place("a.py"))
    );
}

#[test]
fn what_is_too_large_is_refused() {
    let folder = Folder::with(&[]);
    // A file with a hole costs nothing.
    let file = std::fs::File::create(folder.file("data")).expect("a file");
    file.set_len(250_000_001).expect("a size");
    let error = zip(folder.path()).expect_err("no zip");
    assert!(matches!(error, Unpackable::TooLarge { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "the code has 250000001 bytes, and AWS takes at most 250000000"
    );
}
