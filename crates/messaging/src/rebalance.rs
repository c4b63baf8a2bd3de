//! Partitions come and go: each begins where the database says this consumer stopped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mall_persistence::{Database, Error, Position};
use rdkafka::bindings::rd_kafka_resp_err_t as ErrorCode;
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::runtime::Handle;

use crate::batch::Partition;

/// How long a look at a partition's offsets may take.
const LOOK: Duration = Duration::from_secs(5);
/// The wait before the database is asked again.
const AGAIN: Duration = Duration::from_millis(250);

/// A change of what this member reads, in the order in which it was told.
#[derive(Debug)]
pub(crate) enum Change {
    Assigned(Vec<Partition>),
    Revoked(Vec<Partition>),
}

/// Called by librdkafka from within `poll`, on the consumer's own thread.
pub(crate) struct Rebalancing {
    pub(crate) database: Database,
    pub(crate) consumer: &'static str,
    pub(crate) runtime: Handle,
    pub(crate) changes: Arc<Mutex<Vec<Change>>>,
    pub(crate) stopping: Arc<std::sync::atomic::AtomicBool>,
}

impl ClientContext for Rebalancing {}

impl ConsumerContext for Rebalancing {
    fn rebalance(&self, base: &BaseConsumer<Self>, error: ErrorCode, partitions: &mut TopicPartitionList) {
        let list = partitions_of(partitions);
        if error == ErrorCode::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            self.assign(base, partitions, &list);
            self.tell(Change::Assigned(list));
        } else {
            // Partitions that we paused would stay paused when they come back (librdkafka issue 1849).
            let _ = base.resume(partitions);
            if let Err(error) = base.incremental_unassign(partitions) {
                tracing::warn!(%error, "partitions could not be given up");
            }
            self.tell(Change::Revoked(list));
        }
    }
}

impl Rebalancing {
    /// Writes the stored positions into the list and assigns it once. Never seeks or pauses here: librdkafka answers
    /// `Erroneous state` to the one (issue 3959) and forgets the offset on the other (issue 2190).
    fn assign(&self, base: &BaseConsumer<Self>, partitions: &mut TopicPartitionList, list: &[Partition]) {
        let positions = self.until_known(base, list);
        for (topic, partition) in list {
            if let Some(position) = positions.get(&(topic.clone(), *partition)) {
                let offset = Offset::Offset(position.next_offset);
                partitions.set_partition_offset(topic, *partition, offset).expect("the partition is in the list");
            }
        }
        if let Err(error) = base.incremental_assign(partitions) {
            tracing::error!(%error, "partitions could not be taken over");
        }
        let _ = base.resume(partitions);
    }

    fn until_known(&self, base: &BaseConsumer<Self>, list: &[Partition]) -> HashMap<Partition, Position> {
        loop {
            match self.positions(base, list) {
                Ok(positions) => return positions,
                Err(cause) => tracing::warn!(consumer = self.consumer, cause, "cannot read where to go on"),
            }
            if self.stopping.load(std::sync::atomic::Ordering::Relaxed) {
                return HashMap::new();
            }
            std::thread::sleep(AGAIN);
        }
    }

    fn positions(&self, base: &BaseConsumer<Self>, list: &[Partition]) -> Result<HashMap<Partition, Position>, String> {
        let text = |error: Error| crate::batch::chain(&error);
        let mut known = self.runtime.block_on(self.database.positions(self.consumer, list)).map_err(text)?;
        let mut starts = Vec::new();
        for (topic, partition) in list.iter().filter(|partition| !known.contains_key(partition)) {
            let (low, _) = base.fetch_watermarks(topic, *partition, LOOK).map_err(|error| error.to_string())?;
            starts.push((topic.clone(), *partition, low));
        }
        if !starts.is_empty() {
            self.runtime.block_on(self.database.begin_positions(self.consumer, &starts)).map_err(text)?;
            known = self.runtime.block_on(self.database.positions(self.consumer, list)).map_err(text)?;
        }
        Ok(known)
    }

    fn tell(&self, change: Change) {
        self.changes.lock().expect("nobody panics with the lock").push(change);
    }
}

pub(crate) fn partitions_of(list: &TopicPartitionList) -> Vec<Partition> {
    list.elements().iter().map(|element| (element.topic().to_owned(), element.partition())).collect()
}
