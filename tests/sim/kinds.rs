//! Made-up kinds with every property that the simulator looks at.

use std::collections::BTreeSet;

use qpiac::classes;
use qpiac::model::{Cidr, Id, PolicyDocument, Ref, Resource, Schema};
use qpiac_derive::{Field, Outputs, Resource};

classes! {
    /// Identifies a net.
    NetId = "net", "net-#################";
    /// Identifies a part.
    PartId = "part", "part-########";
    /// Identifies a link.
    LinkId = "link", "{net_id}/link";
    /// Identifies a gate.
    GateId = "gate", "gate-########";
    /// A gate's address.
    GateAddress = "gate-address", "{id}.{region}.example";
    /// Identifies a path.
    PathId = "path", "{net_id}/{destination}";
    /// Identifies a role.
    RoleArn = "role", "arn:sim:iam::{account}:role/{name}";
    /// A role's name.
    RoleName = "role-name", "{name}";
    /// Identifies a group.
    GroupId = "group", "group-########";
    /// The role of a group.
    GroupRole = "group-role", "{role.arn}";
    /// Identifies a rule.
    RuleId = "rule", "rule-########";
}

/// A net; what is done to it is done at once.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "net",
    outputs = NetOutputs,
    replacement = "create-first",
    find = "sim:ListNets",
    create = "sim:MakeNet",
    update = "sim:ChangeNet",
    delete = "sim:DropNet"
)]
pub(crate) struct Net {
    /// Its range.
    #[attribute(replace)]
    pub(crate) range: Cidr,
    /// Whether names are resolved.
    #[attribute(update)]
    pub(crate) names: bool,
    /// What it is for.
    #[attribute(refuse = "people rely on it")]
    pub(crate) purpose: Option<String>,
    /// Its keeper, who stays.
    #[attribute(attach)]
    pub(crate) keeper: Option<String>,
    /// How it is watched.
    #[attribute(update)]
    pub(crate) watch: Watch,
    /// Who may use it.
    #[attribute(update)]
    pub(crate) policy: Option<PolicyDocument>,
}

/// How a net is watched.
#[derive(Clone, Debug, Field)]
pub(crate) struct Watch {
    /// How closely.
    pub(crate) level: Level,
    /// At which ports.
    pub(crate) ports: BTreeSet<u16>,
    /// By whom.
    pub(crate) by: Watcher,
}

/// How closely.
#[derive(Clone, Copy, Debug, Field)]
pub(crate) enum Level {
    /// Loosely.
    Low,
    /// Closely.
    High,
}

/// By whom.
#[derive(Clone, Debug, Field)]
pub(crate) enum Watcher {
    /// By nobody.
    Nobody,
    /// By these.
    People(Vec<String>),
}

/// What a net gives.
#[derive(Clone, Debug, Outputs)]
pub(crate) struct NetOutputs {
    /// Its identifier.
    pub(crate) id: Id<NetId>,
}

/// A part of a net, where no other may be.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "part",
    outputs = PartOutputs,
    replacement = "delete-first",
    exclusive = "net_id, range",
    find = "sim:ListParts",
    create = "sim:MakePart",
    delete = "sim:DropPart"
)]
pub(crate) struct Part {
    /// Its net.
    #[attribute(replace)]
    pub(crate) net_id: Ref<NetId>,
    /// Its range.
    #[attribute(replace)]
    pub(crate) range: Cidr,
}

/// What a part gives.
#[derive(Clone, Debug, Outputs)]
pub(crate) struct PartOutputs {
    /// Its identifier.
    pub(crate) id: Id<PartId>,
}

/// What links a net to the world: a child that passes on its parent's identifier.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "link",
    outputs = LinkOutputs,
    replacement = "delete-first",
    parent = "net_id",
    find = "sim:ListLinks",
    create = "sim:MakeLink",
    delete = "sim:DropLink"
)]
pub(crate) struct Link {
    /// Its net.
    #[attribute(replace)]
    pub(crate) net_id: Ref<NetId>,
}

/// What a link gives.
#[derive(Clone, Debug, Outputs)]
pub(crate) struct LinkOutputs {
    /// Its identifier.
    pub(crate) id: Id<LinkId>,
    /// The net that is linked.
    #[output(from = "net_id")]
    pub(crate) net: Id<NetId>,
}

