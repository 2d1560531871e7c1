//! The web ACL: what CloudFront asks AWS WAF about each request.
//!
//! Recognised by its owner tags, which the create call gives. Its name is unique in the account, so
//! a repeated create makes no second one. What CloudFront uses belongs to no region: it is made in
//! us-east-1, and stacks of all regions share the names. The API lists web ACLs by nothing, so all
//! are listed and those of a near name are looked at.

use aws_sdk_wafv2::types as sdk;
use futures::future::{try_join, try_join_all};

use super::lifecycle::{Lifecycle, Mark};
use super::web_acl_rule::{self, AclRule, Visibility};
use crate::aws::{Call, Clients, Pages, branch, if_present, of_build, required};
use crate::classes;
use crate::model::{Changes, Fault, Found, Id, Owner, Query, Resolved, State, TagChange, Tags};
use qpiac_derive::{Field, Outputs, Resource};

const LIST: &str = "wafv2:ListWebACLs";
const GET: &str = "wafv2:GetWebACL";
pub(super) const CREATE: &str = "wafv2:CreateWebACL";
const UPDATE: &str = "wafv2:UpdateWebACL";
const TAG: &str = "wafv2:TagResource";
/// How many web ACLs one page of the listing holds at most.
const PER_PAGE: i32 = 100;

classes! {
    /// Identifies a web ACL.
    WebAclArn = "web-acl",
        "arn:aws:wafv2:us-east-1:{account}:global/webacl/{name}/########-####-####-####-############";
}

/// Rules by which AWS WAF lets requests to CloudFront through or not.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "web-acl",
    outputs = WebAclOutputs,
    replacement = "create-first",
    outage = "no request is filtered",
    named = "name",
    find = "wafv2:ListWebACLs, wafv2:GetWebACL, wafv2:ListTagsForResource",
    create = "wafv2:CreateWebACL, wafv2:TagResource",
    update = "wafv2:UpdateWebACL, wafv2:GetWebACL, wafv2:TagResource, wafv2:UntagResource",
    delete = "wafv2:DeleteWebACL, wafv2:GetWebACL"
)]
pub struct WebAcl {
    /// Its name, unique in the account: at most 128 letters, digits, `_` and `-`.
    #[attribute(replace)]
    pub name: String,
    /// What it is for, at most 256 characters; AWS refuses an empty text.
    #[attribute(update)]
    pub description: String,
    /// What happens to a request that no rule decides about.
    #[attribute(update)]
    pub default_action: DefaultAction,
    /// The rules, by priority.
    #[attribute(update)]
    pub rules: Vec<AclRule>,
    /// What CloudWatch gets to see.
    #[attribute(update)]
    pub visibility: Visibility,
}

/// What happens to a request that no rule decides about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum DefaultAction {
    /// It goes through.
    #[field("allow")]
    Allow,
    /// It is answered with 403.
    #[field("block")]
    Block,
}

/// What a web ACL gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct WebAclOutputs {
    /// The web ACL's ARN.
    pub arn: Id<WebAclArn>,
}

/// What names a web ACL in calls.
struct Name<'a> {
    name: &'a str,
    id: &'a str,
}

impl Lifecycle for WebAcl {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let arns = match which {
            Query::Owned { owner, names } => near(aws, owner, names).await?,
            Query::Ids(arns) => arns.clone(),
            Query::Under(_) => Vec::new(),
        };
        let read = arns.iter().map(|arn| branch(read(aws, arn)));
        let mut found: Vec<Found<Self>> = try_join_all(read).await?.into_iter().flatten().collect();
        if let Query::Owned { owner, names } = which {
            found.retain(|one| owner.owns(&one.tags) || names.contains(&one.attributes.name));
        }
        Ok(found)
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<WebAclOutputs, Fault> {
        let reply = aws
            .wafv2
            .create_web_acl()
            .name(&want.name)
            .scope(sdk::Scope::Cloudfront)
            .description(&want.description)
            .default_action(default_action(want.default_action))
            .set_rules(Some(web_acl_rule::to_sdk(CREATE, &want.rules)?))
            .visibility_config(want.visibility.to_sdk(CREATE)?)
            .set_tags(Some(tags(CREATE, &mark.tags)?))
            .send()
            .await
            .at(CREATE)?;
        let arn = reply.summary.and_then(|summary| summary.arn);
        let arn = required(CREATE, "the web ACL's ARN", arn)?;
        Ok(WebAclOutputs { arn: arn.into() })
    }

    /// AWS takes a change only with the token of what was read last, so it is read once more.
    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<WebAclOutputs, Fault> {
        let name = name_in(&found.id)?;
        aws.wafv2
            .update_web_acl()
            .name(name.name)
            .id(name.id)
            .scope(sdk::Scope::Cloudfront)
            .lock_token(lock_token(aws, &name).await?)
            .description(&want.description)
            .default_action(default_action(want.default_action))
            .set_rules(Some(web_acl_rule::to_sdk(UPDATE, &want.rules)?))
            .visibility_config(want.visibility.to_sdk(UPDATE)?)
            .send()
            .await
            .at(UPDATE)?;
        Ok(found.outputs)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, change: &TagChange) -> Result<(), Fault> {
        if !change.set.is_empty() {
            aws.wafv2
                .tag_resource()
                .resource_arn(&found.id)
                .set_tags(Some(tags(TAG, &change.set)?))
                .send()
                .await
                .at(TAG)?;
        }
        if !change.remove.is_empty() {
            aws.wafv2
                .untag_resource()
                .resource_arn(&found.id)
                .set_tag_keys(Some(change.remove.clone()))
                .send()
                .await
                .at("wafv2:UntagResource")?;
        }
        Ok(())
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let name = name_in(&found.id)?;
        aws.wafv2
            .delete_web_acl()
            .name(name.name)
            .id(name.id)
            .scope(sdk::Scope::Cloudfront)
            .lock_token(lock_token(aws, &name).await?)
            .send()
            .await
            .at("wafv2:DeleteWebACL")?;
        Ok(())
    }
}

