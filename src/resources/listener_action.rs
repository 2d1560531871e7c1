//! What a listener or one of its rules does with a request: an attribute that both have.
//!
//! May depend on `model`, `aws` and the target group's class. Invariant: an action that this program
//! would not write reads as [`Action::Other`], so that it never equals one that is wanted.

use aws_sdk_elasticloadbalancingv2::types as sdk;

use super::target_group::TargetGroupArn;
use crate::model::{Fault, FaultClass, Ref, Resolved};
use qpiac_derive::Field;

const TEXT_PLAIN: &str = "text/plain";

/// What is done with a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum Action {
    /// The load balancer answers itself, with plain text.
    FixedResponse(FixedResponse),
    /// A target of this target group answers.
    Forward(Ref<TargetGroupArn>),
    /// The client is sent to the same address over HTTPS, for good (status 301).
    RedirectToHttps(RedirectToHttps),
    /// Something else, found but never wanted; what AWS says of it.
    Other(String),
}

/// An answer of the load balancer's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct FixedResponse {
    /// The HTTP status: 2xx, 4xx or 5xx.
    pub status_code: u16,
    /// The text, at most 1024 characters.
    pub message_body: String,
}

/// Where a client is sent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct RedirectToHttps {
    /// The port.
    pub port: u16,
}

/// The list of actions that the API takes, for an action of `want`.
///
/// # Errors
/// A fault for [`Action::Other`], which nobody can want.
pub(super) fn to_sdk<R>(
    operation: &str,
    want: &Resolved<R>,
    action: &Action,
) -> Result<Option<Vec<sdk::Action>>, Fault> {
    let new = sdk::Action::builder();
    let action = match action {
        Action::FixedResponse(fixed) => new
            .r#type(sdk::ActionTypeEnum::FixedResponse)
            .fixed_response_config(
                sdk::FixedResponseActionConfig::builder()
                    .status_code(fixed.status_code.to_string())
                    .content_type(TEXT_PLAIN)
                    .message_body(&fixed.message_body)
                    .build(),
            ),
        Action::Forward(group) => new
            .r#type(sdk::ActionTypeEnum::Forward)
            .target_group_arn(want.known(group)),
        Action::RedirectToHttps(to) => new.r#type(sdk::ActionTypeEnum::Redirect).redirect_config(
            sdk::RedirectActionConfig::builder()
                .protocol("HTTPS")
                .port(to.port.to_string())
                .status_code(sdk::RedirectActionStatusCodeEnum::Http301)
                .build(),
        ),
        Action::Other(what) => {
            return Err(Fault::own(
                FaultClass::Rejected,
                operation,
                format!("no action can be made from `{what}`"),
            ));
        }
    };
    Ok(Some(vec![action.build()]))
}

/// The action that this list is.
pub(super) fn from_sdk(actions: Option<Vec<sdk::Action>>) -> Action {
    let mut actions = actions.unwrap_or_default();
    actions.sort_by_key(|action| action.order);
    let known = match actions.as_slice() {
        [action] => known(action),
        [] | [_, _, ..] => None,
    };
    known.unwrap_or_else(|| {
        let each: Vec<_> = actions.iter().map(describe).collect();
        Action::Other(each.join(", then "))
    })
}

fn known(action: &sdk::Action) -> Option<Action> {
    match action.r#type.as_ref()? {
        sdk::ActionTypeEnum::Forward => forward(action),
        sdk::ActionTypeEnum::FixedResponse => {
            let fixed = action.fixed_response_config.as_ref()?;
            let content_type = fixed.content_type.as_deref();
            let status_code = fixed.status_code.as_deref()?.parse().ok()?;
            // AWS answers with plain text where no type was given.
            (content_type.is_none_or(|t| t == TEXT_PLAIN)).then(|| {
                Action::FixedResponse(FixedResponse {
                    status_code,
                    message_body: fixed.message_body.clone().unwrap_or_default(),
                })
            })
        }
        sdk::ActionTypeEnum::Redirect => redirect(action.redirect_config.as_ref()?),
        _ => None,
    }
}

/// One target group may stand in either of two places, and does stand in both as AWS answers.
fn forward(action: &sdk::Action) -> Option<Action> {
    let config = action.forward_config.as_ref();
    let groups = config.and_then(|c| c.target_groups.as_deref());
    let arn = match groups.unwrap_or_default() {
        [] => action.target_group_arn.as_deref()?,
        [group] => group.target_group_arn.as_deref()?,
        [_, _, ..] => return None,
    };
    Some(Action::Forward(Ref::known(arn)))
}

/// What keeps a part of the request's address is the part's own placeholder.
fn redirect(to: &sdk::RedirectActionConfig) -> Option<Action> {
    let keeps = |part: &Option<String>, placeholder: &str| {
        part.as_deref().is_none_or(|part| part == placeholder)
    };
    let same_address =
        keeps(&to.host, "#{host}") && keeps(&to.path, "/#{path}") && keeps(&to.query, "#{query}");
    let for_good = to.status_code == Some(sdk::RedirectActionStatusCodeEnum::Http301);
    let https = to.protocol.as_deref() == Some("HTTPS");
    if !(same_address && for_good && https) {
        return None;
    }
    let port = to.port.as_deref()?.parse().ok()?;
    Some(Action::RedirectToHttps(RedirectToHttps { port }))
}

