//! The owner's side of its sagas: start them, move them on with each reply, turn them back.

use std::sync::Arc;

use mall_messaging::{Answer, HandleReply, SagaHeaders, SagaReply};
use mall_persistence::{Error, SagaRow, SagaStatus, Work};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::definition::Saga;
use crate::policy::SagaPolicy;
use crate::steps::{AnySaga, advance, in_hand, turn_back};

/// The sagas of one service, and the topic on which they are answered.
#[derive(Clone)]
pub struct Sagas {
    pub(crate) reply_topic: &'static str,
    pub(crate) policy: SagaPolicy,
    pub(crate) all: Vec<Arc<dyn AnySaga>>,
}

impl Sagas {
    /// No sagas yet, answered on `reply_topic`.
    pub fn new(reply_topic: &'static str, policy: SagaPolicy) -> Self {
        Self { reply_topic, policy, all: Vec::new() }
    }

    /// One more kind of saga.
    #[must_use]
    pub fn with<D: Serialize + DeserializeOwned + Send + Sync + 'static>(mut self, saga: Saga<D>) -> Self {
        self.all.push(Arc::new(saga));
        self
    }

    /// The topic on which they are answered.
    pub fn reply_topic(&self) -> &'static str {
        self.reply_topic
    }

    /// Starts the saga `name` under `id`; nothing happens where it was started before.
    pub async fn start<D: Serialize>(
        &self,
        work: &mut Work,
        name: &'static str,
        id: Uuid,
        data: &D,
    ) -> Result<(), Error> {
        let saga = self.named(name)?;
        if work.saga(name, id).await?.is_some() {
            return Ok(());
        }
        let row = SagaRow {
            name,
            id,
            version: 0,
            dirty: false,
            definition_version: saga.version(),
            status: SagaStatus::Running,
            step: 1,
            round: 0,
            attempts: 0,
            command_id: None,
            clock_at: None,
            next_at: None,
            fence: None,
            data: serde_json::to_string(data).map_err(|error| Error::Fault(error.to_string()))?,
            cause: None,
            started_at: work.now(),
        };
        metrics::counter!("mall_sagas_started_total", "name" => name).increment(1);
        self.save(work, saga.as_ref(), row)
    }

    /// How far the saga has come; `None` where it was never started.
    pub async fn status(&self, work: &mut Work, name: &'static str, id: Uuid) -> Result<Option<SagaStatus>, Error> {
        Ok(work.saga(name, id).await?.map(|row| row.status))
    }

    /// Turns a running saga back, beginning with the undo of the step in hand. One that is on its way back, or has
    /// ended, is left alone.
    pub async fn turn_back(&self, work: &mut Work, name: &'static str, id: Uuid, cause: String) -> Result<(), Error> {
        let saga = self.named(name)?;
        let Some(row) = work.saga(name, id).await?.filter(|row| row.status == SagaStatus::Running).cloned() else {
            return Ok(());
        };
        let row = turn_back(saga.as_ref(), row, cause);
        self.save(work, saga.as_ref(), row)
    }

    /// Stores the row as it now is, and sends the command that it now has in hand.
    pub(crate) fn save(&self, work: &mut Work, saga: &dyn AnySaga, mut row: SagaRow) -> Result<(), Error> {
        if row.status.is_ended() {
            let outcome = row.status.as_str();
            let seconds = (work.now() - row.started_at).as_seconds_f64();
            metrics::histogram!("mall_saga_seconds", "name" => row.name, "outcome" => outcome).record(seconds);
            tracing::info!(saga = row.name, id = %row.id, outcome, cause = row.cause, "a saga has ended");
        } else {
            row.command_id = Some(self.send(work, saga, &row)?);
        }
        work.save_saga(row.changed());
        Ok(())
    }

    /// Sends the command in hand once more; its identity stays, only the attempt is another.
    pub(crate) fn send(&self, work: &mut Work, saga: &dyn AnySaga, row: &SagaRow) -> Result<Uuid, Error> {
        let identity = in_hand(row);
        let mut command = saga.command(row).map_err(Error::Fault)?;
        let attempt = (row.attempts + 1).to_string();
        let headers = SagaHeaders { identity, attempt, reply_to: self.reply_topic.to_owned() };
        command.headers.extend(headers.to_headers());
        work.send(command)
    }

    pub(crate) fn named(&self, name: &str) -> Result<Arc<dyn AnySaga>, Error> {
        let found = self.all.iter().find(|saga| saga.name() == name);
        found.cloned().ok_or_else(|| Error::Fault(format!("there is no saga {name}")))
    }

    /// Every (saga, step, state) that can be open, for gauges that must fall back to zero.
    pub fn gauges(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let mut all = Vec::new();
        for saga in &self.all {
            for step in 0..=saga.last_step() {
                for state in [SagaStatus::Running, SagaStatus::Compensating] {
                    all.push((saga.name(), saga.step_name(step), state.as_str()));
                }
            }
        }
        all
    }

    /// The name of a step, for displays.
    pub fn step_name(&self, saga: &str, step: i16) -> &'static str {
        self.named(saga).map_or("unknown", |saga| saga.step_name(step))
    }
}

impl HandleReply for Sagas {
    fn sagas(&self) -> Vec<&'static str> {
        self.all.iter().map(|saga| saga.name()).collect()
    }

    /// A reply counts only for the command in hand, whichever sending of it is answered: ignoring a late success of
    /// the first attempt would turn good orders back.
    async fn replied(&self, work: &mut Work, reply: SagaReply) -> Result<(), Error> {
        let saga = self.named(&reply.identity.saga)?;
        let Some(row) = work.saga(saga.name(), reply.identity.saga_id).await?.cloned() else {
            tracing::warn!(saga = reply.identity.saga, id = %reply.identity.saga_id, "a reply to a saga that never was");
            return Ok(());
        };
        if row.status.is_ended() || in_hand(&row) != reply.identity {
            return Ok(());
        }
        match (reply.answer, row.status) {
            (Answer::Done, _) => {
                let row = advance(saga.as_ref(), row);
                self.save(work, saga.as_ref(), row)
            }
            (Answer::Refused { reason, text }, SagaStatus::Running) => {
                tracing::info!(saga = row.name, id = %row.id, step = saga.step_name(row.step), reason, "a step was refused");
                let row = turn_back(saga.as_ref(), row, text);
                self.save(work, saga.as_ref(), row)
            }
            (Answer::Refused { reason, .. }, _) => {
                // It goes on being sent: giving up would leave the journey half undone.
                tracing::error!(saga = row.name, id = %row.id, step = saga.step_name(row.step), reason, "an undo was refused");
                Ok(())
            }
        }
    }
}
