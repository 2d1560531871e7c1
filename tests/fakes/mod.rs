//! Kinds that no cloud has, shaped like those that it has: for tests of planner, engine and
//! simulator.

#![allow(missing_docs, unreachable_pub, dead_code)]

use std::collections::BTreeSet;

use qpiac::classes;
use qpiac::model::{Cidr, Id, Ref, Resource, Schema, Text};
use qpiac_derive::{Field, Outputs, Resource};

classes! {
    /// A network.
    NetId = "net", "net-########";
    /// A part of a network.
    PartId = "part", "part-########";
    /// A gate.
    GateId = "gate", "gate-########";
    /// A bridge.
    BridgeId = "bridge", "bridge-########";
    /// A group.
    GroupId = "group", "group-########";
    /// A rule.
    RuleId = "rule", "rule-########";
    /// A revision.
    RevisionArn = "revision", "arn:revision/{family}:########";
    /// A runner.
    RunnerArn = "runner", "arn:runner/{name}";
    /// A runner's name.
    RunnerName = "runner-name", "{name}";
    /// A store.
    StoreName = "store", "{name}";
}

/// A network: two may be there at once.
#[derive(Clone, Debug, Resource)]
#[resource(kind = "net", outputs = NetOutputs, replacement = "create-first",
    find = "fake:FindNet", create = "fake:CreateNet", update = "fake:UpdateNet", delete = "fake:DeleteNet")]
pub struct Net {
    /// Its range.
    #[attribute(replace)]
    pub range: Cidr,
    /// A switch.
    #[attribute(update)]
    pub dns: bool,
}

/// Outputs of a network.
#[derive(Clone, Debug, Outputs)]
pub struct NetOutputs {
    /// Identifier.
    pub id: Id<NetId>,
}

/// A part of a network: no two may overlap.
#[derive(Clone, Debug, Resource)]
#[resource(kind = "part", outputs = PartOutputs, replacement = "create-first",
    exclusive = "net, range",
    find = "fake:FindPart", create = "fake:CreatePart", delete = "fake:DeletePart")]
pub struct Part {
    /// Its network.
    #[attribute(replace)]
    pub net: Ref<NetId>,
    /// Its range.
    #[attribute(replace)]
    pub range: Cidr,
}

/// Outputs of a part.
#[derive(Clone, Debug, Outputs)]
pub struct PartOutputs {
    /// Identifier.
    pub id: Id<PartId>,
}

/// The way out of a network.
#[derive(Clone, Debug, Resource)]
#[resource(kind = "gate", outputs = GateOutputs, replacement = "create-first",
    find = "fake:FindGate", create = "fake:CreateGate", update = "fake:UpdateGate", delete = "fake:DeleteGate")]
pub struct Gate {
    /// Its network.
    #[attribute(update)]
    pub net: Ref<NetId>,
}

/// Outputs of a gate.
#[derive(Clone, Debug, Outputs)]
pub struct GateOutputs {
    /// Identifier.
    pub id: Id<GateId>,
}

/// A bridge takes its time, and needs the gate before it.
#[derive(Clone, Debug, Resource)]
#[resource(kind = "bridge", outputs = BridgeOutputs, replacement = "create-first",
    after = "gate", wait_create = "90..600", wait_delete = "60..1800",
    find = "fake:FindBridge", create = "fake:CreateBridge", delete = "fake:DeleteBridge")]
pub struct Bridge {
    /// The part that it stands in.
    #[attribute(replace)]
    pub part: Ref<PartId>,
}

/// Outputs of a bridge.
#[derive(Clone, Debug, Outputs)]
pub struct BridgeOutputs {
    /// Identifier.
    pub id: Id<BridgeId>,
}

/// A route over a bridge, a child of its part.
#[derive(Clone, Debug, Resource)]
#[resource(kind = "path", outputs = PathOutputs, replacement = "create-first",
    parent = "part", key = "to",
    find = "fake:FindPath", create = "fake:CreatePath", update = "fake:UpdatePath", delete = "fake:DeletePath")]
pub struct Path {
    /// The part that it belongs to.
    #[attribute(replace)]
    pub part: Ref<PartId>,
    /// Where it leads.
    #[attribute(replace)]
    pub to: Cidr,
    /// Over which bridge, which must work.
    #[attribute(update, ready)]
    pub over: Ref<BridgeId>,
}

classes! {
    /// A path.
    PathId = "path", "path-########";
}

/// Outputs of a path.
#[derive(Clone, Debug, Outputs)]
pub struct PathOutputs {
    /// Identifier.
    pub id: Id<PathId>,
}

/// A group; its name is unique in its network.
#[derive(Clone, Debug, Resource)]
#[resource(kind = "group", outputs = GroupOutputs, replacement = "create-first",
    exclusive = "net, name",
    find = "fake:FindGroup", create = "fake:CreateGroup", delete = "fake:DeleteGroup")]
