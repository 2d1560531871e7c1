//! The IAM role with its policies.
//!
//! Recognised by its owner tags, which the create call gives. A crash after that call leaves a role
//! without policies, which the next run adds. All roles of the account are read in one listing,
//! since IAM filters neither by tag nor by name.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{AttachedPolicy, EntityType, PolicyDetail, RoleDetail};
use futures::future::try_join_all;

use super::lifecycle::{Lifecycle, Mark};
use crate::aws::{Call, Clients, iam, if_present, required};
use crate::classes;
use crate::model::{
    Changes, Fault, FaultClass, Found, Id, PolicyDocument, Query, Resolved, State, TagChange, Tags,
};
use qpiac_derive::{Outputs, Resource};

classes! {
    /// Identifies a role.
    IamRoleArn = "iam-role", "arn:aws:iam::{account}:role/{name}";
}

/// How many roles one page of the listing holds at most; a hundred unless asked for more.
const ROLES_PER_PAGE: i32 = 1000;

/// What a service or a task may do in the account.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "iam-role",
    outputs = IamRoleOutputs,
    replacement = "create-first",
    outage = "nobody can assume it",
    named = "name",
    find = "iam:GetAccountAuthorizationDetails",
    create = "iam:CreateRole, iam:TagRole, iam:PutRolePolicy, iam:AttachRolePolicy",
    update = "iam:UpdateAssumeRolePolicy, iam:PutRolePolicy, iam:DeleteRolePolicy, \
              iam:AttachRolePolicy, iam:DetachRolePolicy, iam:TagRole, iam:UntagRole",
    delete = "iam:DeleteRolePolicy, iam:DetachRolePolicy, iam:DeleteRole"
)]
pub struct IamRole {
    /// Its name, unique in the account whatever the case; at most 64 characters.
    #[attribute(replace)]
    pub name: String,
    /// Who may take it on. A principal that was deleted shows as its unique id, which differs from
    /// every ARN, so the policy is put again.
    #[attribute(update)]
    pub assume_role_policy: PolicyDocument,
    /// Policies that are part of the role, by name.
    #[attribute(update)]
    pub inline_policies: BTreeMap<String, PolicyDocument>,
    /// ARNs of policies that are attached to it.
    #[attribute(update)]
    pub managed_policy_arns: BTreeSet<String>,
}

/// What a role gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct IamRoleOutputs {
    /// The role's ARN.
    pub arn: Id<IamRoleArn>,
}

impl Lifecycle for IamRole {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let is_asked = |role: &RoleDetail, tags: &Tags| match which {
            Query::Owned { owner, names } => {
                owner.owns(tags)
                    || role
                        .role_name
                        .as_ref()
                        .is_some_and(|name| names.contains(name))
            }
            Query::Ids(arns) => role.arn.as_ref().is_some_and(|arn| arns.contains(arn)),
            Query::Under(_) => false,
        };
        let pages = aws
            .iam
            .get_account_authorization_details()
            .filter(EntityType::Role)
            .max_items(ROLES_PER_PAGE)
            .into_paginator()
            .send()
            .try_collect()
            .await
            .at("iam:GetAccountAuthorizationDetails")?;
        let mut found = Vec::new();
        for role in pages
            .into_iter()
            .flat_map(|page| page.role_detail_list.unwrap_or_default())
        {
            let tags = iam::read_tags(role.tags());
            if is_asked(&role, &tags) {
                found.push(read(role, tags)?);
            }
        }
        Ok(found)
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<IamRoleOutputs, Fault> {
        let reply = aws
            .iam
            .create_role()
            .role_name(&want.name)
            .assume_role_policy_document(text(&want.assume_role_policy)?)
            .set_tags(Some(iam::tags("iam:CreateRole", &mark.tags)?))
            .send()
            .await
            .at("iam:CreateRole")?;
        let role = required("iam:CreateRole", "the role", reply.role)?;
        let puts = want
            .inline_policies
            .iter()
            .map(|(name, policy)| put(aws, &want.name, name, policy));
        try_join_all(puts).await?;
        try_join_all(
            want.managed_policy_arns
                .iter()
                .map(|arn| attach(aws, &want.name, arn)),
        )
        .await?;
        Ok(IamRoleOutputs {
            arn: role.arn.into(),
        })
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        changes: Changes<'_>,
    ) -> Result<IamRoleOutputs, Fault> {
        let (role, before) = (&found.attributes.name, &found.attributes);
        if changes.has("assume_role_policy") {
            aws.iam
                .update_assume_role_policy()
                .role_name(role)
                .policy_document(text(&want.assume_role_policy)?)
                .send()
                .await
                .at("iam:UpdateAssumeRolePolicy")?;
        }
        for (name, policy) in &want.inline_policies {
            if before.inline_policies.get(name) != Some(policy) {
                put(aws, role, name, policy).await?;
            }
        }
        for arn in want
            .managed_policy_arns
            .difference(&before.managed_policy_arns)
        {
            attach(aws, role, arn).await?;
        }
        for name in before.inline_policies.keys() {
            if !want.inline_policies.contains_key(name) {
                remove(aws, role, name).await?;
            }
        }
        for arn in before
            .managed_policy_arns
            .difference(&want.managed_policy_arns)
        {
            detach(aws, role, arn).await?;
        }
        Ok(found.outputs)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        let role = &found.attributes.name;
        if !tags.set.is_empty() {
            aws.iam
                .tag_role()
                .role_name(role)
                .set_tags(Some(iam::tags("iam:TagRole", &tags.set)?))
                .send()
                .await
                .at("iam:TagRole")?;
        }
        if !tags.remove.is_empty() {
            aws.iam
                .untag_role()
                .role_name(role)
                .set_tag_keys(Some(tags.remove.clone()))
                .send()
                .await
                .at("iam:UntagRole")?;
        }
        Ok(())
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let role = &found.attributes.name;
        let attributes = &found.attributes;
        try_join_all(
            attributes
                .inline_policies
                .keys()
                .map(|name| remove(aws, role, name)),
        )
        .await?;
        try_join_all(
            attributes
                .managed_policy_arns
                .iter()
                .map(|arn| detach(aws, role, arn)),
        )
        .await?;
        aws.iam
            .delete_role()
            .role_name(role)
            .send()
            .await
            .at("iam:DeleteRole")?;
        Ok(())
    }
}

