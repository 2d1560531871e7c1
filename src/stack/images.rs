//! The container images of services: given, or built into a repository of the stack's own.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: a repository outlives every image that
//! stands in for a built one.

use super::inputs::Inputs;
use crate::model::{Graph, Ref, Text};
use crate::resources::{
    ContainerImage, EcrRepository, EcrRepositoryOutputsRefs, ImageTagMutability, RepositoryArn,
};
use crate::spec::leaf::ImageReference;
use crate::spec::resolved::{Image, Service};
use crate::spec::{Spec, names};

/// Images that a repository keeps: enough to go back to an earlier version.
const IMAGES_KEPT: u32 = 20;

/// Where ECS gets an image from.
pub(super) enum Pulled {
    /// A repository of the stack's own.
    FromRepository(Ref<RepositoryArn>),
    /// A registry.
    Reference(ImageReference),
}

/// A service's image.
pub(super) struct ServiceImage {
    /// Where it comes from.
    pub(super) pulled: Pulled,
    /// What a task definition calls it.
    pub(super) reference: Text,
}

pub(super) fn add(
    graph: &mut Graph,
    spec: &Spec,
    inputs: &Inputs,
    service: &Service,
) -> ServiceImage {
    match &service.image {
        Image::Reference(reference) => given(reference),
        Image::BuiltElsewhere(reference) => {
            add_repository(graph, spec, service);
            // Whoever builds it here next time finds it again.
            graph.leave::<ContainerImage>(service.name.to_string());
            given(reference)
        }
        Image::Build(_) => {
            let repository = add_repository(graph, spec, service);
            let image = graph.add_child(&ContainerImage {
                repository_url: repository.url,
                tag: inputs.image(service.name.as_str()),
            });
            ServiceImage {
                pulled: Pulled::FromRepository(repository.arn),
                reference: Text::from(&image.uri),
            }
        }
    }
}

fn given(reference: &ImageReference) -> ServiceImage {
    ServiceImage {
        pulled: Pulled::Reference(reference.clone()),
        reference: Text::from(reference.as_str()),
    }
}

fn add_repository(graph: &mut Graph, spec: &Spec, service: &Service) -> EcrRepositoryOutputsRefs {
    let repository = EcrRepository {
        name: names::repository(&spec.stack, &service.name),
        // One tag marks the image that is in use, and moves.
        image_tag_mutability: ImageTagMutability::Mutable,
        scan_on_push: true,
        lifecycle_policy: Some(EcrRepository::keep_last(IMAGES_KEPT)),
    };
    graph.add(service.name.to_string(), &repository)
}
