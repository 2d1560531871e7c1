//! What builds container images, as kinds see it.
//!
//! May depend on `vault` and `model`. Invariant: nobody here knows which program it is.

use futures::future::BoxFuture;

use super::vault::Plain;
use crate::model::BuildContext;

/// Something that builds container images and brings them into a registry.
pub trait ImageBuilder: Send + Sync {
    /// Builds an image and pushes it under this reference, `REGISTRY/NAME:TAG`.
    ///
    /// # Errors
    /// What the builder said at last.
    fn build_and_push<'a>(
        &'a self,
        context: &'a BuildContext,
        reference: &'a str,
        login: &'a RegistryLogin,
    ) -> BoxFuture<'a, Result<(), String>>;
}

/// What a registry admits a builder with.
#[derive(Clone, Debug)]
pub struct RegistryLogin {
    /// The registry's host.
    pub registry: String,
    /// The user's name.
    pub user: String,
    /// The password, good for some hours.
    pub password: Plain,
}
