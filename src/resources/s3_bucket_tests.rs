//! Traps of buckets.
