//! Random stack files, and the graphs of real kinds that they stand for.

use std::fmt::{self, Write as _};
use std::sync::LazyLock;

use proptest::array::uniform3;
use proptest::option::of;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use qpiac::model::{Graph, Owner, Schema};
use qpiac::resources::KINDS;
use qpiac::{spec, stack};

use crate::scenario::owner;

/// Every real kind.
pub(crate) static SCHEMAS: LazyLock<Vec<&'static Schema>> =
    LazyLock::new(|| KINDS.iter().map(|entry| entry.schema).collect());

/// Zones by their last letters; a load balancer needs two of them.
const ZONES: [&str; 5] = ["ab", "ba", "abc", "bc", "a"];
/// Names of services, each in its slot.
const SERVICES: [&str; 3] = ["app", "api", "worker"];

/// A stack file.
#[derive(Clone)]
pub(crate) struct SpecWish {
    tag: Option<u8>,
    cidr: u8,
    zones: &'static str,
    nat: &'static str,
    balancer: Option<BalancerWish>,
    services: [Option<ServiceWish>; 3],
}

#[derive(Clone, Debug)]
struct BalancerWish {
    listen: &'static str,
    internal: bool,
    allow: &'static str,
    idle_timeout_s: u32,
}

#[derive(Clone, Debug)]
struct ServiceWish {
    image: u8,
    cpu: u32,
    count: u32,
    port: Option<u16>,
    priority: Option<u32>,
    health: u8,
    retention_days: u32,
    environment: u8,
    public: bool,
    exec: bool,
    reads: bool,
    drain_s: u32,
}

pub(crate) fn spec_wish() -> BoxedStrategy<SpecWish> {
    let balancer = (
        select(vec!["[80]", "[80, 443]", "[443]", "[8080]", "[80, 8080]"]),
        any::<bool>(),
        select(vec![
            "[0.0.0.0/0]",
            "[203.0.113.0/24]",
            "[198.51.100.0/24, 203.0.113.0/24]",
        ]),
        60..62_u32,
    )
        .prop_map(|(listen, internal, allow, idle_timeout_s)| BalancerWish {
            listen,
            internal,
            allow,
            idle_timeout_s,
        });
    (
        of(0..2_u8),
        0..2_u8,
        select(ZONES.to_vec()),
        select(vec!["none", "single", "per-zone"]),
        proptest::option::weighted(0.75, balancer),
        uniform3(proptest::option::weighted(0.6, service_wish())),
    )
        .prop_map(|(tag, cidr, zones, nat, balancer, services)| SpecWish {
            tag,
            cidr,
            zones,
            nat,
            balancer,
            services,
        })
        .boxed()
}

fn service_wish() -> BoxedStrategy<ServiceWish> {
    let shape = (
        0..3_u8,
        select(vec![256, 512]),
        0..3_u32,
        of(select(vec![8000, 9000])),
        of(1..4_u32),
        0..2_u8,
    );
    let rest = (
        select(vec![7, 30]),
        0..3_u8,
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        select(vec![10, 30]),
    );
    (shape, rest)
        .prop_map(
            |(
                (image, cpu, count, port, priority, health),
                (retention_days, environment, public, exec, reads, drain_s),
            )| ServiceWish {
                image,
                cpu,
                count,
                port,
                priority,
                health,
                retention_days,
                environment,
                public,
                exec,
                reads,
                drain_s,
            },
        )
        .boxed()
}

/// Any two stack files, the second of which often has much in common with the first.
pub(crate) fn spec_wishes() -> BoxedStrategy<(SpecWish, SpecWish)> {
    let some = proptest::bits::u32::ANY;
    let mask = prop_oneof![
        3 => (some, some).prop_map(|(a, b)| a & b),
        1 => some,
        1 => Just(u32::MAX),
    ];
    (spec_wish(), spec_wish(), mask)
        .prop_map(|(before, other, mask)| {
            let after = before.mixed(&other, mask);
            (before, after)
        })
        .boxed()
}

impl SpecWish {
    /// This file with the parts of the other where the mask has a bit.
    fn mixed(&self, other: &Self, mask: u32) -> Self {
        let other_at = |bit: usize| mask >> bit & 1 == 1;
        let pick = |bit| if other_at(bit) { other } else { self };
        Self {
            tag: pick(0).tag,
            cidr: pick(1).cidr,
            zones: pick(2).zones,
            nat: pick(3).nat,
            balancer: pick(4).balancer.clone(),
            services: [5, 6, 7].map(|bit| pick(bit).services[bit - 5].clone()),
        }
    }

