//! CloudFront, the edge function, the load balancer and the application, in memory, with a way to
//! break each of them.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::super::token::Token;
use super::super::{Answer, NoAnswer, Request, Web};
use crate::aws::Plain;

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Break {
    /// The load balancer refuses what comes through the CDN.
    Forbidden,
    /// The edge function lets everything pass.
    PassThrough,
    /// The load balancer answers whoever asks.
    Open,
    /// The load balancer's address refuses connections.
    Nobody,
    /// Expired tokens count.
    LifetimeIgnored,
    /// Tokens of any key count.
    SignatureIgnored,
    /// Any password will do.
    AnyPassword,
    /// One task gets all requests.
    OneTask,
    /// The CDN keeps answers of the application.
    ApiCached,
    /// The CDN keeps nothing.
    NothingCached,
    /// The CDN keeps answers too long.
    TooOld,
    /// Visitors may speak HTTP.
    PlainHttp,
}

pub(super) fn password() -> Plain {
    Plain::from("5".repeat(64))
}

pub(super) fn key() -> Plain {
    Plain::from("7".repeat(64))
}

/// What answers.
#[derive(Debug)]
pub(super) struct Stand {
    now_s: i64,
    broken: Option<Break>,
    requests: AtomicUsize,
    hosts: Mutex<BTreeSet<String>>,
}

impl Stand {
    pub(super) fn new(now_s: i64) -> Self {
        Self {
            now_s,
            broken: None,
            requests: AtomicUsize::new(0),
            hosts: Mutex::default(),
        }
    }

    pub(super) fn with(mut self, broken: Break) -> Self {
        self.broken = Some(broken);
        self
    }

    /// Whom requests were for.
    pub(super) fn hosts(&self) -> BTreeSet<String> {
        self.hosts.lock().unwrap().clone()
    }

    fn is(&self, broken: Break) -> bool {
        self.broken == Some(broken)
    }

    fn answer(&self, request: &Request) -> Result<Answer, NoAnswer> {
        if !request.host.ends_with(".cloudfront.net") {
            return match self.broken {
                Some(Break::Open) => Ok(json_answer(200, &json!({}))),
                Some(Break::Nobody) => Err(NoAnswer::Broken("connection refused".to_owned())),
                _ => Err(NoAnswer::TimedOut(10)),
            };
        }
        if request.scheme == "http" && !self.is(Break::PlainHttp) {
            let mut answer = json_answer(301, &Value::Null);
            let to = format!("https://{}{}", request.host, request.path);
            answer.headers.push(("location".to_owned(), to));
            return Ok(answer);
        }
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let passes = self.is(Break::PassThrough);
        let token = request.header("authorization");
        let token = token.and_then(|value| value.strip_prefix("Bearer "));
        let guarded = ["/api/protected", "/auth/me"].contains(&request.path.as_str());
        if guarded && !passes && token.and_then(Token::parse).is_none() {
            let mut answer = json_answer(401, &json!({ "detail": "a bearer token is needed" }));
            answer
                .headers
                .push(("x-request-id".to_owned(), "id".to_owned()));
            return Ok(answer);
        }
        let mut answer = if self.is(Break::Forbidden) {
            json_answer(403, &Value::Null)
        } else {
            self.application(request, token, number)
        };
        let keeps = match request.path.as_str() {
            "/health" => !self.is(Break::NothingCached),
            _ => self.is(Break::ApiCached),
        };
        let said = if keeps && number % 2 == 1 {
            "Hit"
        } else {
            "Miss"
        };
        let said = format!("{said} from cloudfront");
        answer.headers.push(("X-Cache".to_owned(), said));
        let age = if self.is(Break::TooOld) { "31" } else { "3" };
        answer.headers.push(("Age".to_owned(), age.to_owned()));
        Ok(answer)
    }

    fn application(&self, request: &Request, token: Option<&str>, number: usize) -> Answer {
        let task = if self.is(Break::OneTask) {
            0
        } else {
            number % 2
        };
        match request.path.as_str() {
            "/" => {
                let mut page = json_answer(200, &Value::Null);
                let kind = "text/html; charset=utf-8".to_owned();
                page.headers.push(("content-type".to_owned(), kind));
                page
            }
            "/health" => json_answer(200, &json!({ "status": "ok" })),
            "/api/status" => json_answer(200, &json!({ "task": format!("task-{task}") })),
            "/auth/login" => self.log_in(request),
            "/auth/me" => self.guarded(token, &json!({ "username": "qpiac-verify" })),
            "/api/protected" => self.guarded(token, &json!({})),
            "/debug/headers" => json_answer(200, &json!({ "headers": self.arrived(request) })),
            _ => json_answer(404, &Value::Null),
        }
    }

    fn log_in(&self, request: &Request) -> Answer {
        let given = request
            .body
            .as_ref()
            .and_then(|body| body["password"].as_str());
        if given != Some(password().expose()) && !self.is(Break::AnyPassword) {
            return json_answer(401, &json!({ "detail": "wrong username or password" }));
        }
        let part = |content: &Value| {
            use base64::Engine as _;
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(content.to_string())
        };
        let header = part(&json!({ "alg": "HS256", "kid": "v1" }));
        let claims = part(&json!({ "sub": "qpiac-verify" }));
        let token = Token::parse(&format!("{header}.{claims}.")).unwrap();
        let token = token.valid(self.now_s, self.now_s + 900).signed(&key());
        json_answer(200, &json!({ "access_token": token, "expires_in": 900 }))
    }

    fn guarded(&self, token: Option<&str>, content: &Value) -> Answer {
        let Some((text, token)) = token.and_then(|text| Some((text, Token::parse(text)?))) else {
            return json_answer(401, &json!({ "detail": "a bearer token is needed" }));
        };
        let is_signed = token.signed(&key()) == text || self.is(Break::SignatureIgnored);
        let is_valid = token.expires_s() > self.now_s || self.is(Break::LifetimeIgnored);
        match (is_signed, is_valid) {
            (true, true) => json_answer(200, content),
            (true, false) => json_answer(401, &json!({ "detail": "token expired" })),
            (false, _) => json_answer(401, &json!({ "detail": "invalid token" })),
        }
    }

    fn arrived(&self, request: &Request) -> Value {
        let mut headers = serde_json::Map::new();
        for (name, value) in &request.headers {
            headers.insert(name.to_ascii_lowercase(), json!(value));
        }
        if !self.is(Break::PassThrough) {
            headers.retain(|name, _| !name.starts_with("x-cdn-"));
            headers.insert("x-request-id".to_owned(), json!("id"));
            headers.insert("x-cdn-validated".to_owned(), json!("true"));
        }
        headers.insert("x-cdn-auth".to_owned(), json!("(present, not shown)"));
        Value::Object(headers)
    }
}

impl Web for Stand {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, NoAnswer>> {
        self.hosts.lock().unwrap().insert(request.host.clone());
        Box::pin(std::future::ready(self.answer(&request)))
    }

    fn endpoint(&self) -> Option<&str> {
        None
    }
}

fn json_answer(status: u16, body: &Value) -> Answer {
    Answer {
        status,
        headers: Vec::new(),
        body: body.to_string().into_bytes(),
    }
}
