//! What a request asks for: service, operation, parameters, and what kind of call it is.
//!
//! Depends on `rest`, `cbor` and `permission`. Invariant: every request is given a service and an operation, so
//! that nothing passes uncounted; a REST call that is not known is named by its method and path.

use bytes::Bytes;
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method};
use serde_json::{Map, Value};

use crate::cbor;
use crate::permission::permission;
use crate::rest::{self, Recognised};

/// Starts of the names of operations that change nothing.
const READING: [&str; 10] = [
    "Describe", "Get", "Head", "List", "Lookup", "Search", "Simulate", "Filter", "BatchGet", "Test",
];

/// Operations of STS and SSO that only give credentials.
const CREDENTIALS: [&str; 5] = [
    "AssumeRole",
    "AssumeRoleWithWebIdentity",
    "AssumeRoleWithSAML",
    "GetRoleCredentials",
    "CreateToken",
];

/// Parameters that ask for a further page of a listing.
const PAGE_TOKENS: [&str; 9] = [
    "NextToken",
    "nextToken",
    "NextMarker",
    "Marker",
    "PaginationToken",
    "marker",
    "nexttoken",
    "continuation-token",
    "key-marker",
];

/// How a service writes requests, replies and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Form in, XML out, errors as `<Response><Errors>`: EC2.
    Ec2Query,
    /// Form in, XML out, errors as `<ErrorResponse>`: IAM, STS, ELBv2.
    Query,
    /// JSON with `X-Amz-Target`: ECS, CloudWatch Logs, Secrets Manager.
    Json,
    /// Method and path with JSON bodies: Lambda, SSO.
    RestJson,
    /// Method and path with XML bodies: S3, CloudFront, Route 53.
    RestXml,
    /// CBOR with the operation in the path: CloudWatch.
    Cbor,
}

/// One request, whole.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method of HTTP.
    pub method: Method,
    /// Path and query string.
    pub path: String,
    /// The headers as sent.
    pub headers: HeaderMap,
    /// The body as sent.
    pub body: Bytes,
    /// The service by the name that IAM has for it, such as `ec2` or `elasticloadbalancing`.
    pub service: String,
    /// The operation, such as `DescribeVpcs`; of a REST call that is not known, method and path.
    pub operation: String,
    /// How the service speaks.
    pub protocol: Protocol,
    /// What was sent: JSON and CBOR as they are, forms as an object of strings such as
    /// `Filter.1.Name`. Of REST the members of path and query and the fields of a JSON body in one
    /// object; an XML body is text under `Body`.
    pub parameters: Value,
    /// The access key that signed the request, empty if none did.
    pub access_key: String,
    /// The region that the signature names, empty if there is none.
    pub region: String,
}

impl Request {
    /// Recognises a request by its headers and body.
    #[must_use]
    pub fn recognise(parts: &Parts, body: Bytes) -> Request {
        let path = parts
            .uri
            .path_and_query()
            .map_or_else(|| "/".to_owned(), ToString::to_string);
        let [access_key, region, signed_for] = credential(&parts.headers);
        let text = |name: &str| {
            parts
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or("")
        };
        let service = match signed_for.as_str() {
            "monitoring" => "cloudwatch",
            name => name,
        };
        let (protocol, operation, parameters) =
            if let Some((_, name)) = text("x-amz-target").rsplit_once('.') {
                let parameters = serde_json::from_slice(&body).unwrap_or(Value::Null);
                (Protocol::Json, name.to_owned(), parameters)
            } else if let Some(name) = cbor_operation(parts) {
                let parameters = cbor::read(&body).unwrap_or(Value::Null);
                (Protocol::Cbor, name, parameters)
            } else if text("content-type").starts_with("application/x-www-form-urlencoded") {
                let form = form(&body);
                let action = form
                    .get("Action")
                    .and_then(Value::as_str)
                    .unwrap_or("")
                    .to_owned();
                let protocol = if service == "ec2" {
                    Protocol::Ec2Query
                } else {
                    Protocol::Query
                };
                (protocol, action, Value::Object(form))
            } else {
                rest_call(service, &parts.method, &path, &body)
            };
        let service = match service {
            // Role exchanges with a web identity and SSO's calls are not signed.
            "" if protocol == Protocol::Query => "sts".to_owned(),
            "" => "unsigned".to_owned(),
            name => name.to_owned(),
        };
        Request {
            method: parts.method.clone(),
            path,
            headers: parts.headers.clone(),
            body,
            service,
            operation,
            protocol,
            parameters,
            access_key,
            region,
        }
    }

    /// The name used in counts and rules, such as `ec2:DescribeVpcs`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }

    /// The right that a policy must grant for this call, such as `s3:ListBucket`: the name of the
    /// operation, save where IAM has another.
    #[must_use]
    pub fn permission(&self) -> String {
        permission(&self.name())
    }

