//! Certificates, DNS records and the web ACL.

use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecordSet, RrType};
use aws_sdk_wafv2::types::{Scope, Tag};

use super::Scene;
use crate::observer::Observer;
use crate::program::{Program, WHOLE_STACK, edited};

#[tokio::test(flavor = "multi_thread")]
async fn domain() {
    let program = Program::whole().await;
    let aws = Observer::of(&program.bed);
    let zone = aws.route53.create_hosted_zone().name("example.com");
    zone.caller_reference("test").send().await.unwrap();
    let stack = edited(
        WHOLE_STACK,
        "\nsecrets:",
        "\ndomain: { name: www.example.com, zone: example.com }\nsecrets:",
    );
    program.write(&edited(&stack, "# waf:", "waf:"));
    let scene = Scene::of(program).await;
    record(&scene).await;
    certificate(&scene).await;
    acl(&scene).await;
}

impl Scene {
    async fn zone(&self) -> String {
        let zones = self.aws.route53.list_hosted_zones().send().await.unwrap();
        zones.hosted_zones()[0].id().to_owned()
    }

    async fn record(&self, kind: RrType) -> ResourceRecordSet {
        let list = self.aws.route53.list_resource_record_sets();
        let list = list.hosted_zone_id(self.zone().await).send().await.unwrap();
        let mut records = list.resource_record_sets().iter();
        records.find(|one| *one.r#type() == kind).unwrap().clone()
    }

    async fn change_record(&self, action: ChangeAction, record: ResourceRecordSet) {
        let change = Change::builder().action(action).resource_record_set(record);
        let batch = ChangeBatch::builder().changes(change.build().unwrap());
        let change = self.aws.route53.change_resource_record_sets();
        let change = change.hosted_zone_id(self.zone().await);
        let change = change.change_batch(batch.build().unwrap());
        change.send().await.unwrap();
    }
}

async fn record(scene: &Scene) {
    scene
        .drifts("record_elsewhere", async |s| {
            let mut record = s.record(RrType::A).await;
            let alias = record.alias_target.as_mut().unwrap();
            alias.dns_name = "d111111abcdef8.cloudfront.net".to_owned();
            s.change_record(ChangeAction::Upsert, record).await;
        })
        .await;
    scene
        .drifts("record_deleted", async |s| {
            let record = s.record(RrType::Aaaa).await;
            s.change_record(ChangeAction::Delete, record).await;
        })
        .await;
}

async fn certificate(scene: &Scene) {
    scene
        .drifts("validation_record_deleted", async |s| {
            let record = s.record(RrType::Cname).await;
            s.change_record(ChangeAction::Delete, record).await;
        })
        .await;
    scene
        .drifts("certificate_tag_added", async |s| {
            let list = s.aws.acm.list_certificates().send().await.unwrap();
            let [certificate] = list.certificate_summary_list() else {
                panic!("{list:?}")
            };
            let tag = aws_sdk_acm::types::Tag::builder().key("by").value("hand");
            let add = s.aws.acm.add_tags_to_certificate();
            let add = add.certificate_arn(certificate.certificate_arn().unwrap());
            add.tags(tag.build().unwrap()).send().await.unwrap();
        })
        .await;
}

async fn acl(scene: &Scene) {
    scene
        .drifts("acl_removed_from_distribution", async |s| {
            s.aws
                .edit_distribution(|config| config.web_acl_id = Some(String::new()))
                .await;
        })
        .await;
    let list = scene.aws.wafv2.list_web_acls().scope(Scope::Cloudfront);
    let list = list.send().await.unwrap();
    let [acl] = list.web_acls() else {
        panic!("{list:?}")
    };
    let (id, name) = (acl.id().unwrap(), acl.name().unwrap());
    scene
        .drifts("acl_rule_removed", async |s| {
            let wafv2 = &s.aws.wafv2;
            let read = wafv2.get_web_acl().scope(Scope::Cloudfront);
            let reply = read.id(id).name(name).send().await.unwrap();
            let acl = reply.web_acl.unwrap();
            let mut rules = acl.rules.unwrap();
            rules.pop();
            let update = wafv2.update_web_acl().scope(Scope::Cloudfront);
            let update = update
                .id(id)
                .name(name)
                .set_default_action(acl.default_action)
                .set_visibility_config(acl.visibility_config)
                .set_rules(Some(rules))
                .lock_token(reply.lock_token.unwrap());
            update.send().await.unwrap();
        })
        .await;
    scene
        .drifts("acl_tag_added", async |s| {
            let tag = Tag::builder().key("by").value("hand").build().unwrap();
            let add = s.aws.wafv2.tag_resource();
            let add = add.resource_arn(acl.arn().unwrap()).tags(tag);
            add.send().await.unwrap();
        })
        .await;
}
