//! Requests as a visitor of the stack would send them.
//!
//! May depend on the HTTP client that the clients of AWS use, so that there is one TLS in the
//! program. Invariant: each request is sent once, and ends in limited time with a limited answer.

use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use futures::future::BoxFuture;

use super::web::{Answer, NoAnswer, Request, Web};

/// How long a request and its answer may take, in seconds.
const USER_AGENT: &str = concat!("qpiac/", env!("CARGO_PKG_VERSION"));
const REQUEST_TIMEOUT_S: u64 = 10;
/// How much of an answer is read, in bytes.
const BODY_LIMIT_BYTES: usize = 1 << 20;

/// An address to which all requests go, with the host that they are for in their `Host`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(String);

/// A text is not an address for all requests.
#[derive(Debug, thiserror::Error)]
#[error("expected `http://HOST` or `http://HOST:PORT`")]
pub struct NotAnEndpoint;

impl FromStr for Endpoint {
    type Err = NotAnEndpoint;

    fn from_str(text: &str) -> Result<Self, NotAnEndpoint> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let authority = text.strip_prefix("http://").ok_or(NotAnEndpoint)?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        if authority.is_empty() || !authority.chars().all(is_plain) {
            return Err(NotAnEndpoint);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Sends requests over the network.
#[derive(Debug)]
pub struct Visitor {
    connector: Connector,
    endpoint: Option<Endpoint>,
}

impl Visitor {
    /// A visitor who goes to each host, or to this address instead.
    pub fn new(endpoint: Option<Endpoint>) -> Self {
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(Duration::from_secs(REQUEST_TIMEOUT_S))
            .build();
        let connector = Connector::builder()
            .connector_settings(settings)
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build();
        Self {
            connector,
            endpoint,
        }
    }

    fn request(&self, request: &Request) -> Result<HttpRequest, Box<dyn Error + Send + Sync>> {
        let body = match &request.body {
            Some(json) => SdkBody::from(json.to_string()),
            None => SdkBody::empty(),
        };
        let mut http = HttpRequest::new(body);
        http.set_method(request.method)?;
        let (host, path) = (&request.host, &request.path);
        match &self.endpoint {
            Some(Endpoint(endpoint)) => {
                http.set_uri(format!("{endpoint}{path}"))?;
                http.headers_mut().try_insert("host", host.clone())?;
            }
            None => http.set_uri(format!("{}://{host}{path}", request.scheme))?,
        }
        // Web ACLs refuse whoever does not say what they are.
        http.headers_mut().try_insert("user-agent", USER_AGENT)?;
        if request.body.is_some() {
            let json = "application/json";
            http.headers_mut().try_insert("content-type", json)?;
        }
        for (name, value) in &request.headers {
            http.headers_mut()
                .try_append(name.to_ascii_lowercase(), value.clone())?;
        }
        Ok(http)
    }
}

impl Web for Visitor {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, NoAnswer>> {
        Box::pin(async move {
            // What cannot be sent must not show what it bears.
            let unsendable = |_| NoAnswer::Broken("the request cannot be sent".to_owned());
            let http = self.request(&request).map_err(unsendable)?;
            let exchange = async {
                read(
                    self.connector
                        .call(http)
                        .await
                        .map_err(|error| broken(&error))?,
                )
                .await
            };
            let limit = Duration::from_secs(REQUEST_TIMEOUT_S);
            let timed_out = |_| NoAnswer::TimedOut(REQUEST_TIMEOUT_S);
            tokio::time::timeout(limit, exchange)
                .await
                .map_err(timed_out)?
        })
    }

    fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_ref().map(|Endpoint(text)| text.as_str())
    }
}

async fn read(response: HttpResponse) -> Result<Answer, NoAnswer> {
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut answer = Answer {
        status: response.status().as_u16(),
        headers: headers.collect(),
        body: Vec::new(),
    };
    let mut body = ByteStream::new(response.into_body());
    while answer.body.len() < BODY_LIMIT_BYTES {
        match body.try_next().await {
            Ok(Some(bytes)) => answer.body.extend_from_slice(&bytes),
            Ok(None) => break,
            Err(error) => return Err(NoAnswer::Broken(innermost(&error))),
        }
    }
    Ok(answer)
}

fn broken(error: &ConnectorError) -> NoAnswer {
    if error.is_timeout() {
        NoAnswer::TimedOut(REQUEST_TIMEOUT_S)
    } else {
        NoAnswer::Broken(innermost(error))
    }
}

/// What the last cause of an error says, which is the one that tells most.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let last = std::iter::successors(Some(error), |&error| error.source()).last();
    last.map_or_else(String::new, ToString::to_string)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn request(host: &str) -> Request {
        Request {
            method: "POST",
            scheme: "https",
            host: host.to_owned(),
            path: "/auth/login?a=b".to_owned(),
            headers: vec![("X-Two".to_owned(), "1".to_owned())],
            body: Some(json!({ "a": 1 })),
        }
    }

    #[test]
    fn an_endpoint_is_scheme_host_and_port_and_nothing_else() {
        for good in [
            "http://127.0.0.1:4566",
            "http://localhost",
            "http://[::1]:80/",
        ] {
            assert!(good.parse::<Endpoint>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "localhost",
            "https://a",
            "http://",
            "http://a/b",
            "http://a b",
        ] {
            assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn the_host_stays_where_all_requests_go_to_one_address() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = Vec::new();
            while !heard.ends_with(b"{\"a\":1}") {
                assert_ne!(stream.read_buf(&mut heard).await.unwrap(), 0);
            }
            let answer = "HTTP/1.1 401 Unauthorized\r\nX-Cache: Miss\r\ncontent-length: 15\r\n\r\n\
                          {\"detail\":\"no\"}";
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(heard).unwrap()
        });
        let endpoint = format!("http://127.0.0.1:{port}").parse().unwrap();
        let visitor = Visitor::new(Some(endpoint));
        let answer = visitor.send(request("d1.cloudfront.net")).await.unwrap();
        assert_eq!(answer.status, 401);
        assert_eq!(answer.header("x-cache"), Some("Miss"));
        assert_eq!(answer.summary(), "status 401: no");
        let heard = served.await.unwrap().to_ascii_lowercase();
        for part in [
            "post /auth/login?a=b http/1.1\r\n",
            "host: d1.cloudfront.net\r\n",
            "x-two: 1\r\n",
            "content-type: application/json\r\n",
            "user-agent: qpiac/",
        ] {
            assert!(heard.contains(part), "{part}: {heard}");
        }
    }

    #[tokio::test]
    async fn nobody_there_is_no_timeout() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let endpoint = format!("http://127.0.0.1:{port}").parse().unwrap();
        let answer = Visitor::new(Some(endpoint)).send(request("a")).await;
        assert!(matches!(answer, Err(NoAnswer::Broken(_))), "{answer:?}");
    }
}
