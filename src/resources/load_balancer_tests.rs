//! Traps of load balancers.
