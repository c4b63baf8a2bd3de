//! Marks that moved past facts nobody here listens to: they are not worth a commit of their own, and go with the next.
//!
//! Nothing depends on them: a consumer that stops before they are stored reads those facts again and ignores them again.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use mall_persistence::Mark;

use super::Partition;

/// How long marks are carried before they get a commit of their own.
const CARRY: Duration = Duration::from_secs(2);

/// A mark's place: topic, partition, source.
pub(crate) type MarkKey = (String, i32, String);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    pub(super) marks: BTreeMap<MarkKey, Mark>,
    pub(super) positions: BTreeMap<Partition, i64>,
    since: Option<Instant>,
}

impl Carried {
    /// Carries these until the next commit; they hold all that was carried before.
    pub(super) fn keep(&mut self, marks: BTreeMap<MarkKey, Mark>, positions: BTreeMap<Partition, i64>) {
        let since = self.since.unwrap_or_else(Instant::now);
        *self = Self { marks, positions, since: Some(since) };
    }

    /// Whether they have been carried for long enough.
    pub(super) fn is_due(&self) -> bool {
        self.since.is_some_and(|since| since.elapsed() >= CARRY)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.since.is_none()
    }

    /// They are stored.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Marks were read again: where somebody else has come as far, theirs count.
    pub(super) fn yield_to(&mut self, stored: &HashMap<MarkKey, Mark>) {
        let overtaken: Vec<MarkKey> = self
            .marks
            .iter()
            .filter(|(key, mark)| stored.get(*key).is_some_and(|stored| stored >= *mark))
            .map(|(key, _)| key.clone())
            .collect();
        for key in overtaken {
            self.marks.remove(&key);
            self.positions.remove(&(key.0, key.1));
        }
    }

    /// These partitions are somebody else's now.
    pub(super) fn forget(&mut self, partitions: &[Partition]) {
        self.marks.retain(|(topic, number, _), _| !partitions.iter().any(|p| &p.0 == topic && p.1 == *number));
        self.positions.retain(|partition, _| !partitions.contains(partition));
    }
}
