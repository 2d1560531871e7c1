//! CloudFront as a script, for the tests of its kinds.
//!
//! May depend on `aws` and `model`. Invariant: replies have the form of the CloudFront API reference.

use std::sync::Arc;

use super::lifecycle::{Lifecycle, Mark};
use crate::aws::Clients;
use crate::aws::scripted::{Answer, Scripted};
use crate::model::{
    Address, Attributes, Changes, Content, Contents, Fault, Found, Owner, Query, Resolved, Tags,
};

/// The digest that stands for [`CODE`].
pub(super) const CODE_SHA256: &str =
    "69cde4ee30f4f32d4c18d9cdb73f45efef93f91e03962ea908192871dc8f4f62";
/// Code of a function.
pub(super) const CODE: &[u8] = b"function handler(event) { return event.request; }";

pub(super) fn owner() -> Owner {
    Owner::new("shop", "eu-west-1")
}

/// The owner tags of a resource of this kind called `main`.
pub(super) fn mark<R: Lifecycle>() -> Mark {
    let address = Address::new(R::SCHEMA.kind.clone(), "main");
    Mark {
        tags: owner().mark(&address),
        token: "0123456789abcdef0123456789abcdef".to_owned(),
    }
}

pub(super) fn clients(cloud: &Scripted) -> Clients {
    let mut contents = Contents::default();
    contents.add(CODE_SHA256, Content::Bytes(Arc::from(CODE)));
    cloud.clients().working_for(owner(), Arc::new(contents))
}

pub(super) fn owned() -> Query {
    Query::Owned {
        owner: owner(),
        names: Vec::new(),
    }
}

pub(super) fn resolved<R: Attributes>(want: &R) -> Resolved<R> {
    Resolved::new(&want.values()).expect("all is known")
}

pub(super) async fn create<R: Lifecycle>(cloud: &Scripted, want: &R) -> Result<R::Outputs, Fault> {
    R::create(&clients(cloud), &resolved(want), &mark::<R>()).await
}

/// Changes these attributes.
pub(super) async fn update<R: Lifecycle>(
    cloud: &Scripted,
    want: &R,
    found: &Found<R>,
    attributes: &[&'static str],
) -> Result<R::Outputs, Fault>
where
    R::Outputs: Clone,
{
    let (before, after) = (found.attributes.values(), want.values());
    let changes: Vec<_> = attributes
        .iter()
        .map(|name| crate::model::Change {
            attribute: (*name).into(),
            from: before[*name].clone(),
            to: after[*name].clone(),
        })
        .collect();
    let changes = Changes::new(&changes);
    R::update(&clients(cloud), &resolved(want), found.clone(), changes).await
}

/// A reply with an ETag.
pub(super) fn reply(tag: &str, body: impl Into<String>) -> Answer {
    Answer::Tagged(200, tag.to_owned(), body.into())
}

/// The tags of a resource.
pub(super) fn tags(tags: &Tags) -> Answer {
    let items: String = tags
        .iter()
        .map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"))
        .collect();
    Answer::Reply(200, format!("<Tags><Items>{items}</Items></Tags>"))
}

/// The versions that requests of this method named.
pub(super) fn versions(cloud: &Scripted, method: &str) -> Vec<String> {
    let asked = cloud.asked().into_iter();
    let asked = asked.filter(|asked| asked.operation.starts_with(method));
    asked.filter_map(|asked| asked.if_match).collect()
}
