//! What people and programs read: plans, progress, reports.
//!
//! May depend on `engine`, `plan`, `verify` (its checks), `keep` (its records) and `model`. Invariant: nothing here decides anything; a renderer
//! is a function of a plan or a fold over events, and names no concrete kind.

mod checks;
mod difference;
mod entry;
mod items;
mod json;
mod kind_page;
mod kinds;
mod layers;
mod lease;
mod lines;
mod live;
pub mod manual;
mod markdown;
pub mod message;
mod moved;
mod paint;
mod past;
mod permissions;
mod plan;
pub mod policy;
mod progress;
mod report;
mod stats;
mod status;
mod timeline;
mod timings;
mod value;
mod wrap;

pub use checks::{
    document as checks_json, human as checks_human, line as check_line, summary as checks_summary,
};
pub use json::{
    FORMAT_VERSION, Output, Setting, event as event_json, plan as plan_json, run as run_json,
};
pub use kind_page::{document as kind_json, page as kind_page};
pub use kinds::kinds;
pub use lease::unlocked;
pub use lines::{Detail, line};
pub use live::Live;
pub use markdown::{Around, LIMIT_BYTES as MARKDOWN_LIMIT_BYTES, markdown as plan_markdown};
pub use moved::{moved, rewritten};
pub use paint::duration;
pub use past::{document as past_json, line_of as past_line, whole as past_run};
pub use permissions::permissions;
pub use plan::{Purpose, human as plan_human, losses};
pub use progress::{Progress, Status, StepProgress};
pub use report::{outputs_text, summary, unfinished};
pub use stats::Stats;
pub use status::{Standing, document as status_json, human as status_human};
pub use timings::timings;
pub use wrap::{Layout, told};
