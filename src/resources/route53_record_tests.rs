//! Traps of DNS names.
