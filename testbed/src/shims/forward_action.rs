//! Forwarding actions on ministack.
//!
//! `CreateListener`, `ModifyListener`, `CreateRule`, `ModifyRule`: on AWS a forward may name its target
//! group in `ForwardConfig` alone; ministack forgets that, and keeps `TargetGroupArn` alone.

use super::{Answer, Next, Shim};
use crate::operation::Request;

pub(crate) struct ForwardAction;

impl Shim for ForwardAction {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:ModifyListener",
            "elasticloadbalancing:CreateRule",
            "elasticloadbalancing:ModifyRule",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            let mut form = request.form();
            for list in ["DefaultActions", "Actions"] {
                let actions = (1..)
                    .map(|index| format!("{list}.member.{index}"))
                    .take_while(|name| !request.text(&format!("{name}.Type")).is_empty());
                for action in actions {
                    let groups = format!("{action}.ForwardConfig.TargetGroups.member");
                    let [first, second] = [1, 2].map(|index| {
                        request
                            .text(&format!("{groups}.{index}.TargetGroupArn"))
                            .to_owned()
                    });
                    if !first.is_empty() && second.is_empty() {
                        form.insert(format!("{action}.TargetGroupArn"), first.into());
                    }
                }
            }
            next.forward(&request.with_form(form)).await
        })
    }
}
