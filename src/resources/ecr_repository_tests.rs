//! Traps of repositories.
