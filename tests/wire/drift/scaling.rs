//! How many tasks a service has.

use aws_sdk_applicationautoscaling::types::{
    MetricType, PolicyType, PredefinedMetricSpecification, ScalableDimension, ServiceNamespace,
    TargetTrackingScalingPolicyConfiguration,
};

use super::{CLUSTER, SERVICE, Scene};

const RESOURCE: &str = "service/qp-iac-cdn-headers-cluster/qp-iac-cdn-headers-app-service";
const ECS: ServiceNamespace = ServiceNamespace::Ecs;
const COUNT: ScalableDimension = ScalableDimension::EcsServiceDesiredCount;

impl Scene {
    /// Puts a scaling policy that keeps a figure at fifty.
    async fn put_policy(&self, name: &str, metric: MetricType) {
        let metric = PredefinedMetricSpecification::builder().predefined_metric_type(metric);
        let tracking = TargetTrackingScalingPolicyConfiguration::builder()
            .target_value(50.0)
            .predefined_metric_specification(metric.build().unwrap());
        let put = self.aws.autoscaling.put_scaling_policy().policy_name(name);
        let put = put.service_namespace(ECS).resource_id(RESOURCE);
        let put = put
            .scalable_dimension(COUNT)
            .policy_type(PolicyType::TargetTrackingScaling)
            .target_tracking_scaling_policy_configuration(tracking.build().unwrap());
        put.send().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scaling() {
    let scene = Scene::whole().await;
    scaling_owns_the_count(&scene).await;
    scene
        .drifts("scaling_bounds", async |s| {
            let register = s.aws.autoscaling.register_scalable_target();
            let register = register.service_namespace(ECS).resource_id(RESOURCE);
            let register = register.scalable_dimension(COUNT).max_capacity(20);
            register.send().await.unwrap();
        })
        .await;
    scene
        .drifts("scaling_policy_value", async |s| {
            let metric = MetricType::EcsServiceAverageCpuUtilization;
            s.put_policy("cpu", metric).await;
        })
        .await;
    scene
        .drifts("scaling_policy_added", async |s| {
            let metric = MetricType::EcsServiceAverageMemoryUtilization;
            s.put_policy("by-hand", metric).await;
        })
        .await;
    scene
        .drifts("scaling_policy_deleted", async |s| {
            let delete = s.aws.autoscaling.delete_scaling_policy();
            let delete = delete.service_namespace(ECS).resource_id(RESOURCE);
            let delete = delete.scalable_dimension(COUNT).policy_name("cpu");
            delete.send().await.unwrap();
        })
        .await;
    scene
        .drifts("scalable_target_deregistered", async |s| {
            let deregister = s.aws.autoscaling.deregister_scalable_target();
            let deregister = deregister.service_namespace(ECS).resource_id(RESOURCE);
            let deregister = deregister.scalable_dimension(COUNT);
            deregister.send().await.unwrap();
        })
        .await;
}

/// What scaling does is no drift, and is not undone by the next change of the service.
async fn scaling_owns_the_count(scene: &Scene) {
    let update = scene.aws.ecs.update_service().cluster(CLUSTER);
    let update = update.service(SERVICE).desired_count(5);
    update.send().await.unwrap();
    scene.program.assert_in_sync().await;
    let image = ["--image", "app=ghcr.io/example/app:2.0"];
    let apply = [&["apply", "--yes"][..], &image].concat();
    scene.program.run(&apply).await.exits(0);
    let read = scene.aws.ecs.describe_services().cluster(CLUSTER);
    let service = read.services(SERVICE).send().await.unwrap();
    assert_eq!(service.services()[0].desired_count(), 5);
    scene.program.apply().await;
}
