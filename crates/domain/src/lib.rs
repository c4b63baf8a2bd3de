//! The pure building blocks that every service's domain is made of: aggregates, refusals, ids and money.
//! Nothing here does I/O, reads a clock or draws a random number.

extern crate self as mall_domain; // so that `id!` works in here as it does outside

mod aggregate;
mod id;
mod money;
mod refusal;
pub mod scenario;
pub mod text;

pub use aggregate::{Aggregate, AggregateId, DomainEvent, IntoEvents};
pub use id::{InField, MAX_IDS, ParseIdError, parse_ids};
pub use money::{Currency, Money, MoneyRefusal};
pub use refusal::{Refusal, RefusalKind, Refused};

pub use time::OffsetDateTime;
pub use uuid::Uuid;

#[doc(hidden)]
pub mod private {
    pub use serde;
    pub use uuid;
}
