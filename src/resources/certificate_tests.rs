//! Traps of certificates.
