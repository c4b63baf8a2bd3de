//! One attempt at a batch: every message in its order, in memory, then one commit.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use mall_domain::Refused;
use mall_persistence::{CommandIdentity, Context, Error, Mark, MarkMove, Outcome, Outgoing, ParkedMessage, Work};
use tracing::Instrument;
use uuid::Uuid;

use super::{Cut, Engine, PASSING_WAIT, Partition, TRIES, chain, fault_wait};
use crate::consumer::{Asks, Decoded, Needs, Route};
use crate::envelope::{Envelope, Incoming, SagaHeaders};
use crate::reply::Answer;
use crate::trace;

/// What a message turned out to be.
enum Understood {
    /// It has a handler.
    Handled { envelope: Envelope, decoded: Decoded },
    /// A fact that this service does not listen to.
    Ignored { envelope: Envelope },
    /// It cannot be read. Its place may still be known.
    Undecodable { place: Option<(String, Mark)>, cause: String },
}

/// See the module.
pub(super) struct Attempt<'e> {
    engine: &'e mut Engine,
    work: Work,
    understood: HashMap<(String, i32, i64), Understood>,
    marks: BTreeMap<(String, i32, String), Mark>,
    positions: BTreeMap<Partition, i64>,
    cuts: HashMap<Partition, (i64, Cut)>,
    parked: Vec<(String, Vec<u8>)>,
    settled: Vec<(String, i32, i64)>,
    counts: Vec<(String, &'static str)>,
    /// What the commit said of the only message of this batch, to be answered instead of running it.
    pub(super) verdict: Option<Refused>,
}

impl<'e> Attempt<'e> {
    /// Decodes the batch and loads what its messages need: one query per kind of thing.
    pub(super) async fn begin(engine: &'e mut Engine, chunk: &[Incoming]) -> Result<Self, Error> {
        let mut work = engine.database.begin(Context::begin());
        let mut understood = HashMap::new();
        let mut aggregates: HashMap<&'static str, (mall_persistence::Loader, Vec<Uuid>)> = HashMap::new();
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
        Ok(Self {
            engine,
            work,
            understood,
            marks: BTreeMap::new(),
            positions: BTreeMap::new(),
            cuts: HashMap::new(),
            parked: Vec::new(),
            settled: Vec::new(),
            counts: Vec::new(),
            verdict: None,
        })
    }

    /// Runs one message, unless its partition was cut before it. Only what concerns the whole batch is an error.
    pub(super) async fn take(&mut self, message: &Incoming) -> Result<(), Error> {
        let partition = (message.topic.clone(), message.partition);
        if self.cuts.contains_key(&partition) {
            return Ok(());
        }
        let (envelope, decoded) = match self.understood.remove(&place_of(message)) {
            Some(Understood::Handled { envelope, decoded }) => (envelope, Some(decoded)),
            Some(Understood::Ignored { envelope }) => (envelope, None),
            Some(Understood::Undecodable { place, cause }) => {
                self.take_undecodable(message, place, &cause);
                return Ok(());
            }
            None => return Ok(()),
        };
        match self.place(message, &envelope) {
            Place::Duplicate => {
                self.count(&envelope.message_type, "duplicate");
                self.settle(message, None);
                return Ok(());
            }
            Place::Missed(alarm) => {
                metrics::counter!("mall_messages_missed_total", "topic" => message.topic.clone()).increment(1);
                tracing::error!(
                    topic = message.topic,
                    partition = message.partition,
                    offset = message.offset,
                    alarm,
                    "a message was missed: the partition stands still"
                );
                self.cuts.insert(partition, (message.offset, Cut::Stop(alarm)));
                return Ok(());
            }
            Place::Next => {}
        }
        if self.is_behind_parked(message) {
            self.park(message, Some(&envelope), "waits behind a parked message of its key", 0);
            self.settle(message, Some(&envelope));
            return Ok(());
        }
        let Some(decoded) = decoded else {
            self.settle(message, Some(&envelope));
            return Ok(());
        };
        if let Some(fault) = self.engine.spent_fault(message) {
            self.park(message, Some(&envelope), &fault, TRIES);
            self.settle(message, Some(&envelope));
            return Ok(());
        }
        self.run(message, envelope, decoded).await
    }

