//! What an event-sourced aggregate is: a state, the events that made it, and a fold between the two.

use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// A consistency boundary whose state is the fold of its own events.
///
/// Decisions are plain methods `fn(&self, ..) -> Result<impl IntoEvents<Event>, impl Refusal>`: they change nothing.
pub trait Aggregate: Default + Clone + Send + Sync + 'static {
    /// The name under which streams of this kind are stored, `<context>.<Type>`. Never change it.
    const KIND: &'static str;
    /// Version of the stored form of the events, raised with every change that needs upcasting.
    const SCHEMA_VERSION: i16 = 1;
    /// The id of one aggregate of this kind.
    type Id: AggregateId;
    /// What can happen to it.
    type Event: DomainEvent;

    /// Folds one event into the state. Total: an event that was once accepted is never refused.
    fn apply(&mut self, event: &Self::Event);
}

/// An id that is a UUID inside.
pub trait AggregateId: Copy + Eq + std::fmt::Display + Send + Sync + 'static {
    /// The id's UUID.
    fn uuid(self) -> Uuid;
    /// The id that has this UUID.
    fn from_uuid(uuid: Uuid) -> Self;
}

/// A private fact of one aggregate; stored as JSON with an inner `type` tag (`#[serde(tag = "type")]`).
pub trait DomainEvent: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> DomainEvent for T {}

/// What a decision may return: one event, several, or none (a repeat with nothing left to do).
pub trait IntoEvents<E> {
    /// The events in the order in which they happened.
    fn into_events(self) -> Vec<E>;
}

impl<E> IntoEvents<E> for E {
    fn into_events(self) -> Vec<E> {
        vec![self]
    }
}

impl<E> IntoEvents<E> for Option<E> {
    fn into_events(self) -> Vec<E> {
        self.into_iter().collect()
    }
}

impl<E> IntoEvents<E> for Vec<E> {
    fn into_events(self) -> Vec<E> {
        self
    }
}
