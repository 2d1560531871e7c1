//! Traps of dashboards.

use super::*;
use crate::aws::scripted::{Answer, Scripted, cbor_error, cbor_reply};
use crate::model::{Address, Attributes, FaultClass};

const ARN: &str = "arn:aws:cloudwatch::123456789012:dashboard/shop-us-east-1";

fn mark() -> Tags {
    let address: Address = "dashboard/main".parse().expect("an address");
    Owner::new("shop", "us-east-1").mark(&address)
}

fn dashboard() -> Dashboard {
    Dashboard {
        name: "shop-us-east-1".to_owned(),
        body: Document::from_json(&json!({ "widgets": [
            { "type": "text", "x": 0, "y": 0, "width": 24, "height": 2,
              "properties": { "markdown": "# shop" } },
            { "type": "metric", "x": 0, "y": 2, "width": 12, "height": 6,
              "properties": { "metrics": [["AWS/ECS", "CPUUtilization"]] } },
        ] })),
    }
}

fn written() -> Value {
    let mut body = dashboard().body.to_json().expect("all is known");
    add_mark(&mut body, &mark());
    body
}

fn got(body: &str) -> Answer {
    cbor_reply(&json!({
        "DashboardArn": ARN,
        "DashboardName": "shop-us-east-1",
        "DashboardBody": body,
    }))
}

async fn found(body: &str) -> Vec<Found<Dashboard>> {
    let entries = json!({ "DashboardEntries": [{ "DashboardName": "shop-us-east-1" }] });
    let cloud = Scripted::new([cbor_reply(&entries), got(body)]);
    let query = Query::Owned {
        owner: Owner::new("shop", "us-east-1"),
        names: Vec::new(),
    };
    let found = Dashboard::find(&cloud.clients(), &query).await;
    found.expect("found")
}

#[tokio::test]
async fn bodies_are_compared_as_json_without_the_widget_that_marks_them() {
    let body = written();
    let widgets = body["widgets"].as_array().expect("widgets");
    assert_eq!(widgets.len(), 3);
    assert_eq!(widgets[2]["y"], 8);
    let text = "qpiac:shop@us-east-1/dashboard/main";
    assert_eq!(widgets[2]["properties"]["markdown"], text);
    for body in [body.to_string(), format!("{body:#}")] {
        let found = found(&body).await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].attributes.values(), dashboard().values());
        assert_eq!(found[0].tags, mark());
        assert_eq!(found[0].id, ARN);
    }
}

#[tokio::test]
async fn a_dashboard_without_a_marker_is_not_ours() {
    let plain = dashboard().body.to_json().expect("all is known");
    for body in [plain.to_string(), "{}".to_owned(), "no JSON".to_owned()] {
        assert!(found(&body).await.is_empty(), "{body}");
    }
}

#[tokio::test]
async fn a_dashboard_that_went_since_it_was_listed_is_left_out() {
    let gone = || cbor_error(404, "ResourceNotFound", "it does not exist", json!({}));
    let cloud = Scripted::new([gone(), gone()]);
    let aws = cloud.clients();
    let ids = Query::Ids(vec![ARN.to_owned()]);
    let found = Dashboard::find(&aws, &ids).await.expect("nothing");
    assert!(found.is_empty());
    let left = Found {
        attributes: dashboard(),
        outputs: outputs(ARN.to_owned(), "shop-us-east-1".to_owned()),
        tags: mark(),
        state: State::Ready,
        id: ARN.to_owned(),
    };
    let fault = Dashboard::delete(&aws, left).await;
    assert_eq!(fault.expect_err("refused").class, FaultClass::Missing);
}

#[tokio::test]
async fn a_success_can_carry_validation_messages() {
    let said = json!({ "DashboardValidationMessages": [
        { "DataPath": "/widgets/1/properties", "Message": "metrics has no effect" },
    ] });
    let cloud = Scripted::new([cbor_reply(&said)]);
    let aws = cloud.clients();
    put(&aws, &dashboard(), &mark()).await.expect("written");
    assert_eq!(
        aws.take_notes(),
        ["dashboard shop-us-east-1: /widgets/1/properties: metrics has no effect"]
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_said() {
    let said = json!({ "dashboardValidationMessages": [
        { "DataPath": "/widgets/1", "Message": "Should have required property 'type'" },
        { "Message": "Should NOT be empty" },
    ] });
    let code = "InvalidParameterInput";
    let cloud = Scripted::new([cbor_error(400, code, "The body is not valid", said)]);
    let fault = put(&cloud.clients(), &dashboard(), &mark()).await;
    let fault = fault.expect_err("refused");
    assert_eq!(fault.class, FaultClass::Rejected);
    assert_eq!(
        fault.message,
        "The body is not valid: /widgets/1: Should have required property 'type'; Should NOT be \
         empty"
    );
}
