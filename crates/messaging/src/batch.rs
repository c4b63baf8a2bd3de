//! The engine of a consumer: a batch of messages becomes one transaction, whatever happens in between.

mod answering;
mod attempt;
mod carried;
mod reading;

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use mall_persistence::{Database, Error, Mark};

use crate::consumer::Routes;
use crate::envelope::Incoming;
use crate::reply::ReplyCodec;

use attempt::Attempt;
use carried::{Carried, MarkKey};

/// How often a message at fault is tried before it is parked.
const TRIES: u32 = 5;
/// How often a batch that lost a race runs again at once.
const RACES: u32 = 3;
/// The wait after a fault's first try; doubles with each.
const FAULT_WAIT: Duration = Duration::from_millis(50);
/// The wait before a batch is tried again when something it needs is away.
const PASSING_WAIT: Duration = Duration::from_millis(250);

/// A topic and one of its partitions.
pub(crate) type Partition = (String, i32);

/// Why a partition was cut before a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Cut {
    /// Run the message again after this time.
    Retry(Duration),
    /// The source's message before this one never came: somebody has to look. The partition stands still.
    Stop(String),
}

/// What a batch came to.
#[derive(Debug, Default)]
pub struct Handled {
    /// Messages that were not handled, in their order; the first of each partition is the one that was cut at.
    pub held: Vec<Incoming>,
    /// The partitions that were cut, and why.
    pub cuts: HashMap<(String, i32), Cut>,
}

/// Handles batches for one consumer. Keeps the marks of the partitions it reads; the commit compares them.
pub struct Engine {
    pub(crate) database: Database,
    pub(crate) routes: Routes,
    pub(crate) codec: ReplyCodec,
    /// As they are stored.
    pub(crate) marks: HashMap<MarkKey, Mark>,
    carried: Carried,
    pub(crate) began_at: HashMap<Partition, i64>,
    /// The offsets to read next, of the partitions of the newest commit.
    pub(crate) positions: HashMap<Partition, i64>,
    pub(crate) parked_keys: HashSet<(String, Vec<u8>)>,
    /// How often the message at this place failed by its own fault, and how at last.
    pub(crate) faults: HashMap<(String, i32, i64), (u32, String)>,
}

impl Engine {
    /// An engine without partitions.
    pub fn new(database: Database, routes: Routes, codec: ReplyCodec) -> Self {
        Self {
            database,
            routes,
            codec,
            marks: HashMap::new(),
            carried: Carried::default(),
            began_at: HashMap::new(),
            positions: HashMap::new(),
            parked_keys: HashSet::new(),
            faults: HashMap::new(),
        }
    }

    /// The topics to read.
    pub fn topics(&self) -> Vec<String> {
        self.routes.topics().map(str::to_owned).collect()
    }

