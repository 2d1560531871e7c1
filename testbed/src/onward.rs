//! The way from the proxy to the emulators: through the shims.
//!
//! Depends on `client`, `operation`, `reply` and `shims`. Invariant: that an emulator is gone is told
//! as a refusal that no client retries.

use std::sync::Arc;

use hyper::StatusCode;

use crate::client::Client;
use crate::operation::Request;
use crate::reply::Reply;
use crate::shims::Shims;

/// The shims of the moment, and the emulators behind them.
pub(crate) struct Onward<'a> {
    pub(crate) shims: Arc<Shims>,
    pub(crate) emulators: &'a Client,
}

impl Onward<'_> {
    pub(crate) async fn pass(&self, request: &Request) -> Reply {
        match self.shims.serve(request, self.emulators).await {
            Ok(reply) => reply,
            Err(error) => {
                let message = format!("the test bed cannot answer {}: {error:#}", request.name());
                Reply::error(request, StatusCode::BAD_REQUEST, "TestbedFailure", &message)
            }
        }
    }
}
