//! Traps of certificate validations.
