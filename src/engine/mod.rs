//! Running a plan: order, waiting, repeating, events.
//!
//! May depend on `plan` and `model`. Invariant: the engine sees plain data only, no kind.

pub mod clock;
mod context;
mod event;
mod gates;
mod insist;
mod judge;
mod life;
mod lost;
mod outcome;
mod polls;
mod provider;
mod quota;
pub mod random;
mod reading;
mod refresh;
mod retry;
mod run;
mod schedule;
mod settings;
mod task;
mod tenure;
mod token;
mod vain;

pub use event::{Cause, Ending, Event, Failure, Planned, Skip, Stop, What};
pub use outcome::Outcome;
pub use provider::{Health, Provider, Quota, Wellness};
pub use quota::{QuotaError, Shortage, check_quotas};
pub use reading::may_pass;
pub use refresh::{ReadFailed, read};
pub use run::run;
pub use settings::{Limits, Settings};
pub use tenure::{Lost, Tenure, Unlimited};
