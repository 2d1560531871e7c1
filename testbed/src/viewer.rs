//! Requests of an application's users, carried to the distribution, load balancer or function whose
//! domain name they bear.
//!
//! Depends on `client`, `operation` and `reply`. Invariant: such a request is no API call: it stands in
//! no journal and no rule applies to it.
//!
//! ministack takes every viewer for one that came over HTTP, since that is how it is asked. Here a viewer
//! of a distribution is taken for one that came over HTTPS, unless it says `X-Forwarded-Proto`.

use std::net::IpAddr;

use hyper::StatusCode;
use hyper::header::{HOST, HeaderValue};

use crate::client::Client;
use crate::operation::Request;
use crate::reply::Reply;

/// Whether a request is for an application and not an API call.
pub(crate) fn is_for_an_application(request: &Request) -> bool {
    let host = host(request);
    !host.is_empty() && host != "localhost" && host.parse::<IpAddr>().is_err()
}

/// Carries a request to where its host lives.
pub(crate) async fn carry(request: &Request, emulators: &Client) -> Reply {
    let mut headers = request.headers.clone();
    if host(request).ends_with(".cloudfront.net") {
        headers
            .entry("x-forwarded-proto")
            .or_insert(HeaderValue::from_static("https"));
    }
    let port = emulators.port_of("cloudfront");
    let (method, body) = (request.method.clone(), request.body.clone());
    emulators
        .send(port, method, &request.path, headers, body)
        .await
        .unwrap_or_else(|_| Reply::bare(StatusCode::BAD_GATEWAY))
}

/// The host that a request names, without a port.
fn host(request: &Request) -> &str {
    let host = request
        .headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("");
    host.split(':').next().unwrap_or(host)
}
