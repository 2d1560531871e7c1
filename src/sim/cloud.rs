//! What each action does to the world.
//!
//! May depend on the rest of `sim`, but not on calls and their faults. Invariant: an action that is
//! refused has changed nothing.

use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::faults::Amiss;
use super::refusal::Refusal;
use super::settings::Settings;
use super::world::{Becoming, Next, Past, Resident, World};
use super::{mint, rules, shape};
use crate::model::{
    Change, FaultClass, Name, OnChange, OutputValues, Query, Record, Schema, State, TagChange,
    Tags, Value, Values, Wait,
};

/// A world, and the rules and chances that hold there.
pub(super) struct Cloud<'a> {
    pub(super) schemas: &'a [&'static Schema],
    pub(super) settings: &'a Settings,
    pub(super) world: &'a mut World,
    pub(super) rng: &'a mut StdRng,
}

/// How often an identifier that exists already is drawn anew.
const DRAWS: usize = 100;

impl Cloud<'_> {
    pub(super) fn find(&mut self, schema: &Schema, which: &Query) -> Result<Vec<Record>, Refusal> {
        let wanted: Box<dyn Fn(&Record) -> bool> = match (which, schema.parent) {
            (Query::Ids(ids), _) => Box::new(|record| ids.contains(&record.id)),
            (Query::Owned { owner, names }, None) => {
                Box::new(move |record| owner.owns(&record.tags) || has_name(schema, record, names))
            }
            (Query::Under(parents), Some(attribute)) => Box::new(move |record| {
                matches!(record.values.get(attribute), Some(Value::Id { id, .. })
                    if parents.iter().any(|parent| parent.id == *id))
            }),
            (Query::Owned { .. }, Some(_)) => {
                let message = format!("a {} has no tags; look under its parents", schema.kind);
                return Err(Refusal::rejected(message));
            }
            (Query::Under(_), None) => {
                let message = format!("a {} has no parent; look for its owner", schema.kind);
                return Err(Refusal::rejected(message));
            }
        };
        let mut found: Vec<Record> = self
            .world
            .seen(self.rng)
            .into_iter()
            .filter(|record| record.kind == schema.kind && wanted(record))
            .cloned()
            .collect();
        found.shuffle(self.rng);
        Ok(found)
    }

    /// `amiss` says what will go wrong although this is accepted.
    pub(super) fn create(
        &mut self,
        schema: &'static Schema,
        want: Values,
        mark: Tags,
        amiss: Option<Amiss>,
    ) -> Result<OutputValues, Refusal> {
        shape::check(schema, &want)?;
        rules::owner_tags(schema, &mark)?;
        let referable = rules::Referable {
            records: self.world.referable(self.rng),
            given: &self.settings.given,
        };
        rules::references(self.schemas, &referable, schema.attributes.iter(), &want)?;
        rules::unique(schema, of_kind(self.world, schema), &want)?;
        self.within_quota(schema)?;
        let record = self.new_record(schema, want, mark)?;
        let outputs = record.outputs.clone();
        let past = self.past(None);
        self.world.settle(Resident {
            record,
            next: None,
            past,
            given_up: None,
        });
        let becomes = amiss.map_or(Becoming::Ready, Amiss::becomes);
        self.begin(
            schema,
            &outputs,
            schema.waits.create,
            busy("pending"),
            becomes,
        );
        Ok(outputs)
    }

    /// A resource that is simply there.
    pub(super) fn plant(
        &mut self,
        schema: &'static Schema,
        values: Values,
        tags: Tags,
    ) -> Result<Record, Refusal> {
        shape::check(schema, &values)?;
        let record = self.new_record(schema, values, tags)?;
        self.world.insert(record.clone());
        Ok(record)
    }

    fn new_record(
        &mut self,
        schema: &'static Schema,
        values: Values,
        tags: Tags,
    ) -> Result<Record, Refusal> {
        let mut draws = 0;
        loop {
            let kept = OutputValues::new();
            let outputs = mint::outputs(schema, &values, self.world, self.rng, kept)?;
            let id = identity(schema, &outputs);
            draws += 1;
            match self.world.record(&schema.kind, &id) {
                Some(other) if draws == DRAWS => {
                    return Err(rules::taken(schema, other, "identifier"));
                }
                Some(_) => {}
                None => {
                    return Ok(Record {
                        kind: schema.kind.clone(),
                        id,
                        values,
                        outputs,
                        tags: if schema.is_child() { Tags::new() } else { tags },
                        state: State::Ready,
                    });
                }
            }
        }
    }

    fn within_quota(&self, schema: &Schema) -> Result<(), Refusal> {
        let used = of_kind(self.world, schema).count() as u64;
        match self.settings.quotas.get(&schema.kind) {
            Some(limit) if used >= *limit => Err(Refusal::new(
                FaultClass::Quota,
                "LimitExceeded",
                format!("there are {used} of {limit} {}s", schema.kind),
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Only what `changes` names is changed, as a lifecycle would.
    pub(super) fn update(
        &mut self,
        schema: &'static Schema,
        want: &Values,
        found: &Record,
        changes: &[Change],
        tags: &TagChange,
        amiss: Option<Amiss>,
    ) -> Result<OutputValues, Refusal> {
        shape::check(schema, want)?;
        let before = self.existing(schema, &found.id)?;
        let mut after = before.clone();
        after.tags = retagged(schema, &before, tags)?;
        for change in changes {
            after
                .values
                .extend(change_of(schema, &before, want, change)?);
        }
        let changed = |name: &str| before.values.get(name) != after.values.get(name);
        let attributes = schema.attributes.iter().filter(|a| changed(a.name));
        let referable = rules::Referable {
            records: self.world.referable(self.rng),
            given: &self.settings.given,
        };
        rules::references(self.schemas, &referable, attributes, &after.values)?;
        let others = of_kind(self.world, schema).filter(|other| other.id != before.id);
        rules::unique(schema, others, &after.values)?;
        // Tags alone are no work, so nothing can break over them.
        let works_on_it = before.values != after.values;
        if works_on_it {
            let mut kept = before.outputs.clone();
            kept.retain(|name, _| {
                let output = schema.output(name);
                output.is_none_or(|output| {
                    !output.volatility.changes_with(changes) && output.from.is_none()
                })
            });
            after.outputs = mint::outputs(schema, &after.values, self.world, self.rng, kept)?;
            after.id = identity(schema, &after.outputs);
        }
        let outputs = after.outputs.clone();
        let past = self.past(Some(before.clone()));
        if let Some(resident) = self.world.resident_mut(&schema.kind, &found.id) {
            resident.record = after;
            resident.past = past;
            resident.given_up = None;
        }
        if works_on_it {
            let becomes = match amiss {
                None => Becoming::Ready,
                Some(Amiss::Reverts(reason)) => Becoming::Reverted {
                    before: Box::new(before),
                    reason,
                },
                Some(amiss) => amiss.becomes(),
            };
            self.begin(
                schema,
                &outputs,
                schema.waits.update,
                busy("updating"),
                becomes,
            );
        }
        Ok(outputs)
    }

    /// Deleting what is leaving already is no fault and changes nothing.
    pub(super) fn delete(
        &mut self,
        schema: &'static Schema,
        found: &Record,
        amiss: Option<Amiss>,
    ) -> Result<OutputValues, Refusal> {
        let Some(target) = self.world.record(&schema.kind, &found.id) else {
            return Err(Refusal::missing(schema.kind.as_str(), &found.id));
        };
        if target.state == State::Leaving {
            return Ok(OutputValues::new());
        }
        let target = target.clone();
        let holding = self.world.holding(self.rng);
        let doomed = rules::doomed(self.schemas, &holding, &target);
        rules::released(self.schemas, &holding, &doomed)?;
        rules::followers_gone(self.schemas, &holding, &target)?;
        let children: Vec<Record> = doomed.into_iter().skip(1).cloned().collect();
        for child in children {
            self.world.remove(&child.kind, &child.id);
        }
        let becomes = amiss.map_or(Becoming::Gone, Amiss::becomes);
        self.begin(
            schema,
            &target.outputs,
            schema.waits.delete,
            State::Leaving,
            becomes,
        );
        if self.world.record(&schema.kind, &target.id).is_none()
            && let Some(lag_ms) = self.settings.faults.lag.draw(self.rng)
        {
            self.world.haunt(target, lag_ms);
        }
        Ok(OutputValues::new())
    }

    fn existing(&self, schema: &Schema, id: &str) -> Result<Record, Refusal> {
        self.world
            .record(&schema.kind, id)
            .filter(|record| record.state != State::Leaving)
            .cloned()
            .ok_or_else(|| Refusal::missing(schema.kind.as_str(), id))
    }

    /// AWS begins to work on a resource; where it needs no time, it is done at once. An update does
    /// not end before the creation.
    fn begin(
        &mut self,
        schema: &Schema,
        outputs: &OutputValues,
        wait: Option<Wait>,
        meanwhile: State,
        becomes: Becoming,
    ) {
        let takes_ms = self.settings.pace.duration_ms(wait, self.rng);
        let at_ms = self.world.now_ms().saturating_add(takes_ms);
        let id = identity(schema, outputs);
        if let Some(resident) = self.world.resident_mut(&schema.kind, &id) {
            let at_ms = match &resident.next {
                Some(next) if meanwhile != State::Leaving => next.at_ms.max(at_ms),
                Some(_) | None => at_ms,
            };
            resident.record.state = meanwhile;
            resident.next = Some(Next { at_ms, becomes });
        }
        self.world.pass(0);
    }

    fn past(&mut self, record: Option<Record>) -> Option<Past> {
        let lag_ms = self.settings.faults.lag.draw(self.rng)?;
        let until_ms = self.world.now_ms().saturating_add(lag_ms);
        Some(Past { until_ms, record })
    }
}

impl Amiss {
    /// What becomes of a resource that has nothing to go back to.
    fn becomes(self) -> Becoming {
        match self {
            Self::Breaks(reason) | Self::Reverts(reason) => Becoming::Broken(reason),
        }
    }
}

fn of_kind<'w>(world: &'w World, schema: &'w Schema) -> impl Iterator<Item = &'w Record> {
    world.records().filter(|record| record.kind == schema.kind)
}

fn busy(what: &str) -> State {
    State::Busy(what.to_owned())
}

fn identity(schema: &Schema, outputs: &OutputValues) -> String {
    outputs
        .get(schema.identity().name)
        .cloned()
        .unwrap_or_default()
}

fn has_name(schema: &Schema, record: &Record, names: &[String]) -> bool {
    match schema.named.and_then(|name| record.values.get(name)) {
        Some(Value::Text(name)) => names.contains(name),
        Some(_) | None => false,
    }
}

/// The attribute that a change leads to, where the kind lets it be changed.
fn change_of(
    schema: &Schema,
    before: &Record,
    want: &Values,
    change: &Change,
) -> Result<Option<(Name, Value)>, Refusal> {
    let attribute = schema.attribute(&change.attribute).ok_or_else(|| {
        Refusal::rejected(format!("a {} has no {}", schema.kind, change.attribute))
    })?;
    let now = before.values.get(attribute.name);
    let wanted = want.get(attribute.name);
    let may_be = match attribute.on_change {
        OnChange::Update => true,
        OnChange::Attach => matches!(now, None | Some(Value::Absent)) || now == wanted,
        OnChange::Replace | OnChange::Refuse(_) => false,
    };
    if may_be {
        Ok(wanted.map(|value| (change.attribute.clone(), value.clone())))
    } else {
        Err(Refusal::rejected(format!(
            "the {} of a {} cannot be changed",
            attribute.name, schema.kind
        )))
    }
}

fn retagged(schema: &Schema, before: &Record, tags: &TagChange) -> Result<Tags, Refusal> {
    if schema.is_child() && !tags.is_empty() {
        let message = format!("a {} cannot be tagged", schema.kind);
        return Err(Refusal::rejected(message));
    }
    let mut after = before.tags.clone();
    after.retain(|key, _| !tags.remove.contains(key));
    after.extend(tags.set.clone());
    rules::plain_tags(&after)?;
    Ok(after)
}
