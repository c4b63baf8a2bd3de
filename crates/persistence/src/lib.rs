//! PostgreSQL under the core: a unit of work that loads aggregates, buffers what they decide and writes it all in
//! one atomic statement; with the tables that the relay and the consumers live on.

mod buffers;
mod commit;
mod context;
mod database;
mod error;
mod fresh;
mod inbox;
mod outbox;
mod outcome;
mod outgoing;
mod parked;
mod projection;
mod sagas;
mod schema;
mod stream;
mod work;

pub use context::Context;
pub use database::{Database, DatabaseOptions};
pub use error::Error;
pub use fresh::Fresh;
pub use inbox::{Mark, MarkMove, Position};
pub use outbox::{OutboxRow, RelaySession, RelayState, SWEEP};
pub use outcome::{CommandIdentity, Direction, Outcome};
pub use outgoing::{MAX_MESSAGE_BYTES, Outgoing, Publishes};
pub use parked::ParkedMessage;
pub use projection::{Projection, latest_by_key};
pub use sagas::{DueSaga, SagaRow, SagaStatus};
pub use stream::{Loader, Recorded};
pub use work::{Savepoint, Work};

pub use sqlx;
