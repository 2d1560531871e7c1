//! What can be done about a call that AWS refused for want of a right or of a quota.
//!
//! May depend on `fault`, `quotas`. Invariant: a statement is proposed only where one would help;
//! against an explicit denial or a limit set by somebody else no Allow does.

use serde_json::json;

use super::fault::{Fault, FaultClass};
use super::quotas;

/// Codes by which AWS says that it does not know the caller, or not any more.
const UNKNOWN_CALLER: [&str; 10] = [
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];
/// Codes by which AWS says that the account is not ready, whoever calls.
const UNREADY_ACCOUNT: [&str; 4] = [
    "Blocked",
    "OptInRequired",
    "PendingVerification",
    "RegionDisabledException",
];
/// Policies that must allow a call beside the caller's own, with who keeps them.
const LIMITS: [(&str, &str); 6] = [
    (
        "service control policy",
        "whoever administers the organization",
    ),
    (
        "resource control policy",
        "whoever administers the organization",
    ),
    ("permissions boundary", "whoever set that boundary"),
    ("session policy", "whoever gives out the session"),
    ("VPC endpoint policy", "whoever keeps that endpoint"),
    ("resource-based policy", "whoever keeps the resource"),
];

/// What AWS refused.
struct Denial<'a> {
    action: String,
    resource: Option<&'a str>,
    message: &'a str,
}

impl Fault {
    /// What a person can do about it, on one line; nothing where nothing special can be done.
    pub fn advice(&self) -> Option<String> {
        match self.class {
            FaultClass::Denied => denied(self),
            FaultClass::Quota => Some(quotas::advice(self)),
            // Some calls reach another service in the caller's name, and pass on what that says.
            FaultClass::NotYet | FaultClass::Rejected if is_told_as_denial(&self.message) => {
                Some(Denial::of(self).advice())
            }
            FaultClass::Throttled
            | FaultClass::Conflict
            | FaultClass::NotYet
            | FaultClass::Missing
            | FaultClass::Rejected
            | FaultClass::Unknown => None,
        }
    }
}

/// The advice for several faults as lines that begin with `hint: `, each once.
pub fn hints<'a>(faults: impl IntoIterator<Item = &'a Fault>) -> Vec<String> {
    let mut hints: Vec<String> = Vec::new();
    for advice in faults.into_iter().filter_map(Fault::advice) {
        let hint = format!("hint: {advice}");
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    hints
}

fn is_told_as_denial(message: &str) -> bool {
    message.contains("User: ") && message.contains("is not authorized to perform: ")
}

fn denied(fault: &Fault) -> Option<String> {
    let code = fault.code.as_str();
    if code.is_empty() && fault.message.contains("credentials") {
        // Nothing was asked of AWS, and the message says what is missing.
        return None;
    }
    if UNKNOWN_CALLER.contains(&code) {
        return Some(
            "AWS does not accept these credentials: sign in anew (`aws sso login`), or choose \
             others with --profile or AWS_PROFILE"
                .to_owned(),
        );
    }
    if UNREADY_ACCOUNT.contains(&code) {
        return Some(
            "no policy helps: the account itself must be enabled for this, in its settings or by \
             AWS's support"
                .to_owned(),
        );
    }
    Some(Denial::of(fault).advice())
}

impl<'a> Denial<'a> {
    /// What AWS's message says was refused, else the call itself.
    fn of(fault: &'a Fault) -> Self {
        let message = fault.message.as_str();
        let said = behind(message, "to perform: ").filter(|action| is_action(action));
        let declared = format!("{}:{}", fault.service, fault.operation);
        Self {
            action: said.map_or_else(|| allowed_by(&declared).to_owned(), str::to_owned),
            resource: behind(message, "on resource: "),
            message,
        }
    }

    fn advice(&self) -> String {
        let what = match self.resource {
            Some(resource) => format!("{} on {resource}", self.action),
            None => self.action.clone(),
        };
        let limit = LIMITS.iter().find(|(policy, _)| self.names(policy));
        if self.message.contains("explicit deny") {
            let (policy, keeper) = limit.unwrap_or(&(
                "identity-based policy",
                "whoever gives the caller its rights",
            ));
            return format!(
                "a Deny in a {policy} forbids {what}, and no Allow outweighs it: {keeper} must \
                 change that Deny"
            )
            .replace("a identity", "an identity");
        }
        if let Some((policy, keeper)) = limit {
            return format!(
                "the {policy} must allow {what}; an Allow in the caller's own policy does not \
                 help: ask {keeper}"
            );
        }
        let statement = json!({
            "Effect": "Allow",
            "Action": self.action,
            "Resource": self.resource.unwrap_or("*"),
        });
        format!("allow it with {statement}{}", self.encoded())
    }

    /// AWS says `because no X allows` and `with an explicit deny in a X`.
    fn names(&self, policy: &str) -> bool {
        self.message.contains(&format!("no {policy} allows"))
            || self.message.contains(&format!("deny in a {policy}"))
    }

    fn encoded(&self) -> &'static str {
        if self.message.contains("Encoded authorization failure") && self.resource.is_none() {
            "; `aws sts decode-authorization-message` says on which resource"
        } else {
            ""
        }
    }
}

/// The word behind a text, without quotation marks and what ends a sentence.
fn behind<'a>(message: &'a str, text: &str) -> Option<&'a str> {
    let (_, rest) = message.split_once(text)?;
    let word = rest.split_whitespace().next()?;
    let word = word.trim_matches(['"', '\'', '`', '.', ',', ';']);
    (!word.is_empty()).then_some(word)
}

/// `ec2:CreateVpc`.
fn is_action(text: &str) -> bool {
    let is_word = |part: &str, extra: char| {
        let admits = |c: char| c.is_ascii_alphanumeric() || c == extra;
        !part.is_empty() && part.chars().all(admits)
    };
    text.split_once(':')
        .is_some_and(|(service, action)| is_word(service, '-') && is_word(action, '*'))
}

/// The action that IAM asks for, where it has another name than the operation.
pub fn allowed_by(operation: &str) -> &str {
    match operation {
        // One call more in the API than in IAM (CloudFront, developer guide).
        "cloudfront:CreateDistributionWithTags" => "cloudfront:CreateDistribution",
        operation => operation,
    }
}

#[cfg(test)]
#[path = "denial_tests.rs"]
mod tests;
