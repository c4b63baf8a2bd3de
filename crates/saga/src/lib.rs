//! Orchestrated processes: a saga is a table of steps, each a command to another context, with what undoes it.
//!
//! Up to and including its pivot a refusal or a passed deadline turns a saga back; after the pivot it only goes on.
//! State is one row per saga, changed by compare-and-set in the same transaction as the commands it sends.

mod definition;
mod engine;
mod policy;
mod steps;
mod timer;

pub use definition::Saga;
pub use engine::Sagas;
pub use policy::SagaPolicy;
pub use timer::{ReplyPosition, Timer};
