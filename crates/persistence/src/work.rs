//! The unit of work: loads aggregates into an identity map, buffers what is decided, and writes it all at once.
//! Dropped without commit, nothing happened.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};

use mall_domain::{Aggregate, AggregateId, IntoEvents, Refusal, Refused};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::buffers::{Buffers, EventRow, Lengths};
use crate::outgoing::OutboxMessage;
use crate::stream::{Loader, Slot};
use crate::{
    CommandIdentity, Context, Database, Error, MAX_MESSAGE_BYTES, MarkMove, Outcome, Outgoing, ParkedMessage,
    Publishes, Recorded, SagaRow, outcome, sagas,
};

type StreamKey = (&'static str, Uuid);
type SagaKey = (&'static str, Uuid);

/// One unit of work. See the module.
pub struct Work {
    pub(crate) database: Database,
    pub(crate) now: OffsetDateTime,
    context: Context,
    aggregates: HashMap<StreamKey, Slot>,
    outcomes: HashMap<CommandIdentity, Option<Vec<u8>>>,
    sagas: HashMap<SagaKey, Option<SagaRow>>,
    pub(crate) buffers: Buffers,
    before: Before,
    remembered: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
}

/// What was there before the savepoint, of everything touched since.
#[derive(Default)]
struct Before {
    aggregates: HashMap<StreamKey, Option<Slot>>,
    sagas: HashMap<SagaKey, Option<SagaRow>>,
}

/// A place to which a work can be put back; see [`Work::savepoint`].
#[derive(Debug)]
pub struct Savepoint(Lengths);

impl Work {
    pub(crate) fn new(database: Database, context: Context, now: OffsetDateTime) -> Self {
        // As the tables keep it: a time within an event is then the same as that of its row and of its message.
        let now = now.replace_nanosecond(now.nanosecond() / 1_000 * 1_000).expect("below what it was");
        Self {
            database,
            now,
            context,
            aggregates: HashMap::new(),
            outcomes: HashMap::new(),
            sagas: HashMap::new(),
            buffers: Buffers::default(),
            before: Before::default(),
            remembered: HashMap::new(),
        }
    }

    /// The time of this work, read once at its start.
    pub fn now(&self) -> OffsetDateTime {
        self.now
    }

    /// The journey that the work belongs to.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Sets the journey for what follows: in a batch each message brings its own.
    pub fn set_context(&mut self, context: Context) {
        self.context = context;
    }

    /// The database, for reads of projections.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The aggregate as it is; [`Error::NotFound`] where nothing was ever recorded.
    pub async fn load<A: Aggregate>(&mut self, id: A::Id) -> Result<&A, Error> {
        match self.find::<A>(id).await? {
            (_, 0) => Err(Error::NotFound { kind: A::KIND, id: id.uuid() }),
            (state, _) => Ok(state),
        }
    }

    /// The aggregate and its version; its default at version 0 where nothing was ever recorded.
    pub async fn find<A: Aggregate>(&mut self, id: A::Id) -> Result<(&A, i64), Error> {
        let key = (A::KIND, id.uuid());
        if !self.aggregates.contains_key(&key) {
            self.prefetch(Loader::of::<A>(), &[id.uuid()]).await?;
        }
        let slot = self.aggregates.get(&key).expect("loaded just now");
        let state = slot.state.as_any().downcast_ref::<A>().expect("a kind has one type");
        Ok((state, slot.version))
    }

    /// Records what `decide` says for an aggregate that must exist.
    pub async fn update<A, I, R>(&mut self, id: A::Id, decide: impl FnOnce(&A) -> Result<I, R>) -> Result<(), Error>
    where
        A: Publishes,
        I: IntoEvents<A::Event>,
        R: Refusal,
    {
        let events = decide(self.load::<A>(id).await?).map_err(Refused::from)?.into_events();
        self.record::<A>(id, events)
    }

    /// Records what `decide` says for an aggregate that may never have been heard of: `decide` then gets its default.
    pub async fn update_or_begin<A, I, R>(
        &mut self,
        id: A::Id,
        decide: impl FnOnce(&A) -> Result<I, R>,
    ) -> Result<(), Error>
    where
        A: Publishes,
        I: IntoEvents<A::Event>,
        R: Refusal,
    {
        let events = decide(self.find::<A>(id).await?.0).map_err(Refused::from)?.into_events();
        self.record::<A>(id, events)
    }

    /// Records the first events of an aggregate under a new id, without a look whether it exists: if it does, the
    /// commit ends in [`Error::Conflict`].
    pub fn create<A: Publishes>(&mut self, id: A::Id, events: impl IntoEvents<A::Event>) -> Result<(), Error> {
        self.aggregates.entry((A::KIND, id.uuid())).or_insert_with(Slot::empty::<A>);
        self.record::<A>(id, events.into_events())
    }

    fn record<A: Publishes>(&mut self, id: A::Id, events: Vec<A::Event>) -> Result<(), Error> {
        let key = (A::KIND, id.uuid());
        let slot = self.aggregates.get_mut(&key).expect("loaded or created before");
        self.before.aggregates.entry(key).or_insert_with(|| Some(slot.copy()));
        let projected = self.database.projects(TypeId::of::<Recorded<A>>());
        for event in events {
            let slot = self.aggregates.get_mut(&key).expect("it was there just now");
            slot.version += 1;
            let version = slot.version;
            let state = slot.state.as_any_mut().downcast_mut::<A>().expect("a kind has one type");
            state.apply(&event);
            let message = state.message(id, &event);
            self.buffers.events.push(EventRow {
                kind: A::KIND,
                stream_id: id.uuid(),
                version,
                schema_version: A::SCHEMA_VERSION,
                payload: serde_json::to_string(&event).map_err(|error| Error::Fault(error.to_string()))?,
                metadata: metadata(&self.context),
            });
            if let Some(message) = message {
                self.send_about(message, id.uuid(), version)?;
            }
            if projected {
                self.buffers.inputs.push(Box::new(Recorded::<A> { id, version, at: self.now, event }));
            }
        }
        Ok(())
    }

    /// Buffers a message that is not an aggregate's own (a saga's command, a reply); gives its id.
    pub fn send(&mut self, message: Outgoing) -> Result<Uuid, Error> {
        self.push(message, 0)
    }

    fn send_about(&mut self, mut message: Outgoing, id: Uuid, version: i64) -> Result<Uuid, Error> {
        message.subject = id.to_string();
        self.push(message, version)
    }

    fn push(&mut self, message: Outgoing, version: i64) -> Result<Uuid, Error> {
        if message.key.is_empty() {
            return Err(Error::Fault(format!("a {} has no partition key", message.message_type)));
        }
        if message.payload.len() > MAX_MESSAGE_BYTES {
            let bytes = message.payload.len();
            return Err(Error::Fault(format!("a {} of {bytes} bytes is above the limit", message.message_type)));
        }
        let message_id = Uuid::now_v7();
        let headers = self.headers(&message);
        self.buffers.messages.push(OutboxMessage { message_id, version, headers, message });
        Ok(message_id)
    }

    fn headers(&self, message: &Outgoing) -> BTreeMap<String, String> {
        let mut headers = BTreeMap::new();
        let mut put = |name: &str, value: String| headers.insert(name.to_owned(), value);
        put("ce_subject", message.subject.clone());
        put("ce_correlationid", self.context.correlation_id.to_string());
        if let Some(causation) = self.context.causation_id {
            put("ce_causationid", causation.to_string());
        }
        if let Some(traceparent) = &self.context.traceparent {
            put("traceparent", traceparent.clone());
        }
        for (name, value) in &message.headers {
            put(name, value.clone());
        }
        headers
    }

    /// Feeds `input` to the projections that take it, at commit.
    pub fn project<T: Any + Send + Sync>(&mut self, input: T) {
        debug_assert!(self.database.projects(TypeId::of::<T>()), "nobody projects {}", std::any::type_name::<T>());
        self.buffers.inputs.push(Box::new(input));
    }

    /// Keeps something that was read for the whole batch; one value per type.
    pub fn remember<T: Any + Send + Sync>(&mut self, value: T) {
        self.remembered.insert(TypeId::of::<T>(), Box::new(value));
    }

    /// What was kept with [`Self::remember`].
    pub fn recall<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.remembered.get(&TypeId::of::<T>()).and_then(|value| value.downcast_ref())
    }

    /// Loads aggregates of one kind with one query; those already there are left alone.
    pub async fn prefetch(&mut self, loader: Loader, ids: &[Uuid]) -> Result<(), Error> {
        let missing: Vec<Uuid> =
            ids.iter().copied().filter(|id| !self.aggregates.contains_key(&(loader.kind, *id))).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut connection = self.database.pool().acquire().await?;
        for (id, slot) in (loader.load)(&mut connection, &missing).await? {
            self.aggregates.insert((loader.kind, id), slot);
        }
        Ok(())
    }

    /// Loads the outcomes of these commands with one query.
    pub async fn prefetch_outcomes(&mut self, commands: &[CommandIdentity]) -> Result<(), Error> {
        let missing: Vec<CommandIdentity> =
            commands.iter().filter(|command| !self.outcomes.contains_key(command)).cloned().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut connection = self.database.pool().acquire().await?;
        let found = outcome::load(&mut connection, &missing).await?;
        self.outcomes.extend(missing.into_iter().map(|command| (command, None)));
        self.outcomes.extend(found.into_iter().map(|outcome| (outcome.identity, Some(outcome.reply))));
        Ok(())
    }

    /// The first answer to this command, if it was ever handled.
    pub async fn outcome(&mut self, command: &CommandIdentity) -> Result<Option<Vec<u8>>, Error> {
        if !self.outcomes.contains_key(command) {
            self.prefetch_outcomes(std::slice::from_ref(command)).await?;
        }
        Ok(self.outcomes.get(command).cloned().flatten())
    }

    /// Stores the first answer to a command, with its effect.
    pub fn record_outcome(&mut self, outcome: Outcome) {
        self.outcomes.insert(outcome.identity.clone(), Some(outcome.reply.clone()));
        self.buffers.outcomes.push(outcome);
    }

    /// Loads sagas with one query.
    pub async fn prefetch_sagas(&mut self, keys: &[(&'static str, Uuid)]) -> Result<(), Error> {
        let missing: Vec<SagaKey> = keys.iter().filter(|key| !self.sagas.contains_key(key)).copied().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut connection = self.database.pool().acquire().await?;
        let rows = sagas::load(&mut connection, &missing).await?;
        self.sagas.extend(missing.into_iter().map(|key| (key, None)));
        self.sagas.extend(rows.into_iter().map(|row| ((row.name, row.id), Some(row))));
        Ok(())
    }

    /// A saga's state, if it was ever started.
    pub async fn saga(&mut self, name: &'static str, id: Uuid) -> Result<Option<&SagaRow>, Error> {
        if !self.sagas.contains_key(&(name, id)) {
            self.prefetch_sagas(&[(name, id)]).await?;
        }
        Ok(self.sagas.get(&(name, id)).and_then(Option::as_ref))
    }

    /// Replaces a saga's state; its stored version is compared at commit.
    pub fn save_saga(&mut self, row: SagaRow) {
        let key = (row.name, row.id);
        let old = self.sagas.insert(key, Some(row)).flatten();
        self.before.sagas.entry(key).or_insert(old);
    }

    /// Moves a consumer's marks and positions with this work.
    pub fn consume(&mut self, consumer: &'static str, marks: Vec<MarkMove>, positions: Vec<(String, i32, i64)>) {
        self.buffers.consumer = consumer;
        self.buffers.marks = marks;
        self.buffers.positions = positions;
    }

    /// Parks a message with this work.
    pub fn park(&mut self, message: ParkedMessage) {
        self.buffers.parked.push(message);
    }

    /// Notes how far the work is, so that one message's effects can be taken back without the others'.
    pub fn savepoint(&mut self) -> Savepoint {
        self.before = Before::default();
        Savepoint(self.buffers.lengths())
    }

    /// Takes back everything since the savepoint, which must be the last one taken.
    #[expect(clippy::needless_pass_by_value, reason = "a savepoint is used up")]
    pub fn rollback(&mut self, savepoint: Savepoint) {
        for dropped in self.buffers.outcomes.iter().skip(savepoint.0.outcomes()) {
            self.outcomes.insert(dropped.identity.clone(), None);
        }
        self.buffers.truncate(savepoint.0);
        let before = std::mem::take(&mut self.before);
        for (key, slot) in before.aggregates {
            match slot {
                Some(slot) => self.aggregates.insert(key, slot),
                None => self.aggregates.remove(&key),
            };
        }
        self.sagas.extend(before.sagas);
    }

    /// The sagas that were saved, ready to be written.
    pub(crate) fn take_sagas(&mut self) -> Vec<SagaRow> {
        let mut rows: Vec<SagaRow> =
            self.sagas.drain().filter_map(|(_, row)| row).filter(SagaRow::is_changed).collect();
        rows.sort_by_key(|row| (row.id, row.name));
        rows
    }

    /// Writes everything at once. On [`Error::Conflict`] and [`Error::Moved`] nothing was written: begin again.
    ///
    /// The write runs on a task of its own: a caller who goes away never cancels it half way.
    pub async fn commit(mut self) -> Result<(), Error> {
        self.buffers.sagas = self.take_sagas();
        if self.buffers.is_empty() {
            return Ok(());
        }
        let Self { database, now, buffers, .. } = self;
        tokio::spawn(async move { crate::commit::write(&database, now, buffers).await })
            .await
            .map_err(|panic| Error::Fault(format!("the commit panicked: {panic}")))?
    }
}

fn metadata(context: &Context) -> String {
    match context.causation_id {
        Some(causation) => format!(r#"{{"correlation_id":"{}","causation_id":"{causation}"}}"#, context.correlation_id),
        None => format!(r#"{{"correlation_id":"{}"}}"#, context.correlation_id),
    }
}
