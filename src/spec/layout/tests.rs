//! What the form is, by examples, and what keeps it from changing a file.

use super::*;

/// A file with a service, around what a test is about.
const START: &str = "stack: shop\nregion: us-east-1\n";

fn formatted(text: &str) -> String {
    match format("stack.yaml", text) {
        Ok(form) => form,
        Err(Unformatted::Problems(problems)) => panic!("{problems}\n{text}"),
        Err(Unformatted::Unsafe) => panic!("refused:\n{text}"),
    }
}

#[track_caller]
fn becomes(before: &str, after: &str) {
    let (before, after) = (format!("{START}{before}"), format!("{START}{after}"));
    assert_eq!(formatted(&before), after);
    assert_eq!(formatted(&after), after, "twice");
}

#[test]
fn every_level_is_two_columns_further_in() {
    becomes(
        "services:\n    app:\n         image:   ghcr.io/example/app:1.0\n         policies:\n         - actions:\n             - s3:GetObject\n           resources: '*'\n",
        "services:\n  app:\n    image: ghcr.io/example/app:1.0\n    policies:\n      - actions:\n          - s3:GetObject\n        resources: '*'\n",
    );
    becomes(
        "network:\n     zones:\n     -    us-east-1a\n     -    us-east-1b\n",
        "network:\n  zones:\n    - us-east-1a\n    - us-east-1b\n",
    );
}

#[test]
fn brackets_have_one_form() {
    becomes(
        "tags: {a: b ,c :   d,}\nnetwork: {zones: [ us-east-1a , us-east-1b ]}\nsecrets: { }\n",
        "tags: { a: b, c: d, }\nnetwork: { zones: [us-east-1a, us-east-1b] }\nsecrets: {}\n",
    );
    becomes(
        "tags: {  # why\n      a: b,\n   # this\n   c: d\n      }\n",
        "tags: { # why\n  a: b,\n  # this\n  c: d\n}\n",
    );
}

#[test]
fn comments_stay_with_what_they_are_about() {
    becomes(
        "# the tags\ntags:      # all of them\n      # the first\n      a: b\n      # no c\n\n\n\n# the end\n",
        "# the tags\ntags: # all of them\n  # the first\n  a: b\n  # no c\n\n# the end\n",
    );
    becomes(
        "services:\n# above\n  app:\n        image: ghcr.io/example/app:1.0   \n      # neither\n  # below\n",
        "services:\n  # above\n  app:\n    image: ghcr.io/example/app:1.0\n  # neither\n  # below\n",
    );
}

#[test]
fn sections_stand_in_the_order_of_the_reference_with_their_comments() {
    let before = "# head\n\nservices:\n  app:\n    image: ghcr.io/example/app:1.0\n  # more to come\n\n# where\nregion: us-east-1\n# who\nstack: shop\n";
    let after = "# head\n\n# who\nstack: shop\n\n# where\nregion: us-east-1\n\nservices:\n  app:\n    image: ghcr.io/example/app:1.0\n  # more to come\n";
    assert_eq!(formatted(before), after);
    assert_eq!(formatted(after), after);
    let modeline = "# yaml-language-server: $schema=x.json\nregion: us-east-1\nstack: shop\n";
    let sorted = "# yaml-language-server: $schema=x.json\nstack: shop\nregion: us-east-1\n";
    assert_eq!(formatted(modeline), sorted);
}

#[test]
fn a_comment_at_the_end_of_a_section_does_not_get_to_the_next_one() {
    let before = "region: us-east-1\n\n# of the region\n\ntags: {}\nstack: shop\n";
    let after = "stack: shop\n\nregion: us-east-1\n\n# of the region\n\ntags: {}\n";
    assert_eq!(formatted(before), after);
    assert_eq!(formatted(after), after);
}

#[test]
fn what_is_repeated_stays_behind_what_it_repeats() {
    let text = "services:\n  app:\n    image: ghcr.io/example/app:1.0\n    environment: &common { A: b }\nstack: shop\nregion: us-east-1\ntags: *common\n";
    assert_eq!(formatted(text), text);
}

#[test]
fn texts_of_several_lines_keep_their_lines() {
    becomes(
        "services:\n    app:\n        image: ghcr.io/example/app:1.0\n        environment:\n            A: |-\n                 one\n                   two  \n\n                 three\n            B: \"four\n              five \\\n              six\"\n            C: |2\n                ten\n            D: >+ # kept\n              seven\n\n            E: eight\n             nine\n",
        "services:\n  app:\n    image: ghcr.io/example/app:1.0\n    environment:\n      A: |-\n        one\n          two  \n\n        three\n      B: \"four\n        five \\\n        six\"\n      C: |2\n          ten\n      D: >+ # kept\n        seven\n\n      E: eight\n        nine\n",
    );
}

#[test]
fn rare_ways_to_write_a_map_are_kept() {
    becomes(
        "? tags\n:   &t\n      ? a\n      :    b\n      !!str c : d\nsecrets:\n    !!str   jwt: {}\n",
        "? tags\n: &t\n  ? a\n  : b\n  !!str c: d\nsecrets:\n  !!str jwt: {}\n",
    );
}

#[test]
fn line_ends_and_marks_of_the_file_are_normal() {
    let before = "\u{feff}---\r\nstack:  shop\r\nregion: us-east-1   \r\n...\r\n";
    assert_eq!(
        formatted(before),
        "---\nstack: shop\nregion: us-east-1\n...\n"
    );
    assert_eq!(
        formatted("{stack: shop,\nregion: us-east-1}"),
        "{ stack: shop,\n  region: us-east-1 }\n"
    );
}

#[test]
fn a_file_with_problems_is_refused_with_all_of_them() {
    let Err(Unformatted::Problems(problems)) = format("stack.yaml", "stack: Shop\nregion: x\n")
    else {
        panic!("formatted");
    };
    assert_eq!(problems.errors(), 2);
}

/// As long as the reader takes it, a file of any form is done in a moment.
#[test]
fn large_files_take_no_longer_than_their_size_says() {
    let comments = format!("{START}{}", "#\n".repeat(400_000));
    assert_eq!(formatted(&comments).len(), comments.len());
    let items = "é ,".repeat(9_000);
    let long = format!("{START}services: {{ app: {{ image: app, command: [{items}] }} }}\n");
    assert!(formatted(&long).contains("[é, é, "));
}

#[test]
fn another_meaning_or_a_lost_comment_is_noticed() {
    let text = format!("{START}tags: {{ a: b }} # one\n");
    let before = read("stack.yaml", &text).expect("a stack file");
    let same = |other: &str| says_the_same(&before, &text, other);
    assert!(same(&text));
    for (from, to) in [
        ("b }", "c }"),
        (" # one", ""),
        ("# one", "# two"),
        ("stack: shop", "stack: ["),
    ] {
        assert!(!same(&text.replace(from, to)), "{from}");
    }
}
