//! The simulator by itself: what it refuses, what it mints, how its time passes, what it keeps.

mod chance;
mod changes;
mod find;
mod kinds;
mod rules;
mod sandbox;
mod scene;
mod time;
mod work;
