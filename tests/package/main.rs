//! Code and images that AWS gets from here: packed, named by content, built.

#![allow(missing_docs, unreachable_pub)]

mod builders;
mod commands;
mod contexts;
mod folder;
mod sources;
mod zips;
