//! Plain calls to an endpoint: the shims ask the emulators, and tests ask either side of the proxy.
//!
//! Depends on `homes`, `operation` and `reply`. Invariant: one connection per call, so that no call is ever
//! sent twice or lost in a connection that the server was closing.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderValue,
    TRANSFER_ENCODING,
};
use hyper::{Method, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::cbor;
use crate::homes::Homes;
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

/// Calls endpoints on the loopback interface.
#[derive(Clone, Debug)]
pub struct Client {
    homes: Homes,
    access_key: String,
    region: String,
}

impl Client {
    pub(crate) fn new(homes: Homes, access_key: &str) -> Client {
        Client {
            homes,
            access_key: access_key.to_owned(),
            region: crate::REGION.to_owned(),
        }
    }

    /// The same endpoint under another access key.
    #[must_use]
    pub fn signing_as(&self, access_key: &str) -> Client {
        Client {
            access_key: access_key.to_owned(),
            ..self.clone()
        }
    }

    /// The same endpoint, asked about another region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Client {
        Client {
            region: region.to_owned(),
            ..self.clone()
        }
    }

    /// The same caller, at the emulator that a service lives in, whichever service is asked.
    pub(crate) fn neighbour_of(&self, service: &str) -> Client {
        Client {
            homes: Homes::One(self.port_of(service)),
            ..self.clone()
        }
    }

    /// The port on the loopback interface where a service, such as `ec2`, is asked.
    #[must_use]
    pub fn port_of(&self, service: &str) -> u16 {
        self.homes.port_of(service)
    }

    /// Calls a service that takes forms (EC2, ELBv2, IAM, STS, SNS).
    ///
    /// # Errors
    ///
    /// When the connection breaks; a refusal by the service is a reply.
    pub async fn query(
        &self,
        service: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Reply> {
        self.forward(&self.query_request(service, action, parameters)?)
            .await
    }

    /// Calls a service that takes forms, and reads the XML of a successful reply.
    ///
    /// # Errors
    ///
    /// When the connection breaks, the service refuses, or the reply is not XML.
    pub async fn read(
        &self,
        service: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Element> {
        let request = self.query_request(service, action, parameters)?;
        self.forward(&request).await?.element(&request)
    }

    /// Calls a service that takes JSON by target (ECS, CloudWatch Logs, Secrets Manager, ...).
    ///
    /// # Errors
    ///
    /// When the connection breaks; a refusal by the service is a reply.
    pub async fn json(&self, service: &str, operation: &str, body: &Value) -> Result<Reply> {
        self.forward(&self.json_request(service, operation, body)?)
            .await
    }

    /// Calls a service by method and path (CloudFront, Lambda, Route 53, S3), with a body in XML or
    /// JSON, and the headers that the operation takes, such as `If-Match`.
    ///
    /// # Errors
    ///
    /// When the connection breaks; a refusal by the service is a reply.
    pub async fn rest(
        &self,
        service: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Reply> {
        let request = self.rest_request(service, method, path, headers, body)?;
        self.forward(&request).await
    }

    /// Sends a request of an application's user: unsigned, to the host that its headers name.
    ///
    /// # Errors
    ///
    /// When the connection breaks; whatever answers is a reply.
    pub async fn visit(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Reply> {
        let mut builder = hyper::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let (parts, ()) = builder.body(())?.into_parts();
        let port = self.homes.port_of("cloudfront");
        let body = Bytes::from(body.to_owned());
        self.send(port, parts.method, path, parts.headers, body)
            .await
    }

    /// Calls CloudWatch, in CBOR.
    ///
    /// # Errors
    ///
    /// When the connection breaks; a refusal by the service is a reply.
    pub async fn cbor(&self, operation: &str, body: &Value) -> Result<Reply> {
        self.forward(&self.cbor_request(operation, body)?).await
    }

    /// A call of a service that takes forms, not made yet.
    pub(crate) fn query_request(
        &self,
        service: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Request> {
        let version = match service {
            "ec2" => "2016-11-15",
            "elasticloadbalancing" => "2015-12-01",
            "iam" => "2010-05-08",
            "sts" => "2011-06-15",
            "sns" => "2010-03-31",
            other => bail!("the form protocol of {other} is not known here"),
        };
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", action)
            .append_pair("Version", version)
            .extend_pairs(parameters)
            .finish();
        let builder = hyper::Request::post("/")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(AUTHORIZATION, self.authorization(service));
        let (parts, ()) = builder.body(())?.into_parts();
        Ok(Request::recognise(&parts, Bytes::from(body)))
    }

    /// A call of a service that takes JSON, not made yet.
    pub(crate) fn json_request(
        &self,
        service: &str,
        operation: &str,
        body: &Value,
    ) -> Result<Request> {
        let prefix = match service {
            "acm" => "CertificateManager",
            "application-autoscaling" => "AnyScaleFrontendService",
            "ecr" => "AmazonEC2ContainerRegistry_V20150921",
            "ecs" => "AmazonEC2ContainerServiceV20141113",
            "events" => "AWSEvents",
            "logs" => "Logs_20140328",
            "secretsmanager" => "secretsmanager",
            "wafv2" => "AWSWAF_20190729",
            other => bail!("the JSON protocol of {other} is not known here"),
        };
        let builder = hyper::Request::post("/")
            .header(CONTENT_TYPE, "application/x-amz-json-1.1")
            .header("x-amz-target", format!("{prefix}.{operation}"))
            .header(AUTHORIZATION, self.authorization(service));
        let (parts, ()) = builder.body(())?.into_parts();
        Ok(Request::recognise(&parts, Bytes::from(body.to_string())))
    }

    /// A call by method and path, not made yet.
    pub(crate) fn rest_request(
        &self,
        service: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Request> {
        let mut builder = hyper::Request::builder()
            .method(method)
            .uri(path)
            .header(AUTHORIZATION, self.authorization(service));
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let (parts, ()) = builder.body(())?.into_parts();
        Ok(Request::recognise(&parts, Bytes::from(body.to_owned())))
    }

    /// A call of CloudWatch, not made yet.
    pub(crate) fn cbor_request(&self, operation: &str, body: &Value) -> Result<Request> {
        let path = format!("/service/GraniteServiceVersion20100801/operation/{operation}");
        let builder = hyper::Request::post(path)
            .header(CONTENT_TYPE, "application/cbor")
            .header("smithy-protocol", "rpc-v2-cbor")
            .header(AUTHORIZATION, self.authorization("monitoring"));
        let (parts, ()) = builder.body(())?.into_parts();
        Ok(Request::recognise(&parts, Bytes::from(cbor::write(body))))
    }

    /// Passes a request on as it is.
    pub(crate) async fn forward(&self, request: &Request) -> Result<Reply> {
        self.send(
            self.homes.port_of(&request.service),
            request.method.clone(),
            &request.path,
            request.headers.clone(),
            request.body.clone(),
        )
        .await
    }

    /// Makes one call over a connection of its own.
    pub(crate) async fn send(
        &self,
        port: u16,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Reply> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("cannot reach {address}"))?;
        stream
            .set_nodelay(true)
            .context("cannot set up the connection")?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let driving = tokio::spawn(connection);
        let mut request = hyper::Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse::<Uri>()?;
        *request.headers_mut() = headers;
        // A shim may have changed the body; its length is worked out anew.
        for name in [CONTENT_LENGTH, TRANSFER_ENCODING] {
            request.headers_mut().remove(name);
        }
        if !request.headers().contains_key(HOST) {
            request
                .headers_mut()
                .insert(HOST, address.to_string().parse()?);
        }
        request
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
        let (parts, body) = sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        driving.abort();
        Ok(Reply::new(parts.status, parts.headers, body))
    }

    /// What a signature looks like; emulators read its scope and do not verify it.
    fn authorization(&self, service: &str) -> String {
        let scope = format!(
            "{}/20260101/{}/{service}/aws4_request",
            self.access_key, self.region
        );
        format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0")
    }
}
