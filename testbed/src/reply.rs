//! Replies, and how each protocol writes an error.
//!
//! Depends on `operation`, `cbor` and `xml`. Invariant: the length of the body is never stated in the headers kept
//! here; it is worked out when the reply is sent.

use anyhow::{Result, bail};
use bytes::Bytes;
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use hyper::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::cbor;
use crate::operation::{Protocol, Request};
use crate::xml::Element;

/// The request id of every reply that the proxy makes up.
const REQUEST_ID: &str = "00000000-0000-4000-8000-7465737462ed";

/// One reply, whole.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status of HTTP.
    pub status: StatusCode,
    /// The headers, without length and connection.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// A reply as it came over the wire.
    #[must_use]
    pub fn new(status: StatusCode, mut headers: HeaderMap, body: Bytes) -> Reply {
        for name in [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION] {
            headers.remove(name);
        }
        Reply {
            status,
            headers,
            body,
        }
    }

    /// A successful reply with a JSON body.
    #[must_use]
    pub fn json(body: &Value) -> Reply {
        Reply::with_type(
            StatusCode::OK,
            "application/x-amz-json-1.1",
            body.to_string(),
        )
    }

    /// A successful reply with a CBOR body.
    #[must_use]
    pub fn cbor(body: &Value) -> Reply {
        let mut reply = Reply::with_type(StatusCode::OK, "application/cbor", String::new());
        let protocol = hyper::header::HeaderValue::from_static("rpc-v2-cbor");
        reply.headers.insert("smithy-protocol", protocol);
        reply.body = Bytes::from(cbor::write(body));
        reply
    }

    /// A successful reply with an XML body.
    #[must_use]
    pub fn xml(body: impl Into<String>) -> Reply {
        Reply::with_type(StatusCode::OK, "text/xml", body.into())
    }

    /// An error in the form of the protocol in which `request` was made.
    #[must_use]
    pub fn error(request: &Request, status: StatusCode, code: &str, message: &str) -> Reply {
        let (code_xml, message_xml) = (escape(code), escape(message));
        let kind = if status.is_server_error() {
            "Receiver"
        } else {
            "Sender"
        };
        match request.protocol {
            Protocol::Ec2Query => Reply::with_type(
                status,
                "text/xml",
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Errors><Error><Code>{code_xml}</Code>\
                     <Message>{message_xml}</Message></Error></Errors><RequestID>{REQUEST_ID}</RequestID></Response>"
                ),
            ),
            Protocol::RestXml if request.service == "s3" => Reply::with_type(
                status,
                "text/xml",
                format!(
                    "<Error><Code>{code_xml}</Code><Message>{message_xml}</Message>\
                     <RequestId>{REQUEST_ID}</RequestId></Error>"
                ),
            ),
            Protocol::Query | Protocol::RestXml => Reply::with_type(
                status,
                "text/xml",
                format!(
                    "<ErrorResponse><Error><Type>{kind}</Type><Code>{code_xml}</Code><Message>{message_xml}\
                     </Message></Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
                ),
            ),
            Protocol::Cbor => {
                let body = json!({ "__type": code, "message": message });
                Reply {
                    status,
                    ..Reply::cbor(&body)
                }
            }
            Protocol::Json | Protocol::RestJson => {
                let body = json!({ "__type": code, "message": message });
                let mut reply =
                    Reply::with_type(status, "application/x-amz-json-1.1", body.to_string());
                if let Ok(code) = code.parse() {
                    reply.headers.insert("x-amzn-errortype", code);
                }
                reply
            }
        }
    }

    /// A status without anything that AWS would write.
    #[must_use]
    pub fn bare(status: StatusCode) -> Reply {
        Reply::with_type(status, "text/html", String::new())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON, or CBOR as JSON; null when it is none.
    #[must_use]
    pub fn value(&self) -> Value {
        if self.is_cbor() {
            return cbor::read(&self.body).unwrap_or(Value::Null);
        }
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    fn is_cbor(&self) -> bool {
        let content = self.headers.get(CONTENT_TYPE);
        content.is_some_and(|content| content == "application/cbor")
    }

    /// The body of a successful reply to `request`, as XML.
    ///
    /// # Errors
    ///
    /// When the call was refused, or the body is not XML.
    pub fn element(&self, request: &Request) -> Result<Element> {
        if !self.is_success() {
            bail!("{} was refused: {}", request.name(), self.text());
        }
        Element::parse(&self.text())
    }

    /// The reply with another body in XML.
    #[must_use]
    pub fn with_element(self, root: &Element) -> Reply {
        Reply {
            body: Bytes::from(root.to_string()),
            ..self
        }
    }

    /// The reply with a piece of its body replaced wherever it stands, to script what an emulator
    /// never says.
    #[must_use]
    pub fn replacing(self, from: &str, to: &str) -> Reply {
        Reply {
            body: Bytes::from(self.text().replace(from, to)),
            ..self
        }
    }

    /// The reply with another body, in CBOR where it was that, else in JSON.
    #[must_use]
    pub fn with_value(self, body: &Value) -> Reply {
        let body = if self.is_cbor() {
            Bytes::from(cbor::write(body))
        } else {
            Bytes::from(body.to_string())
        };
        Reply { body, ..self }
    }

    /// The code of a refusal, in whichever form; empty for a success.
    #[must_use]
    pub fn code(&self) -> String {
        if self.is_success() {
            return String::new();
        }
        if let Some(code) = self.value().get("__type").and_then(Value::as_str) {
            // CBOR and newer JSON services put a namespace before it.
            return code.rsplit('#').next().unwrap_or(code).to_owned();
        }
        if let Some(code) = self.headers.get("x-amzn-errortype") {
            let code = String::from_utf8_lossy(code.as_bytes()).into_owned();
            return code.split(':').next().unwrap_or(&code).to_owned();
        }
        let text = self.text();
        let code = text
            .split_once("<Code>")
            .and_then(|(_, rest)| rest.split_once("</Code>"));
        code.map_or_else(String::new, |(code, _)| code.to_owned())
    }

    /// Whether the call succeeded.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status.is_success()
    }

    fn with_type(status: StatusCode, content_type: &'static str, body: String) -> Reply {
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            hyper::header::HeaderValue::from_static(content_type),
        );
        if let Ok(id) = REQUEST_ID.parse() {
            headers.insert("x-amzn-requestid", id);
        }
        Reply {
            status,
            headers,
            body: Bytes::from(body),
        }
    }
}

/// Text as it stands in XML.
pub(crate) fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}