fn read(role: RoleDetail, tags: Tags) -> Result<Found<IamRole>, Fault> {
    const OPERATION: &str = "iam:GetAccountAuthorizationDetails";
    let arn = required(OPERATION, "a role's ARN", role.arn)?;
    let name = required(OPERATION, "a role's name", role.role_name)?;
    let trust = required(
        OPERATION,
        "a trust policy",
        role.assume_role_policy_document,
    )?;
    let mut inline_policies = BTreeMap::new();
    for PolicyDetail {
        policy_name,
        policy_document,
        ..
    } in role.role_policy_list.unwrap_or_default()
    {
        let name = required(OPERATION, "a policy's name", policy_name)?;
        let document = required(OPERATION, "a policy's document", policy_document)?;
        inline_policies.insert(name, policy(&document)?);
    }
    Ok(Found {
        attributes: IamRole {
            name,
            assume_role_policy: policy(&trust)?,
            inline_policies,
            managed_policy_arns: role
                .attached_managed_policies
                .unwrap_or_default()
                .into_iter()
                .filter_map(|AttachedPolicy { policy_arn, .. }| policy_arn)
                .collect(),
        },
        outputs: IamRoleOutputs {
            arn: arn.clone().into(),
        },
        tags,
        state: State::Ready,
        id: arn,
    })
}

/// A policy as IAM gives it: percent-encoded JSON (RFC 3986).
fn policy(encoded: &str) -> Result<PolicyDocument, Fault> {
    PolicyDocument::parse(&iam::decoded(encoded)).map_err(|error| {
        let message = format!("AWS answered with a policy that is no JSON: {error}");
        Fault::own(
            FaultClass::Rejected,
            "iam:GetAccountAuthorizationDetails",
            message,
        )
    })
}

fn text(policy: &PolicyDocument) -> Result<String, Fault> {
    required("iam:CreateRole", "a policy's text", policy.to_json_text())
}

async fn put(aws: &Clients, role: &str, name: &str, policy: &PolicyDocument) -> Result<(), Fault> {
    aws.iam
        .put_role_policy()
        .role_name(role)
        .policy_name(name)
        .policy_document(text(policy)?)
        .send()
        .await
        .at("iam:PutRolePolicy")?;
    Ok(())
}

async fn remove(aws: &Clients, role: &str, name: &str) -> Result<(), Fault> {
    let reply = aws
        .iam
        .delete_role_policy()
        .role_name(role)
        .policy_name(name)
        .send()
        .await;
    if_present(reply.at("iam:DeleteRolePolicy"))?;
    Ok(())
}

async fn attach(aws: &Clients, role: &str, arn: &str) -> Result<(), Fault> {
    aws.iam
        .attach_role_policy()
        .role_name(role)
        .policy_arn(arn)
        .send()
        .await
        .at("iam:AttachRolePolicy")?;
    Ok(())
}

async fn detach(aws: &Clients, role: &str, arn: &str) -> Result<(), Fault> {
    let reply = aws
        .iam
        .detach_role_policy()
        .role_name(role)
        .policy_arn(arn)
        .send()
        .await;
    if_present(reply.at("iam:DetachRolePolicy"))?;
    Ok(())
}
