//! Alarms, the dashboard, and who is told.

use aws_sdk_cloudwatch::types::Tag;

use super::{STACK, Scene};
use crate::program::{Program, WHOLE_STACK, edited};

const ALARM: &str = "qp-iac-cdn-headers-app-cpu";

#[tokio::test(flavor = "multi_thread")]
async fn monitoring() {
    let program = Program::whole().await;
    program.write(&edited(WHOLE_STACK, "# notify:", "notify:"));
    let scene = Scene::of(program).await;
    alarm(&scene).await;
    dashboard(&scene).await;
    topic(&scene).await;
}

async fn alarm(scene: &Scene) {
    scene
        .drifts("alarm_actions_disabled", async |s| {
            let disable = s.aws.cloudwatch.disable_alarm_actions();
            disable.alarm_names(ALARM).send().await.unwrap();
        })
        .await;
    scene
        .drifts("alarm_threshold", async |s| {
            let cloudwatch = &s.aws.cloudwatch;
            let read = cloudwatch.describe_alarms().alarm_names(ALARM);
            let alarm = read.send().await.unwrap().metric_alarms.unwrap().remove(0);
            let put = cloudwatch.put_metric_alarm().alarm_name(ALARM);
            let put = put
                .set_alarm_description(alarm.alarm_description)
                .set_namespace(alarm.namespace)
                .set_metric_name(alarm.metric_name)
                .set_statistic(alarm.statistic)
                .set_dimensions(alarm.dimensions)
                .set_period(alarm.period)
                .set_evaluation_periods(alarm.evaluation_periods)
                .set_datapoints_to_alarm(alarm.datapoints_to_alarm)
                .set_comparison_operator(alarm.comparison_operator)
                .set_treat_missing_data(alarm.treat_missing_data)
                .set_alarm_actions(alarm.alarm_actions)
                .set_ok_actions(alarm.ok_actions)
                .threshold(99.0);
            put.send().await.unwrap();
        })
        .await;
    scene
        .drifts("alarm_tag_added", async |s| {
            let read = s.aws.cloudwatch.describe_alarms().alarm_names(ALARM);
            let alarm = read.send().await.unwrap().metric_alarms.unwrap().remove(0);
            let tag = Tag::builder().key("by").value("hand").build();
            let add = s.aws.cloudwatch.tag_resource().tags(tag);
            let add = add.resource_arn(alarm.alarm_arn().unwrap());
            add.send().await.unwrap();
        })
        .await;
    scene
        .drifts("alarm_deleted", async |s| {
            let delete = s.aws.cloudwatch.delete_alarms();
            delete.alarm_names(ALARM).send().await.unwrap();
        })
        .await;
}

async fn dashboard(scene: &Scene) {
    let name = format!("{STACK}-us-east-1");
    scene
        .drifts("dashboard_widget_removed", async |s| {
            let cloudwatch = &s.aws.cloudwatch;
            let read = cloudwatch.get_dashboard().dashboard_name(&name);
            let body = read.send().await.unwrap().dashboard_body.unwrap();
            let mut body: serde_json::Value = serde_json::from_str(&body).unwrap();
            body["widgets"].as_array_mut().unwrap().remove(0);
            let put = cloudwatch.put_dashboard().dashboard_name(&name);
            let put = put.dashboard_body(body.to_string());
            put.send().await.unwrap();
        })
        .await;
    scene
        .drifts("dashboard_deleted", async |s| {
            let delete = s.aws.cloudwatch.delete_dashboards();
            delete.dashboard_names(&name).send().await.unwrap();
        })
        .await;
}

impl Scene {
    async fn topic(&self) -> String {
        let topics = self.aws.sns.list_topics().send().await.unwrap();
        let [topic] = topics.topics() else {
            panic!("{topics:?}")
        };
        topic.topic_arn().unwrap().to_owned()
    }
}

async fn topic(scene: &Scene) {
    scene
        .drifts("subscription_added", async |s| {
            let subscribe = s.aws.sns.subscribe().topic_arn(s.topic().await);
            let subscribe = subscribe.protocol("email");
            let subscribe = subscribe.endpoint("by-hand@example.com");
            subscribe.send().await.unwrap();
        })
        .await;
    scene
        .drifts("topic_deleted", async |s| {
            let delete = s.aws.sns.delete_topic().topic_arn(s.topic().await);
            delete.send().await.unwrap();
        })
        .await;
}
