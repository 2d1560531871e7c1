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
    /// The same in bytes that are no text.
    Bytes(u16, Vec<u8>),
    /// The same with an ETag.
    Tagged(u16, String, String),
    /// No connection.
    Broken(io::ErrorKind),
    /// Nothing, ever.
    Silence,
}

/// What was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The operation: its name, or method, path and query of REST requests.
    pub(crate) operation: String,
    /// The version that must be there still (`If-Match`).
    pub(crate) if_match: Option<String>,
    /// The body.
    pub(crate) body: String,
}

#[derive(Debug, Default)]
struct Script {
    answers: VecDeque<Answer>,
    asked: Vec<Asked>,
}

/// A cloud that follows a script.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scripted(Arc<Mutex<Script>>);

impl Scripted {
    /// These answers, in this order.
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self(Arc::new(Mutex::new(Script {
            answers: answers.into_iter().collect(),
            asked: Vec::new(),
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
        let asked = self.asked().into_iter();
        asked.map(|asked| asked.operation).collect()
    }

    /// What was asked for, one for each request.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.lock().asked.clone()
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

/// A successful reply of a service that speaks JSON.
pub(crate) fn json_reply(body: &serde_json::Value) -> Answer {
    Answer::Reply(200, body.to_string())
}

/// An error reply of a service that speaks JSON.
pub(crate) fn json_error(status: u16, code: &str, message: &str) -> Answer {
    Answer::Reply(
        status,
        serde_json::json!({ "__type": code, "message": message }).to_string(),
    )
}

/// A successful reply of a service that speaks CBOR, such as CloudWatch.
pub(crate) fn cbor_reply(body: &serde_json::Value) -> Answer {
    let mut bytes = Vec::new();
    put_cbor(&mut bytes, body);
    Answer::Bytes(200, bytes)
}

/// An error reply of a service that speaks CBOR; `more` are its members beside code and message.
pub(crate) fn cbor_error(
    status: u16,
    code: &str,
    message: &str,
    more: serde_json::Value,
) -> Answer {
    let mut body = more;
    body["__type"] = code.into();
    body["message"] = message.into();
    let mut bytes = Vec::new();
    put_cbor(&mut bytes, &body);
    Answer::Bytes(status, bytes)
}

/// Writes a JSON value as CBOR (RFC 8949), each length as four bytes.
fn put_cbor(bytes: &mut Vec<u8>, value: &serde_json::Value) {
    use serde_json::Value;
    let mut begin = |major: u8, length: usize| {
        let length = u32::try_from(length).expect("a short script");
        bytes.push(major << 5 | 26);
        bytes.extend(length.to_be_bytes());
    };
    match value {
        Value::Null => bytes.push(0xf6),
        Value::Bool(yes) => bytes.push(0xf4 + u8::from(*yes)),
        Value::Number(number) => match number.as_u64() {
            Some(number) => begin(0, usize::try_from(number).expect("a small number")),
            None => {
                bytes.push(0xfb);
                bytes.extend(number.as_f64().unwrap_or_default().to_be_bytes());
            }
        },
        Value::String(text) => {
            begin(3, text.len());
            bytes.extend(text.bytes());
        }
        Value::Array(items) => {
            begin(4, items.len());
            items.iter().for_each(|item| put_cbor(bytes, item));
        }
        Value::Object(members) => {
            begin(5, members.len());
            for (key, member) in members {
                put_cbor(bytes, &key.as_str().into());
                put_cbor(bytes, member);
            }
        }
    }
}

/// An error reply of a service that speaks XML over REST, such as CloudFront.
pub(crate) fn rest_error(status: u16, code: &str, message: &str) -> Answer {
    Answer::Reply(
        status,
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
             <Message>{message}</Message></Error><RequestId>req-1</RequestId></ErrorResponse>"
        ),
    )
}

/// An error reply of S3.
pub(crate) fn s3_error(status: u16, code: &str, message: &str) -> Answer {
    Answer::Reply(
        status,
        format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"),
    )
}

/// The operation: `Action` of forms, the target of JSON requests, else method, path and query.
fn operation(request: &HttpRequest, body: &str) -> String {
    let action = body
        .split('&')
        .find_map(|pair| pair.strip_prefix("Action="))
        .or_else(|| request.headers().get("x-amz-target"));
    action.map_or_else(|| rest_operation(request), str::to_owned)
}

fn rest_operation(request: &HttpRequest) -> String {
    let address = request.uri();
    let path = address.split_once("://").map_or(address, |(_, rest)| rest);
    let path = path.find('/').map_or("/", |at| &path[at..]);
    format!("{} {path}", request.method())
}

fn asked(request: &HttpRequest) -> Asked {
    let body = request.body().bytes().unwrap_or_default();
    let body = String::from_utf8_lossy(body).into_owned();
    Asked {
        operation: operation(request, &body),
        if_match: request.headers().get("if-match").map(str::to_owned),
        body,
    }
}

impl HttpConnector for Scripted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut script = self.lock();
        script.asked.push(asked(&request));
        let refused = Answer::Broken(io::ErrorKind::ConnectionRefused);
        let answer = script.answers.pop_front().unwrap_or(refused);
        HttpConnectorFuture::new(async move {
            // No network answers before others had a chance to send.
            tokio::task::yield_now().await;
            match answer {
                Answer::Reply(status, body) => Ok(reply(status, body.into_bytes())),
                Answer::Bytes(status, body) => Ok(reply(status, body)),
                Answer::Tagged(status, tag, body) => {
                    let mut reply = reply(status, body.into_bytes());
                    reply.headers_mut().insert("etag", tag);
                    Ok(reply)
                }
                Answer::Broken(kind) => Err(ConnectorError::io(io::Error::from(kind).into())),
                Answer::Silence => std::future::pending().await,
            }
        })
    }
}

fn reply(status: u16, body: Vec<u8>) -> HttpResponse {
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
