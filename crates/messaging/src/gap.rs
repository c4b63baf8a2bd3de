//! The gap rule: the relay publishes strictly by number and never steps over a number that may still appear.
//!
//! `nextval` gives numbers in one order, transactions become visible in another. A hole below a visible row is either
//! a row that is still being written or one that was rolled back; which of the two is learnt from the lock that
//! `nextval` holds on the sequence until its top transaction ends. See docs/adr/0001.

use std::collections::HashSet;
use std::time::Duration;

use mall_persistence::{Error, OutboxRow, RelaySession};

/// Reads an outbox without ever stepping over a number that may still appear.
#[derive(Debug, Default)]
pub struct GapRule {
    /// Every number below this that a read does not show is dead.
    proved_below: i64,
    watch: Option<Watch>,
    tries: u32,
}

/// A hole was met; these may still fill it.
#[derive(Debug)]
struct Watch {
    /// The highest row of the read that met the hole.
    below: i64,
    /// Who held the sequence's lock after that read.
    writers: HashSet<String>,
}

impl GapRule {
    /// The next rows that may be published after `cursor`, in order, at most `limit`.
    pub async fn next(
        &mut self,
        session: &mut RelaySession,
        cursor: i64,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, Error> {
        if let Some(watch) = &self.watch {
            let still_writing = session.writers().await?;
            if watch.writers.is_disjoint(&still_writing) {
                // The read below begins after this listing: what it does not show will never appear.
                self.proved_below = watch.below;
                self.watch = None;
            }
        }
        let mut rows = session.read(cursor, i64::try_from(limit).unwrap_or(i64::MAX)).await?;
        let sure = self.sure(cursor, &rows);
        let hole = rows.get(sure).map(|row| row.seq);
        match (hole, rows.last()) {
            (Some(above_hole), Some(highest)) => {
                self.watch_hole(session, above_hole, highest.seq).await?;
                self.tries = if sure == 0 { self.tries + 1 } else { 0 };
                metrics::counter!("mall_relay_holes_total").increment(1);
            }
            _ => {
                self.watch = None;
                self.tries = 0;
            }
        }
        rows.truncate(sure);
        Ok(rows)
    }

    /// How long to wait before the next read; `None` where no hole is open.
    pub fn pause(&self) -> Option<Duration> {
        self.watch.as_ref()?;
        let millis = 1_u64 << self.tries.saturating_sub(1).min(6);
        Some(Duration::from_millis(millis.min(50)))
    }

    async fn watch_hole(&mut self, session: &mut RelaySession, above_hole: i64, highest: i64) -> Result<(), Error> {
        // A hole at or above the old watch's reach waits for a proof of its own.
        let outgrown = self.watch.as_ref().is_none_or(|watch| above_hole > watch.below);
        if outgrown {
            let writers = session.writers().await?;
            self.watch = Some(Watch { below: highest, writers });
        }
        Ok(())
    }

    /// How many leading rows may be published: those with no unproved hole before them.
    fn sure(&self, cursor: i64, rows: &[OutboxRow]) -> usize {
        let mut last = cursor;
        rows.iter()
            .take_while(|row| {
                let next = row.seq == last + 1 || row.seq <= self.proved_below;
                last = row.seq;
                next
            })
            .count()
    }
}
