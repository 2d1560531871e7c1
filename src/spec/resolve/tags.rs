//! Checks of the user's tags.
//!
//! Depends on the sections of the spec. Invariant: with the tags that qpiac adds, no resource has
//! more than AWS admits.

use std::collections::BTreeMap;

use crate::spec::collection::Named;
use crate::spec::diagnostic::Diagnostic;
use crate::spec::leaf::{Literal, TagKey, tag_text};
use crate::spec::reader::{Reader, Spanned};

/// AWS admits 50 tags; `Name` and the owner tags need room.
const LIMIT: usize = 45;
const VALUE_LIMIT: usize = 256;

pub(super) fn tags(
    section: &Spanned<Named<TagKey, Literal>>,
    reader: &mut Reader,
) -> BTreeMap<String, String> {
    let tags = &section.value.0;
    if tags.len() > LIMIT {
        let problem =
            Diagnostic::error(tags[LIMIT].0.span, format!("there are {} tags", tags.len()));
        reader.report(
            problem
                .expected(format!("at most {LIMIT}"))
                .hint("AWS admits 50, and qpiac needs some of them itself"),
        );
    }
    let mut seen: BTreeMap<String, &Spanned<TagKey>> = BTreeMap::new();
    for (key, value) in tags {
        check_key(key, reader);
        if let Some(first) = seen.get(&key.value.as_str().to_lowercase()) {
            let message = format!("`{}` differs from another tag only in its case", key.value);
            reader.report(
                Diagnostic::error(key.span, message)
                    .expected("keys that differ in more, since IAM ignores the case")
                    .hint("rename one of them")
                    .related(first.span, "the other one"),
            );
        }
        seen.insert(key.value.as_str().to_lowercase(), key);
        check_value(value, reader);
    }
    tags.iter()
        .map(|(key, value)| (key.value.to_string(), value.value.as_str().to_owned()))
        .collect()
}

fn check_key(key: &Spanned<TagKey>, reader: &mut Reader) {
    let folded = key.value.as_str().to_lowercase();
    let owner = match folded.as_str() {
        "name" => "qpiac gives every resource its `Name`",
        _ if folded.starts_with("aws:") => "keys that begin with `aws:` belong to AWS",
        _ if folded.starts_with("qpiac:") => "by keys that begin with `qpiac:` qpiac knows its own",
        _ => return,
    };
    reader.report(
        Diagnostic::error(key.span, format!("the tag `{}` is reserved", key.value))
            .expected("another key")
            .hint(owner),
    );
}

fn check_value(value: &Spanned<Literal>, reader: &mut Reader) {
    let text = value.value.as_str();
    let length = text.chars().count();
    if length > VALUE_LIMIT {
        let problem = Diagnostic::error(value.span, format!("this tag has {length} characters"));
        reader.report(
            problem
                .expected(format!("at most {VALUE_LIMIT}"))
                .hint("long texts are better kept elsewhere and named here"),
        );
    } else if let Err(hint) = tag_text(text) {
        reader.report(
            Diagnostic::error(value.span, "AWS does not admit this text in a tag")
                .expected("letters, digits, spaces and _.:/=+-@")
                .hint(hint.unwrap_or_else(|| "for example web-team".to_owned())),
        );
    }
}
