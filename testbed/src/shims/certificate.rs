//! Certificates of ACM.
//!
//! - `DescribeCertificate`, `ListCertificates`: on AWS a certificate that is validated by DNS is
//!   `PENDING_VALIDATION` until every one of its records is in a hosted zone, then `ISSUED` for
//!   good; moto issues it after a time, ministack at once. AWS gives back the `KeyAlgorithm` that
//!   was sent; the emulators always `RSA_2048`.
//! - `ListCertificates`: AWS names the domains in `SubjectAlternativeNameSummaries`; moto in another
//!   field.
//! - `RequestCertificate` with an `IdempotencyToken` that was used: AWS gives the same certificate;
//!   ministack makes another.
//! - `DeleteCertificate` of one that a distribution or a listener names: AWS refuses with
//!   `ResourceInUseException`; the emulators delete it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use anyhow::Result;
use serde_json::{Value, json};

use super::distribution::configurations;
use super::{Answer, Next, Shim, memory, refusal};
use crate::operation::Request;
use crate::reply::Reply;

#[derive(Default)]
pub(crate) struct Certificate {
    /// By ARN, the key's algorithm.
    algorithms: Mutex<BTreeMap<String, Value>>,
    /// By region, token and domain name, the ARN.
    tokens: Mutex<BTreeMap<[String; 3], String>>,
    /// The ARNs of those that were issued.
    issued: Mutex<BTreeSet<String>>,
}

impl Shim for Certificate {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "acm:RequestCertificate",
            "acm:DescribeCertificate",
            "acm:ListCertificates",
            "acm:DeleteCertificate",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            match request.operation.as_str() {
                "RequestCertificate" => self.request(request, next).await,
                "DeleteCertificate" => delete(request, next).await,
                "DescribeCertificate" => {
                    let reply = next.forward(request).await?;
                    let mut body = reply.value();
                    if body["Certificate"].is_object() {
                        let records = validated(next).await?;
                        self.restore(&mut body["Certificate"], &records);
                    }
                    Ok(reply.with_value(&body))
                }
                _ => self.list(request, next).await,
            }
        })
    }
}

impl Certificate {
    async fn request(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let token = request.text("IdempotencyToken");
        let key = [&request.region, token, request.text("DomainName")].map(str::to_owned);
        let known = memory(&self.tokens).get(&key).cloned();
        if let Some(arn) = known.filter(|_| !token.is_empty()) {
            let asked = json!({ "CertificateArn": arn });
            let found = next
                .emulator_json("acm", "DescribeCertificate", &asked)
                .await?;
            if found.is_success() {
                return Ok(Reply::json(&asked));
            }
        }
        let reply = next.forward(request).await?;
        if let Some(arn) = reply.value()["CertificateArn"].as_str() {
            memory(&self.tokens).insert(key, arn.to_owned());
            let algorithm = &request.parameters["KeyAlgorithm"];
            if !algorithm.is_null() {
                memory(&self.algorithms).insert(arn.to_owned(), algorithm.clone());
            }
        }
        Ok(reply)
    }

    async fn list(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        // The emulators choose by states and algorithms of their own: all are asked for.
        let mut asked = request.parameters.clone();
        let states = asked["CertificateStatuses"].take();
        let kinds = asked["Includes"]["keyTypes"].take();
        if let Some(fields) = asked.as_object_mut() {
            fields.retain(|name, _| name != "CertificateStatuses" && name != "Includes");
        }
        let reply = next.forward(&request.with_value(asked)).await?;
        let mut body = reply.value();
        let Some(list) = body["CertificateSummaryList"].as_array_mut() else {
            return Ok(reply);
        };
        let mut kept = Vec::new();
        for summary in std::mem::take(list) {
            let described = next
                .json("acm", "DescribeCertificate", &summary_arn(&summary))
                .await?;
            let certificate = &described["Certificate"];
            let mut summary = summary;
            for field in ["Status", "KeyAlgorithm"] {
                summary[field] = certificate[field].clone();
            }
            summary["SubjectAlternativeNameSummaries"] =
                certificate["SubjectAlternativeNames"].clone();
            summary["HasAdditionalSubjectAlternativeNames"] = json!(false);
            let chosen = |wanted: &Value, usual: &[&str], value: &Value| match wanted.as_array() {
                Some(wanted) => wanted.contains(value),
                None => usual.is_empty() || usual.iter().any(|usual| value == usual),
            };
            if chosen(&states, &[], &summary["Status"])
                && chosen(&kinds, &["RSA_1024", "RSA_2048"], &summary["KeyAlgorithm"])
            {
                kept.push(summary);
            }
        }
        *list = kept;
        Ok(reply.with_value(&body))
    }

