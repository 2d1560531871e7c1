//! Conditions as the API has them, and secrets among them.

use std::sync::Arc;

use super::*;
use crate::aws::scripted::{Answer, Scripted, json_error, json_reply};
use crate::model::{Attributes, Change, Contents, Field, Owner};
use serde_json::json;

const RULE: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:\
                    listener-rule/app/shop-alb/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee";
const LISTENER: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:\
                        listener/app/shop-alb/50dc6c495c0c9188/f2f7dc8efc522ab2";
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/cdn-auth-AbCdEf";

fn texts(values: &[&str]) -> BTreeSet<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn same(values: BTreeSet<String>) -> BTreeSet<String> {
    values
}

#[test]
fn a_rules_arn_contains_its_listeners() {
    assert_eq!(listener_of(RULE).as_deref(), Some(LISTENER));
    assert_eq!(listener_of(LISTENER), None);
}

#[test]
fn conditions_survive_the_api() {
    for condition in [
        Condition::PathPattern(texts(&["/api/*", "/v2/*"])),
        Condition::HostHeader(texts(&["shop.example.com"])),
        header("X-CDN-Auth", "0a1b2c3d4e"),
    ] {
        let plains = [Plain::from("0a1b2c3d4e".to_owned())];
        let sent = to_sdk(&condition, &plains).expect("a condition that can be made");
        assert_eq!(read_condition(sent, &same), condition);
    }
}

#[test]
fn conditions_of_other_kinds_are_something_else() {
    let read =
        |condition: sdk::builders::RuleConditionBuilder| read_condition(condition.build(), &same);
    let new = sdk::RuleCondition::builder;
    assert_eq!(
        read(new().field("path-pattern").values("/a")),
        Condition::PathPattern(BTreeSet::from(["/a".to_owned()]))
    );
    assert_eq!(
        read(new().field("path-pattern").regex_values("^/a")),
        Condition::Other("path-pattern".to_owned())
    );
    assert_eq!(
        read(new().field("source-ip").values("10.0.0.0/8")),
        Condition::Other("source-ip".to_owned())
    );
    let other = Condition::Other("source-ip".to_owned());
    assert!(to_sdk(&other, &[]).is_err());
}

fn header(name: &str, secret: &str) -> Condition {
    Condition::HttpHeader(HttpHeader {
        name: name.to_owned(),
        values: BTreeSet::from([Ref::known(secret)]),
    })
}

fn rule(path: &str, header: Condition) -> ListenerRule {
    ListenerRule {
        listener_arn: Ref::known(LISTENER),
        priority: 10,
        conditions: BTreeSet::from([Condition::PathPattern(texts(&[path])), header]),
        action: listener_action::from_sdk(None),
    }
}

/// A rule that accepts two values of its header.
fn described() -> Answer {
    let rules = format!(
        "<Rules><member><RuleArn>{RULE}</RuleArn><Priority>10</Priority>\
         <IsDefault>false</IsDefault><Conditions><member><Field>path-pattern</Field>\
         <PathPatternConfig><Values><member>/old/*</member></Values></PathPatternConfig></member>\
         <member><Field>http-header</Field><HttpHeaderConfig>\
         <HttpHeaderName>X-CDN-Auth</HttpHeaderName><Values><member>plain-a</member>\
         <member>plain-b</member></Values></HttpHeaderConfig></member></Conditions>\
         <Actions/></member></Rules>"
    );
    Answer::Reply(
        200,
        format!(
            "<DescribeRulesResponse><DescribeRulesResult>{rules}</DescribeRulesResult>\
             </DescribeRulesResponse>"
        ),
    )
}

fn modified() -> Answer {
    let body = "<ModifyRuleResponse><ModifyRuleResult/></ModifyRuleResponse>";
    Answer::Reply(200, body.to_owned())
}

fn clients(cloud: &Scripted) -> Clients {
    let owner = Owner::new("shop", "us-east-1");
    cloud
        .clients()
        .working_for(owner, Arc::new(Contents::default()))
}

/// An update of the rule's conditions from one to the other.
async fn update(aws: &Clients, from: &ListenerRule, to: &ListenerRule) -> Result<(), Fault> {
    let want = Resolved::new(&to.values()).expect("all is known");
    let found = Found {
        id: RULE.to_owned(),
        attributes: from.clone(),
        outputs: ListenerRuleOutputs { arn: RULE.into() },
        tags: Tags::new(),
        state: State::Ready,
    };
    let change = Change {
        attribute: "conditions".into(),
        from: from.conditions.value(),
        to: to.conditions.value(),
    };
    ListenerRule::update(aws, &want, found, Changes::new(&[change]))
        .await
        .map(drop)
}

#[tokio::test]
async fn another_path_leaves_both_values_of_a_rotation_in_place() {
    let cloud = Scripted::new([described(), modified()]);
    let aws = clients(&cloud);
    let header = || header("X-CDN-Auth", "fp:a");
    update(&aws, &rule("/old/*", header()), &rule("/new/*", header()))
        .await
        .expect("the script has answers");
    assert_eq!(cloud.operations(), ["DescribeRules", "ModifyRule"]);
    let body = &cloud.asked()[1].body;
    for part in ["plain-a", "plain-b", "new"] {
        assert!(body.contains(part), "{part} is not in {body}");
    }
    assert!(
        !body.contains("Actions") && !body.contains("fp%3A"),
        "{body}"
    );
}

#[tokio::test]
async fn another_header_gets_the_current_and_the_pending_value() {
    let value = |plain: &str| json_reply(&json!({ "SecretString": plain }));
    let cloud = Scripted::new([described(), value("plain-b"), value("plain-c"), modified()]);
    let aws = clients(&cloud);
    aws.vault().belongs("fp:a", SECRET);
    let (old, new) = (header("X-CDN-Auth", "fp:a"), header("X-Other", "fp:a"));
    update(&aws, &rule("/old/*", old), &rule("/old/*", new))
        .await
        .expect("the script has answers");
    let body = cloud.asked().pop().expect("a request").body;
    for part in ["plain-b", "plain-c", "X-Other"] {
        assert!(body.contains(part), "{part} is not in {body}");
    }
    assert!(
        !body.contains("plain-a"),
        "an older version is written: {body}"
    );
}

#[tokio::test]
async fn no_value_shows_in_what_is_read_or_refused() {
    let refused = "<ErrorResponse><Error><Code>ValidationError</Code>\
                   <Message>Condition value 'plain-a' is invalid</Message></Error></ErrorResponse>";
    let denied = json_error(400, "ResourceNotFoundException", "");
    let cloud = Scripted::new([
        described(),
        json_reply(&json!({ "SecretList": [] })),
        described(),
        Answer::Reply(400, refused.to_owned()),
        denied,
    ]);
    let aws = clients(&cloud);
    let found = ListenerRule::find(&aws, &Query::Ids(vec![RULE.to_owned()]))
        .await
        .expect("the script has answers");
    let shown = format!("{:?}", found[0].attributes.values());
    assert!(shown.contains("fp:") && !shown.contains("plain"), "{shown}");
    let header = || header("X-CDN-Auth", "fp:a");
    let fault = update(&aws, &rule("/old/*", header()), &rule("/new/*", header()))
        .await
        .expect_err("a refusal");
    assert_eq!(fault.message, "Condition value '(secret)' is invalid");
}
