//! A hundred thousand inputs for the spec reader: mutated files of the corpus, files put together
//! from fragments, and plain noise. None may make it panic, and whatever it accepts must hold what
//! it promises.
//!
//! The inputs depend on a seed alone: `SPEC_FUZZ_SEED` chooses another one, and a failure names the
//! seed and shows the input. `SPEC_FUZZ_INPUTS` changes their number.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use qpiac::spec::{self, Spec, resolved};

const SEED: u64 = 20_260_101;
const INPUTS: u64 = 100_000;

/// SplitMix64: enough for inputs, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).expect("below a usize")
    }

    fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }
}

const FRAGMENTS: &[&str] = &[
    "stack: shop\n",
    "region: us-east-1\n",
    "account: \"123456789012\"\n",
    "tags:",
    "network:",
    "load_balancer:",
    "services:",
    "cidr:",
    "zones:",
    "public:",
    "private:",
    "nat:",
    "listen:",
    "certificate:",
    "allow:",
    "image: a/b:1",
    "port: 80",
    "route:",
    "path:",
    "host:",
    "priority:",
    "health:",
    "interval_s:",
    "environment:",
    "logs:",
    "retention_days:",
    "deployment:",
    "policies:",
    "cpu:",
    "memory:",
    "count:",
    "cdn:",
    "auth: key",
    "header:",
    "secret:",
    "behaviors:",
    "geo:",
    "deny:",
    "domain:",
    "secrets:",
    "key: {}",
    "rotation:",
    "reads: [key]",
    "scaling:",
    "max: 3",
    "build: a/b",
    "functions:",
    "code: a/b",
    "handler: a.b",
    "runtime: python3.13",
    "monitoring:",
    "notify:",
    "alarms:",
    "access_logs:",
    "off",
    " ",
    "  ",
    "\n",
    "\n  ",
    "\n    ",
    "\n      ",
    "\r\n",
    "\t",
    "- ",
    "? ",
    ": ",
    ", ",
    "[",
    "]",
    "{",
    "}",
    "{}",
    "[]",
    "&a ",
    "*a",
    "<<: *a",
    "!!str ",
    "!x ",
    "| \n",
    ">-\n",
    "\"",
    "'",
    "#",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "~",
    "null",
    "true",
    "yes",
    "0",
    "-1",
    "443",
    "65536",
    "0x1f",
    "0o17",
    "1e999",
    ".inf",
    ".nan",
    "1_000",
    "99999999999999999999",
    "10.0.0.0/16",
    "10.0.1.0/24",
    "10.0.0.1/16",
    "0.0.0.0/0",
    "255.255.255.255/32",
    "us-east-1a",
    "us-east-1b",
    "single",
    "/api/*",
    "*.example.com",
    "arn:aws:iam::aws:policy/X",
    "\u{feff}",
    "\u{0}",
    "\u{85}",
    "\u{2028}",
    "é",
    "東京",
    "🗼",
    "e\u{301}",
    "\u{202e}",
    "\\",
    "@",
    "`",
    "%",
];

