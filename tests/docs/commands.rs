//! Every command that a page names: the program takes its arguments, also where it is not run.

use clap::Parser;
use qpiac::cli::arguments::Arguments;

use crate::helps::verbs;
use crate::pages::{pages, root};
use crate::place::Place;

/// What ends a command in a shell.
const ENDS: [&str; 7] = ["|", "||", "&&", ";", ">", "<", "&"];

/// The commands of qpiac in a script, as words.
fn commands(script: &str) -> Vec<Vec<String>> {
    let joined = script.replace("\\\n", " ");
    joined.lines().flat_map(of_line).collect()
}

fn of_line(line: &str) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = vec![Vec::new()];
    for word in line.split_whitespace() {
        if word.starts_with('#') {
            break;
        }
        let (word, ends) = match word.strip_suffix([';', ')']) {
            Some(rest) => (rest, true),
            None => (word, ENDS.contains(&word)),
        };
        let word = word.trim_matches(['"', '\'', '(']);
        if word.starts_with('$') {
            continue;
        }
        match all.last_mut() {
            Some(last) if !ENDS.contains(&word) => last.push(word.to_owned()),
            _ => {}
        }
        if ends {
            all.push(Vec::new());
        }
    }
    all.iter().filter_map(|words| of_qpiac(words)).collect()
}

/// The arguments of qpiac with its name, from where they begin.
fn of_qpiac(words: &[String]) -> Option<Vec<String>> {
    let is_before = |word: &String| word.contains('=') || word == "cargo" || word == "run";
    let begins = words.iter().position(|word| !is_before(word))?;
    match words[begins].as_str() {
        "qpiac" if words.len() > begins + 1 => Some(words[begins..].to_vec()),
        "--" if begins == 2 => {
            let name = std::iter::once("qpiac".to_owned());
            Some(name.chain(words[begins + 1..].iter().cloned()).collect())
        }
        _ => None,
    }
}

/// What is said of a command within a line: it may leave out the value of its last option, and names of
/// commands stand alone.
fn is_taken(words: &[String]) -> Result<(), String> {
    let with = |more: &[&str]| {
        let more = more.iter().map(|word| (*word).to_owned());
        Arguments::try_parse_from(words.iter().cloned().chain(more)).map(|_| ())
    };
    let is_name = words.len() == 2 && verbs().contains(&words[1]);
    match with(&[]) {
        Err(_) if is_name || with(&["vpc/main"]).is_ok() => Ok(()),
        taken => taken.map_err(|error| error.to_string()),
    }
}

#[test]
fn every_command_in_the_text_is_one_that_the_program_takes() {
    let (mut count, mut refused) = (0, Vec::new());
    let verbs = verbs();
    for page in pages() {
        let scripts = page.blocks.iter().filter(|block| block.language == "sh");
        let code = page.code.iter().map(|code| {
            let mut words = code.split_whitespace();
            let is_verb = words
                .next()
                .is_some_and(|word| verbs.iter().any(|it| it == word));
            match is_verb && words.next().is_some_and(|word| word.starts_with("--")) {
                true => format!("qpiac {code}"),
                false => code.clone(),
            }
        });
        for script in scripts.map(|block| block.text.clone()).chain(code) {
            for words in commands(&script) {
                count += 1;
                if let Err(error) = is_taken(&words) {
                    refused.push(format!("{}: {}: {error}", page.name, words.join(" ")));
                }
            }
        }
    }
    assert!(count > 100, "{count}");
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// Tests and examples of cargo's that a page names.
#[test]
fn every_target_in_the_text_is_there() {
    let mut count = 0;
    for page in pages() {
        let scripts = page.blocks.iter().filter(|block| block.language == "sh");
        let scripts = scripts.map(|block| &block.text).chain(&page.code);
        for script in scripts.filter(|script| script.contains("cargo ")) {
            let words: Vec<&str> = script.split_whitespace().collect();
            for pair in words.windows(2) {
                let paths = match pair {
                    ["--test", name] => [format!("tests/{name}"), format!("tests/{name}.rs")],
                    ["--example", name] => {
                        [format!("examples/{name}"), format!("examples/{name}.rs")]
                    }
                    _ => continue,
                };
                count += 1;
                let is_there = paths.iter().any(|path| root().join(path).exists());
                assert!(is_there, "{}: {script}", page.name);
            }
        }
    }
    assert!(count > 10, "{count}");
}

#[test]
fn every_script_is_one() {
    let place = Place::with("");
    let mut count = 0;
    for block in pages().into_iter().flat_map(|page| page.blocks) {
        if block.language == "sh" {
            count += 1;
            place.write("script", &block.text);
            place.run("bash -n script").expect(0, &block.place());
        }
    }
    assert!(count > 20, "{count}");
}

#[test]
fn commands_are_found_in_scripts() {
    let script = "A=b qpiac plan \\\n  --stats | jq .x   # qpiac show\ncargo run -- fmt && qpiac policy > a\ncurl \"$(qpiac output url)/health\"\nman qpiac-plan; qpiac man\n";
    let found: Vec<String> = commands(script)
        .iter()
        .map(|words| words.join(" "))
        .collect();
    assert_eq!(
        found,
        [
            "qpiac plan --stats",
            "qpiac fmt",
            "qpiac policy",
            "qpiac man"
        ]
    );
    let refused = |text: &str| is_taken(&commands(text)[0]).is_err();
    assert!(
        refused("qpiac plan --nonsense") && refused("qpiac plans") && refused("qpiac show --yes a")
    );
    assert!(!refused("qpiac plan --target") && !refused("qpiac show"));
}
