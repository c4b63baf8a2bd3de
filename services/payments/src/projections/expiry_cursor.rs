//! How far payments have been looked at for expiry: one row.
//!
//! A payment's id is a UUIDv7, which begins with the time at which it was drawn. So the ids that are old enough are a
//! range of the events' primary key, and authorizing and confirming payments need no table of what may expire.

use mall_domain::{Aggregate, OffsetDateTime};
use mall_persistence::{Database, Error, Projection};
use sqlx::PgConnection;
use time::Duration;
use uuid::{NoContext, Timestamp, Uuid};

use crate::domain::Payment;
use crate::domain::payment::MAY_STAY_AUTHORIZED;

/// The cursor passes a payment only once, so it comes well after the payment's own clock has run out.
const MARGIN: Duration = Duration::minutes(1);

/// All payments up to this id have been looked at.
#[derive(Clone, Copy, Debug)]
pub struct SweptTo(pub Uuid);

pub struct ExpiryCursor;

impl Projection for ExpiryCursor {
    type Input = SweptTo;

    async fn project(&self, connection: &mut PgConnection, inputs: &[&SweptTo]) -> Result<(), sqlx::Error> {
        // The greatest, not the last: another replica may be further.
        sqlx::query("update expiry_cursor set swept_to = greatest(swept_to, $1) where id = 1")
            .bind(inputs.iter().map(|swept| swept.0).max())
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// The next `limit` payments that were authorized long enough before `now`, oldest first.
pub async fn next(database: &Database, now: OffsetDateTime, limit: i64) -> Result<Vec<Uuid>, Error> {
    let ids = sqlx::query_scalar(
        "select stream_id from events
         where kind = $1 and stream_id > (select swept_to from expiry_cursor where id = 1) and stream_id < $2
           and version = 1
         order by stream_id limit $3",
    )
    .bind(Payment::KIND)
    .bind(first_id_at(now - MAY_STAY_AUTHORIZED - MARGIN))
    .bind(limit)
    .fetch_all(database.pool())
    .await?;
    Ok(ids)
}

/// Where the ids that are drawn at `time` begin, up to the random bits of that millisecond.
fn first_id_at(time: OffsetDateTime) -> Uuid {
    let seconds = u64::try_from(time.unix_timestamp()).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, time.nanosecond()))
}
