//! How kinds say how a resource is, with replies of AWS.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::super::{
    IpAddressType, LambdaArchitecture, LambdaFunction, LambdaFunctionOutputs, Lifecycle,
    LoadBalancer, LoadBalancerOutputs, Scheme, SecretRotation, SecretRotationOutputs,
    SnsSubscription, SnsSubscriptionOutputs,
};
use crate::aws::scripted::{Answer, Scripted, ec2_error, json_error, json_reply};
use crate::engine::{Health, Wellness};
use crate::model::{Found, Ref, Resource, State, Tags};

fn found<R: Resource>(attributes: R, outputs: R::Outputs) -> Found<R> {
    Found {
        id: "id".to_owned(),
        attributes,
        outputs,
        tags: Tags::new(),
        state: State::Ready,
    }
}

async fn of<R: Lifecycle>(found: &Found<R>, answer: Answer) -> Health {
    let cloud = Scripted::new([answer.clone(), answer]);
    R::health(&cloud.clients(), found).await.expect("an answer")
}

#[tokio::test]
async fn a_rotation_is_as_well_as_its_next_date() {
    let rotation = SecretRotation {
        secret: Ref::known("arn"),
        function: Ref::known("arn"),
        days: 30,
    };
    let found = found(rotation, SecretRotationOutputs { id: "id".into() });
    let far_s = 4_102_444_800_i64;
    for (reply, wellness, summary) in [
        (
            json!({ "RotationEnabled": true, "NextRotationDate": far_s }),
            Wellness::Well,
            "due by 2100-01-01",
        ),
        (
            json!({ "RotationEnabled": true, "NextRotationDate": 1_000_000_000 }),
            Wellness::Ill,
            "overdue since 2001-09-09",
        ),
        (
            json!({ "RotationEnabled": false }),
            Wellness::Ill,
            "rotation is off",
        ),
    ] {
        let health = of(&found, json_reply(&reply)).await;
        assert_eq!((health.wellness, &*health.summary), (wellness, summary));
    }
    let denied = json_error(400, "AccessDeniedException", "not authorized");
    let health = of(&found, denied).await;
    assert_eq!(health.wellness, Wellness::Well);
    assert!(health.reasons[0].starts_with("not readable: secretsmanager:DescribeSecret"));
}

#[tokio::test]
async fn a_subscription_waits_until_somebody_follows_the_link() {
    let subscription = SnsSubscription {
        topic: Ref::known("arn:aws:sns:us-east-1:123456789012:shop"),
        protocol: "email".to_owned(),
        endpoint: "ops@example.com".to_owned(),
    };
    let found = found(subscription, SnsSubscriptionOutputs { id: "id".into() });
    for (arn, wellness, summary) in [
        ("PendingConfirmation", Wellness::Waiting, "not confirmed"),
        ("Deleted", Wellness::Ill, "it is gone"),
        (
            "arn:aws:sns:us-east-1:123456789012:shop:1",
            Wellness::Well,
            "confirmed",
        ),
    ] {
        let reply = format!(
            "<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions>\
             <member><SubscriptionArn>{arn}</SubscriptionArn><Protocol>email</Protocol>\
             <Endpoint>ops@example.com</Endpoint></member></Subscriptions>\
             </ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>"
        );
        let health = of(&found, Answer::Reply(200, reply)).await;
        assert_eq!((health.wellness, &*health.summary), (wellness, summary));
    }
}

#[tokio::test]
async fn a_load_balancer_that_cannot_grow_is_ill() {
    let balancer = LoadBalancer {
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
        access_logs: None,
        hosted_zone: None,
    };
    let outputs = LoadBalancerOutputs {
        arn: "arn".into(),
        dns_name: "shop.elb.amazonaws.com".into(),
        zone_id: "Z1".into(),
        suffix: "app/shop/1".into(),
    };
    let found = found(balancer, outputs);
    for (code, wellness, summary) in [
        ("active", Wellness::Well, "shop.elb.amazonaws.com"),
        ("active_impaired", Wellness::Ill, "active_impaired"),
        ("provisioning", Wellness::Waiting, "no addresses left"),
        ("failed", Wellness::Ill, "no addresses left"),
    ] {
        let reply = format!(
            "<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancers><member>\
             <State><Code>{code}</Code><Reason>no addresses left</Reason></State></member>\
             </LoadBalancers></DescribeLoadBalancersResult></DescribeLoadBalancersResponse>"
        );
        let health = of(&found, Answer::Reply(200, reply)).await;
        assert_eq!((health.wellness, &*health.summary), (wellness, summary));
    }
}

#[tokio::test]
async fn a_function_whose_metrics_may_not_be_read_is_not_called_ill() {
    let function = LambdaFunction {
        name: "shop-rotation".to_owned(),
        description: String::new(),
        runtime: "python3.13".to_owned(),
        handler: "rotation.handler".to_owned(),
        role: Ref::known("arn"),
        code_sha256: String::new(),
        architecture: LambdaArchitecture::Arm,
        memory: 128,
        timeout_s: 60,
        environment: BTreeMap::new(),
        log_group: Ref::known("/aws/lambda/shop-rotation"),
    };
    let outputs = LambdaFunctionOutputs {
        arn: "arn".into(),
        name: "shop-rotation".into(),
    };
    let mut found = found(function, outputs);
    let denied = ec2_error(403, "AccessDenied", "not authorized");
    let health = of(&found, denied.clone()).await;
    assert_eq!(health.wellness, Wellness::Well);
    assert!(health.reasons[0].starts_with("not readable: cloudwatch:GetMetricData"));
    found.state = State::Broken("InvalidImage: no".to_owned());
    let health = of(&found, denied).await;
    assert_eq!(health.wellness, Wellness::Ill);
    assert_eq!(health.summary, "InvalidImage: no");
}
