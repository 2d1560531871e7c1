//! What AWS runs for the stack outside of its network.

use super::parts::{Part, Parts};
use super::sheet::{Figure, Role};
use crate::model::Misfit;
use crate::resources::{
    Dashboard, EcrRepository, EventRule, LambdaFunction, LambdaFunctionUrl, LogGroup, MetricAlarm,
    S3Bucket, Secret, SecretRotation, SnsSubscription, SnsTopic, UrlAuthType,
};

/// What arrows call CloudWatch.
pub(super) const WATCH: &str = "cloudwatch";
/// What arrows call Secrets Manager.
pub(super) const SECRETS: &str = "secretsmanager";
/// What arrows call the registry.
pub(super) const REGISTRY: &str = "ecr";

/// How many figures stand side by side.
const IN_A_ROW: usize = 4;

/// All of it; nothing where there is none.
pub(super) fn figure(parts: &Parts) -> Result<Option<Figure>, Misfit> {
    // Whom tasks ask comes first, nearest to them.
    let asked = [secrets(parts)?, watch(parts)?, registry(parts)?].concat();
    let others = [
        functions(parts)?,
        schedules(parts)?,
        topics(parts)?,
        buckets(parts)?,
    ];
    let mut rows = vec![asked];
    rows.extend(others.concat().chunks(IN_A_ROW).map(<[Figure]>::to_vec));
    if rows.iter().all(Vec::is_empty) {
        return Ok(None);
    }
    let title = format!("Managed by AWS in {}", parts.owner().region);
    Ok(Some(
        Figure::new(Role::Group, "managed", title, Vec::new()).with(rows),
    ))
}

fn secrets(parts: &Parts) -> Result<Vec<Figure>, Misfit> {
    let secrets = parts.all::<Secret>()?;
    let rotations = parts.all::<SecretRotation>()?;
    let line = |secret: &Part<Secret>| {
        let rotation = rotations
            .iter()
            .find(|one| parts.target(&one.is.secret).as_ref() == Some(&secret.address));
        match rotation {
            Some(rotation) => format!("{}, new every {} days", secret.is.name, rotation.is.days),
            None => secret.is.name.clone(),
        }
    };
    let lines: Vec<String> = secrets.iter().map(line).collect();
    Ok(one(SECRETS, "Secrets Manager", lines))
}

fn functions(parts: &Parts) -> Result<Vec<Figure>, Misfit> {
    let urls = parts.all::<LambdaFunctionUrl>()?;
    let figure = |function: Part<LambdaFunction>| {
        let mut lines = vec![function.is.name.clone(), function.is.runtime.clone()];
        let url = urls
            .iter()
            .find(|url| parts.target(&url.is.function).as_ref() == Some(&function.address));
        if let Some(url) = url {
            let at = url.output("url").unwrap_or("has a URL").to_owned();
            let whom = match url.is.auth_type {
                UrlAuthType::Iam => "signed requests",
                UrlAuthType::None => "everybody",
            };
            lines.push(format!("{at} (for {whom})"));
        }
        let title = format!("Lambda {}", function.name());
        Figure::new(Role::Managed, function.id(), title, lines)
    };
    Ok(parts.all()?.into_iter().map(figure).collect())
}

fn schedules(parts: &Parts) -> Result<Vec<Figure>, Misfit> {
    let figure = |rule: Part<EventRule>| {
        let lines = vec![rule.is.schedule_expression.clone()];
        Figure::new(Role::Managed, rule.id(), "EventBridge schedule", lines)
    };
    Ok(parts.all()?.into_iter().map(figure).collect())
}

fn watch(parts: &Parts) -> Result<Vec<Figure>, Misfit> {
    let mut lines: Vec<String> = parts
        .all::<LogGroup>()?
        .into_iter()
        .map(|group| match group.is.retention_in_days {
            Some(days) => format!("{}, {days} days", group.is.name),
            None => group.is.name,
        })
        .collect();
    let alarms = parts.all::<MetricAlarm>()?.len();
    if alarms > 0 {
        lines.push(format!("{alarms} alarms"));
    }
    let dashboards = parts.all::<Dashboard>()?.into_iter();
    lines.extend(dashboards.map(|one| format!("dashboard {}", one.is.name)));
    Ok(one(WATCH, "CloudWatch", lines))
}

fn topics(parts: &Parts) -> Result<Vec<Figure>, Misfit> {
    let subscriptions = parts.all::<SnsSubscription>()?;
    let figure = |topic: Part<SnsTopic>| {
        let subscribed = subscriptions
            .iter()
            .filter(|one| parts.target(&one.is.topic).as_ref() == Some(&topic.address))
            .map(|one| format!("{} {}", one.is.protocol, one.is.endpoint));
        Figure::new(Role::Managed, topic.id(), "SNS", subscribed.collect())
    };
    Ok(parts.all()?.into_iter().map(figure).collect())
}

fn registry(parts: &Parts) -> Result<Vec<Figure>, Misfit> {
    let repositories = parts.all::<EcrRepository>()?.into_iter();
    let lines = repositories.map(|one| one.is.name).collect();
    Ok(one(REGISTRY, "Container registry", lines))
}

fn buckets(parts: &Parts) -> Result<Vec<Figure>, Misfit> {
    let figure = |bucket: Part<S3Bucket>| {
        let lines = vec![bucket.is.name.clone(), "access logs".to_owned()];
        Figure::new(Role::Managed, bucket.id(), "S3", lines)
    };
    Ok(parts.all()?.into_iter().map(figure).collect())
}

/// One figure for several resources; none where there are none.
fn one(id: &str, title: &str, lines: Vec<String>) -> Vec<Figure> {
    if lines.is_empty() {
        return Vec::new();
    }
    vec![Figure::new(Role::Managed, id, title, lines)]
}