    async fn run(&mut self, message: &Incoming, envelope: Envelope, decoded: Decoded) -> Result<(), Error> {
        let savepoint = self.work.savepoint();
        match self.call(message, &envelope, decoded).await {
            Ok(()) => {
                self.settle(message, Some(&envelope));
            }
            Err(error) => {
                self.work.rollback(savepoint);
                self.failed(message, &envelope, error)?;
            }
        }
        Ok(())
    }

    /// The handler, with its outcome and its reply where it is a command.
    async fn call(&mut self, message: &Incoming, envelope: &Envelope, decoded: Decoded) -> Result<(), Error> {
        let span = if trace::is_on() {
            let span = tracing::info_span!(
                "process",
                otel.name = format!("process {}", message.topic),
                otel.kind = "consumer",
                messaging.system = "kafka",
                messaging.destination.name = message.topic,
                messaging.operation.type = "process",
                messaging.message.id = %envelope.id,
                messaging.kafka.offset = message.offset,
                correlation_id = %envelope.context.correlation_id,
                message_type = envelope.message_type,
            );
            trace::adopt(&span, envelope.context.traceparent.as_deref());
            span
        } else {
            tracing::Span::none()
        };
        let mut context = envelope.context.clone();
        context.traceparent = trace::traceparent(&span, context.traceparent);
        self.work.set_context(context);
        let verdict = self.verdict.take();
        let engine = &*self.engine;
        let route = &engine.routes.by_type[&envelope.message_type];
        let handling = answer(engine, &mut self.work, route, message, envelope, decoded, verdict);
        let outcome = AssertUnwindSafe(handling.instrument(span)).catch_unwind().await;
        match outcome.unwrap_or_else(|panic| Err(Error::Fault(format!("panicked: {}", panic_text(panic.as_ref())))))? {
            Said::Handled => self.count(&envelope.message_type, "handled"),
            Said::Repeated => self.count(&envelope.message_type, "repeated"),
            Said::Refused => self.count(&envelope.message_type, "refused"),
        }
        Ok(())
    }

    fn failed(&mut self, message: &Incoming, envelope: &Envelope, error: Error) -> Result<(), Error> {
        if error.is_race() {
            return Err(error);
        }
        if !error.is_fault() {
            tracing::warn!(topic = message.topic, partition = message.partition, offset = message.offset, error = %chain(&error), "this passes: the partition waits");
            self.cut(message, Cut::Retry(PASSING_WAIT));
            return Ok(());
        }
        let tries = self.engine.count_fault(message, &error);
        tracing::warn!(topic = message.topic, partition = message.partition, offset = message.offset, tries, error = %chain(&error), "a message failed by its own fault");
        if tries >= TRIES {
            self.park(message, Some(envelope), &chain(&error), tries);
            self.settle(message, Some(envelope));
        } else {
            self.cut(message, Cut::Retry(fault_wait(tries)));
        }
        Ok(())
    }

    fn cut(&mut self, message: &Incoming, cut: Cut) {
        self.cuts.insert((message.topic.clone(), message.partition), (message.offset, cut));
    }

    /// Where the message stands against its source's mark.
    fn place(&self, message: &Incoming, envelope: &Envelope) -> Place {
        let key = (message.topic.clone(), message.partition, envelope.source.clone());
        let Some(mark) = self.mark(&key) else {
            // Without a mark only a source's first message is sure to be the next one; a later one is taken where
            // the log no longer holds what was before.
            let began_at = self.engine.began_at.get(&(message.topic.clone(), message.partition)).copied().unwrap_or(0);
            return match envelope.previous {
                Some(previous) if began_at == 0 => Place::Missed(missed(&envelope.source, previous, None)),
                _ => Place::Next,
            };
        };
        if envelope.place <= mark {
            return Place::Duplicate;
        }
        match envelope.previous {
            Some(previous) if previous > mark => Place::Missed(missed(&envelope.source, previous, Some(mark))),
            _ => Place::Next,
        }
    }

