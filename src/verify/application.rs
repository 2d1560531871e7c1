//! Which of a stack's services is asked, and what it can be asked for.
//!
//! May depend on `spec`. Invariant: what only the reference application answers is asked of no other.

use crate::spec::Spec;
use crate::spec::leaf::SecretName;
use crate::spec::names;
use crate::spec::resolved::{Service, Web};

/// The variable in which the reference application gets the password of its users.
const API_KEY: &str = "API_KEY";

/// The variable in which it gets the ARN of the secret that tokens are signed with.
const SIGNING: &str = "JWT_SECRET_ARN";

/// The reference application among a stack's services.
#[derive(Debug)]
pub(super) struct Application<'a> {
    pub(super) service: &'a Service,
    /// The secret that is the password.
    pub(super) api_key: &'a SecretName,
    /// The secret that tokens are signed with.
    pub(super) signing: &'a SecretName,
}

/// The service that gets what no route wants, or else the first that gets requests at all.
pub(super) fn front_service(spec: &Spec) -> Option<(&Service, &Web)> {
    let all = spec.services.iter();
    let mut services = all.filter_map(|service| Some((service, service.web.as_ref()?)));
    let first = services.clone().next();
    services.find(|(_, web)| web.route.is_none()).or(first)
}

/// The reference application, or why the stack has none.
pub(super) fn application(spec: &Spec) -> Result<Application<'_>, String> {
    let Some((service, _)) = front_service(spec) else {
        return Err("no service of the stack gets requests".to_owned());
    };
    let mut secrets = service.secrets.iter();
    let password = secrets.find(|(variable, _)| variable.as_str() == API_KEY);
    let mut reads = service.reads.iter();
    let signing = reads.find(|secret| names::secret_variable(secret) == SIGNING);
    match (password, signing) {
        (Some((_, api_key)), Some(signing)) => Ok(Application {
            service,
            api_key,
            signing,
        }),
        (None, _) => Err(format!(
            "the service {} does not get {API_KEY}, so it is not the reference application",
            service.name
        )),
        (Some(_), None) => Err(format!(
            "the service {} does not get {SIGNING}, so it is not the reference application",
            service.name
        )),
    }
}
