//! Traps of scaling policies.

use serde_json::json;

use super::*;
use crate::aws::scripted::{Scripted, json_error, json_reply};
use crate::model::{Attributes, Owner, Parent};

const ID: &str = "service/shop-cluster/shop-api";
const LABEL: &str = "app/shop-alb/0123456789abcdef/targetgroup/shop-api/fedcba9876543210";

fn arn(name: &str) -> String {
    format!(
        "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:0-1-2:resource/ecs/{ID}:\
         policyName/{name}"
    )
}

fn policy() -> ScalingPolicy {
    ScalingPolicy {
        target: Ref::known(ID),
        name: "requests".to_owned(),
        metric: ScalingMetric::RequestCountPerTarget(LABEL.into()),
        target_value: Decimal::from(500_u32),
        scale_in_cooldown_s: 300,
        scale_out_cooldown_s: 60,
        disable_scale_in: false,
    }
}

fn described(name: &str, tracking: serde_json::Value) -> serde_json::Value {
    let mut policy = json!({
        "PolicyARN": arn(name),
        "PolicyName": name,
        "ServiceNamespace": "ecs",
        "ResourceId": ID,
        "ScalableDimension": "ecs:service:DesiredCount",
        "PolicyType": "StepScaling",
        "CreationTime": 1_700_000_000,
        "Alarms": [{ "AlarmName": "TargetTracking-x", "AlarmARN": "arn:aws:cloudwatch:x" }],
    });
    if !tracking.is_null() {
        policy["PolicyType"] = "TargetTrackingScaling".into();
        policy["TargetTrackingScalingPolicyConfiguration"] = tracking;
    }
    policy
}

async fn put(cloud: &Scripted) -> Result<ScalingPolicyOutputs, Fault> {
    let want = Resolved::new(&policy().values()).expect("all is known");
    let mark = Mark {
        tags: Tags::new(),
        token: String::new(),
    };
    ScalingPolicy::create(&cloud.clients(), &want, &mark).await
}

#[tokio::test]
async fn a_policy_is_put_with_the_label_of_its_target_group() {
    let cloud = Scripted::new([json_reply(&json!({ "PolicyARN": arn("requests") }))]);
    let outputs = put(&cloud).await.expect("put");
    assert_eq!(outputs.arn.as_str(), arn("requests"));
    let body: serde_json::Value = serde_json::from_str(&cloud.asked()[0].body).expect("JSON");
    assert_eq!(
        body["TargetTrackingScalingPolicyConfiguration"],
        json!({
            "TargetValue": 500.0,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ALBRequestCountPerTarget",
                "ResourceLabel": LABEL,
            },
            "ScaleOutCooldown": 60,
            "ScaleInCooldown": 300,
            "DisableScaleIn": false,
        })
    );
}

#[tokio::test]
async fn failed_resource_access_and_a_target_that_is_not_seen_yet_are_told_apart() {
    use FaultClass::{Missing, NotYet, Rejected, Throttled};
    let failed = "FailedResourceAccessException";
    let cases = [
        (failed, "Rate exceeded", Throttled),
        (
            failed,
            "User is not authorized to perform: cloudwatch:PutMetricAlarm",
            NotYet,
        ),
        (
            failed,
            "The security token included in the request is invalid",
            NotYet,
        ),
        (failed, "The alarm is broken", Rejected),
        (
            "ObjectNotFoundException",
            "No scalable target registered",
            Missing,
        ),
        (
            "ValidationException",
            "The resource label is not valid",
            Rejected,
        ),
    ];
    for (code, message, class) in cases {
        let cloud = Scripted::new([json_error(400, code, message)]);
        let fault = put(&cloud).await.expect_err("refused");
        assert_eq!(fault.class, class, "{fault}");
    }
}

#[tokio::test]
async fn policies_come_ten_at_a_time_and_whatever_is_there_is_read() {
    let cpu = json!({
        "TargetValue": 62.5,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "ECSServiceAverageCPUUtilization",
        },
        "DisableScaleIn": true,
    });
    let customized = json!({
        "TargetValue": 1.0,
        "CustomizedMetricSpecification": { "MetricName": "x" },
    });
    let pages = [
        json!({ "ScalingPolicies": [described("cpu", cpu)], "NextToken": "more" }),
        json!({ "ScalingPolicies": [
            described("own", customized),
            described("step", serde_json::Value::Null),
        ] }),
    ];
    let cloud = Scripted::new(pages.map(|page| json_reply(&page)));
    let targets = Query::Under(vec![Parent {
        id: ID.to_owned(),
        owner: Owner::new("shop", "us-east-1"),
    }]);
    let found = ScalingPolicy::find(&cloud.clients(), &targets).await;
    let found: Vec<ScalingPolicy> = found
        .expect("found")
        .into_iter()
        .map(|found| found.attributes)
        .collect();
    assert_eq!(
        found[0].values(),
        ScalingPolicy {
            name: "cpu".to_owned(),
            metric: ScalingMetric::AverageCpu,
            target_value: Decimal::from(62.5),
            // As AWS has it where nobody said.
            scale_out_cooldown_s: 300,
            disable_scale_in: true,
            ..policy()
        }
        .values()
    );
    let others: Vec<_> = found[1..].iter().map(|policy| &policy.metric).collect();
    let other = |what: &str| ScalingMetric::Other(what.to_owned());
    assert_eq!(
        others,
        [&other("a customized metric"), &other("StepScaling")]
    );
}

#[tokio::test]
async fn a_policy_is_found_again_by_its_arn() {
    assert_eq!(target_in(&arn("requests")), Some(ID));
    assert_eq!(target_in("arn:aws:autoscaling:x"), None);
    let reply = json!({ "ScalingPolicies": [
        described("requests", serde_json::Value::Null),
        described("step", serde_json::Value::Null),
    ] });
    let cloud = Scripted::new([json_reply(&reply)]);
    let ids = Query::Ids(vec![arn("requests")]);
    let found = ScalingPolicy::find(&cloud.clients(), &ids).await;
    let found = found.expect("found");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].attributes.name, "requests");
}
