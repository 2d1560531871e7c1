//! The page that lists the permissions of whoever runs qpiac.
//!
//! May depend on `policy` and `model`. Invariant: what it shows is what `qpiac policy` prints, for a
//! stack that has everything.

use super::policy::{self, Policy, Subject};
use crate::model::{Owner, Schema};

/// What the page says, around the three policies.
const PAGE: &str = "# Permissions

What IAM must allow whoever runs qpiac. `qpiac policy` prints it for the stack at hand, bounded to the
kinds that the stack has: `qpiac policy --plan-only` what `plan`, `status` and `output` need, `qpiac
policy` what `apply` and `destroy` need as well, and `--verify` adds what `verify` needs. On this page
are the three for a stack named `STACK` in `REGION` of the account `123456789012` that has everything,
the secret of `cdn.auth` among it. The calls behind each action are in the
[reference of the kinds](reference/kinds.md).

Names and tags bound what can be changed. What bears a name on AWS can be changed where the name begins
with the stack's, and what has an identifier alone where it bears the tag `qpiac:stack` of the stack;
deleting takes both where AWS supports it. What is made must get that tag. So a stack `shop` is not kept
apart from a stack `shop-admin` by names alone. An action without a bound is one that AWS authorizes on
nothing in particular, or of which its reference does not say enough: a wrong condition would make every
deploy fail.

A policy of IAM has at most 6144 characters, white space not counted. `qpiac policy --split` prints as
many as are needed, as a list.

## Reading: `plan`, `status`, `output`

Every plan reads all kinds, so that nothing that was once wanted is overlooked. The value of one secret is
read, to compare it with what CloudFront sends and the load balancer asks for; without that right the two
are compared with each other, and qpiac says so.

READING

## Changing: `apply` and `destroy`

Beside the first. Only the stack's own roles can be made, and handed to tasks and functions alone. The
bucket `qpiac-ACCOUNT-REGION` holds leases and history of all stacks of the account and region.

CHANGING

## Trying out: `verify`

Beside the first. The secrets of the reference application are read, to log in and to make tokens that
must be refused.

VERIFYING
";

/// The page, in Markdown; `verify` is what the command of that name calls beside the reads of the
/// kinds.
pub fn permissions(schemas: &[&Schema], verify: &[&'static str]) -> String {
    let subject = Subject {
        owner: Owner::new("STACK", "REGION"),
        account: Some("123456789012".to_owned()),
        secrets: vec!["STACK/AUTH".to_owned()],
    };
    let reading = policy::reading(schemas, &subject);
    let changing = policy::changing(schemas, &reading, &subject);
    let verifying = policy::verifying(verify, &reading, &subject);
    PAGE.replace("READING", &block(&reading, &subject))
        .replace("CHANGING", &block(&changing, &subject))
        .replace("VERIFYING", &block(&verifying, &subject))
}

fn block(policy: &Policy, subject: &Subject) -> String {
    format!("```json\n{:#}\n```", policy.document(subject))
}
