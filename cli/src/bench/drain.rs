//! An outbox in which very much waits: how fast the relay publishes it, and whether it slows down on the way.

use std::time::{Duration, Instant};

use super::{Failed, rig::Rig};

/// Whose outbox. All other services are stopped: nobody reads these messages.
const SERVICE: &str = "stores";
const POLL: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(300);

#[derive(Clone, Copy, Debug)]
pub(super) struct Drain {
    pub(super) rows: i64,
    pub(super) seconds: f64,
    /// Rows per second of the first tenth, and of the last one.
    pub(super) first: f64,
    pub(super) last: f64,
}

/// The last thing to do with a fleet: it stops all services but one.
pub(super) async fn measure(rig: &mut Rig, rows: i64) -> Result<Drain, Failed> {
    rig.stop_all_services().await;
    let database = rig.pool_of(SERVICE)?;
    let (cursor,): (i64,) = sqlx::query_as(
        "with waiting as (insert into outbox \
         (epoch, topic, partition_key, message_id, type, version, headers, payload, created_at) \
         select 1, 'stores.events', id, id::uuid, 'mallbots.stores.v1.Bench', 1, \
         jsonb_build_object('ce_subject', id, 'ce_correlationid', id), convert_to(repeat('x', 200), 'UTF8'), now() \
         from (select gen_random_uuid()::text as id from generate_series(1, $1)) as ids) \
         select cursor from relay",
    )
    .bind(rows)
    .fetch_one(&database)
    .await?;
    // With its statistics and on disk, as an outbox that has filled up while the broker was away.
    sqlx::raw_sql("analyze outbox; checkpoint").execute(&database).await?;
    let newest: i64 = sqlx::query_scalar("select max(seq) from outbox").fetch_one(&database).await?;
    let oldest = newest - rows;
    rig.start_service(SERVICE).await?;
    let mut passed = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let now: i64 = sqlx::query_scalar("select cursor from relay").fetch_one(&database).await?;
        if now > cursor.max(oldest) {
            passed.push((Instant::now(), now - oldest));
        }
        if now >= newest {
            return Ok(Drain::of(&passed, rows));
        }
        if Instant::now() > deadline {
            return Err(format!("{} of {rows} rows are still waiting", newest - now).into());
        }
        tokio::time::sleep(POLL).await;
    }
}

impl Drain {
    /// From when how many had been published; times between two looks are interpolated.
    fn of(passed: &[(Instant, i64)], rows: i64) -> Self {
        let start = passed[0].0;
        let at = |count: f64| -> f64 {
            let after = passed.partition_point(|(_, published)| (*published as f64) < count).min(passed.len() - 1);
            let (time, published) = passed[after];
            let Some((before, earlier)) = after.checked_sub(1).map(|before| passed[before]) else { return 0.0 };
            let share = (count - earlier as f64) / (published - earlier).max(1) as f64;
            (before - start).as_secs_f64() + (time - before).as_secs_f64() * share
        };
        let (first, rows_seen) = (passed[0].1 as f64, rows as f64);
        let tenth = rows_seen / 10.0;
        Self {
            rows,
            seconds: at(rows_seen),
            first: (tenth - first).max(1.0) / at(tenth).max(f64::EPSILON),
            last: tenth / (at(rows_seen) - at(rows_seen - tenth)).max(f64::EPSILON),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_tenth_and_the_last() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let drain = Drain::of(&[(at(0), 0), (at(100), 100), (at(800), 800), (at(1_100), 1_000)], 1_000);
        assert!((drain.seconds - 1.1).abs() < 1e-6, "{drain:?}");
        assert!((drain.first - 1_000.0).abs() < 1e-6, "{drain:?}");
        assert!((drain.last - 100.0 / 0.15).abs() < 1e-6, "{drain:?}");
    }
}
