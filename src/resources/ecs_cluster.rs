//! The ECS cluster.
//!
//! Recognised by its owner tags, which the create call gives. CreateCluster with a name that is
//! taken returns the existing cluster (Amazon ECS API reference), so a create looks first.

use aws_sdk_ecs::types::{Cluster, ClusterField, ClusterSetting, ClusterSettingName};
use futures::future::try_join_all;

use super::lifecycle::{Lifecycle, Mark};
use crate::aws::{Call, Clients, ecs, iam, required};
use crate::classes;
use crate::model::{
    Changes, Fault, FaultClass, Found, Id, Query, Resolved, STACK_TAG, State, TagChange,
};
use qpiac_derive::{Field, Outputs, Resource};

/// How many clusters one DescribeClusters call takes.
const CLUSTERS_PER_CALL: usize = 100;

classes! {
    /// Identifies a cluster.
    EcsClusterArn = "ecs-cluster", "arn:aws:ecs:{region}:{account}:cluster/{name}";
    /// The name of a cluster.
    EcsClusterName = "ecs-cluster-name", "{name}";
}

/// The place where services run.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "ecs-cluster",
    outputs = EcsClusterOutputs,
    replacement = "create-first",
    outage = "no service in it runs",
    named = "name",
    find = "ecs:ListClusters, ecs:DescribeClusters",
    create = "ecs:CreateCluster, ecs:TagResource, ecs:DescribeClusters, \
              iam:CreateServiceLinkedRole",
    update = "ecs:UpdateClusterSettings, ecs:TagResource, ecs:UntagResource",
    delete = "ecs:DeleteCluster",
    wait_create = "1..600",
    wait_delete = "1..600"
)]
pub struct EcsCluster {
    /// Its name, unique in the account and region; at most 255 characters.
    #[attribute(replace)]
    pub name: String,
    /// How much CloudWatch Container Insights collects.
    #[attribute(update)]
    pub container_insights: ContainerInsights,
}

/// How much CloudWatch Container Insights collects; each step costs more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum ContainerInsights {
    /// Nothing.
    Disabled,
    /// Figures of clusters, services and tasks.
    Enabled,
    /// Those of containers too.
    Enhanced,
}

/// What a cluster gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct EcsClusterOutputs {
    /// The cluster's ARN.
    pub arn: Id<EcsClusterArn>,
    /// The cluster's name.
    #[output(from = "name")]
    pub name: Id<EcsClusterName>,
}

impl Lifecycle for EcsCluster {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let asked: Vec<String> = match which {
            Query::Owned { owner, names } => {
                let prefix = format!("{}-", owner.stack);
                ecs::cluster_names(aws)
                    .await?
                    .iter()
                    .filter(|name| name.starts_with(&prefix) || names.contains(name))
                    .cloned()
                    .collect()
            }
            Query::Ids(arns) => arns.clone(),
            Query::Under(_) => Vec::new(),
        };
        let mut found = describe(aws, &asked).await?;
        if let Query::Owned { owner, names } = which {
            found.retain(|c| owner.owns(&c.tags) || names.contains(&c.attributes.name));
        }
        Ok(found)
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<EcsClusterOutputs, Fault> {
        iam::ensure_service_linked_role(aws, "ecs.amazonaws.com").await?;
        let present = describe(aws, std::slice::from_ref(&want.name)).await?;
        if let Some(cluster) = present
            .iter()
            .find(|c| c.tags.get(STACK_TAG) != mark.tags.get(STACK_TAG))
        {
            let message = format!(
                "the name is taken by {}, which does not belong to this stack",
                cluster.id
            );
            return Err(Fault::own(
                FaultClass::Rejected,
                "ecs:CreateCluster",
                message,
            ));
        }
        let reply = aws
            .ecs
            .create_cluster()
            .cluster_name(&want.name)
            .set_tags(Some(ecs::tags(&mark.tags)))
            .settings(insights(want.container_insights))
            .send()
            .await
            .at("ecs:CreateCluster")?;
        let arn = reply.cluster.and_then(|cluster| cluster.cluster_arn);
        let arn = required("ecs:CreateCluster", "the cluster's ARN", arn)?;
        Ok(outputs(arn, want.name.clone()))
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        changes: Changes<'_>,
    ) -> Result<EcsClusterOutputs, Fault> {
        if changes.has("container_insights") {
            aws.ecs
                .update_cluster_settings()
                .cluster(&found.id)
                .settings(insights(want.container_insights))
                .send()
                .await
                .at("ecs:UpdateClusterSettings")?;
        }
        Ok(found.outputs)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        ecs::retag(aws, &found.id, tags).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.ecs
            .delete_cluster()
            .cluster(found.id)
            .send()
            .await
            .at("ecs:DeleteCluster")?;
        Ok(())
    }
}

fn outputs(arn: String, name: String) -> EcsClusterOutputs {
    EcsClusterOutputs {
        arn: arn.into(),
        name: name.into(),
    }
}

fn insights(wanted: ContainerInsights) -> ClusterSetting {
    ClusterSetting::builder()
        .name(ClusterSettingName::ContainerInsights)
        .value(wanted.as_word())
        .build()
}

/// Clusters by name or ARN; what is absent or inactive is left out.
async fn describe(aws: &Clients, asked: &[String]) -> Result<Vec<Found<EcsCluster>>, Fault> {
    let replies = try_join_all(asked.chunks(CLUSTERS_PER_CALL).map(|chunk| async {
        aws.ecs
            .describe_clusters()
            .set_clusters(Some(chunk.to_vec()))
            .include(ClusterField::Tags)
            .include(ClusterField::Settings)
            .send()
            .await
            .at("ecs:DescribeClusters")
    }))
    .await?;
    replies
        .into_iter()
        .flat_map(|reply| reply.clusters.unwrap_or_default())
        .filter(|cluster| cluster.status() != Some("INACTIVE"))
        .map(read)
        .collect()
}

fn read(cluster: Cluster) -> Result<Found<EcsCluster>, Fault> {
    const OPERATION: &str = "ecs:DescribeClusters";
    let arn = required(OPERATION, "a cluster's ARN", cluster.cluster_arn)?;
    let name = required(OPERATION, "a cluster's name", cluster.cluster_name)?;
    let container_insights = cluster
        .settings
        .unwrap_or_default()
        .iter()
        .find(|setting| setting.name == Some(ClusterSettingName::ContainerInsights))
        .and_then(|setting| ContainerInsights::from_word(setting.value()?))
        .unwrap_or(ContainerInsights::Disabled);
    Ok(Found {
        attributes: EcsCluster {
            name: name.clone(),
            container_insights,
        },
        outputs: outputs(arn.clone(), name),
        tags: ecs::read_tags(cluster.tags),
        state: match cluster.status.as_deref() {
            Some("PROVISIONING") => State::Busy("PROVISIONING".to_owned()),
            Some("DEPROVISIONING") => State::Leaving,
            Some("FAILED") => State::Broken("FAILED".to_owned()),
            Some(_) | None => State::Ready,
        },
        id: arn,
    })
}
