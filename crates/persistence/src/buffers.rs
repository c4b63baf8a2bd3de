//! What a unit of work has to write, and how far it was at a savepoint.

use std::any::Any;

use uuid::Uuid;

use crate::outgoing::OutboxMessage;
use crate::{MarkMove, Outcome, ParkedMessage, SagaRow};

/// One event on its way into `events`.
pub(crate) struct EventRow {
    pub(crate) kind: &'static str,
    pub(crate) stream_id: Uuid,
    pub(crate) version: i64,
    pub(crate) schema_version: i16,
    pub(crate) payload: String,
    pub(crate) metadata: String,
}

/// All that one commit writes.
#[derive(Default)]
pub(crate) struct Buffers {
    pub(crate) events: Vec<EventRow>,
    pub(crate) messages: Vec<OutboxMessage>,
    pub(crate) inputs: Vec<Box<dyn Any + Send + Sync>>,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) sagas: Vec<SagaRow>,
    pub(crate) consumer: &'static str,
    pub(crate) marks: Vec<MarkMove>,
    pub(crate) positions: Vec<(String, i32, i64)>,
    pub(crate) parked: Vec<ParkedMessage>,
}

/// Lengths of the buffers that a handler appends to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lengths {
    events: usize,
    messages: usize,
    inputs: usize,
    outcomes: usize,
}

impl Lengths {
    pub(crate) fn outcomes(self) -> usize {
        self.outcomes
    }
}

impl Buffers {
    pub(crate) fn lengths(&self) -> Lengths {
        Lengths {
            events: self.events.len(),
            messages: self.messages.len(),
            inputs: self.inputs.len(),
            outcomes: self.outcomes.len(),
        }
    }

    pub(crate) fn truncate(&mut self, lengths: Lengths) {
        self.events.truncate(lengths.events);
        self.messages.truncate(lengths.messages);
        self.inputs.truncate(lengths.inputs);
        self.outcomes.truncate(lengths.outcomes);
    }

    /// Whether the commit is more than an append of events and messages.
    pub(crate) fn consumes(&self) -> bool {
        !self.marks.is_empty() || !self.positions.is_empty() || !self.outcomes.is_empty()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.messages.is_empty()
            && self.inputs.is_empty()
            && self.sagas.is_empty()
            && self.parked.is_empty()
            && !self.consumes()
    }
}
