//! ECS: clusters, task definitions, services and their deployments.

use serde_json::json;
use testbed::Client;

use super::{
    balancer, definition, described, ecs, gap, json_outcome, listener, network, service,
    target_group,
};

#[tokio::test]
async fn a_clusters_name_is_taken_once() {
    let scenario = async |client: &Client| {
        let tags = json!([{ "key": "a", "value": "b" }]);
        ecs(
            client,
            "CreateCluster",
            json!({ "clusterName": "c", "tags": tags }),
        )
        .await;
        ecs(client, "CreateCluster", json!({ "clusterName": "c" })).await;
        let asked = json!({ "clusters": ["c"], "include": ["TAGS"] });
        let cluster = &ecs(client, "DescribeClusters", asked).await["clusters"][0];
        format!(
            "{}, {}",
            cluster["tags"] == tags,
            cluster["settings"].is_null()
        )
    };
    gap(scenario, "true, true").await;
}

#[tokio::test]
async fn a_clusters_settings_are_updated() {
    let scenario = async |client: &Client| {
        ecs(client, "CreateCluster", json!({ "clusterName": "c" })).await;
        let settings = json!([{ "name": "containerInsights", "value": "enhanced" }]);
        let update = json!({ "cluster": "c", "settings": settings });
        let said = json_outcome(client, "ecs", "UpdateClusterSettings", update).await;
        let asked = json!({ "clusters": ["c"], "include": ["SETTINGS"] });
        let cluster = &ecs(client, "DescribeClusters", asked).await["clusters"][0];
        format!("{said}, {}", cluster["settings"] == settings)
    };
    gap(scenario, "ok, true").await;
}

#[tokio::test]
async fn a_cluster_with_services_is_not_deleted() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        service(client, &network).await;
        let count = ecs(client, "DescribeClusters", json!({ "clusters": ["c"] })).await["clusters"]
            [0]["activeServicesCount"]
            .clone();
        let said = json_outcome(client, "ecs", "DeleteCluster", json!({ "cluster": "c" })).await;
        format!("{count}, {said}")
    };
    gap(scenario, "1, ClusterContainsServicesException").await;
}

#[tokio::test]
async fn task_definitions_are_sized_and_filled_as_on_aws() {
    let sizes = async |client: &Client| {
        let mut said = Vec::new();
        for (cpu, memory) in [("256", "4096"), ("1 vCPU", "2 GB"), ("300", "512")] {
            let mut wanted = definition();
            (wanted["cpu"], wanted["memory"]) = (json!(cpu), json!(memory));
            let reply = client
                .json("ecs", "RegisterTaskDefinition", &wanted)
                .await
                .unwrap();
            let made = &reply.value()["taskDefinition"];
            said.push(format!(
                "{} {} {}",
                reply.code(),
                made["cpu"],
                made["memory"]
            ));
        }
        said.join(", ")
    };
    gap(
        sizes,
        r#"ClientException null null,  "1024" "2048", ClientException null null"#,
    )
    .await;
    let filled = async |client: &Client| {
        let made = ecs(client, "RegisterTaskDefinition", definition()).await;
        made["taskDefinition"]["containerDefinitions"][0]["portMappings"].to_string()
    };
    gap(
        filled,
        r#"[{"containerPort":8000,"hostPort":8000,"protocol":"tcp"}]"#,
    )
    .await;
}

#[tokio::test]
async fn a_family_without_an_active_revision_is_not_listed() {
    let scenario = async |client: &Client| {
        for family in ["gone", "here"] {
            let mut wanted = definition();
            wanted["family"] = json!(family);
            ecs(client, "RegisterTaskDefinition", wanted).await;
        }
        let gone = json!({ "taskDefinition": "gone:1" });
        ecs(client, "DeregisterTaskDefinition", gone).await;
        let asked = json!({ "status": "ACTIVE" });
        let listed = ecs(client, "ListTaskDefinitionFamilies", asked).await;
        listed["families"].to_string()
    };
    gap(scenario, r#"["here"]"#).await;
}

#[tokio::test]
async fn a_service_is_given_back_as_it_was_sent() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let sent = service(client, &network).await;
        let found = described(client).await;
        let keys = [
            "availabilityZoneRebalancing",
            "enableECSManagedTags",
            "enableExecuteCommand",
            "healthCheckGracePeriodSeconds",
            "networkConfiguration",
            "propagateTags",
        ];
        let lost: Vec<&str> = keys
            .into_iter()
            .filter(|key| found[key] != sent[key])
            .collect();
        format!(
            "lost {lost:?}, {}, {} of {} run",
            found["platformVersion"], found["runningCount"], found["desiredCount"]
        )
    };
    gap(scenario, r#"lost [], "LATEST", 2 of 2 run"#).await;
    let rollout = async |client: &Client| {
        let network = network(client).await;
        service(client, &network).await;
        let update = json!({ "cluster": "c", "service": "s", "deploymentConfiguration": { "maximumPercent": 120 } });
        ecs(client, "UpdateService", update).await;
        let rollout = &described(client).await["deploymentConfiguration"];
        format!(
            "{} {} {}",
            rollout["maximumPercent"],
            rollout["minimumHealthyPercent"],
            rollout["deploymentCircuitBreaker"]
        )
    };
    gap(rollout, r#"120 100 {"enable":true,"rollback":true}"#).await;
}

#[tokio::test]
async fn a_changed_service_is_deployed() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        service(client, &network).await;
        let first = described(client).await["deployments"][0]["id"].clone();
        let count = json!({ "cluster": "c", "service": "s", "desiredCount": 3 });
        ecs(client, "UpdateService", count).await;
        let scaled = described(client).await["deployments"][0].clone();
        ecs(client, "RegisterTaskDefinition", definition()).await;
        ecs(
            client,
            "UpdateService",
            json!({ "cluster": "c", "service": "s", "taskDefinition": "task:2" }),
        )
        .await;
        let found = described(client).await;
        let current = &found["deployments"][0];
        format!(
            "{} {}, {} {} {}",
            scaled["id"] == first,
            scaled["runningCount"],
            current["id"] == first,
            found["taskDefinition"].as_str().unwrap(),
            current["taskDefinition"] == found["taskDefinition"],
        )
    };
    gap(
        scenario,
        "true 3, false arn:aws:ecs:us-east-1:123456789012:task-definition/task:2 true",
    )
    .await;
}