/// A gate in a part, which takes its time.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "gate",
    outputs = GateOutputs,
    replacement = "create-first",
    after = "link by net",
    find = "sim:ListGates",
    create = "sim:MakeGate",
    update = "sim:ChangeGate",
    delete = "sim:DropGate",
    wait_create = "100..600",
    wait_update = "20..600",
    wait_delete = "40..600"
)]
pub(crate) struct Gate {
    /// Its net.
    #[attribute(replace)]
    pub(crate) net_id: Ref<NetId>,
    /// Its part.
    #[attribute(replace)]
    pub(crate) part_id: Ref<PartId>,
    /// How wide it is.
    #[attribute(update)]
    pub(crate) width: u32,
}

/// What a gate gives.
#[derive(Clone, Debug, Outputs)]
pub(crate) struct GateOutputs {
    /// Its identifier.
    pub(crate) id: Id<GateId>,
    /// Its address.
    #[output(volatile)]
    pub(crate) address: Id<GateAddress>,
}

/// A path through a gate that works: a child of a net.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "path",
    outputs = PathOutputs,
    replacement = "delete-first",
    parent = "net_id",
    key = "destination",
    find = "sim:ListPaths",
    create = "sim:MakePath",
    update = "sim:ChangePath",
    delete = "sim:DropPath"
)]
pub(crate) struct Path {
    /// Its net.
    #[attribute(replace)]
    pub(crate) net_id: Ref<NetId>,
    /// Where it leads.
    #[attribute(replace)]
    pub(crate) destination: String,
    /// The gate that it takes.
    #[attribute(update, ready)]
    pub(crate) gate_id: Ref<GateId>,
}

/// What a path gives.
#[derive(Clone, Debug, Outputs)]
pub(crate) struct PathOutputs {
    /// Its identifier.
    pub(crate) id: Id<PathId>,
}

/// A role, which has a name.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "role",
    outputs = RoleOutputs,
    replacement = "delete-first",
    named = "name",
    find = "sim:ListRoles",
    create = "sim:MakeRole",
    update = "sim:ChangeRole",
    delete = "sim:DropRole",
    wait_delete = "10..60"
)]
pub(crate) struct Role {
    /// Its name.
    #[attribute(replace)]
    pub(crate) name: String,
    /// The group that it knows of.
    #[attribute(update, loose)]
    pub(crate) group_id: Option<Ref<GroupId>>,
}

/// What a role gives.
#[derive(Clone, Debug, Outputs)]
pub(crate) struct RoleOutputs {
    /// Its identifier.
    pub(crate) arn: Id<RoleArn>,
    /// Its name.
    #[output(from = "name")]
    pub(crate) name: Id<RoleName>,
}

/// A group, which has rules.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "group",
    outputs = GroupOutputs,
    replacement = "create-first",
    find = "sim:ListGroups",
    create = "sim:MakeGroup",
    delete = "sim:DropGroup"
)]
pub(crate) struct Group {
    /// The role that works for it, by name.
    #[attribute(replace)]
    pub(crate) role: Option<Ref<RoleName>>,
}

/// What a group gives.
#[derive(Clone, Debug, Outputs)]
pub(crate) struct GroupOutputs {
    /// Its identifier.
    pub(crate) id: Id<GroupId>,
    /// The ARN of its role.
    pub(crate) role: Id<GroupRole>,
}

/// A rule of a group, which may name another group.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "rule",
    outputs = RuleOutputs,
    replacement = "create-first",
    parent = "group_id",
    key = "port, source",
    find = "sim:ListRules",
    create = "sim:MakeRule",
    delete = "sim:DropRule"
)]
pub(crate) struct Rule {
    /// Its group.
    #[attribute(replace)]
    pub(crate) group_id: Ref<GroupId>,
    /// The port.
    #[attribute(replace)]
    pub(crate) port: u16,
    /// Who may use it.
    #[attribute(replace)]
    pub(crate) source: Option<Ref<GroupId>>,
}

/// What a rule gives.
#[derive(Clone, Debug, Outputs)]
pub(crate) struct RuleOutputs {
    /// Its identifier.
    pub(crate) id: Id<RuleId>,
}

/// All of them.
pub(crate) const SCHEMAS: &[&Schema] = &[
    Net::SCHEMA,
    Part::SCHEMA,
    Link::SCHEMA,
    Gate::SCHEMA,
    Path::SCHEMA,
    Role::SCHEMA,
    Group::SCHEMA,
    Rule::SCHEMA,
];

/// A canonical range.
pub(crate) fn range(text: &str) -> Cidr {
    text.parse().expect("a canonical range")
}

/// A net of this range.
pub(crate) fn net(cidr: &str) -> Net {
    Net {
        range: range(cidr),
        names: true,
        purpose: None,
        keeper: None,
        watch: Watch {
            level: Level::Low,
            ports: BTreeSet::from([80, 443]),
            by: Watcher::Nobody,
        },
        policy: None,
    }
}