    fn is_behind_parked(&self, message: &Incoming) -> bool {
        let key = (message.topic.clone(), message.key.clone());
        self.engine.parked_keys.contains(&key) || self.parked.contains(&key)
    }

    /// Parks what cannot be read, once.
    fn take_undecodable(&mut self, message: &Incoming, place: Option<(String, Mark)>, cause: &str) {
        if let Some((source, mark)) = place {
            let key = (message.topic.clone(), message.partition, source);
            if self.mark(&key).is_some_and(|old| old >= mark) {
                self.settle(message, None);
                return;
            }
            self.marks.insert(key, mark);
        }
        tracing::error!(
            topic = message.topic,
            partition = message.partition,
            offset = message.offset,
            cause,
            "parking a message that cannot be read"
        );
        self.park(message, None, cause, 1);
        self.settle(message, None);
    }

    fn mark(&self, key: &(String, i32, String)) -> Option<Mark> {
        self.marks.get(key).or_else(|| self.engine.marks.get(key)).copied()
    }

    fn park(&mut self, message: &Incoming, envelope: Option<&Envelope>, cause: &str, attempts: u32) {
        let place = envelope.map_or(Mark { epoch: 0, seq: 0 }, |envelope| envelope.place);
        self.work.park(ParkedMessage {
            topic: message.topic.clone(),
            partition: message.partition,
            offset: message.offset,
            source: envelope.map_or_else(String::new, |envelope| envelope.source.clone()),
            epoch: place.epoch,
            seq: place.seq,
            key: message.key.clone(),
            raw: message.payload.clone(),
            headers: serde_json::to_string(&message.headers).expect("text is JSON"),
            cause: cause.to_owned(),
            attempts: i32::try_from(attempts).unwrap_or(i32::MAX),
        });
        self.parked.push((message.topic.clone(), message.key.clone()));
        let message_type = envelope.map_or("", |envelope| envelope.message_type.as_str());
        self.count(message_type, "parked");
    }

    /// The message is dealt with: the position moves past it, and the mark where it was not a duplicate.
    fn settle(&mut self, message: &Incoming, envelope: Option<&Envelope>) {
        self.positions.insert((message.topic.clone(), message.partition), message.offset + 1);
        if let Some(envelope) = envelope {
            let key = (message.topic.clone(), message.partition, envelope.source.clone());
            self.marks.insert(key, envelope.place);
        }
        self.settled.push(place_of(message));
    }

    fn count(&mut self, message_type: &str, outcome: &'static str) {
        self.counts.push((message_type.to_owned(), outcome));
    }

    /// Writes everything; gives where partitions were cut.
    pub(super) async fn commit(self) -> Result<HashMap<Partition, (i64, Cut)>, Error> {
        let Self { engine, mut work, marks, positions, cuts, parked, settled, counts, .. } = self;
        let moves = marks
            .iter()
            .map(|((topic, partition, source), to)| MarkMove {
                topic: topic.clone(),
                partition: *partition,
                source: source.clone(),
                from: engine.marks.get(&(topic.clone(), *partition, source.clone())).copied(),
                to: *to,
            })
            .collect();
        let places = positions.iter().map(|((topic, partition), next)| (topic.clone(), *partition, *next)).collect();
        work.consume(engine.routes.consumer, moves, places);
        work.commit().await?;
        engine.marks.extend(marks);
        engine.positions.extend(positions);
        engine.parked_keys.extend(parked);
        for place in settled {
            engine.faults.remove(&place);
        }
        for (message_type, outcome) in counts {
            metrics::counter!("mall_messages_total", "type" => message_type, "outcome" => outcome).increment(1);
        }
        Ok(cuts)
    }
}

/// Where a message stands in its source's order.
enum Place {
    Duplicate,
    Next,
    Missed(String),
}

/// What a handler said.
enum Said {
    Handled,
    Repeated,
    Refused,
}

fn missed(source: &str, previous: Mark, mark: Option<Mark>) -> String {
    let before = mark.map_or_else(|| "nothing".to_owned(), |mark| format!("{}:{}", mark.epoch, mark.seq));
    format!("{source} sent {}:{} before this one, and {before} is the last that came", previous.epoch, previous.seq)
}

