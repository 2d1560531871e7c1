//! AWS that answers with what was recorded, changed by a seed.
//!
//! The same request gets the same reply, so that an input depends on its seed alone, however often the
//! SDK asks.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

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
use aws_smithy_types::timeout::TimeoutConfig;
use qpiac::aws::Clients;
use testbed::Request;

use crate::case::Case;
use crate::random::Random;
use crate::recorded::{REPLIES, Recorded, print};
use crate::{json, mutate, xml};

/// How long a reply takes, on a clock that jumps.
const LATENCY: Duration = Duration::from_millis(100);
/// The same where listings never end, which only the program's patience ends.
const SLOW_LATENCY: Duration = Duration::from_secs(2);
/// How long one attempt may take, as the program has it.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// How much of what AWS says is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Harm {
    /// Nothing.
    None,
    /// The replies of this many operations of a hundred.
    Operations(usize),
    /// This many replies of a hundred.
    Replies(usize),
    /// The replies of this many operations of a hundred say that there is another page, always.
    Endless(usize),
}

/// A cloud made of recorded replies.
#[derive(Clone)]
pub(crate) struct Wire {
    case: Arc<Case>,
    harm: Harm,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("recorded replies")
    }
}

impl Wire {
    pub(crate) fn new(case: &Arc<Case>, harm: Harm) -> Self {
        Self {
            case: Arc::clone(case),
            harm,
        }
    }

    /// Clients whose requests come here.
    pub(crate) fn clients(&self) -> Clients {
        let credentials = Credentials::new("AKIATEST", "test", None, None, "test");
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT);
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            // As in the recording, where names of buckets stand in paths.
            .endpoint_url("http://127.0.0.1:1")
            .http_client(SharedHttpClient::new(self.clone()))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .time_source(SharedTimeSource::new(SystemTimeSource::new()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .timeout_config(timeouts.build())
            .build();
        Clients::from_config(&config).expect("the configuration has a region")
    }

    fn answer(&self, request: HttpRequest) -> Option<HttpResponse> {
        let (parts, body) = request.try_into_http1x().ok()?.into_parts();
        let body = body.bytes().unwrap_or_default().to_vec();
        let request = Request::recognise(&parts, body.into());
        let (operation, print) = (request.name(), print(&request));
        let mut random = Random::new(self.case.seed ^ hash(&(&operation, &print)));
        let mut reply = recorded(&operation, &print, &mut random);
        if self.is_harmed(&operation, &mut random) {
            harm(&mut random, &mut reply, self.harm);
            let head = format!("\n== {operation} {print}: {}\n", reply.status);
            self.case.show(head.as_bytes());
            self.case.show(&reply.body);
        }
        let status = StatusCode::try_from(reply.status).ok()?;
        let mut response = HttpResponse::new(status, SdkBody::from(reply.body));
        for (name, value) in reply.headers {
            response.headers_mut().try_insert(name, value).ok()?;
        }
        Some(response)
    }

    fn is_harmed(&self, operation: &str, random: &mut Random) -> bool {
        match self.harm {
            Harm::None => false,
            Harm::Operations(share) | Harm::Endless(share) => {
                Random::new(self.case.seed ^ hash(&operation)).below(100) < share
            }
            Harm::Replies(share) => random.below(100) < share,
        }
    }
}

fn hash(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// A reply on its way.
struct Sent {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl From<&Recorded> for Sent {
    fn from(recorded: &Recorded) -> Self {
        let headers = recorded.headers.iter();
        Self {
            status: recorded.status,
            headers: headers.map(|(k, v)| (k.clone(), v.clone())).collect(),
            body: recorded.bytes(),
        }
    }
}

/// The reply to this request, or to another of the same operation.
fn recorded(operation: &str, print: &str, random: &mut Random) -> Sent {
    let replies = REPLIES.get(operation).map_or(&[][..], Vec::as_slice);
    let exact = replies.iter().find(|reply| reply.asked == *print);
    let any = || replies.get(random.below(replies.len()));
    exact.or_else(any).map_or_else(
        || Sent {
            status: 400,
            headers: Vec::new(),
            body: format!("nobody recorded {operation}").into_bytes(),
        },
        Sent::from,
    )
}

fn harm(random: &mut Random, reply: &mut Sent, harm: Harm) {
    if matches!(harm, Harm::Endless(_)) {
        reply.body = with_more(random, &reply.body);
        return;
    }
    match random.below(24) {
        0 => reply.status = [200, 204, 301, 400, 403, 404, 409, 429, 500, 503][random.below(10)],
        1 => mutate::bytes(random, &mut reply.body),
        2 => {
            let operations: Vec<_> = REPLIES.values().flatten().collect();
            reply.body = operations[random.below(operations.len())].bytes();
        }
        3 => harm_header(random, reply),
        _ => reply.body = mutated(random, &reply.body),
    }
}

fn harm_header(random: &mut Random, reply: &mut Sent) {
    let at = random.below(reply.headers.len() + 1);
    match reply.headers.get_mut(at) {
        Some((_, value)) => *value = mutate::edited(random, value),
        None => reply
            .headers
            .push(("etag".to_owned(), mutate::text(random))),
    }
    // What cannot stand in a header does not arrive.
    let can =
        |(_, value): &(String, String)| value.bytes().all(|byte| (b' '..0x7f).contains(&byte));
    reply.headers.retain(can);
}

/// A body with changes that leave its form, whichever it is.
fn mutated(random: &mut Random, body: &[u8]) -> Vec<u8> {
    if let Ok(mut document) = serde_json::from_slice(body) {
        json::mutate(random, &mut document);
        return json::text(random, &document);
    }
    match std::str::from_utf8(body) {
        Ok(text) if text.trim_start().starts_with('<') => {
            let mut text = text.to_owned();
            xml::mutate(random, &mut text);
            let mut text = text.into_bytes();
            if random.once_in(12) {
                mutate::bytes(random, &mut text);
            }
            text
        }
        _ => mutated_cbor(random, body),
    }
}

fn mutated_cbor(random: &mut Random, body: &[u8]) -> Vec<u8> {
    let mut bytes = match testbed::cbor::read(body) {
        Ok(mut document) if !random.once_in(4) => {
            json::mutate(random, &mut document);
            testbed::cbor::write(&document)
        }
        _ => body.to_vec(),
    };
    if random.once_in(4) {
        mutate::bytes(random, &mut bytes);
    }
    bytes
}

/// A body that says that there is another page, always another one.
fn with_more(random: &mut Random, body: &[u8]) -> Vec<u8> {
    let token = format!("more-{}", random.next());
    if let Ok(serde_json::Value::Object(mut document)) = serde_json::from_slice(body) {
        for key in json::MORE {
            document.insert(key.to_owned(), token.clone().into());
        }
        return serde_json::Value::Object(document).to_string().into_bytes();
    }
    match (std::str::from_utf8(body), testbed::cbor::read(body)) {
        (Ok(text), _) => xml::with_more(text, &token).into_bytes(),
        (Err(_), Ok(serde_json::Value::Object(mut document))) => {
            document.insert("NextToken".to_owned(), token.into());
            testbed::cbor::write(&serde_json::Value::Object(document))
        }
        (Err(_), _) => body.to_vec(),
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.answer(request);
        let latency = match self.harm {
            Harm::Endless(_) => SLOW_LATENCY,
            Harm::None | Harm::Operations(_) | Harm::Replies(_) => LATENCY,
        };
        HttpConnectorFuture::new(async move {
            tokio::time::sleep(latency).await;
            answer.ok_or_else(|| {
                let refused = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                ConnectorError::io(refused.into())
            })
        })
    }
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
