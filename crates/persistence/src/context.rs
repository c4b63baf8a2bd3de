//! Where a piece of work comes from: the journey it belongs to, the message that caused it, and its trace.

use uuid::Uuid;

/// Travels from the edge or the consumed message into every event's metadata and every message's headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The journey: the same for everything that follows from one request.
    pub correlation_id: Uuid,
    /// The message that caused this work; `None` at the edge.
    pub causation_id: Option<Uuid>,
    /// W3C trace context of the span at work, where it is sampled or known.
    pub traceparent: Option<String>,
}

impl Context {
    /// A journey that begins here.
    pub fn begin() -> Self {
        Self { correlation_id: Uuid::now_v7(), causation_id: None, traceparent: None }
    }
}
