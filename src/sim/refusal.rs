//! A refusal by the rules, before it is known which call it ends.
//!
//! May depend on `calls` and `model`. Invariant: a refusal names what it is about by its physical
//! identifier, as AWS does.

use super::calls::Action;
use crate::model::{Fault, FaultClass, Misfit, Schema};

/// Why the rules refuse something.
#[derive(Debug)]
pub(super) struct Refusal {
    class: FaultClass,
    code: &'static str,
    message: String,
}

impl Refusal {
    pub(super) fn new(class: FaultClass, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            class,
            code,
            message: message.into(),
        }
    }

    /// The request makes no sense.
    pub(super) fn rejected(message: impl Into<String>) -> Self {
        Self::new(FaultClass::Rejected, "ValidationError", message)
    }

    /// This resource does not exist.
    pub(super) fn missing(what: &str, id: &str) -> Self {
        let message = format!("the {what} '{id}' does not exist");
        Self::new(FaultClass::Missing, "ResourceNotFound", message)
    }

    /// The fault with which this action of this kind ends.
    pub(super) fn of(self, schema: &Schema, action: Action) -> Fault {
        let mut fault = Fault::own(self.class, action.operation(schema), self.message);
        fault.code = self.code.to_owned();
        fault
    }
}

impl From<Misfit> for Refusal {
    fn from(misfit: Misfit) -> Self {
        Self::rejected(misfit.to_string())
    }
}