    /// The name of the consumer, which is its group's.
    pub fn consumer(&self) -> &'static str {
        self.routes.consumer
    }

    /// Takes partitions over: reads their marks and the parked keys.
    pub async fn assign(&mut self, partitions: &[(String, i32)]) -> Result<(), Error> {
        let consumer = self.consumer();
        let marks = self.database.marks(consumer, partitions).await?;
        let positions = self.database.positions(consumer, partitions).await?;
        self.parked_keys = self.database.parked_keys(consumer).await?;
        self.marks.retain(|(topic, number, _), _| !partitions.iter().any(|p| &p.0 == topic && p.1 == *number));
        self.marks.extend(marks);
        self.carried.yield_to(&self.marks);
        for partition in partitions {
            let began_at = positions.get(partition).map_or(0, |position| position.began_at);
            self.began_at.insert(partition.clone(), began_at);
        }
        Ok(())
    }

    /// Gives partitions up.
    pub fn revoke(&mut self, partitions: &[(String, i32)]) {
        self.began_at.retain(|partition, _| !partitions.contains(partition));
        self.marks.retain(|(topic, number, _), _| !partitions.iter().any(|p| &p.0 == topic && p.1 == *number));
        self.carried.forget(partitions);
    }

    /// Stores marks that were carried for long enough, or at once at the end. Where that fails they are carried on.
    pub async fn settle(&mut self, at_once: bool) {
        if self.carried.is_empty() || !(at_once || self.carried.is_due()) {
            return;
        }
        if let Err(error) = self.attempt(&[], None).await {
            tracing::debug!(consumer = self.consumer(), %error, "the marks wait for the next commit");
            if error.is_race() {
                let partitions: Vec<Partition> = self.began_at.keys().cloned().collect();
                let _ = self.assign(&partitions).await;
            }
        }
    }

    /// Handles a batch: each message exactly once, or held for later. Never fails: whatever goes wrong is a cut.
    pub async fn handle(&mut self, batch: Vec<Incoming>) -> Handled {
        metrics::histogram!("mall_consumer_batch_size")
            .record(f64::from(u32::try_from(batch.len()).unwrap_or(u32::MAX)));
        self.positions.clear();
        let mut handled = Handled::default();
        let mut chunks = VecDeque::from([batch]);
        while let Some(chunk) = chunks.pop_front() {
            let (chunk, behind): (Vec<Incoming>, Vec<Incoming>) =
                chunk.into_iter().partition(|m| !handled.cuts.contains_key(&(m.topic.clone(), m.partition)));
            handled.held.extend(behind);
            if chunk.is_empty() {
                continue;
            }
            match self.run(&chunk).await {
                Ok(cuts) => handled.keep_cut(chunk, cuts),
                // One message spoils the commit of all: the first half, then the second, until it is alone.
                Err(error) if splits(&error) && chunk.len() > 1 => {
                    let mut first = chunk;
                    let second = first.split_off(first.len() / 2);
                    chunks.push_front(second);
                    chunks.push_front(first);
                }
                Err(error) => self.hold(chunk, &error, &mut handled),
            }
        }
        handled
    }

    /// Runs a chunk until it is committed, up to [`RACES`] times when others are faster.
    async fn run(&mut self, chunk: &[Incoming]) -> Result<HashMap<Partition, (i64, Cut)>, Error> {
        self.know(chunk).await?;
        let mut verdict = None;
        for _ in 0..RACES {
            match self.attempt(chunk, verdict.take()).await {
                Ok(cuts) => return Ok(cuts),
                Err(error) if error.is_race() => {
                    tracing::debug!(consumer = self.consumer(), %error, "lost a race, running the batch again");
                    let partitions: Vec<Partition> = self.began_at.keys().cloned().collect();
                    self.assign(&partitions).await?;
                }
                // A violated rule that only the commit can see is the answer of the one message that broke it.
                Err(error @ Error::Refused(_)) if chunk.len() == 1 && verdict.is_none() => {
                    let Error::Refused(refused) = error else { unreachable!("matched above") };
                    verdict = Some(refused);
                }
                Err(error) => return Err(error),
            }
        }
        Err(Error::Moved)
    }

    async fn attempt(
        &mut self,
        chunk: &[Incoming],
        verdict: Option<mall_domain::Refused>,
    ) -> Result<HashMap<Partition, (i64, Cut)>, Error> {
        let mut attempt = Attempt::begin(self, chunk).await?;
        attempt.verdict = verdict;
        for message in chunk {
            attempt.take(message).await?;
        }
        attempt.commit().await
    }

    /// Reads the marks of partitions that nobody has assigned (messages delivered by hand).
    async fn know(&mut self, chunk: &[Incoming]) -> Result<(), Error> {
        let mut unknown: Vec<Partition> = chunk.iter().map(|m| (m.topic.clone(), m.partition)).collect();
        unknown.sort();
        unknown.dedup();
        unknown.retain(|partition| !self.began_at.contains_key(partition));
        if unknown.is_empty() { Ok(()) } else { self.assign(&unknown).await }
    }

    /// Counts a fault that only the commit has shown; holds everything else until what it needs is back.
    fn hold(&mut self, chunk: Vec<Incoming>, error: &Error, handled: &mut Handled) {
        let wait = if error.is_fault() {
            let message = &chunk[0];
            let tries = self.count_fault(message, error);
            tracing::warn!(topic = message.topic, partition = message.partition, offset = message.offset, tries, error = %chain(error), "a message cannot be committed");
            fault_wait(tries)
        } else {
            tracing::warn!(consumer = self.consumer(), messages = chunk.len(), error = %chain(error), "holding messages until this passes");
            PASSING_WAIT
        };
        for message in chunk {
            handled.cuts.entry((message.topic.clone(), message.partition)).or_insert(Cut::Retry(wait));
            handled.held.push(message);
        }
    }

    pub(crate) fn count_fault(&mut self, message: &Incoming, error: &Error) -> u32 {
        let place = (message.topic.clone(), message.partition, message.offset);
        let fault = self.faults.entry(place).or_insert((0, String::new()));
        fault.0 += 1;
        fault.1 = chain(error);
        fault.0
    }

    /// What is wrong with a message that has used up its tries.
    pub(crate) fn spent_fault(&self, message: &Incoming) -> Option<String> {
        let place = (message.topic.clone(), message.partition, message.offset);
        self.faults.get(&place).filter(|(tries, _)| *tries >= TRIES).map(|(_, cause)| cause.clone())
    }
}

impl Handled {
    fn keep_cut(&mut self, chunk: Vec<Incoming>, cuts: HashMap<Partition, (i64, Cut)>) {
        for message in chunk {
            if cuts
                .get(&(message.topic.clone(), message.partition))
                .is_some_and(|(offset, _)| message.offset >= *offset)
            {
                self.held.push(message);
            }
        }
        self.cuts.extend(cuts.into_iter().map(|(partition, (_, cut))| (partition, cut)));
    }
}

fn splits(error: &Error) -> bool {
    error.is_fault() || matches!(error, Error::Refused(_))
}

pub(crate) fn fault_wait(tries: u32) -> Duration {
    FAULT_WAIT * 2_u32.pow(tries.saturating_sub(1).min(8))
}

/// The error with everything that caused it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
