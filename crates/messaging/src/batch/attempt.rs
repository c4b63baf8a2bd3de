//! One attempt at a batch: every message in its order, in memory, then one commit.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use mall_domain::Refused;
use mall_persistence::{Context, Error, Mark, MarkMove, ParkedMessage, Work};
use tracing::Instrument;

use super::answering::{Said, answer};
use super::carried::MarkKey;
use super::reading::{Place, Understood, place_of, read};
use super::{Cut, Engine, PASSING_WAIT, Partition, TRIES, chain, fault_wait};
use crate::consumer::Decoded;
use crate::envelope::{Envelope, Incoming};
use crate::trace;

/// See the module.
pub(super) struct Attempt<'e> {
    engine: &'e mut Engine,
    work: Work,
    understood: HashMap<Place, Understood>,
    marks: BTreeMap<MarkKey, Mark>,
    positions: BTreeMap<Partition, i64>,
    cuts: HashMap<Partition, (i64, Cut)>,
    parked: Vec<(String, Vec<u8>)>,
    settled: Vec<Place>,
    counts: Vec<(String, &'static str)>,
    /// Whether anything but facts that nobody here listens to was dealt with.
    concerned: bool,
    /// What the commit said of the only message of this batch, to be answered instead of running it.
    pub(super) verdict: Option<Refused>,
}

impl<'e> Attempt<'e> {
    /// Decodes the batch and loads what its messages need: one query per kind of thing.
    pub(super) async fn begin(engine: &'e mut Engine, chunk: &[Incoming]) -> Result<Self, Error> {
        let mut work = engine.database.begin(Context::begin());
        let understood = read(engine, &mut work, chunk).await?;
        Ok(Self {
            marks: engine.carried.marks.clone(),
            positions: engine.carried.positions.clone(),
            engine,
            work,
            understood,
            cuts: HashMap::new(),
            parked: Vec::new(),
            settled: Vec::new(),
            counts: Vec::new(),
            concerned: false,
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
        match self.standing(message, &envelope) {
            Standing::Duplicate => {
                self.count(&envelope.message_type, "duplicate");
                self.settle(message, None);
                return Ok(());
            }
            Standing::Missed(alarm) => {
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
            Standing::Next => {}
        }
        if self.is_behind_parked(message) {
            self.park(message, Some(&envelope), "waits behind a parked message of its key", 0);
            self.settle(message, Some(&envelope));
            return Ok(());
        }
        let Some(decoded) = decoded else {
            self.pass(message, Some(&envelope));
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
    fn standing(&self, message: &Incoming, envelope: &Envelope) -> Standing {
        let key = (message.topic.clone(), message.partition, envelope.source.clone());
        let Some(mark) = self.mark(&key) else {
            // Without a mark only a source's first message is sure to be the next one; a later one is taken where
            // the log no longer holds what was before.
            let began_at = self.engine.began_at.get(&(message.topic.clone(), message.partition)).copied().unwrap_or(0);
            return match envelope.previous {
                Some(previous) if began_at == 0 => Standing::Missed(missed(&envelope.source, previous, None)),
                _ => Standing::Next,
            };
        };
        if envelope.place <= mark {
            return Standing::Duplicate;
        }
        match envelope.previous {
            Some(previous) if previous > mark => Standing::Missed(missed(&envelope.source, previous, Some(mark))),
            _ => Standing::Next,
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

    /// The message is dealt with.
    fn settle(&mut self, message: &Incoming, envelope: Option<&Envelope>) {
        self.concerned = true;
        self.pass(message, envelope);
    }

    /// The position moves past the message, and the mark where it was not a duplicate.
    fn pass(&mut self, message: &Incoming, envelope: Option<&Envelope>) {
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
        let Self { engine, mut work, marks, positions, cuts, parked, settled, counts, concerned, .. } = self;
        if !concerned && !settled.is_empty() && !engine.carried.is_due() {
            engine.carried.keep(marks, positions);
            return Ok(cuts);
        }
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
        engine.carried.clear();
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
enum Standing {
    Duplicate,
    Next,
    Missed(String),
}

fn missed(source: &str, previous: Mark, mark: Option<Mark>) -> String {
    let before = mark.map_or_else(|| "nothing".to_owned(), |mark| format!("{}:{}", mark.epoch, mark.seq));
    format!("{source} sent {}:{} before this one, and {before} is the last that came", previous.epoch, previous.seq)
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("something that is not text")
}
