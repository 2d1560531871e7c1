//! Traps of alarms.

use serde_json::json;

use super::*;
use crate::aws::scripted::{Answer, Scripted, cbor_error, cbor_reply};
use crate::model::{Attributes, FaultClass};

const PATH: &str = "POST /service/GraniteServiceVersion20100801/operation/";

fn owner() -> Owner {
    Owner::new("shop", "us-east-1")
}

fn mark() -> Mark {
    let address = "metric-alarm/api-cpu".parse().expect("an address");
    Mark {
        tags: owner().mark(&address),
        token: String::new(),
    }
}

fn arn(name: &str) -> String {
    format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}")
}

fn alarm() -> MetricAlarm {
    MetricAlarm {
        name: "shop-api-cpu".to_owned(),
        description: None,
        namespace: "AWS/ECS".to_owned(),
        metric_name: "CPUUtilization".to_owned(),
        statistic: "Average".to_owned(),
        dimensions: BTreeMap::from([("ServiceName".to_owned(), Text::from("shop-api"))]),
        period_s: 60,
        evaluation_periods: 5,
        datapoints_to_alarm: 5,
        comparison: Comparison::AtLeast,
        threshold: Decimal::from(80_u32),
        treat_missing_data: MissingData::Missing,
        actions_enabled: true,
        alarm_actions: BTreeSet::new(),
        ok_actions: BTreeSet::new(),
    }
}

/// What AWS says of an alarm for which only what is needed was given.
fn described(name: &str) -> serde_json::Value {
    json!({
        "AlarmName": name,
        "AlarmArn": arn(name),
        "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization",
        "Statistic": "Average",
        "Dimensions": [{ "Name": "ServiceName", "Value": "shop-api" }],
        "Period": 60,
        "EvaluationPeriods": 5,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 80.0,
        "ActionsEnabled": true,
        "StateValue": "INSUFFICIENT_DATA",
    })
}

fn listed(alarms: &[serde_json::Value]) -> Answer {
    cbor_reply(&json!({ "MetricAlarms": alarms }))
}

fn tagged(tags: &Tags) -> Answer {
    let tags: Vec<_> = tags
        .iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    cbor_reply(&json!({ "Tags": tags }))
}

fn operations(cloud: &Scripted) -> Vec<String> {
    let operations = cloud.operations().into_iter();
    operations
        .map(|name| name.trim_start_matches(PATH).to_owned())
        .collect()
}

async fn owned(cloud: &Scripted, names: &[&str]) -> Vec<Found<MetricAlarm>> {
    let query = Query::Owned {
        owner: owner(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    let found = MetricAlarm::find(&cloud.clients(), &query).await;
    found.expect("found")
}

#[tokio::test]
async fn defaults_are_read_as_what_they_stand_for() {
    let cloud = Scripted::new([listed(&[described("shop-api-cpu")]), tagged(&mark().tags)]);
    let found = owned(&cloud, &[]).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].attributes.values(), alarm().values());
    assert_eq!(found[0].tags, mark().tags);
    assert_eq!(found[0].id, arn("shop-api-cpu"));
}

#[tokio::test]
async fn alarms_of_scaling_policies_and_of_others_are_not_ours() {
    // One that AWS made for a policy is not even asked for: it is not named like the stack's.
    let cloud = Scripted::new([listed(&[described("shop-by-hand")]), tagged(&Tags::new())]);
    assert!(owned(&cloud, &[]).await.is_empty());
    assert_eq!(
        operations(&cloud),
        ["DescribeAlarms", "ListTagsForResource"]
    );
    let asked = cloud.asked();
    assert!(asked[0].body.contains("AlarmNamePrefix") && asked[0].body.contains("shop-"));
    // But one with a name that is wanted stands in the way.
    let cloud = Scripted::new([listed(&[described("shop-by-hand")]), tagged(&Tags::new())]);
    let found = owned(&cloud, &["shop-by-hand"]).await;
    assert_eq!(found.len(), 1);
    assert!(!owner().owns(&found[0].tags));
}