    /// Whether the operation changes something.
    #[must_use]
    pub fn is_mutating(&self) -> bool {
        if self.service == "sts" || self.gives_credentials() {
            return false;
        }
        if self.operation.contains(' ') {
            return self.method != Method::GET && self.method != Method::HEAD;
        }
        !READING
            .iter()
            .any(|start| self.operation.starts_with(start))
    }

    /// Whether this asks for a further page of a listing.
    #[must_use]
    pub fn is_further_page(&self) -> bool {
        PAGE_TOKENS.iter().any(|name| {
            self.parameters
                .get(name)
                .and_then(Value::as_str)
                .is_some_and(|token| !token.is_empty())
        })
    }

    /// Whether this only obtains credentials.
    #[must_use]
    pub fn gives_credentials(&self) -> bool {
        let rest = ["GET /federation/credentials", "POST /token"];
        CREDENTIALS.contains(&self.operation.as_str()) || rest.contains(&self.operation.as_str())
    }

    /// The same request with another form; for services that take forms.
    #[must_use]
    pub fn with_form(&self, form: Map<String, Value>) -> Request {
        let pairs = form
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        Request {
            body: Bytes::from(body),
            parameters: Value::Object(form),
            ..self.clone()
        }
    }

    /// The same request with another body; for services that take JSON.
    #[must_use]
    pub fn with_value(&self, parameters: Value) -> Request {
        Request {
            body: Bytes::from(parameters.to_string()),
            parameters,
            ..self.clone()
        }
    }

    /// The parameters as an object; empty when they are none.
    #[must_use]
    pub fn form(&self) -> Map<String, Value> {
        self.parameters.as_object().cloned().unwrap_or_default()
    }

    /// A parameter that is text, or empty.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.parameters
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or("")
    }

    /// The members of a list in a form, such as `VpcEndpointId.1`, `VpcEndpointId.2`, in order.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<&str> {
        (1..)
            .map_while(|index| {
                self.parameters
                    .get(format!("{name}.{index}"))
                    .and_then(Value::as_str)
            })
            .collect()
    }
}

/// The operation of a call such as `POST /service/GraniteServiceVersion20100801/operation/PutMetricAlarm`.
fn cbor_operation(parts: &Parts) -> Option<String> {
    let protocol = parts.headers.get("smithy-protocol")?;
    let (_, name) = parts.uri.path().rsplit_once("/operation/")?;
    (protocol == "rpc-v2-cbor").then(|| name.to_owned())
}

/// Protocol, operation and parameters of a call that method and path tell.
fn rest_call(service: &str, method: &Method, path: &str, body: &[u8]) -> (Protocol, String, Value) {
    let protocol = match service {
        "s3" | "cloudfront" | "route53" => Protocol::RestXml,
        _ => Protocol::RestJson,
    };
    let sent: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let Some(Recognised {
        operation,
        mut members,
    }) = rest::recognise(service, method, path)
    else {
        let plain = path.split('?').next().unwrap_or(path);
        return (protocol, format!("{method} {plain}"), sent);
    };
    if protocol == Protocol::RestXml {
        if !body.is_empty() {
            let text = String::from_utf8_lossy(body).into_owned();
            members.insert("Body".to_owned(), Value::String(text));
        }
    } else if let Value::Object(fields) = sent {
        members.extend(fields);
    }
    (protocol, operation.to_owned(), Value::Object(members))
}

/// Access key, region and service of the signature
/// (`Credential=KEY/DATE/REGION/SERVICE/aws4_request`).
fn credential(headers: &HeaderMap) -> [String; 3] {
    let header = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let scope = header
        .split_once("Credential=")
        .map_or("", |(_, rest)| rest);
    let scope = scope.split([',', ' ']).next().unwrap_or("");
    let fields: Vec<&str> = scope.split('/').collect();
    match fields.as_slice() {
        [key, _, region, service, _] => [key, region, service].map(|field| (*field).to_owned()),
        _ => Default::default(),
    }
}

