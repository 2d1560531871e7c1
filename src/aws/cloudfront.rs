//! What CloudFront's kinds have in common: listings, tags, and owner tags in comments.
//!
//! May depend on the other modules of `aws`. Invariant: tags that AWS sets itself (`aws:`) are never
//! seen above.

use std::future::Future;

use aws_sdk_cloudfront::types as sdk;

use super::clients::Clients;
use super::fault::{Call, of_build};
use super::marker;
use super::pages::Pages;
use super::presence::if_present;
use crate::model::{Fault, FaultClass, TagChange, Tags};

/// How long a comment may be, in characters (DistributionConfig and the policies' configurations in
/// the CloudFront API reference).
const COMMENT_LIMIT: usize = 128;

/// A page of a listing: its items, and where the next one begins.
pub type Page<T> = (Option<Vec<T>>, Option<String>);

/// All items of a listing that is read page by page.
///
/// # Errors
/// The fault of a page, or that there is no last one.
pub async fn all<T, F>(
    operation: &str,
    mut page: impl FnMut(Option<String>) -> F,
) -> Result<Vec<T>, Fault>
where
    F: Future<Output = Result<Page<T>, Fault>>,
{
    let mut all = Vec::new();
    let mut pages = Pages::default();
    let mut start = None;
    loop {
        let (items, next) = page(start).await?;
        all.extend(items.into_iter().flatten());
        start = pages.next(operation, next.filter(|next| !next.is_empty()))?;
        if start.is_none() {
            return Ok(all);
        }
    }
}

/// Tags as a create call takes them.
///
/// # Errors
/// A fault where the SDK refuses one.
pub fn tags(operation: &str, tags: &Tags) -> Result<sdk::Tags, Fault> {
    let tags = tags
        .iter()
        .map(|(key, value)| sdk::Tag::builder().key(key).value(value).build())
        .collect::<Result<_, _>>()
        .map_err(|error| of_build(operation, &error))?;
    Ok(sdk::Tags::builder().set_items(Some(tags)).build())
}

/// The tags of a resource; nothing where it is not there.
///
/// # Errors
/// Any other fault of the call.
pub async fn tags_of(aws: &Clients, arn: &str) -> Result<Option<Tags>, Fault> {
    let reply = aws
        .cloudfront
        .list_tags_for_resource()
        .resource(arn)
        .send()
        .await
        .at("cloudfront:ListTagsForResource");
    Ok(if_present(reply)?.map(|reply| {
        let tags = reply.tags.and_then(|tags| tags.items).unwrap_or_default();
        tags.into_iter()
            .map(|tag| (tag.key, tag.value.unwrap_or_default()))
            .filter(|(key, _)| !key.starts_with("aws:"))
            .collect()
    }))
}

/// Sets and removes tags.
///
/// # Errors
/// The fault of either call.
pub async fn retag(aws: &Clients, arn: &str, change: &TagChange) -> Result<(), Fault> {
    let operation = "cloudfront:TagResource";
    if !change.set.is_empty() {
        aws.cloudfront
            .tag_resource()
            .resource(arn)
            .tags(tags(operation, &change.set)?)
            .send()
            .await
            .at(operation)?;
    }
    if !change.remove.is_empty() {
        let keys = sdk::TagKeys::builder().set_items(Some(change.remove.clone()));
        aws.cloudfront
            .untag_resource()
            .resource(arn)
            .tag_keys(keys.build())
            .send()
            .await
            .at("cloudfront:UntagResource")?;
    }
    Ok(())
}

/// The comment in which these owner tags stand.
///
/// # Errors
/// A fault where it is longer than CloudFront takes.
pub fn comment(operation: &str, tags: &Tags) -> Result<String, Fault> {
    let text = marker::text(tags);
    let length = text.chars().count();
    if length <= COMMENT_LIMIT {
        return Ok(text);
    }
    let message = format!(
        "the comment `{text}` says whose this is and has {length} characters, but CloudFront takes \
         at most {COMMENT_LIMIT}; give the stack a shorter name"
    );
    Err(Fault::own(FaultClass::Rejected, operation, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, Owner};

    #[test]
    fn a_comment_has_at_most_128_characters() {
        let comment_of = |name: usize| {
            let address: Address = format!("cache-policy/{}", "p".repeat(name))
                .parse()
                .expect("an address");
            comment(
                "cloudfront:CreateCachePolicy",
                &Owner::new("shop", "eu-west-1").mark(&address),
            )
        };
        let others = "qpiac:shop@eu-west-1/cache-policy/".len();
        assert_eq!(
            comment_of(128 - others).map(|text| text.chars().count()),
            Ok(128)
        );
        let fault = comment_of(129 - others).expect_err("one too many");
        assert_eq!(fault.class, FaultClass::Rejected);
        assert!(fault.message.contains("at most 128"), "{fault}");
    }
}
