//! The containers' kinds.

use aws_sdk_ecs::types::{
    ClusterSetting, ClusterSettingName, DeploymentCircuitBreaker, DeploymentConfiguration, Service,
    Tag, TaskDefinition,
};

use super::{CLUSTER, SERVICE, Scene};
use crate::program::WEB_STACK;

#[tokio::test(flavor = "multi_thread")]
async fn services() {
    let scene = Scene::with(WEB_STACK).await;
    service(&scene).await;
    task_definition(&scene).await;
    cluster(&scene).await;
}

impl Scene {
    async fn service(&self) -> Service {
        let describe = self.aws.ecs.describe_services().cluster(CLUSTER);
        let reply = describe.services(SERVICE).send().await.unwrap();
        reply.services()[0].clone()
    }

    async fn task_definition(&self) -> TaskDefinition {
        let name = self.service().await.task_definition().unwrap().to_owned();
        let describe = self.aws.ecs.describe_task_definition();
        let reply = describe.task_definition(name).send().await.unwrap();
        reply.task_definition().unwrap().clone()
    }
}

async fn service(scene: &Scene) {
    scene
        .drifts("service_count", async |s| {
            let update = s.aws.ecs.update_service().cluster(CLUSTER).service(SERVICE);
            update.desired_count(1).send().await.unwrap();
        })
        .await;
    scene
        .drifts("service_circuit_breaker", async |s| {
            let breaker = DeploymentCircuitBreaker::builder().build();
            let configuration = DeploymentConfiguration::builder()
                .deployment_circuit_breaker(breaker)
                .build();
            let update = s.aws.ecs.update_service().cluster(CLUSTER).service(SERVICE);
            let update = update.deployment_configuration(configuration);
            update.send().await.unwrap();
        })
        .await;
    scene
        .drifts("service_tag_added", async |s| {
            let arn = s.service().await.service_arn().unwrap().to_owned();
            let tag = Tag::builder().key("by").value("hand").build();
            let ecs = &s.aws.ecs;
            ecs.tag_resource()
                .resource_arn(arn)
                .tags(tag)
                .send()
                .await
                .unwrap();
        })
        .await;
    scene.drifts("service_deleted", Scene::delete_service).await;
}

async fn task_definition(scene: &Scene) {
    scene
        .drifts("task_definition_tag_added", async |s| {
            let definition = s.task_definition().await;
            let tag = Tag::builder().key("by").value("hand").build();
            let ecs = &s.aws.ecs;
            ecs.tag_resource()
                .resource_arn(definition.task_definition_arn().unwrap())
                .tags(tag)
                .send()
                .await
                .unwrap();
        })
        .await;
    // Another revision, registered and deployed by hand.
    scene
        .drifts("service_task_definition", async |s| {
            let definition = s.task_definition().await;
            let mut container = definition.container_definitions()[0].clone();
            container.image = Some("ghcr.io/example/app:by-hand".to_owned());
            let ecs = &s.aws.ecs;
            let registered = ecs
                .register_task_definition()
                .family(definition.family().unwrap())
                .container_definitions(container)
                .set_cpu(definition.cpu.clone())
                .set_memory(definition.memory.clone())
                .set_network_mode(definition.network_mode.clone())
                .set_requires_compatibilities(definition.requires_compatibilities.clone())
                .set_execution_role_arn(definition.execution_role_arn.clone())
                .set_task_role_arn(definition.task_role_arn.clone())
                .send()
                .await
                .unwrap();
            let arn = registered.task_definition().unwrap();
            let arn = arn.task_definition_arn().unwrap();
            let update = ecs.update_service().cluster(CLUSTER).service(SERVICE);
            update.task_definition(arn).send().await.unwrap();
        })
        .await;
    scene
        .drifts("task_definition_deregistered", async |s| {
            let definition = s.task_definition().await;
            let ecs = &s.aws.ecs;
            ecs.deregister_task_definition()
                .task_definition(definition.task_definition_arn().unwrap())
                .send()
                .await
                .unwrap();
        })
        .await;
}

async fn cluster(scene: &Scene) {
    scene
        .drifts("cluster_insights", async |s| {
            let setting = ClusterSetting::builder()
                .name(ClusterSettingName::ContainerInsights)
                .value("enabled")
                .build();
            let update = s.aws.ecs.update_cluster_settings().cluster(CLUSTER);
            update.settings(setting).send().await.unwrap();
        })
        .await;
    scene
        .drifts("cluster_deleted", async |s| {
            s.delete_service().await;
            let delete = s.aws.ecs.delete_cluster().cluster(CLUSTER);
            delete.send().await.unwrap();
        })
        .await;
}