fn place_of(message: &Incoming) -> (String, i32, i64) {
    (message.topic.clone(), message.partition, message.offset)
}

fn understand(engine: &Engine, message: &Incoming) -> (Understood, Needs) {
    let envelope = match message.envelope() {
        Ok(envelope) => envelope,
        Err(cause) => return (Understood::Undecodable { place: None, cause }, Needs::Nothing),
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

/// Runs the handler of a fact; or that of a command, once per identity, and answers it.
async fn answer(
    engine: &Engine,
    work: &mut Work,
    route: &Route,
    message: &Incoming,
    envelope: &Envelope,
    decoded: Decoded,
    verdict: Option<Refused>,
) -> Result<Said, Error> {
    let key = String::from_utf8_lossy(&message.key).into_owned();
    if route.asks == Asks::Fact {
        return match verdict.map_or(Ok(()), |refused| Err(Error::Refused(refused))) {
            Ok(()) => fact(work, route, envelope, decoded, key).await,
            Err(error) => Ok(refused_fact(envelope, &error)),
        };
    }
    let saga = envelope.saga.as_ref().ok_or_else(|| Error::Fault("a command without saga headers".to_owned()))?;
    if let Some(reply) = work.outcome(&saga.identity).await? {
        work.send(reply_message(engine, saga, &key, reply))?;
        return Ok(Said::Repeated);
    }
    let savepoint = work.savepoint();
    let outcome = match verdict {
        Some(refused) => Err(Error::Refused(refused)),
        None => (route.run)(work, decoded, envelope, key.clone()).await,
    };
    let answer = match outcome {
        Ok(()) => Answer::Done,
        Err(error @ (Error::Refused(_) | Error::NotFound { .. })) if route.asks == Asks::Command => {
            work.rollback(savepoint);
            tracing::info!(message_type = envelope.message_type, key, refusal = %error, "refused a command");
            refusal(&error)
        }
        Err(error @ (Error::Refused(_) | Error::NotFound { .. })) => {
            return Err(Error::Fault(format!("an undo was refused: {error}")));
        }
        Err(error) => return Err(error),
    };
    let said = if answer == Answer::Done { Said::Handled } else { Said::Refused };
    let reply = (engine.codec.encode)(&answer);
    store(work, saga.identity.clone(), reply.clone());
    work.send(reply_message(engine, saga, &key, reply))?;
    Ok(said)
}

async fn fact(
    work: &mut Work,
    route: &Route,
    envelope: &Envelope,
    decoded: Decoded,
    key: String,
) -> Result<Said, Error> {
    let savepoint = work.savepoint();
    match (route.run)(work, decoded, envelope, key).await {
        Ok(()) => Ok(Said::Handled),
        Err(error @ (Error::Refused(_) | Error::NotFound { .. })) => {
            work.rollback(savepoint);
            Ok(refused_fact(envelope, &error))
        }
        Err(error) => Err(error),
    }
}

fn refused_fact(envelope: &Envelope, error: &Error) -> Said {
    tracing::warn!(message_type = envelope.message_type, message_id = %envelope.id, refusal = %error, "a fact changed nothing");
    Said::Refused
}

fn store(work: &mut Work, identity: CommandIdentity, reply: Vec<u8>) {
    work.record_outcome(Outcome { identity, reply });
}

fn refusal(error: &Error) -> Answer {
    let reason = match error {
        Error::Refused(refused) => refused.reason.clone(),
        _ => "NOT_FOUND".to_owned(),
    };
    Answer::Refused { reason, text: error.to_string() }
}

fn reply_message(engine: &Engine, saga: &SagaHeaders, key: &str, payload: Vec<u8>) -> Outgoing {
    Outgoing {
        topic: saga.reply_to.clone(),
        key: key.to_owned(),
        message_type: engine.codec.message_type.to_owned(),
        payload,
        subject: saga.identity.saga_id.to_string(),
        headers: saga.to_headers(),
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("something that is not text")
}
