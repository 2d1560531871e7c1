//! Traps of load balancers.

use std::sync::Arc;

use super::*;
use crate::aws::scripted::{Answer, Scripted, rest_error};
use crate::model::{Attributes, Change, FaultClass, Owner, Value};

fn balancer(access_logs: Option<AccessLogs>) -> LoadBalancer {
    LoadBalancer {
        name: "shop-alb".to_owned(),
        scheme: Scheme::InternetFacing,
        vpc_id: Ref::known("vpc-1"),
        subnets: BTreeSet::new(),
        security_groups: BTreeSet::new(),
        ip_address_type: IpAddressType::Ipv4,
        idle_timeout_s: 60,
        drop_invalid_header_fields: true,
        http2: true,
        deletion_protection: false,
        access_logs,
        hosted_zone: None,
    }
}

/// The policy that was just given to the bucket is not known everywhere at once.
#[tokio::test]
async fn access_denied_for_bucket_is_not_yet() {
    for message in [
        "Access Denied for bucket: shop-logs. Please check S3bucket permission",
        "S3Bucket validation transient issue",
    ] {
        let cloud = Scripted::new([rest_error(400, "InvalidConfigurationRequest", message)]);
        let want = balancer(Some(AccessLogs {
            bucket: Ref::known("shop-logs"),
            prefix: None,
        }));
        let arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop-alb/1";
        let found = Found {
            id: arn.to_owned(),
            attributes: balancer(None),
            outputs: LoadBalancerOutputs {
                arn: arn.into(),
                dns_name: "shop-alb-1.us-east-1.elb.amazonaws.com".into(),
                zone_id: "Z35SXDOTRQ7X7K".into(),
                suffix: "app/shop-alb/1".into(),
            },
            tags: Tags::new(),
            state: State::Ready,
        };
        let changes = [Change {
            attribute: "access_logs".into(),
            from: Value::Absent,
            to: want.values()["access_logs"].clone(),
        }];
        let want = Resolved::new(&want.values()).expect("all is known");
        let changed =
            LoadBalancer::update(&cloud.clients(), &want, found, Changes::new(&changes)).await;
        let fault = changed.expect_err("AWS may not write yet");
        assert_eq!(fault.class, FaultClass::NotYet, "{fault}");
    }
}

/// Records are found by the zone that the load balancer names.
#[tokio::test]
async fn a_zone_with_names_of_ours_is_not_given_up() {
    let zones = "<ListHostedZonesResponse><HostedZones><HostedZone><Id>/hostedzone/Z1</Id>\
                 <Name>example.com.</Name><CallerReference>a</CallerReference></HostedZone>\
                 </HostedZones><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>\
                 </ListHostedZonesResponse>";
    let companions = "<ListResourceRecordSetsResponse><ResourceRecordSets><ResourceRecordSet>\
                      <Name>www._qpiac.example.com.</Name><Type>TXT</Type><TTL>300</TTL>\
                      <ResourceRecords><ResourceRecord><Value>\
                      \"qpiac:shop@us-east-1/route53-record/main\"</Value></ResourceRecord>\
                      </ResourceRecords></ResourceRecordSet></ResourceRecordSets>\
                      <IsTruncated>false</IsTruncated><MaxItems>300</MaxItems>\
                      </ListResourceRecordSetsResponse>";
    for (owner, new, is_refused) in [
        ("shop", None, true),
        ("shop", Some("example.org"), true),
        ("shop", Some("Z1"), false),
        ("other", None, false),
    ] {
        let cloud = Scripted::new([zones, companions].map(|r| Answer::Reply(200, r.to_owned())));
        let aws = cloud
            .clients()
            .working_for(Owner::new(owner, "us-east-1"), Arc::default());
        let given_up = route53_record_reading::refuse_while_used(&aws, "example.com", new).await;
        match given_up {
            Err(fault) => {
                assert!(is_refused, "{owner} {new:?}");
                assert_eq!(fault.class, FaultClass::Conflict, "{fault}");
                assert!(fault.message.contains("www.example.com"), "{fault}");
            }
            Ok(()) => assert!(!is_refused, "{owner} {new:?}"),
        }
    }
}
