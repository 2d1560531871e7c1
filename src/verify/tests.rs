//! Every check against a stack in the simulator and an application in memory: all pass, and each
//! fails when what it is for is broken.

#![allow(clippy::unwrap_used)]

mod stand;

use std::collections::BTreeSet;

use aws_smithy_types::DateTime;
use tokio::sync::watch;

use self::stand::{Break, Stand, key, password};
use super::{Check, Facts, Outcome, Scenario, Stage, checks};
use crate::aws::facts::{AlarmState, AlarmWord, Interface, LogTimes, RotationDates, Target};
use crate::aws::facts::{RunningTask, SecretVersion};
use crate::engine::{self, Ending};
use crate::model::{Cidr, Fault, FaultClass, Graph, Ref, Schema, Snapshot};
use crate::plan::{Options, plan};
use crate::resources::{
    Action, CachePolicyId, Condition, Direction, GeoRestriction, HttpHeader, KINDS, Peer,
    ViewerProtocolPolicy,
};
use crate::sim::{Pace, Settings, Sim, World};
use crate::spec::{self, Spec};
use crate::stack::{self, Digests, Inputs};

/// The time of the tests, in seconds since 1970.
const NOW_S: i64 = 1_800_000_000;

/// The stack that the repository comes with.
const STACK: &str = include_str!("../../stack.yaml");

fn read(text: &str) -> Spec {
    spec::read("stack.yaml", text).expect("a valid stack").spec
}

/// The stack as the simulator has it after an apply.
async fn applied(spec: &Spec) -> Snapshot {
    let schemas: Vec<&'static Schema> = KINDS.iter().map(|kind| kind.schema).collect();
    let graph = graph(spec);
    let mut given = BTreeSet::new();
    for value in graph.nodes().flat_map(|(_, node)| node.values.values()) {
        value.each_id(&mut |_, id| {
            given.insert(id.to_owned());
        });
    }
    let world = World::new("123456789012", "us-east-1", 1);
    let settings = Settings::at(Pace::EXACT).knowing(given);
    let sim = Sim::new(&schemas, world, settings);
    let settings = engine::Settings::default();
    let owner = stack::owner(spec);
    let before = engine::read(&sim, &owner, Some(&graph), &settings).await;
    let plan = plan(&graph, &before.unwrap(), &schemas, &Options::default()).expect("a plan");
    let (_stop, stops) = watch::channel(None);
    let outcome = engine::run(
        &plan,
        &sim,
        &settings,
        &engine::Unlimited,
        stops,
        &mut |_| {},
    )
    .await;
    assert_eq!(outcome.ending, Ending::Complete, "{outcome:#?}");
    engine::read(&sim, &owner, None, &settings).await.unwrap()
}

/// What a spec wants.
fn graph(spec: &Spec) -> Graph {
    stack::graph(spec, &Inputs::anywhere(Digests::default()))
}

/// The stack as it should be.
fn stage<'a>(spec: &'a Spec, snapshot: &'a Snapshot) -> Stage<'a> {
    Stage::new(spec, &graph(spec), snapshot).unwrap()
}

fn target(state: &str) -> Target {
    Target {
        address: "10.0.3.7:8000".to_owned(),
        state: state.to_owned(),
        reason: None,
        description: None,
    }
}

fn task(public: Option<&str>) -> RunningTask {
    RunningTask {
        id: "0a1b".to_owned(),
        interfaces: vec![Interface {
            id: "eni-1".to_owned(),
            public: public.map(str::to_owned),
        }],
    }
}

/// What AWS says where all is well.
fn facts(stage: &Stage<'_>) -> Facts {
    let dates = RotationDates {
        enabled: true,
        last: None,
        next: Some(DateTime::from_secs(NOW_S + 86_400)),
    };
    let times = LogTimes {
        since: Some(DateTime::from_secs(NOW_S - 60)),
        newest: None,
    };
    let auth = stage.spec.cdn.as_ref().map(|cdn| {
        let secret = &stage.secrets[cdn.auth.secret.as_str()];
        Ok(secret.outputs.value.as_str().to_owned())
    });
    let services = || stage.services.keys().cloned();
    let secrets = stage.secrets.keys().cloned();
    let groups = stage.log_groups.iter();
    Facts {
        tasks: services()
            .map(|name| (name, Ok(vec![task(None), task(None)])))
            .collect(),
        targets: services()
            .map(|name| (name, Ok(vec![target("healthy"), target("healthy")])))
            .collect(),
        rotations: secrets.map(|name| (name, Ok(dates))).collect(),
        alarms: Ok(states(stage, AlarmWord::Quiet)),
        logs: groups
            .map(|group| (group.attributes.name.clone(), Ok(times)))
            .collect(),
        auth,
        healthy_counts: Some(Ok(vec![2.0])),
        password: Some(Ok(password())),
        keys: Some(Ok(vec![SecretVersion {
            id: "v1".to_owned(),
            value: key(),
        }])),
    }
}

