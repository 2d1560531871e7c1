//! What all scenarios need: the stack, what is known of it, and a way to ask it.
//!
//! May depend on the rest of `verify`. Invariant: each request is sent once.

use futures::future::BoxFuture;

use super::facts::Facts;
use super::stage::{Door, Stage};
use super::web::{Answer, NoAnswer, Request, Web};

/// A stack that is put to the test.
pub(super) struct Trial<'a> {
    pub(super) stage: &'a Stage<'a>,
    pub(super) facts: &'a Facts,
    pub(super) web: &'a dyn Web,
    /// The time, in seconds since 1970.
    pub(super) now_s: i64,
}

impl Trial<'_> {
    /// A request of a visitor.
    pub(super) fn visit(&self, method: &'static str, path: &str) -> Result<Request, String> {
        let door = self.stage.front(self.web.endpoint().is_some())?;
        Ok(request(method, door, path))
    }

    /// A request of somebody who knows the load balancer's own name.
    pub(super) fn bypass(&self, path: &str) -> Result<Request, String> {
        Ok(request("GET", self.stage.origin()?, path))
    }

    /// The answer to a request.
    pub(super) fn ask(&self, request: Request) -> BoxFuture<'_, Result<Answer, NoAnswer>> {
        self.web.send(request)
    }

    /// What a visitor gets.
    pub(super) async fn get(&self, path: &str) -> Result<Answer, String> {
        self.ask_with(path, |request| request).await
    }

    /// What a visitor gets with a request that was changed so.
    pub(super) async fn ask_with(
        &self,
        path: &str,
        change: impl FnOnce(Request) -> Request,
    ) -> Result<Answer, String> {
        let request = change(self.visit("GET", path)?);
        self.ask(request).await.map_err(|why| why.to_string())
    }
}

fn request(method: &'static str, door: Door, path: &str) -> Request {
    Request {
        method,
        scheme: door.scheme,
        host: door.host,
        path: path.to_owned(),
        headers: Vec::new(),
        body: None,
    }
}
