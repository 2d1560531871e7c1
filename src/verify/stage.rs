//! What is verified: a stack as its file wants it, and as it is.
//!
//! May depend on `model`, `spec` and `resources` (structs). Invariant: nothing is asked of AWS here.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Class, Found, Graph, Misfit, Names, Ref, Resource, Snapshot, Value};
use crate::resources::{
    CachePolicy, Dashboard, Distribution, EcsService, Listener, ListenerRule, LoadBalancer,
    LogGroup, MetricAlarm, Secret, SecretRotation, SecurityGroupRule, TargetGroup,
};
use crate::spec::Spec;
use crate::spec::resolved::{self, Action, Protocol};

/// Why a load balancer with a certificate of somebody's own cannot be asked.
const NO_NAME: &str =
    "the name of the load balancer's certificate is not in stack.yaml; --host says it";

/// A stack as its file wants it, and as it is.
#[derive(Debug)]
pub struct Stage<'a> {
    pub(super) spec: &'a Spec,
    /// The name that visitors use, where somebody said it.
    host: Option<String>,
    pub(super) names: &'a Names,
    pub(super) distribution: Option<Found<Distribution>>,
    pub(super) balancer: Option<Found<LoadBalancer>>,
    pub(super) listeners: Vec<Found<Listener>>,
    pub(super) rules: Vec<Found<ListenerRule>>,
    pub(super) group_rules: Vec<Found<SecurityGroupRule>>,
    /// By the service's name.
    pub(super) services: BTreeMap<String, Found<EcsService>>,
    /// By the service's name.
    pub(super) target_groups: BTreeMap<String, Found<TargetGroup>>,
    /// By the secret's name.
    pub(super) secrets: BTreeMap<String, Found<Secret>>,
    pub(super) rotations: Vec<Found<SecretRotation>>,
    pub(super) cache_policies: Vec<Found<CachePolicy>>,
    pub(super) alarms: Vec<Found<MetricAlarm>>,
    /// The names of the alarms that there shall be.
    pub(super) wanted_alarms: BTreeSet<String>,
    pub(super) dashboards: Vec<Found<Dashboard>>,
    pub(super) log_groups: Vec<Found<LogGroup>>,
}

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Door {
    pub(super) scheme: &'static str,
    /// The name, and the port where it is not the usual one.
    pub(super) host: String,
}

impl<'a> Stage<'a> {
    /// A stack as `spec` wants it, with what the graph of that says, and as it was found.
    ///
    /// # Errors
    /// [`Misfit`] where a record is not what its kind says.
    pub fn new(spec: &'a Spec, graph: &Graph, snapshot: &'a Snapshot) -> Result<Self, Misfit> {
        Ok(Self {
            spec,
            host: None,
            names: snapshot.names(),
            distribution: first(snapshot)?,
            balancer: first(snapshot)?,
            listeners: all(snapshot)?,
            rules: all(snapshot)?,
            group_rules: all(snapshot)?,
            services: by_name(snapshot)?,
            target_groups: by_name(snapshot)?,
            secrets: by_name(snapshot)?,
            rotations: all(snapshot)?,
            cache_policies: all(snapshot)?,
            alarms: all(snapshot)?,
            wanted_alarms: wanted_alarms(graph),
            dashboards: all(snapshot)?,
            log_groups: all(snapshot)?,
        })
    }

    /// The same, where visitors use this name.
    #[must_use]
    pub fn at(self, host: Option<String>) -> Self {
        Self { host, ..self }
    }

