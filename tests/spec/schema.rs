//! The JSON Schema against the reader: what an editor says is what the program says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use qpiac::spec;
use serde_json::Value;

use crate::{corpus, name};

/// Bad files that an editor's YAML reader refuses before the schema is looked at, or that are no text.
const NO_YAML: [&str; 13] = [
    "behaviors_twice",
    "duplicate_key",
    "duplicate_service",
    "not_utf8",
    "yaml_alias_in_itself",
    "yaml_complex_key",
    "yaml_indentation",
    "yaml_merge_text",
    "yaml_special_character",
    "yaml_tab",
    "yaml_two_documents",
    "yaml_unclosed",
    "yaml_unknown_alias",
];

const COMPARED: &str = "numbers, ranges or lengths of several keys are compared";
const NAMED: &str = "names are compared with names elsewhere in the file";
const ELSEWHERE: &str = "what one section may say depends on what another one says";
const ITS_YAML: &str =
    "the YAML reader of this test gives the schema no tags, and reads `yes` as true";
const KNOWN: &str =
    "it is about what AWS or qpiac keeps for itself, which a pattern would hide instead of telling";

/// Bad files that the schema takes, each with why it cannot see that: JSON Schema has no words for it, or
/// only a list of all combinations.
const BEYOND: [(&str, &str); 60] = [
    ("access_logs_word", ITS_YAML),
    ("yaml_tag", ITS_YAML),
    ("allow_too_many", COMPARED),
    ("deployment_stuck", COMPARED),
    ("scaling_stuck", COMPARED),
    ("fargate_default_cpu", COMPARED),
    ("fargate_large", COMPARED),
    ("fargate_pair", COMPARED),
    ("health_timeout_default", COMPARED),
    ("role_name_too_long", COMPARED),
    ("target_group_name_too_long", COMPARED),
    ("route_too_many_values", COMPARED),
    ("routes_priority_twice", COMPARED),
    ("subnets_and_default_zones", COMPARED),
    ("subnets_and_zones", COMPARED),
    ("subnets_not_canonical", COMPARED),
    ("subnets_outside", COMPARED),
    ("subnets_outside_default", COMPARED),
    ("subnets_overlap", COMPARED),
    ("subnets_taken", COMPARED),
    ("subnets_too_small", COMPARED),
    ("vpc_no_room", COMPARED),
    ("vpc_not_canonical", COMPARED),
    ("vpc_reserved", COMPARED),
    ("vpc_too_large", COMPARED),
    ("vpc_too_small", COMPARED),
    ("certificate_elsewhere", NAMED),
    ("domain_zone", NAMED),
    ("routes_clash", NAMED),
    ("routes_clash_on_host", NAMED),
    ("secrets_not_there", NAMED),
    ("secrets_of_the_cdn", NAMED),
    ("two_defaults", NAMED),
    ("variables", NAMED),
    ("zones_in_other_region", NAMED),
    ("policies_too_many", NAMED),
    ("tags_case", NAMED),
    ("cdn_before_internal", ELSEWHERE),
    ("cdn_certificate_unused", ELSEWHERE),
    ("cdn_origin_in_clear_on_443", ELSEWHERE),
    ("cdn_origin_name_of_a_domain", ELSEWHERE),
    ("cdn_routes", ELSEWHERE),
    ("cdn_secure_origin_listening_without_certificate", ELSEWHERE),
    ("cdn_secure_origin_on_80", ELSEWHERE),
    ("cdn_secure_origin_without_certificate", ELSEWHERE),
    ("cdn_secure_origin_without_name", ELSEWHERE),
    ("cdn_two_ports", ELSEWHERE),
    ("certificate_missing", ELSEWHERE),
    ("certificate_unused", ELSEWHERE),
    ("domain_and_certificate", ELSEWHERE),
    ("one_zone_behind_balancer", ELSEWHERE),
    ("port_without_balancer", ELSEWHERE),
    ("cdn_elsewhere", KNOWN),
    ("cdn_header", KNOWN),
    ("cdn_header_authorization", KNOWN),
    ("cdn_header_cookie", KNOWN),
    ("stack_name_reserved", KNOWN),
    ("tags_reserved", KNOWN),
    ("tags_too_many", KNOWN),
    ("zones_unknown", KNOWN),
];

/// The file as an editor sees it: plain JSON, or `None` where it is no YAML.
fn as_json(text: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(text).ok()?;
    serde_yaml::from_str(text.trim_start_matches('\u{feff}')).ok()
}

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(&spec::schema()).expect("a valid schema")
}

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
}

/// Every stack file that the reader accepts: those of the tests, those in the documentation, and the
/// one at the root, each with where it is from.
fn good() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut stacks, mut pages) = (vec![root.join("stack.yaml")], vec![root.join("README.md")]);
    files(&root.join("tests"), "yaml", &mut stacks);
    files(&root.join("docs"), "md", &mut pages);
    let shown = |path: &Path| {
        path.strip_prefix(root)
            .unwrap_or(path)
            .display()
            .to_string()
    };
    let text = |path: &Path| String::from_utf8(fs::read(path).expect("a file")).ok();
    let whole = stacks
        .iter()
        .filter_map(|path| Some((shown(path), text(path)?)));
    let blocks = pages.iter().flat_map(|path| {
        let page = text(path).expect("a page");
        let blocks = page
            .split("```yaml\n")
            .skip(1)
            .filter_map(|it| it.split("\n```").next());
        let blocks: Vec<String> = blocks.map(|block| block.to_owned() + "\n").collect();
        blocks.into_iter().map(|block| (shown(path), block))
    });
    let all = whole.chain(blocks);
    all.filter(|(_, text)| spec::read("stack.yaml", text).is_ok())
        .collect()
}