/// All alarms in one state.
fn states(stage: &Stage<'_>, word: AlarmWord) -> Vec<AlarmState> {
    let alarms = stage.alarms.iter().map(|alarm| AlarmState {
        name: alarm.attributes.name.clone(),
        word,
        reason: String::new(),
    });
    alarms.collect()
}

async fn run(stage: &Stage<'_>, facts: &Facts, stand: &Stand) -> Vec<Check> {
    let mut all = Vec::new();
    for scenario in Scenario::ALL {
        all.extend(checks(scenario, stage, facts, stand, NOW_S).await);
    }
    all
}

/// The names of the checks that failed.
fn failed(checks: &[Check]) -> Vec<&str> {
    let failed = checks.iter().filter(|check| check.has_failed());
    failed.map(|check| check.name.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_does_what_it_is_for_passes_every_check() {
    let spec = read(STACK);
    let snapshot = applied(&spec).await;
    let stage = stage(&spec, &snapshot);
    let all = run(&stage, &facts(&stage), &Stand::new(NOW_S)).await;
    assert_eq!(failed(&all), [""; 0], "{all:#?}");
    let none: Vec<&str> = all
        .iter()
        .filter(|check| matches!(check.outcome, Outcome::NotApplicable(_)))
        .map(|check| check.name.as_str())
        .collect();
    assert_eq!(none, ["web ACL of the CDN"]);
    let mut names: Vec<&str> = all.iter().map(|check| check.name.as_str()).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "two checks have one name");
    for check in &all {
        let text = format!("{check:?}");
        for secret in [key(), password()] {
            assert!(!text.contains(secret.expose()), "{}", check.name);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_answers_wrongly_fails_its_check() {
    let spec = read(STACK);
    let snapshot = applied(&spec).await;
    let stage = stage(&spec, &snapshot);
    let facts = facts(&stage);
    let everything_over_http = [
        "page",
        "health endpoint",
        "requests spread over tasks",
        "log in",
        "headers of the edge function",
        "caching of /api/status, observed",
    ];
    let table: [(Break, &[&str]); 12] = [
        // The header's secret differs between CDN and rules: nothing passes.
        (Break::Forbidden, &everything_over_http),
        (
            Break::PassThrough,
            &[
                "headers of the edge function",
                "forged headers",
                "no token",
                "malformed token",
            ],
        ),
        (Break::Open, &["request past the CDN"]),
        (Break::Nobody, &["request past the CDN"]),
        (Break::LifetimeIgnored, &["expired token"]),
        (Break::SignatureIgnored, &["token with another key"]),
        (Break::AnyPassword, &["wrong password"]),
        (Break::OneTask, &["requests spread over tasks"]),
        (Break::ApiCached, &["caching of /api/status, observed"]),
        (Break::NothingCached, &["caching of /health, observed"]),
        (Break::TooOld, &["caching of /health, observed"]),
        (Break::PlainHttp, &["HTTP leads to HTTPS"]),
    ];
    for (broken, expected) in table {
        let all = run(&stage, &facts, &Stand::new(NOW_S).with(broken)).await;
        let failed = failed(&all);
        for name in expected {
            assert!(failed.contains(name), "{broken:?}: {failed:?}");
        }
        if expected.len() < 4 {
            assert_eq!(failed, expected, "{broken:?}");
        }
    }
}

type Change = fn(&mut Stage<'_>, &mut Facts);

#[tokio::test(start_paused = true)]
async fn what_is_configured_wrongly_fails_its_check() {
    let spec = read(STACK);
    let snapshot = applied(&spec).await;
    let table: [(&str, Change); 28] = [
        ("caching of /api/*, configured", |stage, _| {
            let policy = Ref::known(stage.cache_policies[0].outputs.id.as_str());
            let live = &mut stage.distribution.as_mut().unwrap().attributes;
            live.ordered_cache_behaviors[0].behavior.cache_policy_id = policy;
        }),
        ("caching of /health, configured", |stage, _| {
            let live = &mut stage.distribution.as_mut().unwrap().attributes;
            let never = CachePolicyId::caching_disabled();
            live.ordered_cache_behaviors[1].behavior.cache_policy_id = never;
        }),
        ("paths with a behaviour of their own", |stage, _| {
            let live = &mut stage.distribution.as_mut().unwrap().attributes;
            live.ordered_cache_behaviors.reverse();
        }),
        ("viewers speak HTTPS", |stage, _| {
            let live = &mut stage.distribution.as_mut().unwrap().attributes;
            live.default_cache_behavior.viewer_protocol_policy = ViewerProtocolPolicy::AllowAll;
        }),
        ("edge function", |stage, _| {
            let live = &mut stage.distribution.as_mut().unwrap().attributes;
            live.ordered_cache_behaviors[0]
                .behavior
                .viewer_request_function = None;
        }),
        ("countries", |stage, _| {
            let live = &mut stage.distribution.as_mut().unwrap().attributes;
            live.geo_restriction = GeoRestriction::Deny(BTreeSet::from(["KP".to_owned()]));
        }),
        ("rotation of jwt", |stage, _| {
            let jwt = Ref::known(stage.secrets["jwt"].outputs.arn.as_str());
            stage.rotations.retain(|one| one.attributes.secret != jwt);
        }),
        ("rotation of api-key", |_, facts| {
            let overdue = RotationDates {
                enabled: true,
                last: None,
                next: Some(DateTime::from_secs(NOW_S - 1)),
            };
            facts.rotations.insert("api-key".to_owned(), Ok(overdue));
        }),
        ("load balancer's security group", |stage, _| {
            let group = stage
                .balancer
                .as_ref()
                .unwrap()
                .attributes
                .security_groups
                .first();
            let group = group.cloned().unwrap();
            let rule = stage.group_rules.iter_mut().find(|rule| {
                rule.attributes.security_group_id == group
                    && rule.attributes.direction == Direction::Ingress
            });
            rule.unwrap().attributes.peer = Peer::Cidr(Cidr::ANYWHERE);
        }),
        ("security group of app", |stage, _| {
            let groups = &stage.services["app"].attributes.security_groups;
            let rule = stage.group_rules.iter_mut().find(|rule| {
                groups.contains(&rule.attributes.security_group_id)
                    && rule.attributes.direction == Direction::Egress
            });
            rule.unwrap().attributes.direction = Direction::Ingress;
        }),
        ("addresses of app's tasks", |_, facts| {
            let tasks = vec![task(None), task(Some("203.0.113.9"))];
            facts.tasks.insert("app".to_owned(), Ok(tasks));
        }),
        ("addresses of app's tasks", |_, facts| {
            let mut bare = task(None);
            bare.interfaces.clear();
            facts.tasks.insert("app".to_owned(), Ok(vec![bare]));
        }),
        ("listeners by default", |stage, _| {
            let group = Ref::known(stage.target_groups["app"].id.as_str());
            stage.listeners[0].attributes.default_action = Action::Forward(group);
        }),
        ("value of the CDN's header", |stage, _| {
            let other = BTreeSet::from([Ref::known("fp:0000000000000000")]);
            let header = HttpHeader {
                name: "X-CDN-Auth".to_owned(),
                values: other,
            };
            let rule = &mut stage.rules[0].attributes;
            rule.conditions = BTreeSet::from([Condition::HttpHeader(header)]);
        }),
        ("value of the CDN's header", |stage, _| {
            stage.rules[0].attributes.conditions = BTreeSet::new();
        }),
        ("value of the CDN's header", |stage, _| {
            let live = &mut stage.distribution.as_mut().unwrap().attributes;
            live.origin_headers.clear();
        }),
        ("targets of app", |_, facts| {
            let targets = vec![target("healthy"), target("unhealthy")];
            facts.targets.insert("app".to_owned(), Ok(targets));
        }),
        ("targets of app", |_, facts| {
            let targets = vec![target("healthy"), target("draining")];
            facts.targets.insert("app".to_owned(), Ok(targets));
        }),
        ("alarms", |stage, facts| {
            facts.alarms = Ok(states(stage, AlarmWord::Alarm));
        }),
        ("alarms", |stage, _| {
            stage.alarms.pop();
        }),
        ("dashboard", |stage, _| stage.dashboards.clear()),
        ("log of app", |_, facts| {
            let group = "/ecs/qp-iac-cdn-headers-app".to_owned();
            facts.logs.insert(group, Ok(LogTimes::default()));
        }),
        ("log of app", |_, facts| {
            for times in facts.logs.values_mut() {
                *times = Ok(LogTimes {
                    since: None,
                    newest: Some(DateTime::from_secs(NOW_S - 86_400)),
                });
            }
        }),
        ("metrics of the load balancer", |_, facts| {
            facts.healthy_counts = Some(Ok(vec![0.0, 2.0]));
        }),
        ("security group of app", |stage, _| {
            let service = stage.services.get_mut("app").unwrap();
            let foreign = Ref::known("sg-of-somebody");
            service.attributes.security_groups.insert(foreign);
        }),
        ("load balancer's security group", |stage, _| {
            let balancer = stage.balancer.as_mut().unwrap();
            let foreign = Ref::known("sg-of-somebody");
            balancer.attributes.security_groups.insert(foreign);
        }),
        ("value of the CDN's header", |_, facts| {
            let denied = Fault::own(FaultClass::Denied, "secretsmanager:GetSecretValue", "no");
            facts.auth = Some(Err(denied));
        }),
        ("metrics of the load balancer", |_, facts| {
            facts.healthy_counts = Some(Ok(Vec::new()));
        }),
    ];
    for (expected, change) in table {
        let mut stage = stage(&spec, &snapshot);
        let mut facts = facts(&stage);
        change(&mut stage, &mut facts);
        let all = run(&stage, &facts, &Stand::new(NOW_S)).await;
        assert_eq!(failed(&all), [expected], "{all:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_has_failed() {
    let spec = read(STACK);
    let snapshot = applied(&spec).await;
    let stage = stage(&spec, &snapshot);
    let mut facts = facts(&stage);
    let denied = || Fault::own(FaultClass::Denied, "secretsmanager:GetSecretValue", "no");
    facts.password = Some(Err(denied()));
    facts.alarms = Err(denied());
    for rotation in facts.rotations.values_mut() {
        *rotation = Err(denied());
    }
    let all = run(&stage, &facts, &Stand::new(NOW_S)).await;
    let failed = failed(&all);
    for name in ["log in", "expired token", "alarms", "rotation of jwt"] {
        assert!(failed.contains(&name), "{name}: {failed:?}");
    }
    let seen = all.iter().find(|check| check.name == "alarms").unwrap();
    let text = seen.outcome.text();
    assert_eq!(text, "not found out: secretsmanager:GetSecretValue: no");
}

#[tokio::test(start_paused = true)]
async fn a_stack_without_a_cdn_is_asked_at_its_load_balancer() {
    let spec = read(
        "stack: shop\nregion: us-east-1\nload_balancer: {}\nservices:\n  app: { image: nginx:1, port: 80, health: / }\n",
    );
    let snapshot = applied(&spec).await;
    let stage = stage(&spec, &snapshot);
    let stand = Stand::new(NOW_S);
    let all = run(&stage, &facts(&stage), &stand).await;
    assert_eq!(failed(&all), ["health endpoint"], "{all:#?}");
    let asked = stand.hosts();
    let balancer = stage.balancer.as_ref().unwrap();
    assert_eq!(
        asked,
        [balancer.outputs.dns_name.as_str().to_owned()].into()
    );
    let login = all.iter().find(|check| check.name == "log in").unwrap();
    assert!(matches!(login.outcome, Outcome::NotApplicable(_)));
}

#[tokio::test(start_paused = true)]
async fn a_certificate_of_ones_own_needs_to_be_told_its_name() {
    let spec = read(
        "stack: shop\nregion: us-east-1\nload_balancer:\n  certificate: \
         arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-4e5f-6789-abcd-ef0123456789\nservices:\n  \
         app: { image: nginx:1, port: 80, health: / }\n",
    );
    let snapshot = applied(&spec).await;
    let unnamed = stage(&spec, &snapshot);
    let why = unnamed.front(false).unwrap_err();
    assert!(why.contains("--host"), "{why}");
    let named = stage(&spec, &snapshot).at(Some("www.example.com".to_owned()));
    let door = named.front(false).unwrap();
    assert_eq!(
        (door.scheme, door.host.as_str()),
        ("https", "www.example.com")
    );
}