#[tokio::test]
async fn a_services_deployments_are_listed() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        service(client, &network).await;
        let asked = json!({ "cluster": "c", "service": "s" });
        let reply = client
            .json("ecs", "ListServiceDeployments", &asked)
            .await
            .unwrap();
        if !reply.is_success() {
            return reply.status.to_string();
        }
        let brief = reply.value()["serviceDeployments"][0].clone();
        let id = described(client).await["deployments"][0]["id"]
            .as_str()
            .unwrap()
            .replace("ecs-svc/", "");
        let revision = brief["targetServiceRevisionArn"].as_str().unwrap();
        let arn = brief["serviceDeploymentArn"].clone();
        let missing = "arn:aws:ecs:us-east-1:123456789012:service-deployment/c/s/0";
        let both = json!({ "serviceDeploymentArns": [arn, missing] });
        let whole = ecs(client, "DescribeServiceDeployments", both).await;
        let late = json!({ "cluster": "c", "service": "s", "createdAt": { "after": 4e9 } });
        let late = ecs(client, "ListServiceDeployments", late).await["serviceDeployments"]
            .as_array()
            .unwrap()
            .len();
        let asked = json!({ "serviceRevisionArns": [revision] });
        let revisions = ecs(client, "DescribeServiceRevisions", asked).await;
        format!(
            "{} {} {} {} {late} {}",
            revision.ends_with(&id),
            whole["serviceDeployments"][0]["status"],
            whole["serviceDeployments"][0]["targetServiceRevision"]["runningTaskCount"],
            whole["failures"][0]["reason"],
            revisions["serviceRevisions"][0]["launchType"],
        )
    };
    gap(scenario, r#"true "SUCCESSFUL" 2 "MISSING" 0 "FARGATE""#).await;
}

#[tokio::test]
async fn a_services_name_is_taken_once() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let mut wanted = service(client, &network).await;
        let same = json_outcome(client, "ecs", "CreateService", wanted.clone()).await;
        wanted["clientToken"] = json!("another");
        let other = json_outcome(client, "ecs", "CreateService", wanted).await;
        format!("{same}, {other}")
    };
    gap(scenario, "ok, InvalidParameterException").await;
}

#[tokio::test]
async fn a_services_target_group_is_forwarded_to() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let target = target_group(client, &network, "group").await;
        let mut wanted = service(client, &network).await;
        wanted["serviceName"] = json!("other");
        wanted["loadBalancers"] =
            json!([{ "targetGroupArn": target, "containerName": "app", "containerPort": 8000 }]);
        let before = json_outcome(client, "ecs", "CreateService", wanted.clone()).await;
        let balancer = balancer(client, &network).await;
        listener(client, &balancer, &target).await;
        format!(
            "{before}, {}",
            json_outcome(client, "ecs", "CreateService", wanted).await
        )
    };
    gap(scenario, "InvalidParameterException, ok").await;
}

#[tokio::test]
async fn inactive_services_are_not_listed() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        service(client, &network).await;
        ecs(
            client,
            "DeleteService",
            json!({ "cluster": "c", "service": "s", "force": true }),
        )
        .await;
        let listed = ecs(client, "ListServices", json!({ "cluster": "c" })).await;
        let status = described(client).await["status"].clone();
        format!("{} {status}", listed["serviceArns"])
    };
    gap(scenario, r#"[] "INACTIVE""#).await;
}