fn form(body: &[u8]) -> Map<String, Value> {
    form_urlencoded::parse(body)
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn request(
        service: &str,
        headers: &[(&str, &str)],
        method: &str,
        path: &str,
        body: &str,
    ) -> Request {
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/{service}/aws4_request, Signature=0"
        );
        let mut builder = hyper::Request::builder().method(method).uri(path);
        if !service.is_empty() {
            builder = builder.header("authorization", scope);
        }
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let (parts, ()) = builder.body(()).unwrap().into_parts();
        Request::recognise(&parts, Bytes::copy_from_slice(body.as_bytes()))
    }

    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

    #[test]
    fn requests_are_recognised() {
        let describe = request(
            "ec2",
            &[FORM],
            "POST",
            "/",
            "Action=DescribeVpcs&Filter.1.Name=tag%3Aa",
        );
        assert_eq!(describe.name(), "ec2:DescribeVpcs");
        assert_eq!(describe.protocol, Protocol::Ec2Query);
        assert_eq!(describe.text("Filter.1.Name"), "tag:a");
        assert_eq!(describe.access_key, "KEY");
        assert_eq!(describe.region, "us-east-1");

        let role = request("iam", &[FORM], "POST", "/", "Action=CreateRole&RoleName=a");
        assert_eq!(
            (role.name().as_str(), role.protocol),
            ("iam:CreateRole", Protocol::Query)
        );

        let target = (
            "x-amz-target",
            "AmazonEC2ContainerServiceV20141113.CreateCluster",
        );
        let cluster = request("ecs", &[target], "POST", "/", r#"{"clusterName":"a"}"#);
        assert_eq!(
            (cluster.name().as_str(), cluster.protocol),
            ("ecs:CreateCluster", Protocol::Json)
        );
        assert_eq!(cluster.text("clusterName"), "a");

        let bucket = request("s3", &[], "PUT", "/bucket?versioning", "<a/>");
        assert_eq!(
            (bucket.name().as_str(), bucket.protocol),
            ("s3:PutBucketVersioning", Protocol::RestXml)
        );
        assert_eq!(
            (bucket.text("Bucket"), bucket.text("Body")),
            ("bucket", "<a/>")
        );

        let path = "/2015-03-31/functions/f/policy";
        let right = request("lambda", &[], "POST", path, r#"{"StatementId":"s"}"#);
        assert_eq!(
            (right.name().as_str(), right.protocol),
            ("lambda:AddPermission", Protocol::RestJson)
        );
        assert_eq!(
            (right.text("FunctionName"), right.text("StatementId")),
            ("f", "s")
        );

        let unknown = request("sso", &[], "POST", "/token?a=b", "");
        assert_eq!(unknown.name(), "sso:POST /token");

        let web = request("", &[FORM], "POST", "/", "Action=AssumeRoleWithWebIdentity");
        assert_eq!(web.name(), "sts:AssumeRoleWithWebIdentity");
    }

    #[test]
    fn calls_are_told_apart_by_what_they_do() {
        let query = |service: &str, body: &str| request(service, &[FORM], "POST", "/", body);
        let facts = |call: &Request| {
            (
                call.is_mutating(),
                call.is_further_page(),
                call.gives_credentials(),
            )
        };
        let table = [
            (query("ec2", "Action=DescribeVpcs"), (false, false, false)),
            (
                query("ec2", "Action=DescribeVpcs&NextToken="),
                (false, false, false),
            ),
            (
                query("ec2", "Action=DescribeVpcs&NextToken=x"),
                (false, true, false),
            ),
            (
                query("elasticloadbalancing", "Action=DescribeRules&Marker=x"),
                (false, true, false),
            ),
            (query("ec2", "Action=CreateVpc"), (true, false, false)),
            (
                query("ec2", "Action=AuthorizeSecurityGroupIngress"),
                (true, false, false),
            ),
            (
                query("iam", "Action=GetAccountAuthorizationDetails"),
                (false, false, false),
            ),
            (
                query("sts", "Action=GetCallerIdentity"),
                (false, false, false),
            ),
            (query("sts", "Action=AssumeRole"), (false, false, true)),
            (
                request("", &[], "GET", "/federation/credentials?role=a", ""),
                (false, false, true),
            ),
            (
                request("s3", &[], "GET", "/bucket", ""),
                (false, false, false),
            ),
            (
                request("s3", &[], "DELETE", "/bucket", ""),
                (true, false, false),
            ),
            (
                request(
                    "s3",
                    &[],
                    "GET",
                    "/bucket?list-type=2&continuation-token=a",
                    "",
                ),
                (false, true, false),
            ),
            (
                request("lambda", &[], "GET", "/2015-03-31/functions?Marker=a", ""),
                (false, true, false),
            ),
            (
                request("route53", &[], "POST", "/2013-04-01/tags/hostedzone", ""),
                (false, false, false),
            ),
            (
                request(
                    "lambda",
                    &[],
                    "POST",
                    "/2015-03-31/functions/f/invocations",
                    "",
                ),
                (true, false, false),
            ),
        ];
        for (call, expected) in table {
            assert_eq!(facts(&call), expected, "{}", call.name());
        }
    }

    #[test]
    fn cbor_is_recognised_by_its_header() {
        let path = "/service/GraniteServiceVersion20100801/operation/DescribeAlarms";
        let marked = [("smithy-protocol", "rpc-v2-cbor")];
        let call = request("monitoring", &marked, "POST", path, "\u{61}");
        assert_eq!(
            (call.name().as_str(), call.protocol, call.is_mutating()),
            ("cloudwatch:DescribeAlarms", Protocol::Cbor, false)
        );
        assert_eq!(
            request("monitoring", &[], "POST", path, "").protocol,
            Protocol::RestJson
        );
    }

    #[test]
    fn lists_of_forms_are_read_in_order() {
        let call = request(
            "ec2",
            &[FORM],
            "POST",
            "/",
            "Action=A&Id.2=b&Id.1=a&Id.4=d&Idle.1=x",
        );
        assert_eq!(call.list("Id"), ["a", "b"]);
    }
}