    fn restore(&self, certificate: &mut Value, records: &BTreeSet<[String; 2]>) {
        let arn = certificate["CertificateArn"].as_str().unwrap_or("");
        let arn = arn.to_owned();
        if let Some(algorithm) = memory(&self.algorithms).get(&arn) {
            certificate["KeyAlgorithm"] = algorithm.clone();
        }
        let issued = memory(&self.issued).contains(&arn);
        let mut valid = true;
        let options = certificate["DomainValidationOptions"].as_array_mut();
        for option in options.into_iter().flatten() {
            let record = &option["ResourceRecord"];
            let key = ["Name", "Value"].map(|field| plain(record[field].as_str().unwrap_or("")));
            let there = issued || record.is_object() && records.contains(&key);
            valid &= there;
            option["ValidationStatus"] = json!(if there {
                "SUCCESS"
            } else {
                "PENDING_VALIDATION"
            });
        }
        if certificate["Type"] == "AMAZON_ISSUED" {
            if valid {
                memory(&self.issued).insert(arn);
            }
            certificate["Status"] = json!(if valid {
                "ISSUED"
            } else {
                "PENDING_VALIDATION"
            });
            if let (false, Some(fields)) = (valid, certificate.as_object_mut()) {
                for issued in ["IssuedAt", "NotBefore", "NotAfter"] {
                    fields.remove(issued);
                }
            }
        }
    }
}

fn summary_arn(summary: &Value) -> Value {
    json!({ "CertificateArn": summary["CertificateArn"] })
}

/// A domain name without its dot at the end.
fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Name and value of every CNAME record of the account.
async fn validated(next: Next<'_>) -> Result<BTreeSet<[String; 2]>> {
    let path = "/2013-04-01/hostedzone";
    let (asked, reply) = next.rest("route53", "GET", path, "").await?;
    let zones = reply.element(&asked)?;
    let mut found = BTreeSet::new();
    for zone in zones.members("HostedZones") {
        let id = zone.at("Id").trim_start_matches("/hostedzone/");
        let path = format!("{path}/{id}/rrset");
        let (asked, reply) = next.rest("route53", "GET", &path, "").await?;
        let Ok(records) = reply.element(&asked) else {
            continue;
        };
        for record in records.members("ResourceRecordSets") {
            let values = record.members("ResourceRecords").iter();
            if record.at("Type") == "CNAME" {
                found.extend(
                    values.map(|value| [plain(record.at("Name")), plain(value.at("Value"))]),
                );
            }
        }
    }
    Ok(found)
}

async fn delete(request: &Request, next: Next<'_>) -> Result<Reply> {
    let arn = request.text("CertificateArn");
    let at_the_edge = configurations(next).await?.iter().any(|configuration| {
        let named = configuration.all("ACMCertificateArn");
        named.iter().any(|found| found.text == arn)
    });
    let elb = "elasticloadbalancing";
    let mut at_a_listener = false;
    let balancers = next.read(elb, "DescribeLoadBalancers", &[]).await?;
    for balancer in balancers.all("LoadBalancerArn") {
        let asked = [("LoadBalancerArn", balancer.text.as_str())];
        // It may be deleted meanwhile.
        if let Ok(listeners) = next.read(elb, "DescribeListeners", &asked).await {
            let named = listeners.all("CertificateArn");
            at_a_listener |= named.iter().any(|found| found.text == arn);
        }
    }
    if at_the_edge || at_a_listener {
        let message = format!("Certificate {arn} is in use.");
        return Ok(refusal(request, "ResourceInUseException", &message));
    }
    next.forward(request).await
}