#[tokio::test]
async fn alarms_on_a_formula_differ_from_all_that_is_wanted() {
    let formula = json!({
        "AlarmName": "shop-api-cpu",
        "AlarmArn": arn("shop-api-cpu"),
        "EvaluationPeriods": 1,
        "ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold",
        "ThresholdMetricId": "band",
        "TreatMissingData": "breaching",
        "Metrics": [{ "Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m)" }],
    });
    let cloud = Scripted::new([listed(&[formula]), tagged(&mark().tags)]);
    let found = owned(&cloud, &[]).await;
    let attributes = &found[0].attributes;
    assert_eq!(attributes.comparison, Comparison::OutsideBand);
    assert_eq!(attributes.treat_missing_data, MissingData::Breaching);
    assert_eq!((&*attributes.metric_name, &*attributes.statistic), ("", ""));
}

#[tokio::test]
async fn tags_are_given_once_since_put_metric_alarm_ignores_them_on_update() {
    let identity = "<GetCallerIdentityResponse><GetCallerIdentityResult>\
                    <Arn>arn:aws:iam::123456789012:user/dev</Arn><Account>123456789012</Account>\
                    </GetCallerIdentityResult></GetCallerIdentityResponse>";
    let empty = || cbor_reply(&json!({}));
    let cloud = Scripted::new([
        empty(),
        Answer::Reply(200, identity.to_owned()),
        empty(),
        empty(),
    ]);
    let aws = cloud.clients();
    let want = Resolved::new(&alarm().values()).expect("all is known");
    let outputs = MetricAlarm::create(&aws, &want, &mark()).await;
    let outputs = outputs.expect("put");
    assert_eq!(outputs.arn.as_str(), arn("shop-api-cpu"));
    let found = Found {
        attributes: alarm(),
        tags: mark().tags,
        state: State::Ready,
        id: arn("shop-api-cpu"),
        outputs,
    };
    let tags = TagChange {
        set: Tags::from([("team".to_owned(), "web".to_owned())]),
        remove: Vec::new(),
    };
    MetricAlarm::retag(&aws, &found, &tags)
        .await
        .expect("tagged");
    let updated = MetricAlarm::update(&aws, &want, found, Changes::new(&[])).await;
    updated.expect("put again");
    assert_eq!(
        operations(&cloud),
        [
            "PutMetricAlarm",
            "GetCallerIdentity",
            "TagResource",
            "PutMetricAlarm"
        ]
    );
    let asked = cloud.asked();
    assert!(asked[0].body.contains("qpiac:stack"));
    assert!(!asked[3].body.contains("qpiac:stack"));
}

#[tokio::test]
async fn percentiles_are_extended_statistics() {
    for (statistic, is_extended) in [("Average", false), ("SampleCount", false), ("p95", true)] {
        let cloud = Scripted::new([cbor_reply(&json!({}))]);
        let want = MetricAlarm {
            statistic: statistic.to_owned(),
            ..alarm()
        };
        let want = Resolved::new(&want.values()).expect("all is known");
        put(&cloud.clients(), &want, None).await.expect("put");
        let body = &cloud.asked()[0].body;
        assert_eq!(
            body.contains("ExtendedStatistic"),
            is_extended,
            "{statistic}"
        );
        assert!(body.contains(statistic));
    }
}

#[tokio::test]
async fn resource_not_found_is_gone() {
    let cloud = Scripted::new([cbor_error(404, "ResourceNotFound", "none", json!({}))]);
    let found = Found {
        attributes: alarm(),
        outputs: MetricAlarmOutputs {
            arn: arn("shop-api-cpu").into(),
        },
        tags: Tags::new(),
        state: State::Ready,
        id: arn("shop-api-cpu"),
    };
    let fault = MetricAlarm::delete(&cloud.clients(), found).await;
    assert_eq!(fault.expect_err("refused").class, FaultClass::Missing);
}