    /// The graph that it stands for, for this stack.
    pub(crate) fn graph(&self, owner: &Owner) -> Graph {
        let text = self.text(owner);
        match spec::read("stack.yaml", &text) {
            Ok(reading) => stack::graph(
                &reading.spec,
                &stack::Inputs::anywhere(stack::Digests::default()),
            ),
            Err(problems) => panic!("{}\n{text}", problems.render(spec::Style::default())),
        }
    }

    pub(crate) fn text(&self, owner: &Owner) -> String {
        self.written(owner)
            .expect("text can be written to a string")
    }

    fn written(&self, owner: &Owner) -> Result<String, fmt::Error> {
        let mut text = format!("stack: {}\nregion: {}\n", owner.stack, owner.region);
        if let Some(tag) = self.tag {
            writeln!(text, "tags: {{ team: team-{tag} }}")?;
        }
        let zones = if self.balancer.is_some() && self.zones.len() < 2 {
            "ab"
        } else {
            self.zones
        };
        let zones: Vec<String> = zones
            .chars()
            .map(|z| format!("{}{z}", owner.region))
            .collect();
        writeln!(text, "network:\n  cidr: 10.{}.0.0/16", self.cidr)?;
        writeln!(text, "  zones: [{}]\n  nat: {}", zones.join(", "), self.nat)?;
        if let Some(balancer) = &self.balancer {
            balancer.write(&mut text, &owner.region)?;
        }
        if self.services.iter().any(Option::is_some) {
            writeln!(text, "services:")?;
        }
        let mut routes = Routes::default();
        for (name, service) in SERVICES.iter().zip(&self.services) {
            let Some(service) = service else {
                continue;
            };
            writeln!(text, "  {name}:")?;
            service.write(&mut text)?;
            if let (Some(port), Some(_)) = (service.port, &self.balancer) {
                service.write_web(&mut text, port)?;
                routes.write(&mut text, name, service.priority)?;
            }
        }
        Ok(text)
    }
}

impl BalancerWish {
    fn write(&self, text: &mut String, region: &str) -> fmt::Result {
        writeln!(text, "load_balancer:\n  listen: {}", self.listen)?;
        if self.listen.contains("443") {
            let certificate = "certificate/0a1b2c3d-4e5f-6789-abcd-ef0123456789";
            writeln!(
                text,
                "  certificate: arn:aws:acm:{region}:123456789012:{certificate}"
            )?;
        }
        writeln!(
            text,
            "  internal: {}\n  allow: {}",
            self.internal, self.allow
        )?;
        writeln!(text, "  idle_timeout_s: {}", self.idle_timeout_s)
    }
}

impl ServiceWish {
    fn write(&self, text: &mut String) -> fmt::Result {
        let registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
        writeln!(text, "    image: {registry}/app:{}", self.image)?;
        writeln!(text, "    cpu: {}\n    count: {}", self.cpu, self.count)?;
        writeln!(
            text,
            "    logs: {{ retention_days: {} }}",
            self.retention_days
        )?;
        writeln!(
            text,
            "    environment: {{ MODE: mode-{} }}",
            self.environment
        )?;
        writeln!(text, "    exec: {}", self.exec)?;
        let subnets = if self.public { "public" } else { "private" };
        writeln!(text, "    subnets: {subnets}")?;
        if self.reads {
            let resource = "arn:aws:s3:::images/*";
            writeln!(
                text,
                "    policies: [{{ actions: s3:GetObject, resources: \"{resource}\" }}]"
            )?;
        }
        Ok(())
    }

    fn write_web(&self, text: &mut String, port: u16) -> fmt::Result {
        writeln!(
            text,
            "    port: {port}\n    health: /health-{}",
            self.health
        )?;
        writeln!(text, "    drain_s: {}", self.drain_s)
    }
}

/// The routes so far: the first service takes what the others leave.
#[derive(Default)]
struct Routes {
    has_default: bool,
    priorities: Vec<u32>,
}

impl Routes {
    fn write(&mut self, text: &mut String, name: &str, priority: Option<u32>) -> fmt::Result {
        if !self.has_default {
            self.has_default = true;
            return Ok(());
        }
        writeln!(text, "    route:\n      path: /{name}/*")?;
        match priority {
            Some(priority) if !self.priorities.contains(&priority) => {
                self.priorities.push(priority);
                writeln!(text, "      priority: {priority}")
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl fmt::Debug for SpecWish {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "\n{}", self.text(&owner()))
    }
}
