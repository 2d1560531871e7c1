//! What a kind does in AWS: the only code that is written by hand for each kind.
//!
//! May depend on `model`, `aws` and `engine::provider`. Invariant: a lifecycle makes calls and
//! nothing else: it does not repeat, wait, log or print.

use std::future::Future;

use futures::future::BoxFuture;

use crate::aws::Clients;
use crate::engine::{Health, Quota, Wellness};
use crate::model::{
    Changes, Fault, FaultClass, Found, Misfit, OutputValues, Outputs, Query, Record, Resolved,
    Resource, Schema, TagChange, Tags, Work,
};

/// What a create call is marked with.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The tags to give in the create call.
    pub tags: Tags,
    /// A token that is the same when the same create is repeated, at most 32 characters of
    /// lower-case hexadecimal digits.
    pub token: String,
}

/// A kind in AWS.
pub trait Lifecycle: Resource {
    /// Reads, batched and paged to the end. What AWS makes itself is left out.
    ///
    /// Answering [`Query::Ids`], a state may take further calls; absent resources are left out.
    fn find(
        aws: &Clients,
        which: &Query,
    ) -> impl Future<Output = Result<Vec<Found<Self>>, Fault>> + Send;

    /// Makes the resource, with its tags in the create call.
    fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> impl Future<Output = Result<Self::Outputs, Fault>> + Send;

    /// Makes up for what the create would have done after its first call, whose reply was lost, as
    /// far as no attribute shows it.
    fn finish(
        _aws: &Clients,
        _found: &Found<Self>,
    ) -> impl Future<Output = Result<(), Fault>> + Send {
        std::future::ready(Ok(()))
    }

    /// Changes attributes in place.
    fn update(
        _aws: &Clients,
        _want: &Resolved<Self>,
        _found: Found<Self>,
        _changes: Changes<'_>,
    ) -> impl Future<Output = Result<Self::Outputs, Fault>> + Send {
        std::future::ready(Err(no_such_action::<Self>("update")))
    }

    /// Sets and removes tags.
    fn retag(
        _aws: &Clients,
        _found: &Found<Self>,
        _tags: &TagChange,
    ) -> impl Future<Output = Result<(), Fault>> + Send {
        std::future::ready(Err(no_such_action::<Self>("tag")))
    }

    /// Deletes. That it is gone already is success, which the engine decides by the fault's class.
    fn delete(aws: &Clients, found: Found<Self>) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Why the resource is as it is, in AWS's words, one reason a line.
    fn explain(
        _aws: &Clients,
        _found: &Found<Self>,
    ) -> impl Future<Output = Result<Vec<String>, Fault>> + Send {
        std::future::ready(Ok(Vec::new()))
    }

    /// How it is, for people: what its state alone does not say. Where it is not ready, the
    /// explanation.
    fn health(
        aws: &Clients,
        found: &Found<Self>,
    ) -> impl Future<Output = Result<Health, Fault>> + Send {
        async {
            let mut health = Health::of_state(&found.state);
            if health.wellness != Wellness::Well {
                health.reasons = Self::explain(aws, found).await?;
            }
            Ok(health)
        }
    }

    /// The account's limit, where it is low enough to look at first.
    fn quota(_aws: &Clients) -> impl Future<Output = Result<Option<Quota>, Fault>> + Send {
        std::future::ready(Ok(None))
    }
}

fn no_such_action<R: Resource>(action: &str) -> Fault {
    Fault::own(
        FaultClass::Rejected,
        R::SCHEMA.kind.as_str(),
        format!("this kind has nothing to {action}"),
    )
}

fn misfit<R: Resource>(misfit: &Misfit) -> Fault {
    Fault::own(
        FaultClass::Rejected,
        R::SCHEMA.kind.as_str(),
        misfit.to_string(),
    )
}

type Reply<'a, T> = BoxFuture<'a, Result<T, Fault>>;

/// A kind without its type.
pub struct Entry {
    /// What it declares.
    pub schema: &'static Schema,
    pub(super) find: for<'a> fn(&'a Clients, Query) -> Reply<'a, Vec<Record>>,
    pub(super) perform: for<'a> fn(&'a Clients, Work) -> Reply<'a, OutputValues>,
    pub(super) explain: for<'a> fn(&'a Clients, Record) -> Reply<'a, Vec<String>>,
    pub(super) health: for<'a> fn(&'a Clients, Record) -> Reply<'a, Health>,
    pub(super) quota: for<'a> fn(&'a Clients) -> Reply<'a, Option<Quota>>,
}

impl Entry {
    /// The entry of kind `R`.
    pub const fn of<R: Lifecycle>() -> Self {
        Self {
            schema: R::SCHEMA,
            find: |aws, which| Box::pin(find::<R>(aws, which)),
            perform: |aws, work| Box::pin(perform::<R>(aws, work)),
            explain: |aws, record| Box::pin(explain::<R>(aws, record)),
            health: |aws, record| Box::pin(health::<R>(aws, record)),
            quota: |aws| Box::pin(R::quota(aws)),
        }
    }
}

async fn find<R: Lifecycle>(aws: &Clients, which: Query) -> Result<Vec<Record>, Fault> {
    // An empty filter would find everything.
    if which.is_empty() {
        return Ok(Vec::new());
    }
    let found = R::find(aws, &which).await?;
    Ok(found.into_iter().map(Found::into_record).collect())
}

async fn explain<R: Lifecycle>(aws: &Clients, record: Record) -> Result<Vec<String>, Fault> {
    let found = Found::from_record(&record).map_err(|e| misfit::<R>(&e))?;
    R::explain(aws, &found).await
}

async fn health<R: Lifecycle>(aws: &Clients, record: Record) -> Result<Health, Fault> {
    let found = Found::from_record(&record).map_err(|e| misfit::<R>(&e))?;
    R::health(aws, &found).await
}

async fn perform<R: Lifecycle>(aws: &Clients, work: Work) -> Result<OutputValues, Fault> {
    let wrong = |e: Misfit| misfit::<R>(&e);
    match work {
        Work::Create {
            want, mark, token, ..
        } => {
            let want = Resolved::<R>::new(&want).map_err(wrong)?;
            let mark = Mark { tags: mark, token };
            let outputs = R::create(aws, &want, &mark).await?;
            Ok(outputs.output_values())
        }
        Work::Update {
            want,
            found,
            changes,
            tags,
        } => {
            let want = Resolved::<R>::new(&want).map_err(wrong)?;
            let found = Found::<R>::from_record(&found).map_err(wrong)?;
            if tags.is_empty() && changes.is_empty() {
                R::finish(aws, &found).await?;
            }
            if !tags.is_empty() {
                R::retag(aws, &found, &tags).await?;
            }
            if changes.is_empty() {
                return Ok(found.outputs.output_values());
            }
            let outputs = R::update(aws, &want, found, Changes::new(&changes)).await?;
            Ok(outputs.output_values())
        }
        Work::Delete { found } => {
            let found = Found::<R>::from_record(&found).map_err(wrong)?;
            R::delete(aws, found).await?;
            Ok(OutputValues::new())
        }
    }
}
