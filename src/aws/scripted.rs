//! AWS as a script, for unit tests: each request gets the next answer.
//!
//! May depend on `clients`. Invariant: a request beyond the script is a refused connection.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

use super::clients::{Clients, timeouts};

/// What a request gets.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A reply: HTTP status and body.
    Reply(u16, String),
    /// No connection.
    Broken(io::ErrorKind),
    /// Nothing, ever.
    Silence,
}

#[derive(Debug, Default)]
struct Script {
    answers: VecDeque<Answer>,
    operations: Vec<String>,
}

/// A cloud that follows a script.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scripted(Arc<Mutex<Script>>);

impl Scripted {
    /// These answers, in this order.
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self(Arc::new(Mutex::new(Script {
            answers: answers.into_iter().collect(),
            operations: Vec::new(),
        })))
    }

    /// An SDK configuration, without credentials, whose requests come here.
    pub(crate) fn config(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .http_client(SharedHttpClient::new(self.clone()))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .time_source(SharedTimeSource::new(SystemTimeSource::new()))
            .build()
    }

    /// The same with credentials.
    pub(crate) fn signed(&self) -> SdkConfig {
        let credentials = Credentials::new("AKIATEST", "test", None, None, "test");
        self.config()
            .into_builder()
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .timeout_config(timeouts())
            .build()
    }

    /// Clients whose requests come here.
    pub(crate) fn clients(&self) -> Clients {
        Clients::from_config(&self.signed()).expect("the configuration has a region")
    }

    /// The operations that were asked for, one for each request.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.lock().operations.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error reply of EC2.
pub(crate) fn ec2_error(status: u16, code: &str, message: &str) -> Answer {
    Answer::Reply(
        status,
        format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error>\
             </Errors><RequestID>req-1</RequestID></Response>"
        ),
    )
}

/// A successful reply of an EC2 operation.
pub(crate) fn ec2_reply(operation: &str, body: &str) -> Answer {
    Answer::Reply(
        200,
        format!("<{operation}Response>{body}</{operation}Response>"),
    )
}

/// A member's text: `Action` of forms, else the target of JSON requests.
fn operation(request: &HttpRequest) -> String {
    let body = request.body().bytes().unwrap_or_default();
    let body = String::from_utf8_lossy(body);
    body.split('&')
        .find_map(|pair| pair.strip_prefix("Action="))
        .or_else(|| request.headers().get("x-amz-target"))
        .unwrap_or_default()
        .to_owned()
}

impl HttpConnector for Scripted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut script = self.lock();
        script.operations.push(operation(&request));
        let refused = Answer::Broken(io::ErrorKind::ConnectionRefused);
        let answer = script.answers.pop_front().unwrap_or(refused);
        HttpConnectorFuture::new(async move {
            // No network answers before others had a chance to send.
            tokio::task::yield_now().await;
            match answer {
                Answer::Reply(status, body) => Ok(reply(status, body)),
                Answer::Broken(kind) => Err(ConnectorError::io(io::Error::from(kind).into())),
                Answer::Silence => std::future::pending().await,
            }
        })
    }
}

fn reply(status: u16, body: String) -> HttpResponse {
    let status = StatusCode::try_from(status).expect("a script has valid statuses");
    let mut reply = HttpResponse::new(status, SdkBody::from(body));
    reply.headers_mut().insert("x-amzn-requestid", "req-1");
    reply
}

impl HttpClient for Scripted {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
