//! CloudWatch: alarms and dashboards.

use serde_json::{Value, json};
use testbed::Client;

use super::gap;

async fn cbor(client: &Client, operation: &str, body: &Value) -> Value {
    let reply = client.cbor(operation, body).await.unwrap();
    assert!(reply.is_success(), "{operation}: {}", reply.value());
    reply.value()
}

async fn cbor_outcome(client: &Client, operation: &str, body: &Value) -> String {
    let reply = client.cbor(operation, body).await.unwrap();
    if reply.is_success() {
        "ok".to_owned()
    } else {
        reply.code()
    }
}

fn alarm(name: &str, further: &Value) -> Value {
    let mut alarm = json!({
        "AlarmName": name, "EvaluationPeriods": 5, "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching",
    });
    for (field, value) in further.as_object().unwrap() {
        alarm[field] = value.clone();
    }
    alarm
}

#[tokio::test]
async fn alarms_are_given_back_as_they_were_sent() {
    let scenario = async |client: &Client| {
        let metric = |name: &str| json!({ "Namespace": "AWS/ApplicationELB", "MetricName": name });
        let part = |id: &str, name: &str| {
            let stat = json!({ "Metric": metric(name), "Period": 60, "Stat": "Sum" });
            json!({ "Id": id, "ReturnData": false, "MetricStat": stat })
        };
        let math = json!([
            { "Id": "rate", "Expression": "100*a/b", "ReturnData": true },
            part("a", "HTTPCode_Target_5XX_Count"),
            part("b", "RequestCount"),
        ]);
        let mut percentile = metric("TargetResponseTime");
        percentile["ExtendedStatistic"] = json!("p95");
        percentile["Period"] = json!(60);
        for sent in [
            alarm("math", &json!({ "Metrics": math })),
            alarm("percentile", &percentile),
        ] {
            cbor(client, "PutMetricAlarm", &sent).await;
        }
        let mut seen = Vec::new();
        for name in ["math", "percentile"] {
            let asked = json!({ "AlarmNames": [name] });
            let found = cbor(client, "DescribeAlarms", &asked).await;
            let alarm = &found["MetricAlarms"][0];
            seen.push(format!(
                "{} {} {} {}",
                alarm["Metrics"] == math,
                alarm["ExtendedStatistic"],
                alarm["Statistic"],
                alarm["Period"]
            ));
        }
        seen.join(", ")
    };
    gap(scenario, r#"true null null null, false "p95" null 60"#).await;
}

#[tokio::test]
async fn alarms_are_deleted_all_or_none() {
    let scenario = async |client: &Client| {
        let metric = json!({
            "Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Statistic": "Average", "Period": 60,
        });
        cbor(client, "PutMetricAlarm", &alarm("there", &metric)).await;
        let both = json!({ "AlarmNames": ["there", "missing"] });
        let said = cbor_outcome(client, "DeleteAlarms", &both).await;
        let found = cbor(
            client,
            "DescribeAlarms",
            &json!({ "AlarmNames": ["there"] }),
        )
        .await;
        format!(
            "{said}, {}",
            found["MetricAlarms"].as_array().unwrap().len()
        )
    };
    gap(scenario, "ResourceNotFound, 1").await;
}

#[tokio::test]
async fn a_dashboard_is_json_and_its_time_a_time() {
    let scenario = async |client: &Client| {
        let mut said = Vec::new();
        for body in ["{", "{\"widgets\":[]}"] {
            let sent = json!({ "DashboardName": "d", "DashboardBody": body });
            said.push(cbor_outcome(client, "PutDashboard", &sent).await);
        }
        let found = cbor(client, "ListDashboards", &json!({})).await;
        let time = &found["DashboardEntries"][0]["LastModified"]["$time"];
        format!("{}, {}", said.join(", "), time.is_number())
    };
    gap(scenario, "DashboardInvalidInputError, ok, true").await;
}