pub struct Group {
    /// Its network.
    #[attribute(replace)]
    pub net: Ref<NetId>,
    /// Its name.
    #[attribute(replace)]
    pub name: String,
    /// What it is for.
    #[attribute(replace)]
    pub purpose: String,
}

/// Outputs of a group.
#[derive(Clone, Debug, Outputs)]
pub struct GroupOutputs {
    /// Identifier.
    pub id: Id<GroupId>,
}

/// Who is let in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum From {
    /// Anyone with these addresses.
    Range(Cidr),
    /// Anyone in this group.
    Group(Ref<GroupId>),
}

/// A rule, a child of its group.
#[derive(Clone, Debug, Resource)]
#[resource(kind = "rule", outputs = RuleOutputs, replacement = "create-first",
    parent = "group", key = "port, from",
    find = "fake:FindRule", create = "fake:CreateRule", update = "fake:UpdateRule", delete = "fake:DeleteRule")]
pub struct Rule {
    /// Its group.
    #[attribute(replace)]
    pub group: Ref<GroupId>,
    /// The port.
    #[attribute(replace)]
    pub port: u16,
    /// Who is let in.
    #[attribute(replace)]
    pub from: From,
    /// Why.
    #[attribute(update)]
    pub why: String,
}

/// Outputs of a rule.
#[derive(Clone, Debug, Outputs)]
pub struct RuleOutputs {
    /// Identifier.
    pub id: Id<RuleId>,
}

/// A revision never changes; several are there at once.
#[derive(Clone, Debug, Resource)]
#[resource(kind = "revision", outputs = RevisionOutputs, replacement = "create-first",
    find = "fake:FindRevision", create = "fake:CreateRevision", delete = "fake:DeleteRevision")]
pub struct Revision {
    /// Its family.
    #[attribute(replace)]
    pub family: String,
    /// The image.
    #[attribute(replace)]
    pub image: String,
    /// Where it writes to.
    #[attribute(replace, loose)]
    pub log: Text,
}

/// Outputs of a revision.
#[derive(Clone, Debug, Outputs)]
pub struct RevisionOutputs {
    /// Identifier.
    pub arn: Id<RevisionArn>,
}

/// A runner has a name that only one can have.
#[derive(Clone, Debug, Resource)]
#[resource(kind = "runner", outputs = RunnerOutputs, replacement = "create-first",
    named = "name", outage = "nothing of it runs", after = "rule by group",
    wait_create = "60..1200", wait_update = "60..1200", wait_delete = "30..1200",
    find = "fake:FindRunner", create = "fake:CreateRunner", update = "fake:UpdateRunner", delete = "fake:DeleteRunner")]
pub struct Runner {
    /// Its name.
    #[attribute(replace)]
    pub name: String,
    /// What it runs.
    #[attribute(update, loose)]
    pub revision: Ref<RevisionArn>,
    /// Where it runs.
    #[attribute(update)]
    pub parts: BTreeSet<Ref<PartId>>,
    /// Who may speak with it.
    #[attribute(update)]
    pub groups: BTreeSet<Ref<GroupId>>,
    /// How many.
    #[attribute(update)]
    pub count: u32,
}

/// Outputs of a runner.
#[derive(Clone, Debug, Outputs)]
pub struct RunnerOutputs {
    /// Identifier.
    pub arn: Id<RunnerArn>,
    /// Its name.
    #[output(from = "name")]
    pub name: Id<RunnerName>,
}

/// A store holds data.
#[derive(Clone, Debug, Resource)]
#[resource(kind = "store", outputs = StoreOutputs, replacement = "create-first",
    named = "name", holds = "everything in it",
    find = "fake:FindStore", create = "fake:CreateStore", update = "fake:UpdateStore", delete = "fake:DeleteStore")]
pub struct Store {
    /// Its name.
    #[attribute(replace)]
    pub name: String,
    /// How long it keeps things.
    #[attribute(update)]
    pub days: Option<u32>,
    /// Its format.
    #[attribute(refuse = "what is in it could not be read any more")]
    pub format: String,
}

/// Outputs of a store.
#[derive(Clone, Debug, Outputs)]
pub struct StoreOutputs {
    /// Identifier.
    #[output(from = "name")]
    pub name: Id<StoreName>,
}

/// All of them.
pub static SCHEMAS: [&Schema; 10] = [
    Net::SCHEMA,
    Part::SCHEMA,
    Gate::SCHEMA,
    Bridge::SCHEMA,
    Path::SCHEMA,
    Group::SCHEMA,
    Rule::SCHEMA,
    Revision::SCHEMA,
    Runner::SCHEMA,
    Store::SCHEMA,
];
