//! S3 buckets, images in ECR, web ACLs.

use serde_json::json;
use testbed::{Client, Element};

use super::{call, gap, json_outcome, rest_outcome};

#[tokio::test]
async fn a_new_bucket_is_closed_and_has_its_tags() {
    let scenario = async |client: &Client| {
        let tagged = "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags></CreateBucketConfiguration>";
        let made = rest_outcome(client, "s3", "PUT", "/bucket", tagged).await;
        let mut seen = vec![made];
        for (place, field) in [
            ("tagging", "Value"),
            ("publicAccessBlock", "RestrictPublicBuckets"),
            ("encryption", "SSEAlgorithm"),
            ("ownershipControls", "ObjectOwnership"),
        ] {
            let path = format!("/bucket?{place}");
            let reply = client.rest("s3", "GET", &path, &[], "").await.unwrap();
            let root = Element::parse(&reply.text()).unwrap();
            let found = root.all(field).first().map(|found| found.text.clone());
            seen.push(found.unwrap_or_default());
        }
        seen.join(" ")
    };
    gap(scenario, "ok b true AES256 BucketOwnerEnforced").await;
}

#[tokio::test]
async fn two_manifests_are_two_images() {
    let scenario = async |client: &Client| {
        call(
            client,
            "ecr",
            "CreateRepository",
            json!({ "repositoryName": "r" }),
        )
        .await;
        for (tag, size) in [("one", 1), ("two", 2)] {
            let manifest = json!({
                "schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                "config": { "mediaType": "a", "size": size, "digest": "b" }, "layers": [],
            });
            let image = json!({
                "repositoryName": "r", "imageTag": tag, "imageManifest": manifest.to_string(),
            });
            call(client, "ecr", "PutImage", image).await;
        }
        let asked = json!({ "repositoryName": "r", "imageIds": [{ "imageTag": "one" }, { "imageTag": "two" }] });
        let found = call(client, "ecr", "BatchGetImage", asked).await;
        let digest = |index: usize| found["images"][index]["imageId"]["imageDigest"].clone();
        (digest(0) != digest(1)).to_string()
    };
    gap(scenario, "true").await;
}

#[tokio::test]
async fn scanning_that_is_not_asked_for_is_off() {
    let scenario = async |client: &Client| {
        let on =
            json!({ "repositoryName": "r", "imageScanningConfiguration": { "scanOnPush": true } });
        call(client, "ecr", "CreateRepository", on).await;
        let off = json!({ "repositoryName": "r", "imageScanningConfiguration": {} });
        call(client, "ecr", "PutImageScanningConfiguration", off).await;
        let found = call(client, "ecr", "DescribeRepositories", json!({})).await;
        found["repositories"][0]["imageScanningConfiguration"]["scanOnPush"].to_string()
    };
    gap(scenario, "false").await;
}

#[tokio::test]
async fn a_web_acls_name_is_taken_once_and_one_in_use_stays() {
    let scenario = async |client: &Client| {
        let seen = json!({
            "SampledRequestsEnabled": false, "CloudWatchMetricsEnabled": false, "MetricName": "m",
        });
        let sent = json!({
            "Name": "acl", "Scope": "CLOUDFRONT", "DefaultAction": { "Allow": {} }, "Rules": [],
            "VisibilityConfig": seen,
        });
        let made = call(client, "wafv2", "CreateWebACL", sent.clone()).await;
        let again = json_outcome(client, "wafv2", "CreateWebACL", sent).await;
        let summary = &made["Summary"];
        let distribution = format!(
            "<DistributionConfig xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
             <CallerReference>a</CallerReference><Comment>text</Comment><Enabled>true</Enabled>\
             <Origins><Quantity>1</Quantity><Items><Origin><Id>app</Id>\
             <DomainName>app.example.com</DomainName></Origin></Items></Origins>\
             <DefaultCacheBehavior><TargetOriginId>app</TargetOriginId>\
             <ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy>\
             <CachePolicyId>4135ea2d-6df8-44a3-9df3-4b5a84be39ad</CachePolicyId>\
             </DefaultCacheBehavior><WebACLId>{}</WebACLId></DistributionConfig>",
            summary["ARN"].as_str().unwrap()
        );
        let path = "/2020-05-31/distribution";
        let distributed = rest_outcome(client, "cloudfront", "POST", path, &distribution).await;
        let delete = json!({
            "Name": "acl", "Scope": "CLOUDFRONT", "Id": summary["Id"],
            "LockToken": summary["LockToken"],
        });
        let deleted = json_outcome(client, "wafv2", "DeleteWebACL", delete).await;
        format!("{again}, {distributed}, {deleted}")
    };
    gap(
        scenario,
        "WAFDuplicateItemException, ok, WAFAssociatedItemException",
    )
    .await;
}

#[tokio::test]
async fn a_web_acl_can_lose_its_rules() {
    let scenario = async |client: &Client| {
        let seen = json!({
            "SampledRequestsEnabled": false, "CloudWatchMetricsEnabled": false, "MetricName": "m",
        });
        let rule = json!({
            "Name": "rate", "Priority": 0, "Action": { "Block": {} }, "VisibilityConfig": seen,
            "Statement": { "RateBasedStatement": { "Limit": 2000, "AggregateKeyType": "IP" } },
        });
        let mut sent = json!({
            "Name": "acl", "Scope": "CLOUDFRONT", "DefaultAction": { "Allow": {} }, "Rules": [rule],
            "VisibilityConfig": seen,
        });
        let made = call(client, "wafv2", "CreateWebACL", sent.clone()).await;
        let id = made["Summary"]["Id"].clone();
        let mut counts = Vec::new();
        for rules in [json!([]), json!([rule])] {
            let asked = json!({ "Name": "acl", "Scope": "CLOUDFRONT", "Id": id });
            let found = call(client, "wafv2", "GetWebACL", asked.clone()).await;
            sent["Id"] = id.clone();
            sent["LockToken"] = found["LockToken"].clone();
            sent["Rules"] = rules;
            call(client, "wafv2", "UpdateWebACL", sent.clone()).await;
            let found = call(client, "wafv2", "GetWebACL", asked).await;
            counts.push(found["WebACL"]["Rules"].as_array().unwrap().len());
        }
        format!("{counts:?}")
    };
    gap(scenario, "[0, 1]").await;
}
