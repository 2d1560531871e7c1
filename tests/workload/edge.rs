//! The edge function, with events of the shape that CloudFront Functions get.

use proptest::prelude::*;
use rquickjs::{Context, Runtime};
use serde_json::{Value, json};

use crate::tokens;

const CODE: &str = include_str!("../../workload/edge/guard.js");

/// The most that CloudFront takes, in bytes.
const LARGEST: usize = 10 * 1024;

const REQUEST_ID: &str = "EXAMPLEntjQpEXAMPLE_SG5Z-EXAMPLEPmPfEXAMPLEu3EqEXAMPLE==";

/// What is behind the token.
const PROTECTED: [&str; 2] = ["/api/protected", "/auth/me"];

/// What the function makes of events.
struct Edge {
    context: Context,
}

impl Edge {
    fn new() -> Edge {
        let runtime = Runtime::new().unwrap();
        let context = Context::full(&runtime).unwrap();
        context.with(|js| js.eval::<(), _>(CODE)).unwrap();
        Edge { context }
    }

    /// The request to forward, or the response to give.
    fn answer(&self, event: &Value) -> Value {
        let literal = serde_json::to_string(&event.to_string()).unwrap();
        let call = format!("JSON.stringify(handler(JSON.parse({literal})))");
        let answer: String = self.context.with(|js| js.eval(call)).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    fn status(&self, uri: &str, authorization: Option<&str>) -> u64 {
        let headers = authorization.map_or(
            json!({}),
            |value| json!({"authorization": {"value": value}}),
        );
        let answer = self.answer(&event(uri, &headers));
        answer["statusCode"].as_u64().unwrap_or(200)
    }
}

fn event(uri: &str, headers: &Value) -> Value {
    json!({
        "version": "1.0",
        "context": {
            "distributionDomainName": "d111111abcdef8.cloudfront.net",
            "distributionId": "EDFDVBD6EXAMPLE",
            "eventType": "viewer-request",
            "requestId": REQUEST_ID,
        },
        "viewer": {"ip": "198.51.100.11"},
        "request": {
            "method": "GET",
            "uri": uri,
            "querystring": {"page": {"value": "2", "multiValue": [{"value": "2"}, {"value": "3"}]}},
            "headers": headers,
            "cookies": {"session": {"value": "abc"}},
        },
    })
}

#[test]
fn a_request_goes_on_with_its_marks() {
    let headers =
        json!({"host": {"value": "d111111abcdef8.cloudfront.net"}, "accept": {"value": "*/*"}});
    let sent = event("/api/status", &headers);
    let mut expected = sent["request"].clone();
    expected["headers"]["x-request-id"] = json!({"value": REQUEST_ID});
    expected["headers"]["x-cdn-validated"] = json!({"value": "true"});
    assert_eq!(Edge::new().answer(&sent), expected);
}

#[test]
fn what_a_viewer_forged_is_removed() {
    let several = json!({"value": "a", "multiValue": [{"value": "a"}, {"value": "b"}]});
    let headers = json!({
        "x-cdn-auth": {"value": "forged"},
        "X-CDN-Auth": {"value": "forged"},
        "x-cdn-": {"value": "forged"},
        "x-cdn-anything-else": several,
        "x-cdn-validated": several,
        "x-request-id": several,
        "x-cdnow": {"value": "stays"},
        "cdn-auth": {"value": "stays"},
        "x-other": several,
    });
    let answer = Edge::new().answer(&event("/", &headers));
    let expected = json!({
        "x-cdnow": {"value": "stays"},
        "cdn-auth": {"value": "stays"},
        "x-other": several,
        "x-request-id": {"value": REQUEST_ID, "multiValue": [{"value": REQUEST_ID}]},
        "x-cdn-validated": {"value": "true"},
    });
    assert_eq!(answer["headers"], expected);
}

#[test]
fn a_protected_path_without_a_token_is_answered_here() {
    let answer = Edge::new().answer(&event(
        "/api/protected",
        &json!({"x-cdn-auth": {"value": "forged"}}),
    ));
    let expected = json!({
        "statusCode": 401,
        "statusDescription": "Unauthorized",
        "headers": {
            "cache-control": {"value": "no-store"},
            "content-type": {"value": "application/json"},
            "www-authenticate": {"value": "Bearer"},
            "x-request-id": {"value": REQUEST_ID},
        },
        "body": {"encoding": "text", "data": r#"{"detail":"a bearer token is needed"}"#},
    });
    assert_eq!(answer, expected);
}

#[test]
fn no_spelling_of_a_protected_path_gets_around_the_check() {
    let edge = Edge::new();
    for uri in [
        "/api/protected",
        "/api/protected/",
        "/api/protected/anything",
        "/auth/me",
        "/auth/me/",
        "/AUTH/Me",
        "/Api/PROTECTED",
        "//api/protected",
        "/api//protected",
        "/api///protected//",
        "/./api/./protected",
        "/x/../api/protected",
        "/../../api/protected",
        "/api/x/../protected",
        "/api\\protected",
        "/%61pi/protected",
        "/api/%70rotected",
        "/api%2fprotected",
        "/api%2Fprotected",
        "/api%5cprotected",
        "/api/%2e%2e/api/protected",
        "/api/%2570rotected",
        "/api/%25%37%30rotected",
        "/api/%252570rotected",
        "/api/protected%00",
        "/api/protected%20",
        "/api/protected%0a",
        "/api/protected;x=1",
        "/api;x=1/protected",
        "/api/protected%3fx",
        "/api/protected%23x",
        "/auth/%6d%65",
    ] {
        assert_eq!(edge.status(uri, None), 401, "{uri}");
        let token = format!("Bearer {}", tokens::good());
        assert_eq!(edge.status(uri, Some(&token)), 200, "{uri} with a token");
    }
}

#[test]
fn everything_else_is_open() {
    let edge = Edge::new();
    for uri in [
        "/",
        "/health",
        "/auth/login",
        "/auth",
        "/auth/",
        "/auth/mechanism",
        "/auth/meow/x",
        "/api",
        "/api/",
        "/api/status",
        "/api/protectedness",
        "/api/protect",
        "/debug/headers",
        "/me",
        "/protected",
        "/assets/page.js",
        "/api/../protected",
        "/%",
        "/%zz",
        "/%c3%28",
        "",
    ] {
        assert_eq!(edge.status(uri, None), 200, "{uri}");
        assert_eq!(edge.answer(&event(uri, &json!({})))["uri"], uri);
    }
}

#[test]
fn a_malformed_token_is_refused() {
    let edge = Edge::new();
    for (name, value) in tokens::malformed() {
        for path in PROTECTED {
            assert_eq!(edge.status(path, Some(&value)), 401, "{name}: {value}");
        }
        assert_eq!(
            edge.status("/api/status", Some(&value)),
            200,
            "{name} where none is needed"
        );
    }
}

#[test]
fn a_well_formed_token_goes_on_to_the_application() {
    let edge = Edge::new();
    for value in tokens::well_formed() {
        let headers = json!({"authorization": {"value": value}});
        let answer = edge.answer(&event("/auth/me", &headers));
        assert_eq!(
            answer["headers"]["authorization"], headers["authorization"],
            "{value}"
        );
        assert_eq!(answer["headers"]["x-cdn-validated"]["value"], "true");
    }
}

#[test]
fn several_authorization_headers_are_none() {
    let value = format!("Bearer {}", tokens::good());
    let several = json!({"authorization": {"value": value, "multiValue": [{"value": value}, {"value": "x"}]}});
    let one = json!({"authorization": {"value": value, "multiValue": [{"value": value}]}});
    let edge = Edge::new();
    assert_eq!(edge.answer(&event("/auth/me", &several))["statusCode"], 401);
    assert_eq!(edge.answer(&event("/auth/me", &one))["uri"], "/auth/me");
}

#[test]
fn the_code_fits_the_runtime() {
    assert!(CODE.len() < LARGEST, "{} bytes", CODE.len());
    for absent in [
        "import ",
        "require(",
        "fetch(",
        "async ",
        "setTimeout",
        "XMLHttpRequest",
        "eval(",
    ] {
        assert!(!CODE.contains(absent), "the runtime has no {absent}");
    }
}

/// A spelling of a path: each character as it is, in the other case, or percent-encoded, once or
/// twice; slashes repeated.
fn spelling(path: &'static str) -> impl Strategy<Value = String> {
    proptest::collection::vec(0..5_u8, path.len()).prop_map(move |ways| {
        path.chars()
            .zip(ways)
            .map(|(character, way)| match way {
                0 => character.to_string(),
                1 => character.to_ascii_uppercase().to_string(),
                2 => format!("%{:02x}", u32::from(character)),
                3 => format!("%25{:02X}", u32::from(character)),
                _ if character == '/' => "/.//".to_owned(),
                _ => character.to_string(),
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn encoded_spellings_are_protected(uri in spelling("/api/protected"), tail in "(/[a-z]{0,5})?") {
        prop_assert_eq!(Edge::new().status(&format!("{uri}{tail}"), None), 401);
    }

    #[test]
    fn nothing_that_arrives_is_an_error(uri in "/[ -~]{0,60}", authorization in "([Bb]earer )?[ -~]{0,60}") {
        let status = Edge::new().status(&uri, Some(&authorization));
        prop_assert!(status == 200 || status == 401);
    }
}
