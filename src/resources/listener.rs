//! The listener: a child of a load balancer, told apart by its port.
//!
//! Recognised by its load balancer. A repeated create answers with the listener that the first one
//! made, or with one that differs, which the next run updates.

use aws_sdk_elasticloadbalancingv2::types as sdk;
use futures::future::try_join_all;

use super::certificate::CertificateArn;
use super::lifecycle::{Lifecycle, Mark};
use super::listener_action::{self, Action};
use super::load_balancer::LoadBalancerArn;
use crate::aws::{Call, Clients, elbv2, if_present, required};
use crate::classes;
use crate::model::{Changes, Fault, Found, Id, Query, Ref, Resolved, State, Tags};
use qpiac_derive::{Field, Outputs, Resource};

const LIST: &str = "elasticloadbalancing:DescribeListeners";
const CREATE: &str = "elasticloadbalancing:CreateListener";
const MODIFY: &str = "elasticloadbalancing:ModifyListener";

classes! {
    /// Identifies a listener.
    ListenerArn = "listener",
        "arn:aws:elasticloadbalancing:{region}:{account}:listener/app/################/################";
}

/// A port of a load balancer, and what is done with requests that no rule of it wants.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "listener",
    outputs = ListenerOutputs,
    replacement = "delete-first",
    outage = "its port accepts no connection",
    parent = "load_balancer_arn",
    key = "port",
    find = "elasticloadbalancing:DescribeListeners",
    create = "elasticloadbalancing:CreateListener, elasticloadbalancing:AddTags",
    update = "elasticloadbalancing:ModifyListener",
    delete = "elasticloadbalancing:DeleteListener"
)]
pub struct Listener {
    /// The load balancer.
    #[attribute(replace)]
    pub load_balancer_arn: Ref<LoadBalancerArn>,
    /// The port.
    #[attribute(replace)]
    pub port: u16,
    /// What is spoken on it.
    #[attribute(update)]
    pub protocol: ListenerProtocol,
    /// The ARN of the certificate that is shown to clients; needed for HTTPS, absent for HTTP.
    #[attribute(update, ready)]
    pub certificate_arn: Option<Ref<CertificateArn>>,
    /// The named set of TLS versions and ciphers; needed for HTTPS, absent for HTTP.
    #[attribute(update)]
    pub ssl_policy: Option<String>,
    /// What is done with requests that no rule wants.
    #[attribute(update)]
    pub default_action: Action,
}

/// What a listener speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum ListenerProtocol {
    /// Plain HTTP.
    #[field("HTTP")]
    Http,
    /// HTTP over TLS.
    #[field("HTTPS")]
    Https,
}

/// What a listener gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct ListenerOutputs {
    /// The listener's ARN.
    pub arn: Id<ListenerArn>,
}

impl Lifecycle for Listener {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let new = || aws.elbv2.describe_listeners();
        let calls = match which {
            // Its load balancer says whose it is.
            Query::Owned { .. } => Vec::new(),
            Query::Ids(arns) => arns.iter().map(|arn| new().listener_arns(arn)).collect(),
            Query::Under(balancers) => balancers
                .iter()
                .map(|balancer| new().load_balancer_arn(&balancer.id))
                .collect(),
        };
        let pages = calls.into_iter().map(|call| async {
            let items = call.into_paginator().items().send().try_collect();
            if_present(items.await.at(LIST))
        });
        let listeners = try_join_all(pages).await?;
        listeners
            .into_iter()
            .flatten()
            .flatten()
            .map(read)
            .collect()
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<ListenerOutputs, Fault> {
        let actions = listener_action::to_sdk(CREATE, want, &want.default_action)?;
        let reply = aws
            .elbv2
            .create_listener()
            .load_balancer_arn(want.known(&want.load_balancer_arn))
            .port(want.port.into())
            .protocol(want.protocol.to_sdk())
            .set_certificates(want.certificates())
            .set_ssl_policy(want.ssl_policy.clone())
            .set_default_actions(actions)
            .set_tags(elbv2::tags(&mark.tags))
            .send()
            .await
            .at(CREATE)?;
        let mut arns = reply
            .listeners
            .into_iter()
            .flatten()
            .filter_map(|listener| listener.listener_arn);
        let arn = required(CREATE, "the listener's ARN", arns.next())?;
        Ok(ListenerOutputs { arn: arn.into() })
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<ListenerOutputs, Fault> {
        let actions = listener_action::to_sdk(MODIFY, want, &want.default_action)?;
        aws.elbv2
            .modify_listener()
            .listener_arn(found.id)
            .protocol(want.protocol.to_sdk())
            .set_certificates(want.certificates())
            .set_ssl_policy(want.ssl_policy.clone())
            .set_default_actions(actions)
            .send()
            .await
            .at(MODIFY)?;
        Ok(found.outputs)
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.elbv2
            .delete_listener()
            .listener_arn(found.id)
            .send()
            .await
            .at("elasticloadbalancing:DeleteListener")?;
        Ok(())
    }
}

impl Listener {
    fn certificates(&self) -> Option<Vec<sdk::Certificate>> {
        let arn = self.certificate_arn.as_ref()?;
        let certificate =
            sdk::Certificate::builder().set_certificate_arn(arn.id().map(str::to_owned));
        Some(vec![certificate.build()])
    }
}

impl ListenerProtocol {
    fn to_sdk(self) -> sdk::ProtocolEnum {
        match self {
            Self::Http => sdk::ProtocolEnum::Http,
            Self::Https => sdk::ProtocolEnum::Https,
        }
    }
}

fn read(listener: sdk::Listener) -> Result<Found<Listener>, Fault> {
    let arn = required(LIST, "a listener's ARN", listener.listener_arn)?;
    let protocol = listener.protocol.as_ref().map(|p| p.as_str());
    let protocol = required(
        LIST,
        "a protocol of application load balancers",
        protocol.and_then(ListenerProtocol::from_word),
    )?;
    // The first certificate is the default one; the others are added by another operation.
    let mut certificates = listener.certificates.into_iter().flatten();
    let certificate = certificates.next().and_then(|c| c.certificate_arn);
    let secure = protocol == ListenerProtocol::Https;
    Ok(Found {
        attributes: Listener {
            load_balancer_arn: Ref::known(listener.load_balancer_arn.unwrap_or_default()),
            port: elbv2::read_port(listener.port),
            protocol,
            certificate_arn: certificate.filter(|_| secure).map(Ref::known),
            ssl_policy: listener.ssl_policy.filter(|_| secure),
            default_action: listener_action::from_sdk(listener.default_actions),
        },
        outputs: ListenerOutputs {
            arn: arn.clone().into(),
        },
        tags: Tags::new(),
        state: State::Ready,
        id: arn,
    })
}
