//! Reading a batch: every message decoded once, and what they need loaded with one query per kind of thing.

use std::collections::HashMap;

use mall_persistence::{Error, Loader, Mark, Work};
use uuid::Uuid;

use super::Engine;
use crate::consumer::{Asks, Decoded, Needs};
use crate::envelope::{Envelope, Incoming};

/// Where a message lies in Kafka: topic, partition, offset.
pub(super) type Place = (String, i32, i64);

/// What a message turned out to be.
pub(super) enum Understood {
    /// It has a handler.
    Handled { envelope: Envelope, decoded: Decoded },
    /// A fact that this service does not listen to.
    Ignored { envelope: Envelope },
    /// It cannot be read. Its place may still be known.
    Undecodable { place: Option<(String, Mark)>, cause: String },
}

/// Decodes the batch and loads for all of it.
pub(super) async fn read(
    engine: &Engine,
    work: &mut Work,
    chunk: &[Incoming],
) -> Result<HashMap<Place, Understood>, Error> {
    let mut understood = HashMap::new();
    let mut aggregates: HashMap<&'static str, (Loader, Vec<Uuid>)> = HashMap::new();
    let mut sagas = Vec::new();
    let mut commands = Vec::new();
    for message in chunk {
        let (meaning, needs) = understand(engine, message);
        match needs {
            Needs::Nothing => {}
            Needs::Aggregate(loader, id) => aggregates.entry(loader.kind()).or_insert((loader, vec![])).1.push(id),
            Needs::Sagas(keys) => sagas.extend(keys),
        }
        if let Understood::Handled { envelope, .. } = &meaning {
            let asks = engine.routes.by_type[&envelope.message_type].asks;
            if let (Asks::Command | Asks::Undo, Some(saga)) = (asks, &envelope.saga) {
                commands.push(saga.identity.clone());
            }
        }
        understood.insert(place_of(message), meaning);
    }
    for (loader, ids) in aggregates.into_values() {
        work.prefetch(loader, &ids).await?;
    }
    work.prefetch_sagas(&sagas).await?;
    work.prefetch_outcomes(&commands).await?;
    prepare(engine, work, &understood).await?;
    Ok(understood)
}

/// Lets the service load what its messages need beside aggregates: once per type of message.
async fn prepare(engine: &Engine, work: &mut Work, understood: &HashMap<Place, Understood>) -> Result<(), Error> {
    let mut by_type: HashMap<&str, Vec<&Decoded>> = HashMap::new();
    for meaning in understood.values() {
        if let Understood::Handled { envelope, decoded } = meaning {
            by_type.entry(&envelope.message_type).or_default().push(decoded);
        }
    }
    for (message_type, messages) in by_type {
        if let Some(prepare) = &engine.routes.by_type[message_type].prepare {
            prepare(work, &messages).await?;
        }
    }
    Ok(())
}

pub(super) fn place_of(message: &Incoming) -> Place {
    (message.topic.clone(), message.partition, message.offset)
}

fn understand(engine: &Engine, message: &Incoming) -> (Understood, Needs) {
    let envelope = match message.envelope() {
        Ok(envelope) => envelope,
        Err(cause) => return (Understood::Undecodable { place: message.source_and_place(), cause }, Needs::Nothing),
    };
    let Some(route) = engine.routes.by_type.get(&envelope.message_type) else {
        // Facts are for whoever cares. A command or a reply without a handler would be lost work.
        if message.topic.ends_with(".events") {
            return (Understood::Ignored { envelope }, Needs::Nothing);
        }
        let cause = format!("there is no handler for {}", envelope.message_type);
        return (Understood::Undecodable { place: Some((envelope.source, envelope.place)), cause }, Needs::Nothing);
    };
    match (route.decode)(&envelope, &message.payload) {
        Ok((decoded, needs)) => (Understood::Handled { envelope, decoded }, needs),
        Err(cause) => {
            (Understood::Undecodable { place: Some((envelope.source, envelope.place)), cause }, Needs::Nothing)
        }
    }
}