    /// Where visitors go: to the CDN, or where there is none, to the load balancer.
    ///
    /// A stack with a name of its own is asked by that name, since its certificates are for it; not
    /// so where all requests go to one endpoint, which knows distributions by their own names.
    pub(super) fn front(&self, has_endpoint: bool) -> Result<Door, String> {
        let own_name = self.spec.domain.as_ref().filter(|_| !has_endpoint);
        let own_name = own_name.map(|domain| domain.name.to_string());
        let own_name = self.host.clone().or(own_name);
        if self.spec.cdn.is_none() {
            let mut door = self.origin()?;
            match (own_name, &self.balancer) {
                (Some(name), Some(balancer)) => {
                    door.host = door.host.replace(balancer.outputs.dns_name.as_str(), &name);
                }
                (None, _) if door.scheme == "https" && !has_endpoint => {
                    return Err(NO_NAME.to_owned());
                }
                (Some(_) | None, _) => {}
            }
            return Ok(door);
        }
        let there = self.distribution.as_ref();
        let distribution = there.ok_or("the stack has no distribution")?;
        let domain = distribution.outputs.domain_name.as_str();
        Ok(Door {
            scheme: "https",
            host: own_name.unwrap_or_else(|| domain.to_owned()),
        })
    }

    /// The load balancer.
    pub(super) fn origin(&self) -> Result<Door, String> {
        let balancer = self.balancer.as_ref();
        let balancer = balancer.ok_or("the stack has no load balancer")?;
        let listener = self.forwarding().next();
        let listener = listener.ok_or("no listener of the load balancer forwards")?;
        let (scheme, usual) = match listener.protocol {
            Protocol::Http => ("http", 80),
            Protocol::Https { .. } => ("https", 443),
        };
        let name = balancer.outputs.dns_name.as_str();
        Ok(Door {
            scheme,
            host: match listener.port {
                port if port == usual => name.to_owned(),
                port => format!("{name}:{port}"),
            },
        })
    }

    /// The wanted listeners that do not send clients elsewhere.
    pub(super) fn forwarding(&self) -> impl Iterator<Item = &'a resolved::Listener> {
        let balancer = self.spec.load_balancer.as_ref();
        let listeners = balancer.into_iter().flat_map(|one| &one.listeners);
        listeners.filter(|listener| match listener.action {
            Action::Forward => true,
            Action::Redirect { .. } => false,
        })
    }

    /// The name that people know something by, or else its identifier.
    pub(super) fn name_of<C: Class>(&self, reference: &Ref<C>) -> String {
        let id = reference.id().unwrap_or_default();
        match self.names.owner_of(C::CLASS, id) {
            Some(output) => output.address.to_string(),
            None => id.to_owned(),
        }
    }

    /// The rotation of the secret with this name.
    pub(super) fn rotation_of(&self, secret: &str) -> Option<&Found<SecretRotation>> {
        let arn = self.secrets.get(secret)?.outputs.arn.as_str();
        let mut rotations = self.rotations.iter();
        rotations.find(|one| one.attributes.secret.id() == Some(arn))
    }
}

fn wanted_alarms(graph: &Graph) -> BTreeSet<String> {
    let nodes = graph.nodes();
    nodes
        .filter(|(address, _)| address.kind == MetricAlarm::SCHEMA.kind)
        .filter_map(|(_, node)| match node.values.get("name") {
            Some(Value::Text(name)) => Some(name.clone()),
            Some(_) | None => None,
        })
        .collect()
}

/// The resources of a kind, also those that an interrupted replacement has left beside others.
fn all<R: Resource>(snapshot: &Snapshot) -> Result<Vec<Found<R>>, Misfit> {
    let records = snapshot.records();
    records
        .filter(|(address, _)| address.kind == R::SCHEMA.kind)
        .flat_map(|(_, records)| records)
        .map(Found::from_record)
        .collect()
}

/// The first of them.
fn first<R: Resource>(snapshot: &Snapshot) -> Result<Option<Found<R>>, Misfit> {
    Ok(all(snapshot)?.into_iter().next())
}

/// One for each name in their addresses.
fn by_name<R: Resource>(snapshot: &Snapshot) -> Result<BTreeMap<String, Found<R>>, Misfit> {
    let records = snapshot.records();
    records
        .filter(|(address, _)| address.kind == R::SCHEMA.kind)
        .filter_map(|(address, records)| Some((address, records.first()?)))
        .map(|(address, record)| Ok((address.name.to_string(), Found::from_record(record)?)))
        .collect()
}
