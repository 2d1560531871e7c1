//! The nouns: addresses, values, references, schemas, the wanted graph and the found snapshot.
//!
//! May depend on nothing else of this crate. Invariant: everything here is plain data and pure
//! functions; there is no I/O, clock or randomness.

mod address;
mod attribute;
mod cidr;
mod contents;
mod denial;
mod document;
mod fault;
mod graph;
mod quotas;
mod record;
mod reference;
mod schema;
mod snapshot;
mod value;
mod words;
mod work;

pub use address::{Address, Kind, Name, NotAnAddress, OutputName};
pub use attribute::{Attribute, Field, Member, Milestone, Misfit, OnChange, Shape};
pub use cidr::*;
pub use contents::{BuildContext, Content, Contents};
pub use denial::{allowed_by, hints};
pub use document::{Document, PolicyDocument};
pub use fault::{Fault, FaultClass};
pub use graph::{Graph, Inserted, Node, child_name, kind_of_class};
pub use record::{
    ADDRESS_TAG, Found, NAME_TAG, NotAnOwner, Owner, Parent, Query, Record, STACK_TAG, State, Tags,
};
pub use reference::{Class, Id, Ref, Text};
pub use schema::{
    Attributes, Following, Operations, OutputInfo, Outputs, Replacement, Resource, Schema,
    Volatility, Wait, Waits, schema_of,
};
pub use snapshot::{Names, Snapshot, Stray};
pub use value::{Change, OutputValues, Piece, Position, Value, Values};
pub use words::words;
pub use work::{Changes, Resolved, TagChange, Work};
