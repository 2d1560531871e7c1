//! Stack files: mutated files of the corpus, files put together from fragments, and plain noise. None
//! may make the reader panic, and whatever it accepts must hold what it promises, so that a stack can
//! be made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use qpiac::spec::{self, Spec, layout, resolved};
use qpiac::stack::{self, Digests, Inputs};

use crate::campaign::Part;
use crate::case::Case;
use crate::random::Random;
use crate::spec_words::{FRAGMENTS, VALUES};

static PART: Part = Part {
    name: "spec",
    sample: 15_000,
    share: 1,
    run,
};

static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(corpus);

fn corpus() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The good ones count five times: from them comes what gets past the parser.
    let good = "tests/golden/spec/good";
    let folders = [good, good, good, good, good, "tests/golden/spec/bad"];
    let mut files: Vec<_> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(root.join(folder)).expect("the corpus is there"))
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .chain([root.join("stack.yaml")])
        .collect();
    files.sort();
    files
        .iter()
        .map(|path| fs::read(path).expect("a readable file"))
        .collect()
}

fn input(random: &mut Random, corpus: &[Vec<u8>]) -> Vec<u8> {
    match random.below(10) {
        0 => (0..random.below(80)).map(|_| random.byte()).collect(),
        1..=3 => from_fragments(random),
        _ => {
            let mut text = corpus[random.below(corpus.len())].clone();
            for _ in 0..=random.below(3) {
                mutate(random, &mut text, corpus);
            }
            text
        }
    }
}

fn from_fragments(random: &mut Random) -> Vec<u8> {
    let start = if random.below(2) == 0 {
        "stack: shop\nregion: us-east-1\n"
    } else {
        ""
    };
    let mut text = String::from(start);
    for _ in 0..random.below(25) {
        text.push_str(random.pick(FRAGMENTS));
    }
    text.into_bytes()
}

fn mutate(random: &mut Random, text: &mut Vec<u8>, corpus: &[Vec<u8>]) {
    let at = random.below(text.len() + 1);
    let end = (at + random.below(12)).min(text.len());
    match random.below(12) {
        0 => drop(text.drain(at..end)),
        1 => {
            let again = text[at..end].to_vec();
            text.splice(at..at, again);
        }
        2 => text.truncate(at),
        3 => {
            let other = &corpus[random.below(corpus.len())];
            text.extend_from_slice(&other[random.below(other.len() + 1)..]);
        }
        4 => swap_lines(random, text),
        5 if at < text.len() => text[at] = random.byte(),
        6 => drop(text.splice(at..end, random.pick(FRAGMENTS).bytes())),
        7 => drop(text.splice(at..at, random.pick(FRAGMENTS).bytes())),
        _ => replace_value(random, text),
    }
}

/// Puts another value behind one of the keys, so that the file mostly stays YAML.
fn replace_value(random: &mut Random, text: &mut Vec<u8>) {
    let colons: Vec<usize> = text
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair == b": ")
        .map(|(place, _)| place + 2)
        .collect();
    if colons.is_empty() {
        return;
    }
    let start = colons[random.below(colons.len())];
    let length = text[start..].iter().position(|byte| b",}\n".contains(byte));
    let end = length.map_or(text.len(), |length| start + length);
    drop(text.splice(start..end, random.pick(VALUES).bytes()));
}

fn swap_lines(random: &mut Random, text: &mut Vec<u8>) {
    let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let (one, other) = (random.below(lines.len()), random.below(lines.len()));
    if one < lines.len() && other < lines.len() {
        lines.swap(one, other);
    }
    *text = lines.concat();
}

/// What every accepted file promises to the recipes.
fn check(spec: &Spec) {
    let network = &spec.network;
    let names: BTreeSet<_> = network.zones.iter().map(|zone| &zone.name).collect();
    assert_eq!(names.len(), network.zones.len(), "a zone stands twice");
    let subnets: Vec<_> = network
        .zones
        .iter()
        .flat_map(|zone| [zone.public, zone.private])
        .collect();
    for (place, subnet) in subnets.iter().enumerate() {
        assert!(
            network.cidr.contains(*subnet) && subnet.prefix() <= 28,
            "{subnet}"
        );
        assert!(
            !subnets[..place].iter().any(|other| other.overlaps(*subnet)),
            "{subnet} overlaps"
        );
    }
    let mut defaults = 0;
    let mut priorities = BTreeSet::new();
    for service in &spec.services {
        let Some(web) = &service.web else { continue };
        assert!(spec.load_balancer.is_some() && network.zones.len() >= 2);
        let group = spec::names::target_group(&spec.stack, &service.name);
        assert!(
            group.len() + spec::names::SUFFIX_LENGTH <= spec::names::ELB_LIMIT,
            "{group}"
        );
        match &web.route {
            None => defaults += 1,
            Some(route) => {
                assert!(
                    priorities.insert(route.priority),
                    "the priority {} twice",
                    route.priority
                );
                let limit = if spec.cdn.is_some() { 3 } else { 5 };
                assert!((1..=limit).contains(&(route.paths.len() + route.hosts.len())));
                assert!(spec.cdn.is_none() || route.priority < resolved::LAST_PRIORITY);
            }
        }
    }
    assert!(defaults <= 1, "{defaults} default services");
    check_edge(spec);
    check_references(spec);
}

