//! The stacks of the corpus as the program knows them, and time that costs nothing.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::LazyLock;

use qpiac::model::{Graph, Owner, Schema};
use qpiac::resources::KINDS;
use qpiac::stack::{self, Digests, Inputs};
use qpiac::{engine, sim, spec};

use crate::program::{WEB_STACK, WHOLE_STACK};

/// Every kind.
pub(crate) static SCHEMAS: LazyLock<Vec<&'static Schema>> =
    LazyLock::new(|| KINDS.iter().map(|entry| entry.schema).collect());

/// One service behind a load balancer.
pub(crate) static WEB: LazyLock<Scene> = LazyLock::new(|| Scene::of(WEB_STACK));

/// All that there is.
pub(crate) static WHOLE: LazyLock<Scene> = LazyLock::new(|| Scene::of(WHOLE_STACK));

/// A stack.
pub(crate) struct Scene {
    pub(crate) owner: Owner,
    pub(crate) graph: Graph,
}

impl Scene {
    fn of(text: &str) -> Self {
        let Ok(read) = spec::read("stack.yaml", text) else {
            panic!("the stack is a good one");
        };
        let graph = stack::graph(&read.spec, &Inputs::anywhere(Digests::default()));
        let owner = stack::owner(&read.spec);
        Self { owner, graph }
    }

    /// A cloud where everything can be made that the stack refers to.
    pub(crate) fn cloud(&self) -> sim::Settings {
        let mut given = BTreeSet::new();
        for value in self
            .graph
            .nodes()
            .flat_map(|(_, node)| node.values.values())
        {
            value.each_id(&mut |_, id| {
                given.insert(id.to_owned());
            });
        }
        sim::Settings::sandbox().knowing(given)
    }
}

/// How the engine works on this seed.
pub(crate) fn settings(seed: u64) -> engine::Settings {
    engine::Settings {
        seed: Some(seed),
        ..engine::Settings::default()
    }
}

/// Carries out what waits only for a clock that jumps.
pub(crate) fn on_paused_time<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.expect("a runtime").block_on(work)
}