/// An action in words, without anything that could be secret.
fn describe(action: &sdk::Action) -> String {
    let mut words = vec![
        action
            .r#type
            .as_ref()
            .map_or("unknown", |kind| kind.as_str())
            .to_owned(),
    ];
    if let Some(arn) = &action.target_group_arn {
        words.push(arn.clone());
    }
    let config = action.forward_config.as_ref();
    for group in config
        .and_then(|c| c.target_groups.as_deref())
        .unwrap_or_default()
    {
        let arn = group.target_group_arn.as_deref().unwrap_or_default();
        words.push(format!("{arn} with weight {}", group.weight.unwrap_or(1)));
    }
    if let Some(fixed) = &action.fixed_response_config {
        words.extend(fixed.status_code.clone());
        words.extend(fixed.content_type.clone());
    }
    if let Some(to) = &action.redirect_config {
        words.extend(
            to.status_code
                .as_ref()
                .map(|status| status.as_str().to_owned()),
        );
        let parts = [&to.protocol, &to.host, &to.port, &to.path, &to.query];
        words.extend(parts.into_iter().flatten().cloned());
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(action: sdk::builders::ActionBuilder) -> Option<Vec<sdk::Action>> {
        Some(vec![action.build()])
    }

    fn group(arn: &str) -> sdk::TargetGroupTuple {
        let group = sdk::TargetGroupTuple::builder();
        group.target_group_arn(arn).weight(1).build()
    }

    fn forward_to(groups: &[&str]) -> sdk::builders::ActionBuilder {
        let mut config = sdk::ForwardActionConfig::builder();
        for arn in groups {
            config = config.target_groups(group(arn));
        }
        sdk::Action::builder()
            .r#type(sdk::ActionTypeEnum::Forward)
            .forward_config(config.build())
    }

    fn redirect_to() -> sdk::builders::RedirectActionConfigBuilder {
        sdk::RedirectActionConfig::builder()
            .protocol("HTTPS")
            .port("443")
            .status_code(sdk::RedirectActionStatusCodeEnum::Http301)
    }

    fn redirecting(to: sdk::builders::RedirectActionConfigBuilder) -> Option<Vec<sdk::Action>> {
        one(sdk::Action::builder()
            .r#type(sdk::ActionTypeEnum::Redirect)
            .redirect_config(to.build()))
    }

    #[test]
    fn both_forms_of_forwarding_are_one() {
        let wanted = Action::Forward(Ref::known("arn:a"));
        assert_eq!(from_sdk(one(forward_to(&["arn:a"]))), wanted);
        assert_eq!(
            from_sdk(one(forward_to(&["arn:a"]).target_group_arn("arn:a"))),
            wanted
        );
        assert_eq!(
            from_sdk(one(sdk::Action::builder()
                .r#type(sdk::ActionTypeEnum::Forward)
                .target_group_arn("arn:a"))),
            wanted
        );
        assert_eq!(
            from_sdk(one(forward_to(&["arn:a", "arn:b"]))),
            Action::Other("forward arn:a with weight 1 arn:b with weight 1".to_owned())
        );
    }

    #[test]
    fn only_a_lasting_redirect_that_keeps_the_address_is_ours() {
        let wanted = Action::RedirectToHttps(RedirectToHttps { port: 443 });
        assert_eq!(from_sdk(redirecting(redirect_to())), wanted);
        let spelled_out = redirect_to()
            .host("#{host}")
            .path("/#{path}")
            .query("#{query}");
        assert_eq!(from_sdk(redirecting(spelled_out)), wanted);
        assert_eq!(
            from_sdk(redirecting(redirect_to().host("example.com"))),
            Action::Other("redirect HTTP_301 HTTPS example.com 443".to_owned())
        );
        let for_now = redirect_to().status_code(sdk::RedirectActionStatusCodeEnum::Http302);
        assert_ne!(from_sdk(redirecting(for_now)), wanted);
    }

    #[test]
    fn several_actions_are_something_else() {
        let login = sdk::Action::builder()
            .r#type(sdk::ActionTypeEnum::AuthenticateOidc)
            .order(1);
        let actions = vec![forward_to(&["arn:a"]).order(2).build(), login.build()];
        assert_eq!(
            from_sdk(Some(actions)),
            Action::Other("authenticate-oidc, then forward arn:a with weight 1".to_owned())
        );
        assert_eq!(from_sdk(None), Action::Other(String::new()));
    }

    #[test]
    fn a_fixed_response_is_plain_text() {
        let fixed = |content_type: Option<&str>| {
            one(sdk::Action::builder()
                .r#type(sdk::ActionTypeEnum::FixedResponse)
                .fixed_response_config(
                    sdk::FixedResponseActionConfig::builder()
                        .status_code("404")
                        .set_content_type(content_type.map(str::to_owned))
                        .build(),
                ))
        };
        let wanted = Action::FixedResponse(FixedResponse {
            status_code: 404,
            message_body: String::new(),
        });
        assert_eq!(from_sdk(fixed(Some("text/plain"))), wanted);
        assert_eq!(from_sdk(fixed(None)), wanted);
        assert_eq!(
            from_sdk(fixed(Some("text/html"))),
            Action::Other("fixed-response 404 text/html".to_owned())
        );
    }
}