const VALUES: &[&str] = &[
    "0",
    "1",
    "2",
    "7",
    "10",
    "30",
    "80",
    "100",
    "150",
    "256",
    "443",
    "512",
    "1024",
    "2048",
    "4096",
    "8000",
    "16384",
    "-1",
    "true",
    "false",
    "none",
    "single",
    "per-zone",
    "private",
    "public",
    "arm64",
    "x86_64",
    "a",
    "a-b",
    "shop",
    "/",
    "/api/*",
    "[/a, /b]",
    "a.example.com",
    "\"200\"",
    "a/b:1",
    "a/b",
    "us-east-1",
    "eu-west-1",
    "[us-east-1a]",
    "[us-east-1c, us-east-1d]",
    "10.0.0.0/16",
    "10.0.0.0/20",
    "10.0.0.0/24",
    "10.0.0.0/28",
    "[10.0.1.0/24, 10.0.7.0/24]",
    "[10.0.0.0/26, 10.0.0.64/26]",
    "[80]",
    "[80, 443]",
    "[443]",
    "[0.0.0.0/0]",
    "{}",
    "[]",
    "",
    "{ path: /x }",
    "{ host: a.example.com, path: /x }",
    "{ priority: 20, path: /y }",
    "{ interval_s: 6 }",
    "{ retention_days: 7 }",
    "{ A: b }",
    "{ minimum_percent: 0 }",
    "off",
    "50000",
    "60",
    "http",
    "https",
    "jwt",
    "[jwt]",
    "[jwt, api-key]",
    "cdn-auth",
    "rotation",
    "{ function: rotation, days: 7 }",
    "{ secret: cdn-auth }",
    "X-Origin",
    "Cookie",
    "{ deny: [KP] }",
    "{ allow: [DE, FR] }",
    "{ cache: 5 }",
    "{ /*: 5, /a: off }",
    "{ rate_limit: 100 }",
    "{ min: 2, max: 3 }",
    "{ max: 3, requests_per_task: 10 }",
    "{ API_KEY: api-key }",
    "{ JWT_SECRET_ARN: x }",
    "example.com",
    "www.example.com",
    "Z0123456789ABCDEFGHIJ",
    "workload/app",
    "../app",
    ".",
    "nodejs22.x",
    "a.handler",
    "[ops@example.com]",
    "{ cpu_percent: off }",
];

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
        0 => (0..random.below(80))
            .map(|_| random.next().to_le_bytes()[0])
            .collect(),
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
        5 if at < text.len() => text[at] = random.next().to_le_bytes()[0],
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

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// Returns the number of files that were accepted.
fn run(seed: u64, inputs: std::ops::Range<u64>, corpus: &[Vec<u8>]) -> u64 {
    let mut accepted = 0;
    for place in inputs {
        let mut random = Random(seed ^ place.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let text = input(&mut random, corpus);
        let outcome = catch_unwind(|| match spec::read("stack.yaml", &text) {
            Ok(reading) => {
                check(&reading.spec);
                for source in &reading.sources {
                    assert!(source.path.as_str().split('/').all(|part| part != ".."));
                }
                true
            }
            Err(diagnostics) => {
                assert!(diagnostics.errors() > 0, "refused without an error");
                if place % 8 == 0 {
                    let drawn = diagnostics.render(spec::Style {
                        colour: false,
                        width: 80,
                    });
                    assert!(drawn.contains("error: "), "nothing is drawn");
                    serde_json::to_string(&diagnostics).expect("diagnostics as JSON");
                }
                false
            }
        });
        let shown = String::from_utf8_lossy(&text);
        match outcome {
            Ok(good) => accepted += u64::from(good),
            Err(_) => panic!("seed {seed}, input {place}:\n{shown}\n{text:?}"),
        }
    }
    accepted
}

#[test]
fn no_input_makes_the_reader_panic() {
    let (seed, inputs) = (
        number("SPEC_FUZZ_SEED", SEED),
        number("SPEC_FUZZ_INPUTS", INPUTS),
    );
    let corpus = corpus();
    let threads = std::thread::available_parallelism().map_or(2, |count| count.get() as u64);
    let share = inputs.div_ceil(threads);
    let accepted: u64 = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let range = worker * share..((worker + 1) * share).min(inputs);
                let corpus = &corpus;
                scope.spawn(move || run(seed, range, corpus))
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("no input panics"))
            .sum()
    });
    // An accident in the generator that makes every input trivial would go unseen.
    assert!(
        accepted * 50 > inputs,
        "seed {seed}: only {accepted} of {inputs} were accepted"
    );
    assert!(
        accepted * 2 < inputs,
        "seed {seed}: {accepted} of {inputs} were accepted"
    );
}
