//! From the SDK's errors to [`Fault`], in one place.
//!
//! May depend on `codes`, `vault` and `model`. Invariant: AWS's own words reach the user whole, but for
//! the secrets that they repeat.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{DispatchFailure, SdkError};
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use aws_smithy_types::error::operation::BuildError;

use super::codes::of_code;
use super::licence::Ended;
use super::vault::without_secrets;
use crate::model::{Fault, FaultClass};

/// A reply of the SDK that knows which call it answers.
pub trait Call<T> {
    /// The reply, or the fault of this operation, named as IAM names it (`ec2:CreateVpc`).
    ///
    /// # Errors
    /// The classified fault.
    fn at(self, operation: &str) -> Result<T, Fault>;
}

impl<T, E: ProvideErrorMetadata + Error + 'static> Call<T>
    for Result<T, SdkError<E, HttpResponse>>
{
    fn at(self, operation: &str) -> Result<T, Fault> {
        self.map_err(|error| discreet(of(operation, &error)))
    }
}

/// The same without any secret.
fn discreet(fault: Fault) -> Fault {
    Fault {
        message: without_secrets(&fault.message),
        ..fault
    }
}

fn of<E: ProvideErrorMetadata + Error + 'static>(
    operation: &str,
    error: &SdkError<E, HttpResponse>,
) -> Fault {
    match error {
        SdkError::ServiceError(context) => of_reply(operation, context.err(), context.raw()),
        SdkError::DispatchFailure(failure) => of_dispatch(operation, failure),
        SdkError::ConstructionFailure(_) => {
            Fault::own(FaultClass::Rejected, operation, chain(error))
        }
        SdkError::TimeoutError(_) => {
            Fault::own(FaultClass::Unknown, operation, "no answer in time")
        }
        SdkError::ResponseError(failure) => {
            of_strange_reply(operation, failure.raw().status().as_u16(), &chain(error))
        }
        other => Fault::own(FaultClass::Unknown, operation, chain(other)),
    }
}

/// A refusal by the service, or an answer that nobody understands.
fn of_reply<E: ProvideErrorMetadata + Error + 'static>(
    operation: &str,
    error: &E,
    raw: &HttpResponse,
) -> Fault {
    let meta = error.meta();
    let status = raw.status().as_u16();
    let Some(code) = meta.code() else {
        return of_strange_reply(operation, status, &chain(error));
    };
    let message = meta.message().unwrap_or_default();
    let mut fault = Fault::own(of_code(code, message, status), operation, message);
    code.clone_into(&mut fault.code);
    fault.request_id = request_id(meta, raw);
    fault
}

/// An answer without an error code. One that claims success may tell of an effect.
fn of_strange_reply(operation: &str, status: u16, said: &str) -> Fault {
    let class = if status < 400 {
        FaultClass::Unknown
    } else {
        of_code("", "", status)
    };
    let message = format!("the answer (HTTP status {status}) cannot be read: {said}");
    Fault::own(class, operation, message)
}

/// A request that got no answer: without credentials, without a connection.
fn of_dispatch(operation: &str, failure: &DispatchFailure) -> Fault {
    let Some(error) = failure.as_connector_error() else {
        return Fault::own(FaultClass::Unknown, operation, "the request was not sent");
    };
    let cause = error.source().unwrap_or(error);
    let no_credentials = causes(cause).any(|cause| cause.is::<CredentialsError>());
    let no_connection = causes(cause).any(|cause| cause.is::<std::io::Error>());
    let (class, message) = if causes(cause).any(is_about_endpoint) {
        let message = format!("{}; see AWS_ENDPOINT_URL", chain(cause));
        (FaultClass::Rejected, message)
    } else if no_credentials && !no_connection {
        (FaultClass::Denied, without_credentials(cause))
    } else if causes(cause).any(|cause| cause.is::<Ended>()) {
        (FaultClass::Unknown, Ended.to_string())
    } else if error.is_user() {
        let message = format!("the request cannot be sent: {}", chain(cause));
        (FaultClass::Rejected, message)
    } else {
        let message = format!("no connection to AWS: {}", chain(cause));
        (FaultClass::Unknown, message)
    };
    Fault::own(class, operation, message)
}

/// Where the SDK looked for credentials in vain, without what it says of every place.
fn without_credentials(error: &(dyn Error + 'static)) -> String {
    let said = chain(error).replace("the credential provider was not enabled: ", "");
    let said: Vec<&str> = said.lines().map(str::trim).collect();
    format!(
        "no usable AWS credentials ({}); sign in (`aws sso login`) or name a profile that has some \
         (--profile or AWS_PROFILE)",
        said.join("; ")
    )
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// What the SDK says of an endpoint that is no address, before it prints the whole request.
const BAD_ENDPOINT: (&str, &str) = ("failed to apply endpoint", " to request `");

fn is_about_endpoint(error: &(dyn Error + 'static)) -> bool {
    error.to_string().starts_with(BAD_ENDPOINT.0)
}

/// All that an error and its causes say, on one line, without a request, which may hold secrets.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for cause in causes(error) {
        let mut said = cause.to_string();
        if is_about_endpoint(cause)
            && let Some(at) = said.find(BAD_ENDPOINT.1)
        {
            said.truncate(at);
        }
        if !text.contains(&said) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&said);
        }
    }
    text
}

fn request_id(meta: &ErrorMetadata, raw: &HttpResponse) -> Option<Box<str>> {
    meta.extra("aws_request_id")
        .or_else(|| raw.headers().get("x-amzn-requestid"))
        .map(Into::into)
}

/// A request that could not even be built.
pub fn of_build(operation: &str, error: &BuildError) -> Fault {
    Fault::own(FaultClass::Rejected, operation, error.to_string())
}

/// A refusal that stands inside of a successful reply.
pub fn of_item(operation: &str, code: Option<&str>, message: Option<&str>) -> Fault {
    let (code, message) = (code.unwrap_or_default(), message.unwrap_or_default());
    let mut fault = Fault::own(of_code(code, message, 200), operation, message);
    code.clone_into(&mut fault.code);
    discreet(fault)
}

/// What a reply must hold.
///
/// # Errors
/// A fault where AWS left it out.
pub fn required<T>(operation: &str, what: &str, value: Option<T>) -> Result<T, Fault> {
    value.ok_or_else(|| {
        Fault::own(
            FaultClass::Rejected,
            operation,
            format!("AWS's reply lacks {what}"),
        )
    })
}
