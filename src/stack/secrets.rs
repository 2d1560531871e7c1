//! The secrets of a stack, by their names in the spec.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: a value is never here; whoever needs
//! one gets a reference.

use std::collections::BTreeMap;

use crate::model::{Graph, Ref};
use crate::resources::{Secret, SecretArn, SecretOutputsRefs, SecretUsage};
use crate::spec::leaf::SecretName;
use crate::spec::resolved::SecretUsage as Use;
use crate::spec::{Spec, names};

/// The secrets by name.
pub(super) struct Secrets(BTreeMap<String, SecretOutputsRefs>);

impl Secrets {
    /// The outputs of a secret; the spec has been checked, so there is one of each name in use.
    pub(super) fn get(&self, name: &SecretName) -> Option<&SecretOutputsRefs> {
        self.0.get(name.as_str())
    }

    /// The ARNs of these secrets with their names.
    pub(super) fn arns<'a>(
        &'a self,
        names: impl IntoIterator<Item = &'a SecretName>,
    ) -> Vec<(&'a SecretName, &'a Ref<SecretArn>)> {
        let known = |name: &'a SecretName| Some((name, &self.get(name)?.arn));
        names.into_iter().filter_map(known).collect()
    }
}

pub(super) fn add(graph: &mut Graph, spec: &Spec) -> Secrets {
    let secrets = spec.secrets.iter().map(|secret| {
        let (usage, purpose) = match secret.usage {
            Use::Application => (SecretUsage::Application, "read by its applications"),
            Use::OriginHeader => (
                SecretUsage::OriginHeader,
                "by which its load balancer knows CloudFront",
            ),
        };
        let resource = Secret {
            name: names::secret(&spec.stack, &secret.name),
            description: format!("Generated for the stack {}, {purpose}", spec.stack),
            usage,
            recovery_window_days: secret.recovery_days,
        };
        let name = secret.name.to_string();
        (name.clone(), graph.add(name, &resource))
    });
    Secrets(secrets.collect())
}
