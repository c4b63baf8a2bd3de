//! Time for sagas: resends, deadlines and alarms.
//!
//! A deadline must not turn back an order whose reply is waiting somewhere: after it one further resend goes out; one
//! interval later the end of the reply partition is noted, and only when everything up to there has been read without
//! an answer does the deadline fire.

use std::time::Duration;

use mall_messaging::{KafkaOptions, Offsets, partition_of};
use mall_persistence::{Context, Database, Error, SagaRow, SagaStatus};
use tokio::sync::watch;
use uuid::Uuid;

use crate::engine::Sagas;
use crate::steps::{AnySaga, turn_back};

/// A fence that is still to be taken: the last resend is out.
const FENCE_WANTED: i64 = -1;
/// Sagas looked at in one go.
const LIMIT: i64 = 200;

/// Where the owner's consumer is in the partition that a saga is answered on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyPosition {
    /// The offset that the next reply will get.
    pub end: i64,
    /// The offset that is read next.
    pub next: i64,
}

/// Looks after the sagas of one service. Any number of replicas may run it: compare-and-set lets one win.
pub struct Timer {
    database: Database,
    sagas: Sagas,
    kafka: KafkaOptions,
    reply_partitions: i32,
    offsets: Option<Offsets>,
}

impl Timer {
    /// A timer; `reply_partitions` is the declared count of the reply topic.
    pub fn new(database: Database, sagas: Sagas, kafka: KafkaOptions, reply_partitions: i32) -> Self {
        Self { database, sagas, kafka, reply_partitions, offsets: None }
    }

    /// Runs until told to stop.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.tick().await {
                Ok(()) | Err(Error::Moved | Error::Conflict) => {}
                Err(error) => tracing::warn!(%error, source = ?std::error::Error::source(&error), "the sagas' timer"),
            }
            let told = async {
                let _ = stop.wait_for(|stop| *stop).await;
            };
            let _ = tokio::time::timeout(self.sagas.policy.tick, told).await;
        }
    }

    /// Starts clocks, then looks at every saga whose time has come.
    async fn tick(&mut self) -> Result<(), Error> {
        let mut work = self.database.begin(Context::begin());
        let now = work.now();
        self.database.start_saga_clocks(now, self.sagas.policy.resend(1)).await?;
        let due = self.database.due_sagas(now, LIMIT).await?;
        let mut keys = Vec::with_capacity(due.len());
        for saga in &due {
            match self.sagas.named(&saga.name) {
                Ok(definition) => keys.push((definition.name(), saga.id)),
                // Somebody else's row must not stop ours.
                Err(error) => tracing::error!(saga = saga.name, id = %saga.id, %error, "a saga without a definition"),
            }
        }
        work.prefetch_sagas(&keys).await?;
        for (name, id) in keys {
            let Some(row) = work.saga(name, id).await?.filter(|row| row.next_at.is_some_and(|at| at <= now)).cloned()
            else {
                continue;
            };
            // Timers begin no journey of their own: the saga's id is the journey's.
            work.set_context(Context { correlation_id: id, causation_id: None, traceparent: None });
            let saga = self.sagas.named(name)?;
            let position = match row.fence {
                None => None,
                Some(_) => match self.reply_position(id).await {
                    Ok(position) => Some(position),
                    Err(error) => {
                        tracing::warn!(saga = name, %id, %error, "a deadline waits until Kafka is back");
                        continue;
                    }
                },
            };
            self.look(&mut work, saga.as_ref(), row, position)?;
        }
        work.commit().await
    }

    /// Decides what a saga whose time has come needs.
    fn look(
        &self,
        work: &mut mall_persistence::Work,
        saga: &dyn AnySaga,
        row: SagaRow,
        position: Option<ReplyPosition>,
    ) -> Result<(), Error> {
        let now = work.now();
        let policy = &self.sagas.policy;
        let age = row.clock_at.map_or(Duration::ZERO, |at| (now - at).unsigned_abs());
        let can_turn_back = row.status == SagaStatus::Running && row.step <= saga.pivot();
        if !can_turn_back {
            if age >= policy.alarm {
                tracing::error!(saga = row.name, id = %row.id, step = saga.step_name(row.step), seconds = age.as_secs(), "a step does not come to an end");
                metrics::counter!("mall_saga_alarms_total", "name" => row.name, "step" => saga.step_name(row.step))
                    .increment(1);
            }
            let wait = policy.patient_resend(row.attempts + 2);
            return self.resend(work, saga, row, wait, None);
        }
        match (row.fence, position) {
            (Some(FENCE_WANTED), Some(position)) => {
                let row = SagaRow { fence: Some(position.end), next_at: Some(now + policy.tick), ..row };
                work.save_saga(row.changed());
                Ok(())
            }
            (Some(fence), Some(position)) if position.next >= fence => {
                let cause =
                    format!("{} did not answer within {} s", saga.step_name(row.step), policy.deadline.as_secs());
                tracing::warn!(saga = row.name, id = %row.id, cause, "a deadline has passed");
                let row = turn_back(saga, row, cause);
                self.sagas.save(work, saga, row)
            }
            (Some(_), _) => {
                let row = SagaRow { next_at: Some(now + policy.tick), ..row };
                work.save_saga(row.changed());
                Ok(())
            }
            (None, _) if age >= policy.deadline => {
                let wait = policy.resend(row.attempts + 2);
                self.resend(work, saga, row, wait, Some(FENCE_WANTED))
            }
            (None, _) => {
                let left = policy.deadline.saturating_sub(age);
                let wait = policy.resend(row.attempts + 2).min(left);
                self.resend(work, saga, row, wait, None)
            }
        }
    }

    fn resend(
        &self,
        work: &mut mall_persistence::Work,
        saga: &dyn AnySaga,
        row: SagaRow,
        wait: Duration,
        fence: Option<i64>,
    ) -> Result<(), Error> {
        let mut row = SagaRow { attempts: row.attempts + 1, next_at: Some(work.now() + wait), fence, ..row };
        row.command_id = Some(self.sagas.send(work, saga, &row)?);
        metrics::counter!("mall_saga_resends_total", "name" => row.name, "step" => saga.step_name(row.step))
            .increment(1);
        work.save_saga(row.changed());
        Ok(())
    }

    /// Where the partition of this saga's replies ends, and where we are in it.
    async fn reply_position(&mut self, id: Uuid) -> Result<ReplyPosition, Error> {
        let away = |error: mall_messaging::KafkaError| Error::PeerAway { peer: "kafka", cause: error.to_string() };
        let topic = self.sagas.reply_topic;
        let partition = partition_of(id.to_string().as_bytes(), self.reply_partitions);
        if self.offsets.is_none() {
            self.offsets = Some(Offsets::new(&self.kafka).map_err(away)?);
        }
        let offsets = self.offsets.as_ref().expect("made just now");
        let end = offsets.end(topic, partition).await.map_err(away)?;
        let key = (topic.to_owned(), partition);
        let positions = self.database.positions(self.database.service(), std::slice::from_ref(&key)).await?;
        Ok(ReplyPosition { end, next: positions.get(&key).map_or(0, |position| position.next_offset) })
    }
}
