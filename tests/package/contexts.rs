//! Digests of what images are built from.

use qpiac::package::context_digest;

use crate::folder::Folder;

const FILES: [(&str, &str); 4] = [
    ("Dockerfile", "FROM scratch\nCOPY . /\n"),
    (
        ".dockerignore",
        "*.md\n!README.md\ntests\n!tests/data\nDockerfile\n",
    ),
    ("app/main.py", "print('x')\n"),
    ("README.md", "read\n"),
];

fn digest(folder: &Folder) -> String {
    context_digest(folder.path(), "linux/amd64").expect("a digest")
}

/// A digest that changes makes every image be built once more: let it change for a reason.
#[test]
fn the_digest_is_the_same_on_every_machine() {
    assert_eq!(digest(&Folder::with(&FILES)), "114f8928e7c02afd");
}

/// What is done to a directory, whether that counts, and how.
#[cfg(unix)]
type Edit = (&'static str, bool, fn(&Folder));

#[cfg(unix)]
#[test]
fn what_a_builder_gets_counts() {
    let one = digest(&Folder::with(&FILES));
    let changes: [Edit; 12] = [
        ("a file", true, |f| f.write("app/main.py", "print('y')\n")),
        ("a new file", true, |f| f.write("app/new.py", "")),
        ("a name", true, |f| {
            f.write("app/other.py", "print('x')\n");
            f.remove("app/main.py");
        }),
        ("a file of the same bytes as two", true, |f| {
            f.write("app/main.py", "print('x')");
            f.write("app/main.py2", "\n");
        }),
        ("the bit", true, |f| f.set_mode("app/main.py", 0o755)),
        ("another mode", false, |f| f.set_mode("app/main.py", 0o600)),
        ("the Dockerfile, though it is ignored", true, |f| {
            f.write("Dockerfile", "FROM busybox\n");
        }),
        ("an ignored file", false, |f| f.write("NEWS.md", "new")),
        ("an ignored directory", false, |f| {
            f.write("tests/a.py", "new");
        }),
        ("an exception below it", true, |f| {
            f.write("tests/data/a.json", "{}");
        }),
        ("an exception", true, |f| f.write("README.md", "read more")),
        ("a link", true, |f| f.link("app/link", "main.py")),
    ];
    for (what, counts, change) in changes {
        let folder = Folder::with(&FILES);
        change(&folder);
        assert_eq!(digest(&folder) != one, counts, "{what}");
    }
    let folder = Folder::with(&FILES);
    let other = context_digest(folder.path(), "linux/arm64").expect("a digest");
    assert_ne!(other, one, "what it runs on");
    let mut files = FILES;
    files.reverse();
    assert_eq!(digest(&Folder::with(&files)), one, "the order");
}

#[cfg(unix)]
#[test]
fn where_builders_do_not_agree_everything_counts() {
    let folder = Folder::with(&FILES);
    folder.write("Dockerfile.dockerignore", "*.py");
    let one = digest(&folder);
    folder.write("NEWS.md", "new");
    assert_ne!(digest(&folder), one);
}

#[test]
fn what_cannot_be_built_is_refused() {
    let folder = Folder::with(&[
        ("a/main.py", ""),
        ("b/Dockerfile", ""),
        ("b/.dockerignore", "["),
    ]);
    for (path, expected) in [
        ("a", "there is no `Dockerfile` in "),
        ("b", "`[` in "),
        ("c", "there is no `"),
        ("a/main.py", "is not a directory"),
    ] {
        let error = context_digest(&folder.file(path), "linux/amd64").expect_err("no digest");
        assert!(error.to_string().contains(expected), "{path}: {error}");
    }
}
