//! `qpiac explain` from outside.

use qpiac::resources::KINDS;

use crate::program::{Done, Place, done, golden};

fn explained(arguments: &[&str], variables: &[(&str, &str)]) -> Done {
    let place = Place::new();
    let mut command = place.command(&["explain"]);
    command.args(arguments).envs(variables.iter().copied());
    done(&command.output().expect("the program runs"))
}

#[test]
fn keys_and_kinds_are_explained_in_sixty_columns() {
    let mut all = String::new();
    for key in [
        "services.app.port",
        "nat",
        "load_balancer",
        "services.*.policies[].actions",
        "log-group",
        "subnet/public-a",
    ] {
        let done = explained(&[key], &[("COLUMNS", "60")]).expect(0);
        assert_eq!(done.err, "", "{key}");
        for line in done.out.lines() {
            assert!(line.chars().count() <= 60, "{key}: {line}");
        }
        all.push_str(&format!("$ qpiac explain {key}\n{}\n", done.out));
    }
    golden("explain.txt", &all);
}

#[test]
fn without_a_key_all_sections_and_kinds_are_listed() {
    let done = explained(&[], &[]).expect(0);
    for name in ["stack", "load_balancer", "monitoring"] {
        assert!(
            done.out.contains(&format!("\n  {name}\n"))
                || done.out.contains(&format!("\n  {name}  ")),
            "{name}"
        );
    }
    for entry in KINDS {
        assert!(
            done.out.contains(&format!("\n  {}\n", entry.schema.kind)),
            "{}",
            entry.schema.kind
        );
    }
}

#[test]
fn what_is_not_there_is_refused_with_what_is_near() {
    for (key, parts) in [
        (
            "prot",
            &["no key and no kind `prot`", "`services.*.port`"][..],
        ),
        ("ecs-servic", &["`ecs-service`"]),
        ("loadbalancer", &["`load_balancer`"]),
        ("xyzzy", &["`qpiac explain` lists them"]),
        ("", &["no key and no kind ``"]),
        ("\u{1b}[31m", &["\\u{1b}"]),
        (
            "memory",
            &[
                "several keys end in `memory`",
                "`services.*.memory`, `functions.*.memory`",
            ],
        ),
    ] {
        let done = explained(&[key], &[]).expect(1);
        assert_eq!(done.out, "", "{key}");
        assert!(
            done.err.starts_with("error: ") && done.err.contains("\nhint: "),
            "{}",
            done.err
        );
        for part in parts {
            assert!(done.err.contains(part), "{key}: {part}: {}", done.err);
        }
    }
}

/// A kind is found by its whole name, and the keys that end so are named beside it.
#[test]
fn a_kind_comes_before_a_key_that_only_ends_like_it() {
    let done = explained(&["route"], &[]).expect(0);
    assert!(done.out.starts_with("route\n\n"), "{}", done.out);
    assert_eq!(done.err, "note: there is also `services.*.route`\n");
    let done = explained(&["secrets"], &[]).expect(0);
    assert!(done.out.starts_with("secrets\n\n"), "{}", done.out);
}

#[test]
fn programs_get_data() {
    let key = explained(&["port", "--format", "json"], &[])
        .expect(0)
        .json();
    assert_eq!(key["format_version"], 1);
    assert_eq!(key["key"]["path"], "services.*.port");
    assert_eq!(key["key"]["example"], "port: 8000");
    let cpu = explained(&["services.*.cpu", "--format", "json"], &[])
        .expect(0)
        .json();
    assert_eq!(cpu["key"]["default"], "256");
    let stack = explained(&["stack", "--format", "json"], &[])
        .expect(0)
        .json();
    assert_eq!(stack["key"]["required"], true);
    let kind = explained(&["ecs-service", "--format", "jsonl"], &[]).expect(0);
    assert_eq!(kind.out.lines().count(), 1);
    let kind = kind.json();
    assert_eq!(kind["kind"], "ecs-service");
    let attributes = kind["attributes"].as_array().expect("attributes");
    assert!(
        attributes
            .iter()
            .any(|it| it["name"] == "desired_count" && it["on_change"] == "update")
    );
    assert_eq!(kind["operations"]["create"][0], "ecs:CreateService");
    let all = explained(&["--format", "json"], &[]).expect(0).json();
    assert_eq!(all["kinds"].as_array().map(Vec::len), Some(KINDS.len()));
}

#[test]
fn colours_are_used_only_where_they_are_wanted() {
    for (arguments, variables, coloured) in [
        (&["vpc"][..], &[][..], false),
        (&["vpc", "--color", "always"], &[], true),
        (&["vpc"], &[("CLICOLOR_FORCE", "1")], true),
        (
            &["vpc"],
            &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")],
            false,
        ),
    ] {
        let done = explained(arguments, variables).expect(0);
        assert_eq!(
            done.out.contains('\u{1b}'),
            coloured,
            "{arguments:?} {variables:?}"
        );
    }
}

#[test]
fn the_page_about_formats_shows_what_is_printed() {
    let page = include_str!("../../docs/reference/json.md");
    let shown = explained(&["port", "--format", "json"], &[]).expect(0);
    assert!(
        page.contains(&format!("```json\n{}```", shown.out)),
        "{}",
        shown.out
    );
}