#[test]
fn the_schema_takes_whatever_the_reader_takes() {
    let schema = validator();
    let good = good();
    for needed in [
        "stack.yaml",
        "README.md",
        "tests/wire/web_stack.yaml",
        "tests/golden/spec/good/full.yaml",
    ] {
        assert!(
            good.iter().any(|(from, _)| from == needed),
            "{needed} is not among them"
        );
    }
    for (from, text) in good {
        // The stand-in for an editor's YAML reader knows no merge keys, which editors do.
        if text.contains("<<: *") {
            continue;
        }
        let json = as_json(text.as_bytes()).expect("good YAML");
        let problems: Vec<String> = schema.iter_errors(&json).map(|it| it.to_string()).collect();
        assert!(problems.is_empty(), "{from}: {problems:?}");
    }
}

#[test]
fn the_schema_refuses_bad_files_but_for_those_it_cannot_see_to_be_bad() {
    let schema = validator();
    let beyond: BTreeMap<&str, &str> = BEYOND.into_iter().collect();
    let no_yaml: BTreeSet<&str> = NO_YAML.into_iter().collect();
    assert_eq!(
        (beyond.len(), no_yaml.len()),
        (BEYOND.len(), NO_YAML.len()),
        "a name stands twice"
    );
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for path in corpus("bad") {
        let file = name(&path).trim_end_matches(".yaml").to_owned();
        let json = as_json(&fs::read(&path).expect("a readable file"));
        let taken = json.as_ref().map(|json| schema.is_valid(json));
        match taken {
            None if no_yaml.contains(file.as_str()) => {}
            None => wrong.push(format!("{file} is no YAML, and NO_YAML does not say so")),
            Some(false) if beyond.contains_key(file.as_str()) => {
                wrong.push(format!("{file} is refused now: take it out of BEYOND"));
            }
            Some(true) if !beyond.contains_key(file.as_str()) => {
                wrong.push(format!(
                    "{file} is taken: let the schema refuse it, or say in BEYOND why it cannot"
                ));
            }
            Some(_) if no_yaml.contains(file.as_str()) => {
                wrong.push(format!("{file} is YAML: take it out of NO_YAML"));
            }
            Some(_) => {}
        }
        seen.insert(file);
    }
    let named = beyond.keys().chain(&no_yaml);
    wrong.extend(
        named
            .filter(|it| !seen.contains(**it))
            .map(|it| format!("{it} is not there")),
    );
    wrong.extend(
        beyond
            .iter()
            .filter(|(_, why)| why.len() < 20)
            .map(|(it, _)| format!("{it}: why?")),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An editor explains every key, and has something to offer for it.
#[test]
fn every_key_is_described_and_has_a_default_or_an_example() {
    let schema = spec::schema();
    let sections = schema["$defs"].as_object().expect("sections").values();
    let mut count = 0;
    for section in sections.chain([&schema]) {
        for (key, property) in section["properties"].as_object().expect("keys") {
            count += 1;
            let text = property["description"].as_str().unwrap_or_default();
            assert!(text.len() > 5, "{key}: {text}");
            let offered = property.get("default").or(property.get("examples"));
            assert!(
                offered.is_some(),
                "{key} has neither a default nor an example"
            );
            for (word, doc) in words(property) {
                assert!(text.contains(&format!("`{word}`: {doc}.")), "{key}: {word}");
            }
        }
    }
    assert!(count > 80, "only {count} keys");
    let nat = &schema["$defs"]["Network"]["properties"]["nat"];
    assert_eq!(words(nat).count(), 3, "{nat}");
}

/// The words that a key may be, each with what an editor says of it.
fn words(property: &Value) -> impl Iterator<Item = (&str, &str)> {
    let list = |key: &str| {
        property
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let docs = list("enumDescriptions").filter_map(Value::as_str);
    list("enum").filter_map(Value::as_str).zip(docs)
}

/// Defaults and examples stand in the schema beside the type that they must have.
#[test]
fn defaults_and_examples_are_admitted_by_their_own_schema() {
    fn walk(root: &Value, node: &Value, count: &mut usize) {
        if let Some(properties) = node.get("properties").and_then(Value::as_object) {
            for (key, property) in properties {
                let mut alone = property.clone();
                alone["$defs"] = root["$defs"].clone();
                let validator = jsonschema::validator_for(&alone).expect("a valid schema");
                let examples = property.get("examples").and_then(Value::as_array);
                for value in property
                    .get("default")
                    .into_iter()
                    .chain(examples.into_iter().flatten())
                {
                    assert!(validator.is_valid(value), "{key}: {value}");
                    *count += 1;
                }
            }
        }
    }
    let schema = spec::schema();
    let mut count = 0;
    walk(&schema, &schema, &mut count);
    for section in schema["$defs"].as_object().expect("sections").values() {
        walk(&schema, section, &mut count);
    }
    assert!(count > 40, "only {count} values were looked at");
}
