//! What runs in containers.

use super::network::is_at;
use super::parts::{Part, Parts};
use super::sheet::{Figure, Role};
use crate::model::Misfit;
use crate::resources::{EcsService, ScalableTarget, Subnet, TaskDefinition};

/// The services whose tasks run in a subnet.
pub(super) fn tasks(parts: &Parts, subnet: &Part<Subnet>) -> Result<Vec<Figure>, Misfit> {
    let mut figures = Vec::new();
    for service in parts.all::<EcsService>()? {
        let mut subnets = service.is.subnets.iter();
        if subnets.any(|one| is_at(parts, one, subnet)) {
            let id = here(&service, subnet);
            let title = format!("Tasks of {}", service.name());
            let lines = lines(parts, &service)?;
            figures.push(Figure::new(Role::Compute, id, title, lines));
        }
    }
    Ok(figures)
}

/// What arrows call the tasks of a service in a subnet.
pub(super) fn here(service: &Part<EcsService>, subnet: &Part<Subnet>) -> String {
    format!("{}@{}", service.id(), subnet.name())
}

fn lines(parts: &Parts, service: &Part<EcsService>) -> Result<Vec<String>, Misfit> {
    let mut lines = vec!["ECS Fargate".to_owned()];
    if let Some(definition) = definition(parts, service)? {
        let is = &definition.is;
        lines.push(format!("CPU {}, memory {} MB", is.cpu, is.memory));
        let ports = is.containers.iter().flat_map(|one| &one.ports);
        lines.extend(ports.map(|port| format!("port {port}")));
    }
    lines.push(count(parts, service)?);
    Ok(lines)
}

/// The task definition that a service runs.
pub(super) fn definition(
    parts: &Parts,
    service: &Part<EcsService>,
) -> Result<Option<Part<TaskDefinition>>, Misfit> {
    let target = parts.target(&service.is.task_definition);
    let definitions = parts.all::<TaskDefinition>()?;
    let mut definitions = definitions.into_iter();
    Ok(definitions.find(|one| Some(&one.address) == target.as_ref()))
}

/// How many tasks a service has in all zones.
pub(super) fn count(parts: &Parts, service: &Part<EcsService>) -> Result<String, Misfit> {
    let targets = parts.all::<ScalableTarget>()?;
    let scaled = targets
        .iter()
        .find(|one| parts.target(&one.is.service).as_ref() == Some(&service.address));
    Ok(match (scaled, service.is.desired_count) {
        (Some(target), _) => {
            let is = &target.is;
            format!("{} to {} tasks in all", is.min_capacity, is.max_capacity)
        }
        (None, Some(1)) => "1 task in all".to_owned(),
        (None, Some(count)) => format!("{count} tasks in all"),
        (None, None) => "as many tasks as were set by hand".to_owned(),
    })
}
