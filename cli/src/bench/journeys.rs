//! How long orders took, by the times at which PostgreSQL committed their events.

use std::{
    collections::HashMap,
    time::{Duration, Instant, SystemTime},
};

use hdrhistogram::Histogram;
use uuid::Uuid;

use super::{Failed, orders::Basket, rig::Rig};

const POLL: Duration = Duration::from_millis(50);

/// One order that was approved. Times are microseconds since 1970, by the machine's one clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Journey {
    pub(super) checked_out: i64,
    pub(super) approved: i64,
}

impl Journey {
    pub(super) fn micros(&self) -> u64 {
        u64::try_from(self.approved - self.checked_out).unwrap_or(0)
    }
}

/// Now, on the same clock.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is later than 1970");
    i64::try_from(since.as_micros()).expect("and far from the end of time")
}

/// The orders of these baskets that were approved, in the order of their checkouts. Baskets that were prepared together
/// lie side by side in the index, so this reads only theirs.
pub(super) async fn of(rig: &Rig, baskets: &[Basket]) -> Result<Vec<Journey>, Failed> {
    let [Some(first), Some(last)] = [baskets.first(), baskets.last()] else { return Ok(Vec::new()) };
    let checked_out: Vec<(Uuid, i64)> = sqlx::query_as(
        "select stream_id, (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000000)::bigint from events \
         where kind = 'baskets.Basket' and stream_id between $1 and $2 and type = 'CheckedOut'",
    )
    .bind(first.id)
    .bind(last.id)
    .fetch_all(&rig.baskets)
    .await?;
    let approved: Vec<(Uuid, i64)> = sqlx::query_as(
        "select stream_id, (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000000)::bigint from events \
         where kind = 'ordering.Order' and stream_id between $1 and $2 and type = 'Approved'",
    )
    .bind(first.id)
    .bind(last.id)
    .fetch_all(&rig.ordering)
    .await?;
    let approved: HashMap<Uuid, i64> = approved.into_iter().collect();
    let journeys = checked_out
        .into_iter()
        .filter_map(|(order, checked_out)| Some(Journey { checked_out, approved: *approved.get(&order)? }));
    let mut journeys: Vec<Journey> = journeys.collect();
    journeys.sort_unstable_by_key(|journey| journey.checked_out);
    Ok(journeys)
}

/// Waits until so many of these orders are approved or rejected, or until there is no more patience; how many were
/// rejected.
pub(super) async fn wait_for(rig: &Rig, baskets: &[Basket], count: usize, patience: Duration) -> Result<usize, Failed> {
    let [Some(first), Some(last)] = [baskets.first(), baskets.last()] else { return Ok(0) };
    let deadline = Instant::now() + patience;
    loop {
        let (ended, rejected): (i64, i64) = sqlx::query_as(
            "select count(*), count(*) filter (where type = 'Rejected') from events \
             where kind = 'ordering.Order' and stream_id between $1 and $2 and type in ('Approved', 'Rejected')",
        )
        .bind(first.id)
        .bind(last.id)
        .fetch_one(&rig.ordering)
        .await?;
        if usize::try_from(ended)? >= count || Instant::now() > deadline {
            return Ok(usize::try_from(rejected)?);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Of times in microseconds, to three digits and up to ten minutes.
pub(super) fn histogram(micros: impl IntoIterator<Item = u64>) -> Histogram<u64> {
    let mut histogram = Histogram::new_with_bounds(1, 600_000_000, 3).expect("three digits are few enough");
    micros.into_iter().for_each(|micros| histogram.saturating_record(micros));
    histogram
}

/// Milliseconds at a quantile.
pub(super) fn milliseconds(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    let micros = histogram.value_at_quantile(quantile);
    Duration::from_micros(micros).as_secs_f64() * 1_000.0
}
