//! Reads of one thing that may not be there, and the names within ARNs.
//!
//! May depend on `model`. Invariant: only a reply that says "there is none" counts as absence.

use crate::model::{Fault, FaultClass};

/// What was read, or nothing where AWS says that there is none.
///
/// # Errors
/// Any other fault of the read.
pub fn if_present<T>(read: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(fault) if fault.class == FaultClass::Missing => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The reply to a call about something that was made a moment ago: that it is missing means that it
/// is not visible everywhere yet.
///
/// # Errors
/// The fault of the call.
pub fn just_made<T>(reply: Result<T, Fault>) -> Result<T, Fault> {
    reply.map_err(|mut fault| {
        if fault.class == FaultClass::Missing {
            fault.class = FaultClass::NotYet;
        }
        fault
    })
}

/// What follows the last `/` of an ARN: `api` of
/// `arn:aws:ecs:eu-west-1:123456789012:service/shop/api`.
pub fn name_in(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
