//! Forgets the outcomes of commands that nobody can send again.

use std::time::Duration;

use mall_persistence::{Context, Database, Error};
use mall_proto::topology;
use tokio::sync::watch;

use crate::sampler::pause;

/// How often.
const EVERY: Duration = Duration::from_secs(3_600);
/// Outcomes of one statement, so that none takes long.
const LIMIT: i64 = 1_000;

/// Runs until told to stop; at once where this service gets no commands.
pub(crate) async fn run(database: Database, mut stop: watch::Receiver<bool>) {
    let Some(kept) = kept_for(database.service()) else { return };
    while !*stop.borrow() {
        match forget(&database, kept).await {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!(forgotten, "outcomes of old commands are gone"),
            Err(error) => tracing::debug!(%error, "old outcomes stay for now"),
        }
        pause(&mut stop, EVERY).await;
    }
}

/// Twice as long as Kafka keeps its commands.
fn kept_for(service: &str) -> Option<Duration> {
    let commands = topology::topic(&format!("{service}.commands"))?;
    let retention = u64::try_from(commands.retention_ms?).ok()?;
    Some(Duration::from_millis(retention) * 2)
}

async fn forget(database: &Database, kept: Duration) -> Result<u64, Error> {
    let before = database.begin(Context::begin()).now() - kept;
    let mut forgotten = 0;
    loop {
        let some = database.forget_outcomes(before, LIMIT).await?;
        forgotten += some;
        if some < LIMIT.unsigned_abs() {
            return Ok(forgotten);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_outlive_every_resend() {
        let week = Duration::from_secs(7 * 24 * 3_600);
        assert_eq!(kept_for("depot"), Some(week * 2));
        assert_eq!(kept_for("search"), None);
    }
}