/// What stands before the services.
fn check_edge(spec: &Spec) {
    let Some(cdn) = &spec.cdn else { return };
    let balancer = spec.load_balancer.as_ref().expect("a load balancer");
    let [listener] = balancer.listeners.as_slice() else {
        panic!("{} listeners behind a CDN", balancer.listeners.len());
    };
    assert!(!balancer.internal && listener.port == cdn.origin.port);
    assert_eq!(listener.action, resolved::Action::Forward);
    let secure = matches!(listener.protocol, resolved::Protocol::Https { .. });
    assert_eq!(
        secure,
        cdn.origin.protocol == spec::leaf::OriginProtocol::Https
    );
    if let Some(domain) = &spec.domain {
        assert!(domain.name.as_str().len() <= 64);
    }
}

/// Every name leads to something, and every variable is set once.
fn check_references(spec: &Spec) {
    let secrets: BTreeMap<_, _> = spec.secrets.iter().map(|it| (&it.name, it.usage)).collect();
    let functions: BTreeSet<_> = spec.functions.iter().map(|it| &it.name).collect();
    let rotations = spec.secrets.iter().filter_map(|it| it.rotation.as_ref());
    for rotation in rotations {
        assert!(
            functions.contains(&rotation.function),
            "{}",
            rotation.function
        );
    }
    let headers = spec
        .secrets
        .iter()
        .filter(|it| it.usage == resolved::SecretUsage::OriginHeader);
    assert_eq!(headers.count(), usize::from(spec.cdn.is_some()));
    let readers = spec
        .services
        .iter()
        .map(|service| {
            (
                &service.environment,
                service.secrets.as_slice(),
                &service.reads,
            )
        })
        .chain(
            spec.functions
                .iter()
                .map(|function| (&function.environment, &[][..], &function.reads)),
        );
    for (environment, injected, reads) in readers {
        let used = injected.iter().map(|(_, secret)| secret).chain(reads);
        for secret in used {
            assert_eq!(secrets[secret], resolved::SecretUsage::Application);
        }
        let variables: Vec<String> = environment
            .iter()
            .map(|(name, _)| name.to_string())
            .chain(injected.iter().map(|(name, _)| name.to_string()))
            .chain(reads.iter().map(spec::names::secret_variable))
            .collect();
        let different: BTreeSet<_> = variables.iter().collect();
        assert_eq!(different.len(), variables.len(), "{variables:?}");
    }
    for scaling in spec.services.iter().filter_map(|it| it.scaling.as_ref()) {
        assert!((1..=scaling.max).contains(&scaling.min));
        assert!(scaling.cpu_percent.or(scaling.requests_per_task).is_some());
    }
}

/// The usual form of a file says the same, and is its own usual form; or the file is left alone.
fn check_form(text: &[u8], spec: &Spec) {
    if let Ok(form) = layout::format("stack.yaml", text) {
        let again = spec::read("stack.yaml", &form).expect("the form is a stack file");
        assert_eq!(again.spec, *spec, "the form says something else");
        match layout::format("stack.yaml", &form) {
            Ok(twice) => assert_eq!(twice, form, "the form has another form"),
            Err(_) => panic!("the form has no form:\n{form}"),
        }
    }
}

fn run(case: &Arc<Case>) -> bool {
    let mut random = case.random();
    let text = input(&mut random, &CORPUS);
    case.show(&text);
    match spec::read("stack.yaml", &text) {
        Ok(reading) => {
            check(&reading.spec);
            for source in &reading.sources {
                assert!(source.path.as_str().split('/').all(|part| part != ".."));
            }
            check_form(&text, &reading.spec);
            if random.once_in(8) {
                stack::graph(&reading.spec, &Inputs::anywhere(Digests::default()));
            }
            true
        }
        Err(diagnostics) => {
            assert!(diagnostics.errors() > 0, "refused without an error");
            if random.once_in(8) {
                let drawn = diagnostics.render(spec::Style {
                    colour: false,
                    width: 80,
                    wraps: false,
                });
                assert!(drawn.contains("error: "), "nothing is drawn");
                serde_json::to_string(&diagnostics).expect("diagnostics as JSON");
            }
            false
        }
    }
}

#[test]
fn no_stack_file_makes_the_reader_panic() {
    let tally = PART.campaign();
    assert!(tally.is_telling(), "{tally:?}");
}
