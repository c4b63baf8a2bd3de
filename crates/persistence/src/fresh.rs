//! Messages that this process has just committed, kept for its relay: what follows the cursor without a gap need not be
//! read from the outbox again. See docs/adr/0013.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::OutboxRow;

/// Payloads kept at most, in bytes. What comes beyond is read from the outbox.
const BYTES: usize = 1024 * 1024;

/// See the module.
#[derive(Debug, Default)]
pub struct Fresh {
    kept: Mutex<Kept>,
    committed: Notify,
}

#[derive(Debug, Default)]
struct Kept {
    /// By number.
    rows: BTreeMap<i64, OutboxRow>,
    bytes: usize,
}

impl Fresh {
    /// Keeps rows that are committed, and wakes the relay.
    pub(crate) fn hand_over(&self, rows: Vec<OutboxRow>) {
        {
            let mut kept = self.kept();
            for row in rows {
                if kept.bytes + row.payload.len() <= BYTES {
                    kept.bytes += row.payload.len();
                    kept.rows.insert(row.seq, row);
                }
            }
        }
        self.committed.notify_one();
    }

    /// Takes the rows that follow `cursor` number by number, at most `limit`; forgets those up to `cursor`.
    ///
    /// They are committed and no number is missing before them: nothing can still appear below them.
    pub fn take_after(&self, cursor: i64, limit: usize) -> Vec<OutboxRow> {
        let mut kept = self.kept();
        while kept.rows.first_key_value().is_some_and(|(seq, _)| *seq <= cursor) {
            kept.take_first();
        }
        let mut rows: Vec<OutboxRow> = Vec::new();
        let mut next = cursor + 1;
        while rows.len() < limit && kept.rows.first_key_value().is_some_and(|(seq, _)| *seq == next) {
            rows.extend(kept.take_first());
            next += 1;
        }
        rows
    }

    /// Whether rows are kept: they lie behind a gap, or beyond a limit.
    pub fn is_waiting(&self) -> bool {
        !self.kept().rows.is_empty()
    }

    /// Forgets all rows: they are read from the outbox, here or elsewhere.
    pub fn clear(&self) {
        *self.kept() = Kept::default();
    }

    /// Waits until messages were committed since the last call.
    pub async fn committed(&self) {
        self.committed.notified().await;
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn take_first(&mut self) -> Option<OutboxRow> {
        let (_, row) = self.rows.pop_first()?;
        self.bytes -= row.payload.len();
        Some(row)
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;

    fn row(seq: i64, bytes: usize) -> OutboxRow {
        OutboxRow {
            seq,
            epoch: 1,
            topic: "toy.events".into(),
            partition_key: "key".into(),
            message_id: Uuid::nil(),
            message_type: "toy.v1.Counted".into(),
            version: 1,
            headers: BTreeMap::new(),
            payload: vec![0; bytes],
            created_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    fn numbers(rows: &[OutboxRow]) -> Vec<i64> {
        rows.iter().map(|row| row.seq).collect()
    }

    #[test]
    fn only_what_follows_without_a_gap_is_given() {
        let fresh = Fresh::default();
        // Commits come back in another order than that of their numbers.
        fresh.hand_over(vec![row(7, 1), row(8, 1)]);
        fresh.hand_over(vec![row(3, 1), row(5, 1), row(4, 1)]);
        assert_eq!(numbers(&fresh.take_after(2, 2)), [3, 4]);
        assert_eq!(numbers(&fresh.take_after(4, 10)), [5]);
        assert!(numbers(&fresh.take_after(5, 10)).is_empty(), "6 may still appear");
        assert!(fresh.is_waiting());
        fresh.hand_over(vec![row(6, 1)]);
        assert_eq!(numbers(&fresh.take_after(5, 10)), [6, 7, 8]);
        assert!(!fresh.is_waiting());
    }

    #[test]
    fn what_the_cursor_has_passed_is_forgotten() {
        let fresh = Fresh::default();
        fresh.hand_over(vec![row(1, 1), row(2, 1), row(4, 1)]);
        assert!(fresh.take_after(9, 10).is_empty());
        assert!(!fresh.is_waiting());
    }

    #[test]
    fn no_more_is_kept_than_fits() {
        let fresh = Fresh::default();
        fresh.hand_over(vec![row(1, BYTES - 1), row(2, 2), row(3, 1)]);
        assert_eq!(numbers(&fresh.take_after(0, 10)), [1]);
        assert!(fresh.take_after(1, 10).is_empty(), "2 did not fit: the outbox has it");
        fresh.clear();
        fresh.hand_over(vec![row(4, BYTES)]);
        assert_eq!(numbers(&fresh.take_after(3, 10)), [4]);
    }
}
