//! Kinds for the engine's tests: a quick one, a slow one, and parts of the quick one.

use std::collections::BTreeSet;

use qpiac::classes;
use qpiac::model::{Id, Ref, Resource, Schema};
use qpiac_derive::{Outputs, Resource};

classes! {
    /// A thing.
    ThingId = "thing", "thing-########";
    /// A tower.
    TowerId = "tower", "tower-########";
    /// A part.
    PartId = "part", "part-########";
    /// A key.
    KeyId = "key", "key-########";
}

/// Made in one call, of the service alpha.
#[derive(Clone, Debug, Resource)]
#[resource(kind = "thing", outputs = ThingOutputs, replacement = "create-first",
    find = "alpha:FindThing", create = "alpha:CreateThing, alpha:PaintThing",
    update = "alpha:UpdateThing", delete = "alpha:DeleteThing")]
pub(crate) struct Thing {
    /// Its size.
    #[attribute(update)]
    pub(crate) size: u32,
    /// Its form.
    #[attribute(replace)]
    pub(crate) form: String,
    /// Other things.
    #[attribute(update, loose)]
    pub(crate) needs: BTreeSet<Ref<ThingId>>,
}

/// Outputs of a thing.
#[derive(Clone, Debug, Outputs)]
pub(crate) struct ThingOutputs {
    /// Identifier.
    pub(crate) id: Id<ThingId>,
}

/// Built for minutes after the call, of the service beta.
#[derive(Clone, Debug, Resource)]
#[resource(kind = "tower", outputs = TowerOutputs, replacement = "create-first", named = "name",
    wait_create = "60..600", wait_update = "60..600", wait_delete = "30..900",
    find = "beta:FindTower", create = "beta:CreateTower", update = "beta:UpdateTower",
    delete = "beta:DeleteTower")]
pub(crate) struct Tower {
    /// Its name.
    #[attribute(replace)]
    pub(crate) name: String,
    /// Its size.
    #[attribute(update)]
    pub(crate) size: u32,
    /// Things.
    #[attribute(update, loose)]
    pub(crate) needs: BTreeSet<Ref<ThingId>>,
}

/// Outputs of a tower.
#[derive(Clone, Debug, Outputs)]
pub(crate) struct TowerOutputs {
    /// Identifier.
    pub(crate) id: Id<TowerId>,
}

/// Owned through its thing, and deleted in two calls.
#[derive(Clone, Debug, Resource)]
#[resource(kind = "part", outputs = PartOutputs, replacement = "create-first",
    parent = "thing", key = "place",
    find = "alpha:FindPart", create = "alpha:CreatePart", update = "alpha:UpdatePart",
    delete = "alpha:LoosenPart, alpha:DeletePart")]
pub(crate) struct Part {
    /// Its thing.
    #[attribute(replace)]
    pub(crate) thing: Ref<ThingId>,
    /// Where on the thing.
    #[attribute(replace)]
    pub(crate) place: u32,
    /// Its size.
    #[attribute(update)]
    pub(crate) size: u32,
}

/// Outputs of a part.
#[derive(Clone, Debug, Outputs)]
pub(crate) struct PartOutputs {
    /// Identifier.
    pub(crate) id: Id<PartId>,
}

/// Without it, its tower is never ready.
#[derive(Clone, Debug, Resource)]
#[resource(kind = "key", outputs = KeyOutputs, replacement = "create-first",
    parent = "tower", completes,
    find = "beta:FindKey", create = "beta:CreateKey", update = "beta:UpdateKey",
    delete = "beta:DeleteKey")]
pub(crate) struct Key {
    /// Its tower.
    #[attribute(replace)]
    pub(crate) tower: Ref<TowerId>,
}

/// Outputs of a key.
#[derive(Clone, Debug, Outputs)]
pub(crate) struct KeyOutputs {
    /// Identifier.
    pub(crate) id: Id<KeyId>,
}

/// All of them.
pub(crate) static SCHEMAS: [&Schema; 4] = [Key::SCHEMA, Part::SCHEMA, Tower::SCHEMA, Thing::SCHEMA];
