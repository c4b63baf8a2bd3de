//! Given / when / then for decisions: given these events, when this is decided, then these events or this refusal.
//!
//! ```
//! # use mall_domain::{id, Aggregate, scenario::given};
//! # use serde::{Serialize, Deserialize};
//! # id!(LampId, "the id of a lamp");
//! # #[derive(Clone, Default)] struct Lamp { lit: bool }
//! # #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)] #[serde(tag = "type")] enum LampEvent { Lit }
//! # impl Aggregate for Lamp { const KIND: &'static str = "docs.Lamp"; type Id = LampId; type Event = LampEvent;
//! #   fn apply(&mut self, _: &LampEvent) { self.lit = true; } }
//! # impl Lamp { fn light(&self) -> Result<Option<LampEvent>, std::convert::Infallible> { Ok((!self.lit).then_some(LampEvent::Lit)) } }
//! given::<Lamp>([]).when(|lamp| lamp.light()).then([LampEvent::Lit]);
//! given::<Lamp>([LampEvent::Lit]).when(|lamp| lamp.light()).then_nothing();
//! ```

use std::fmt::Debug;

use crate::{Aggregate, IntoEvents};

/// An aggregate with a past.
pub struct Given<A> {
    state: A,
}

/// What was decided.
pub struct Decided<E, R> {
    outcome: Result<Vec<E>, R>,
}

/// An aggregate to which `events` have happened, in this order.
pub fn given<A: Aggregate>(events: impl IntoIterator<Item = A::Event>) -> Given<A> {
    let mut state = A::default();
    for event in events {
        state.apply(&event);
    }
    Given { state }
}

impl<A: Aggregate> Given<A> {
    /// Runs one decision.
    pub fn when<I, R>(self, decide: impl FnOnce(&A) -> Result<I, R>) -> Decided<A::Event, R>
    where
        I: IntoEvents<A::Event>,
    {
        Decided { outcome: decide(&self.state).map(IntoEvents::into_events) }
    }

    /// The state itself, for questions that are not decisions.
    pub fn state(self) -> A {
        self.state
    }
}

impl<E: Debug + PartialEq, R: Debug> Decided<E, R> {
    /// Expects exactly these events.
    #[track_caller]
    pub fn then(self, expected: impl IntoIterator<Item = E>) {
        let expected: Vec<E> = expected.into_iter().collect();
        match self.outcome {
            Ok(events) => assert_eq!(events, expected, "other events were decided"),
            Err(refusal) => panic!("refused: {refusal:?}, where {expected:?} was expected"),
        }
    }

    /// Expects success without an event: a repeat.
    #[track_caller]
    pub fn then_nothing(self) {
        self.then([]);
    }

    /// Expects this refusal.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "a scenario reads as a sentence, without an ampersand")]
    pub fn then_refused(self, expected: R)
    where
        R: PartialEq,
    {
        match self.outcome {
            Ok(events) => panic!("decided {events:?}, where the refusal {expected:?} was expected"),
            Err(refusal) => assert_eq!(refusal, expected, "refused for another reason"),
        }
    }
}
