//! Certificates and the records that prove a domain.

use serde_json::{Value, json};
use testbed::{Client, Element};

use super::{call, gap, gap_of_ministack, json_outcome};

async fn zone(client: &Client) -> String {
    let sent = "<CreateHostedZoneRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">\
         <Name>example.com</Name><CallerReference>a</CallerReference></CreateHostedZoneRequest>";
    let path = "/2013-04-01/hostedzone";
    let reply = client
        .rest("route53", "POST", path, &[], sent)
        .await
        .unwrap();
    let made = Element::parse(&reply.text()).unwrap();
    made.at("HostedZone/Id").replace("/hostedzone/", "")
}

async fn change(client: &Client, zone: &str, action: &str, record: &str) -> String {
    let sent = format!(
        "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">\
         <ChangeBatch><Changes><Change><Action>{action}</Action><ResourceRecordSet>{record}\
         </ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
    );
    let path = format!("/2013-04-01/hostedzone/{zone}/rrset/");
    super::rest_outcome(client, "route53", "POST", &path, &sent).await
}

fn record(name: &str, kind: &str, seconds: u32, value: &str) -> String {
    format!(
        "<Name>{name}</Name><Type>{kind}</Type><TTL>{seconds}</TTL><ResourceRecords><ResourceRecord>\
         <Value>{value}</Value></ResourceRecord></ResourceRecords>"
    )
}

async fn requested(client: &Client) -> Value {
    let sent = json!({
        "DomainName": "www.example.com", "ValidationMethod": "DNS", "IdempotencyToken": "a",
        "KeyAlgorithm": "EC_prime256v1",
    });
    call(client, "acm", "RequestCertificate", sent).await
}

#[tokio::test]
async fn a_certificate_is_issued_when_its_records_are_there() {
    let scenario = async |client: &Client| {
        let zone = zone(client).await;
        let arn = requested(client).await;
        let described = async || {
            let found = call(client, "acm", "DescribeCertificate", arn.clone()).await;
            found["Certificate"].clone()
        };
        let before = described().await;
        let wanted = &before["DomainValidationOptions"][0]["ResourceRecord"];
        let text = |field: &str| wanted[field].as_str().unwrap().to_owned();
        let record = record(&text("Name"), "CNAME", 60, &text("Value"));
        change(client, &zone, "UPSERT", &record).await;
        let after = described().await;
        let kinds = json!({ "Includes": { "keyTypes": ["EC_prime256v1"] } });
        let listed = call(client, "acm", "ListCertificates", kinds).await;
        let issued = json!({ "CertificateStatuses": ["PENDING_VALIDATION"] });
        let pending = call(client, "acm", "ListCertificates", issued).await;
        let names = &listed["CertificateSummaryList"][0]["SubjectAlternativeNameSummaries"];
        format!(
            "{} {} {} {} {names} {}",
            before["Status"],
            after["Status"],
            after["KeyAlgorithm"],
            listed["CertificateSummaryList"][0]["Status"],
            pending["CertificateSummaryList"]
        )
    };
    let aws = r#""PENDING_VALIDATION" "ISSUED" "EC_prime256v1" "ISSUED" ["www.example.com"] []"#;
    gap(scenario, aws).await;
}

#[tokio::test]
async fn a_certificates_token_is_remembered() {
    let scenario =
        async |client: &Client| (requested(client).await == requested(client).await).to_string();
    gap_of_ministack(scenario, "true").await;
}

#[tokio::test]
async fn a_certificate_in_use_is_not_deleted() {
    let scenario = async |client: &Client| {
        let arn = requested(client).await;
        let distribution = format!(
            "<DistributionConfig xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
             <CallerReference>a</CallerReference><Comment>text</Comment><Enabled>true</Enabled>\
             <Origins><Quantity>1</Quantity><Items><Origin><Id>app</Id>\
             <DomainName>app.example.com</DomainName></Origin></Items></Origins>\
             <DefaultCacheBehavior><TargetOriginId>app</TargetOriginId>\
             <ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy>\
             <CachePolicyId>4135ea2d-6df8-44a3-9df3-4b5a84be39ad</CachePolicyId>\
             </DefaultCacheBehavior><ViewerCertificate><ACMCertificateArn>{}</ACMCertificateArn>\
             </ViewerCertificate></DistributionConfig>",
            arn["CertificateArn"].as_str().unwrap()
        );
        let path = "/2020-05-31/distribution";
        let made = super::rest_outcome(client, "cloudfront", "POST", path, &distribution).await;
        format!(
            "{made}, {}",
            json_outcome(client, "acm", "DeleteCertificate", arn).await
        )
    };
    gap(scenario, "ok, ResourceInUseException").await;
}

#[tokio::test]
async fn records_are_compared_with_what_is_there() {
    let scenario = async |client: &Client| {
        let zone = zone(client).await;
        let one = record("a.example.com", "TXT", 60, "\"one\"");
        let two = record("A.example.com.", "TXT", 60, "\"two\"");
        let behind = record("b.example.com", "TXT", 60, "\"one\"");
        change(client, &zone, "CREATE", &behind).await;
        let mut said = Vec::new();
        for (action, record) in [
            ("CREATE", &one),
            ("CREATE", &two),
            ("UPSERT", &two),
            ("DELETE", &one),
            ("DELETE", &two),
            ("DELETE", &two),
            ("CREATE", &one),
        ] {
            said.push(change(client, &zone, action, record).await);
        }
        said.join(" ")
    };
    let aws = "ok InvalidChangeBatch ok InvalidChangeBatch ok InvalidChangeBatch ok";
    gap(scenario, aws).await;
}

#[tokio::test]
async fn the_name_of_an_alias_ends_in_a_dot() {
    let scenario = async |client: &Client| {
        let zone = zone(client).await;
        let alias = "<Name>www.example.com</Name><Type>A</Type><AliasTarget>\
             <HostedZoneId>Z2FDTNDATAQYW2</HostedZoneId><DNSName>D1.cloudfront.net</DNSName>\
             <EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>";
        change(client, &zone, "CREATE", alias).await;
        let path = format!("/2013-04-01/hostedzone/{zone}/rrset");
        let reply = client.rest("route53", "GET", &path, &[], "").await.unwrap();
        let found = Element::parse(&reply.text()).unwrap();
        found.all("DNSName")[0].text.clone()
    };
    gap(scenario, "d1.cloudfront.net.").await;
}
