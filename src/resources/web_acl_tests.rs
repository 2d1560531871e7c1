//! Traps of web ACLs.
