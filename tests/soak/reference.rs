//! Runs that nobody kills.
//!
//! Depends on `lab`. Invariant: measured once, and the same for all tests of the process.

use testbed::Side;
use tokio::sync::OnceCell;

use crate::census::Labels;
use crate::lab::Lab;
use crate::point::Phase;

static REFERENCE: OnceCell<Reference> = OnceCell::const_new();

/// What the program does when it is left alone.
pub(crate) struct Reference {
    phases: [Expected; 3],
}

pub(crate) struct Expected {
    /// How many changing calls it makes.
    pub(crate) calls: u32,
    /// What is there afterwards.
    pub(crate) labels: Labels,
}

impl Reference {
    pub(crate) async fn measured() -> &'static Self {
        REFERENCE.get_or_init(Self::measure).await
    }

    async fn measure() -> Self {
        let lab = Lab::new().await;
        let mut phases = Vec::new();
        for phase in Phase::ALL {
            lab.write(phase);
            let halt = lab.bed().halt_at(u32::MAX, Side::Before);
            let ended = lab.kill_at(&halt, phase.arguments()).await;
            ended.unwrap_or_else(|why| panic!("{}: {why}", phase.name()));
            println!("{}: {} changing calls", phase.name(), halt.seen());
            phases.push(Expected {
                calls: halt.seen(),
                labels: lab.labels().await,
            });
        }
        let Ok(phases) = phases.try_into() else {
            unreachable!("there are as many phases");
        };
        let reference = Self { phases };
        let left = &reference.of(Phase::Destroy).labels;
        assert!(left.is_empty(), "destroy leaves {left:#?}");
        reference
    }

    pub(crate) fn of(&self, phase: Phase) -> &Expected {
        &self.phases[phase as usize]
    }
}
