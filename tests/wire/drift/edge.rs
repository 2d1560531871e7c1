//! CloudFront's kinds, and what only CloudFront may pass.

use aws_sdk_cloudfront::types::{
    OriginRequestPolicyConfig, OriginRequestPolicyCookieBehavior, OriginRequestPolicyCookiesConfig,
    OriginRequestPolicyHeaderBehavior, OriginRequestPolicyHeadersConfig,
    OriginRequestPolicyQueryStringBehavior, OriginRequestPolicyQueryStringsConfig, PriceClass, Tag,
    Tags, ViewerProtocolPolicy,
};

use super::{STACK, Scene};

#[tokio::test(flavor = "multi_thread")]
async fn cdn() {
    let scene = Scene::whole().await;
    distribution(&scene).await;
    function(&scene).await;
    policies(&scene).await;
    origin_request_policy(&scene).await;
    entry(&scene).await;
}

async fn distribution(scene: &Scene) {
    scene
        .drifts("distribution_price_class", async |s| {
            s.aws
                .edit_distribution(|c| c.price_class = Some(PriceClass::PriceClassAll))
                .await;
        })
        .await;
    scene
        .drifts("distribution_plain_http", async |s| {
            s.aws
                .edit_distribution(|config| {
                    let default = config.default_cache_behavior.as_mut().unwrap();
                    default.viewer_protocol_policy = ViewerProtocolPolicy::AllowAll;
                })
                .await;
        })
        .await;
    scene
        .drifts("distribution_header", async |s| {
            s.aws
                .edit_distribution(|config| {
                    let origin = &mut config.origins.as_mut().unwrap().items[0];
                    let headers = origin.custom_headers.as_mut().unwrap();
                    headers.items.as_mut().unwrap()[0].header_value = "known".to_owned();
                })
                .await;
        })
        .await;
    scene
        .drifts("distribution_tag_added", async |s| {
            let list = s.aws.cloudfront.list_distributions().send().await.unwrap();
            let arn = list.distribution_list().unwrap().items()[0].arn();
            let tag = Tag::builder().key("by").value("hand").build().unwrap();
            let tags = Tags::builder().items(tag).build();
            let add = s.aws.cloudfront.tag_resource().resource(arn).tags(tags);
            add.send().await.unwrap();
        })
        .await;
    scene
        .drifts("distribution_disabled", async |s| {
            s.aws
                .edit_distribution(|config| config.enabled = false)
                .await;
        })
        .await;
    scene
        .drifts("distribution_deleted", async |s| {
            s.aws
                .edit_distribution(|config| config.enabled = false)
                .await;
            let (id, _, version) = s.aws.distribution().await;
            let delete = s.aws.cloudfront.delete_distribution().id(id);
            delete.if_match(version).send().await.unwrap();
        })
        .await;
}

async fn function(scene: &Scene) {
    scene
        .drifts("edge_function_code", async |s| {
            let draft = s.aws.edit_function().await;
            s.aws.publish(draft).await;
        })
        .await;
    scene
        .drifts("edge_function_draft", async |s| {
            s.aws.edit_function().await;
        })
        .await;
}

async fn policies(scene: &Scene) {
    scene
        .drifts("cache_policy_seconds", async |s| {
            let (_, config, _) = s.aws.distribution().await;
            let behaviors = config.cache_behaviors.unwrap();
            let health = behaviors.items().last().unwrap();
            let id = health.cache_policy_id().unwrap();
            let cloudfront = &s.aws.cloudfront;
            let read = cloudfront.get_cache_policy_config().id(id);
            let reply = read.send().await.unwrap();
            let mut policy = reply.cache_policy_config.unwrap();
            policy.max_ttl = Some(3600);
            let update = cloudfront.update_cache_policy().id(id);
            let update = update.if_match(reply.e_tag.unwrap());
            update.cache_policy_config(policy).send().await.unwrap();
        })
        .await;
    scene
        .drifts("response_headers_policy", async |s| {
            let (_, config, _) = s.aws.distribution().await;
            let default = config.default_cache_behavior.unwrap();
            let id = default.response_headers_policy_id().unwrap();
            let cloudfront = &s.aws.cloudfront;
            let read = cloudfront.get_response_headers_policy_config().id(id);
            let reply = read.send().await.unwrap();
            let mut policy = reply.response_headers_policy_config.unwrap();
            policy
                .security_headers_config
                .as_mut()
                .unwrap()
                .frame_options = None;
            let update = cloudfront.update_response_headers_policy().id(id);
            let update = update.if_match(reply.e_tag.unwrap());
            let update = update.response_headers_policy_config(policy);
            update.send().await.unwrap();
        })
        .await;
}

/// No stack has one of its own yet, so one stands there that is marked as this stack's.
async fn origin_request_policy(scene: &Scene) {
    scene
        .drifts("origin_request_policy_added", async |s| {
            let headers = OriginRequestPolicyHeadersConfig::builder()
                .header_behavior(OriginRequestPolicyHeaderBehavior::None);
            let cookies = OriginRequestPolicyCookiesConfig::builder()
                .cookie_behavior(OriginRequestPolicyCookieBehavior::None);
            let queries = OriginRequestPolicyQueryStringsConfig::builder()
                .query_string_behavior(OriginRequestPolicyQueryStringBehavior::None);
            let config = OriginRequestPolicyConfig::builder()
                .name(format!("{STACK}-old"))
                .comment(format!(
                    "qpiac:{STACK}@{}/origin-request-policy/old",
                    testbed::REGION
                ))
                .headers_config(headers.build().unwrap())
                .cookies_config(cookies.build().unwrap())
                .query_strings_config(queries.build().unwrap())
                .build()
                .unwrap();
            let create = s.aws.cloudfront.create_origin_request_policy();
            let create = create.origin_request_policy_config(config);
            create.send().await.unwrap();
        })
        .await;
}

/// What keeps out who does not come through CloudFront.
async fn entry(scene: &Scene) {
    scene
        .drifts("listener_opened", async |s| {
            s.aws.open_listener().await;
        })
        .await;
    scene
        .drifts("rule_value", async |s| {
            s.aws.accept(vec!["known".to_owned()]).await;
        })
        .await;
    scene
        .drifts("rule_further_value", async |s| {
            let rule = s.aws.rule().await;
            let header = rule.conditions()[0].http_header_config().unwrap();
            let mut values = header.values().to_vec();
            values.push("known".to_owned());
            s.aws.accept(values).await;
        })
        .await;
    scene
        .drifts("secret_value", async |s| {
            let put = s.aws.secrets.put_secret_value();
            let put = put.secret_id(format!("{STACK}/cdn-auth"));
            let put = put.secret_string("0123456789abcdef".repeat(4));
            put.send().await.unwrap();
        })
        .await;
}