/// The ARNs of the web ACLs that may be the stack's, or are in the way of one that is wanted.
async fn near(aws: &Clients, owner: &Owner, names: &[String]) -> Result<Vec<String>, Fault> {
    let mut arns = Vec::new();
    let mut pages = Pages::default();
    let mut marker = None;
    loop {
        let page = aws
            .wafv2
            .list_web_acls()
            .scope(sdk::Scope::Cloudfront)
            .limit(PER_PAGE)
            .set_next_marker(marker)
            .send()
            .await
            .at(LIST)?;
        let summaries = page.web_acls.unwrap_or_default();
        // A full page alone has another one behind it, whatever the marker says.
        let is_full = usize::try_from(PER_PAGE).is_ok_and(|full| summaries.len() >= full);
        for summary in summaries {
            let name = summary.name.unwrap_or_default();
            let rest = name.strip_prefix(owner.stack.as_str());
            if rest.is_some_and(|rest| rest.starts_with('-')) || names.contains(&name) {
                arns.push(required(LIST, "a web ACL's ARN", summary.arn)?);
            }
        }
        marker = pages.next(LIST, page.next_marker.filter(|_| is_full))?;
        if marker.is_none() {
            return Ok(arns);
        }
    }
}

/// The name and the id in `arn:aws:wafv2:us-east-1:ACCOUNT:global/webacl/NAME/ID`.
fn name_in(arn: &str) -> Result<Name<'_>, Fault> {
    let name = arn.split_once(":global/webacl/").map(|(_, name)| name);
    let parts = name.and_then(|name| name.rsplit_once('/'));
    let (name, id) = required(GET, "a web ACL's ARN in a known form", parts)?;
    Ok(Name { name, id })
}

async fn lock_token(aws: &Clients, name: &Name<'_>) -> Result<String, Fault> {
    let reply = get(aws, name).await?;
    required(GET, "the lock token", reply.lock_token)
}

async fn get(
    aws: &Clients,
    name: &Name<'_>,
) -> Result<aws_sdk_wafv2::operation::get_web_acl::GetWebAclOutput, Fault> {
    aws.wafv2
        .get_web_acl()
        .name(name.name)
        .id(name.id)
        .scope(sdk::Scope::Cloudfront)
        .send()
        .await
        .at(GET)
}

/// A web ACL with its tags, which the API gives separately; nothing where there is none.
async fn read(aws: &Clients, arn: &str) -> Result<Option<Found<WebAcl>>, Fault> {
    let name = name_in(arn)?;
    let both = try_join(branch(get(aws, &name)), branch(tags_of(aws, arn)));
    let Some((reply, tags)) = if_present(both.await)? else {
        return Ok(None);
    };
    let acl = required(GET, "the web ACL", reply.web_acl)?;
    let visibility = required(GET, "a visibility", acl.visibility_config)?;
    let blocks = acl
        .default_action
        .is_some_and(|action| action.block.is_some());
    Ok(Some(Found {
        id: arn.to_owned(),
        attributes: WebAcl {
            name: acl.name,
            description: acl.description.unwrap_or_default(),
            default_action: if blocks {
                DefaultAction::Block
            } else {
                DefaultAction::Allow
            },
            rules: web_acl_rule::from_sdk(acl.rules.unwrap_or_default()),
            visibility: Visibility::from_sdk(visibility),
        },
        outputs: WebAclOutputs { arn: arn.into() },
        tags,
        state: State::Ready,
    }))
}

async fn tags_of(aws: &Clients, arn: &str) -> Result<Tags, Fault> {
    let call = aws.wafv2.list_tags_for_resource().resource_arn(arn);
    let reply = call.send().await.at("wafv2:ListTagsForResource")?;
    let tags = reply.tag_info_for_resource.and_then(|info| info.tag_list);
    Ok(tags
        .unwrap_or_default()
        .into_iter()
        .map(|tag| (tag.key, tag.value))
        .filter(|(key, _)| !key.starts_with("aws:"))
        .collect())
}

fn default_action(action: DefaultAction) -> sdk::DefaultAction {
    let new = sdk::DefaultAction::builder();
    match action {
        DefaultAction::Allow => new.allow(sdk::AllowAction::builder().build()),
        DefaultAction::Block => new.block(sdk::BlockAction::builder().build()),
    }
    .build()
}

fn tags(operation: &str, tags: &Tags) -> Result<Vec<sdk::Tag>, Fault> {
    tags.iter()
        .map(|(key, value)| sdk::Tag::builder().key(key).value(value).build())
        .collect::<Result<_, _>>()
        .map_err(|error| of_build(operation, &error))
}

#[cfg(test)]
#[path = "web_acl_tests.rs"]
mod tests;
