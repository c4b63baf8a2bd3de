//! What a service listens to: one route per message type, each with the handler that a missing `impl` would not compile.

use std::any::Any;
use std::collections::{BTreeSet, HashMap};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use mall_domain::{Aggregate, AggregateId, ParseIdError};
use mall_persistence::{Error, Loader, Work};
use prost::{Message, Name};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::envelope::Envelope;
use crate::message::topic;
use crate::reply::{HandleReply, ReplyCodec, SagaReply};

/// A message that has arrived, with what its envelope says of it.
#[derive(Clone, Debug)]
pub struct Received<M> {
    /// The message.
    pub message: M,
    /// The version of the aggregate that it tells of; 0 for messages of no aggregate.
    pub version: i64,
    /// When it was sent.
    pub at: OffsetDateTime,
    /// Its partition key.
    pub key: String,
    /// Its id.
    pub message_id: Uuid,
}

impl<M> Deref for Received<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.message
    }
}

/// Handles one type of message.
pub trait Handle<M>: Send + Sync {
    /// Applies the message within `work`. A refusal of an event is a logged no-op, so only final ones may be returned;
    /// a refusal of a command is its answer. [`Error::Fault`] blames the message.
    fn handle(&self, work: &mut Work, message: Received<M>) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Loads what all messages of one type in a batch need, at once: for what is not an aggregate, such as rows of a cache.
pub trait Prepare<M>: Send + Sync {
    /// Reads for all of `messages` and leaves it with [`Work::remember`]. A message that cannot be read is passed over
    /// here; its handler says so.
    fn prepare(&self, work: &mut Work, messages: &[&M]) -> impl Future<Output = Result<(), Error>> + Send;
}

/// A message whose fields cannot be read: its own fault.
pub fn undecodable(error: impl std::fmt::Display) -> Error {
    Error::Fault(format!("undecodable: {error}"))
}

/// What a batch loads before its messages run.
pub(crate) enum Needs {
    Nothing,
    Aggregate(Loader, Uuid),
    Sagas(Vec<(&'static str, Uuid)>),
}

/// What a message asks for, and so what its failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    /// A fact: a refusal is a no-op.
    Fact,
    /// A command: a refusal is its answer.
    Command,
    /// An undo: it can never be refused.
    Undo,
}

pub(crate) type Decoded = Box<dyn Any + Send + Sync>;
pub(crate) type Handling<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;
type Decode = Box<dyn Fn(&Envelope, &[u8]) -> Result<(Decoded, Needs), String> + Send + Sync>;
pub(crate) type PrepareAll = Box<dyn for<'a> Fn(&'a mut Work, &'a [&'a Decoded]) -> Handling<'a> + Send + Sync>;
type Run = Box<dyn for<'a> Fn(&'a mut Work, Decoded, &'a Envelope, String) -> Handling<'a> + Send + Sync>;

pub(crate) struct Route {
    pub(crate) asks: Asks,
    pub(crate) decode: Decode,
    pub(crate) prepare: Option<PrepareAll>,
    pub(crate) run: Run,
}

/// All routes of a service, their types erased.
pub struct Routes {
    pub(crate) consumer: &'static str,
    pub(crate) topics: BTreeSet<String>,
    pub(crate) by_type: HashMap<String, Route>,
}

/// Builds the routes of a service.
pub struct Consumer<App> {
    app: Arc<App>,
    routes: Routes,
}

impl<App: Send + Sync + 'static> Consumer<App> {
    /// A consumer named after its service; the name is its Kafka group and the owner of its marks. Never change it.
    pub fn new(name: &'static str, app: App) -> Self {
        let routes = Routes { consumer: name, topics: BTreeSet::new(), by_type: HashMap::new() };
        Self { app: Arc::new(app), routes }
    }

    /// Handles a public fact that concerns one aggregate of type `A`; `id` lets a batch load all of them at once.
    #[must_use]
    pub fn on_event<M, A>(self, id: impl Fn(&M) -> Result<A::Id, ParseIdError> + Send + Sync + 'static) -> Self
    where
        M: Message + Name + Default + 'static,
        A: Aggregate,
        App: Handle<M>,
    {
        self.route::<M>("events", Asks::Fact, aggregate::<M, A>(id))
    }

    /// Handles a public fact that loads no aggregate: a cache, a read model.
    #[must_use]
    pub fn on_fact<M>(self) -> Self
    where
        M: Message + Name + Default + 'static,
        App: Handle<M>,
    {
        self.route::<M>("events", Asks::Fact, |_| Ok(Needs::Nothing))
    }

    /// Handles a public fact that concerns sagas of these names.
    #[must_use]
    pub fn on_saga_fact<M>(
        self,
        sagas: &'static [&'static str],
        id: impl Fn(&M) -> Result<Uuid, ParseIdError> + Send + Sync + 'static,
    ) -> Self
    where
        M: Message + Name + Default + 'static,
        App: Handle<M>,
    {
        self.route::<M>("events", Asks::Fact, move |message| {
            let id = id(message)?;
            Ok(Needs::Sagas(sagas.iter().map(|saga| (*saga, id)).collect()))
        })
    }

    /// Handles a saga's command; its outcome is stored and answered to every resend.
    #[must_use]
    pub fn on_command<M, A>(self, id: impl Fn(&M) -> Result<A::Id, ParseIdError> + Send + Sync + 'static) -> Self
    where
        M: Message + Name + Default + 'static,
        A: Aggregate,
        App: Handle<M>,
    {
        self.route::<M>("commands", Asks::Command, aggregate::<M, A>(id))
    }

    /// Handles a saga's undo; a refusal of it is a fault, since an undo can never be refused.
    #[must_use]
    pub fn on_undo<M, A>(self, id: impl Fn(&M) -> Result<A::Id, ParseIdError> + Send + Sync + 'static) -> Self
    where
        M: Message + Name + Default + 'static,
        A: Aggregate,
        App: Handle<M>,
    {
        self.route::<M>("commands", Asks::Undo, aggregate::<M, A>(id))
    }

    /// Handles the replies on `topic`.
    #[must_use]
    pub fn on_replies(mut self, topic: &str, codec: ReplyCodec, owner: impl HandleReply) -> Self {
        let names = owner.sagas();
        let owner = Arc::new(owner);
        let decode: Decode = Box::new(move |envelope, payload| {
            let identity = envelope.saga.as_ref().ok_or("a reply without saga headers")?.identity.clone();
            let name = names.iter().find(|name| **name == identity.saga).ok_or("a reply to a saga that is not ours")?;
            let needs = Needs::Sagas(vec![(*name, identity.saga_id)]);
            let reply = SagaReply { identity, answer: (codec.decode)(payload)? };
            Ok((Box::new(reply) as Decoded, needs))
        });
        let run: Run = Box::new(move |work, decoded, _, _| {
            let owner = Arc::clone(&owner);
            let reply = *decoded.downcast::<SagaReply>().expect("decoded by the same route");
            Box::pin(async move { owner.replied(work, reply).await })
        });
        self.routes.topics.insert(topic.to_owned());
        self.routes
            .by_type
            .insert(codec.message_type.to_owned(), Route { asks: Asks::Fact, decode, prepare: None, run });
        self
    }

    /// Loads what all messages of this type in a batch need with one call, before any of them is handled.
    #[must_use]
    pub fn prepared<M>(mut self) -> Self
    where
        M: Message + Name + Default + 'static,
        App: Prepare<M>,
    {
        let app = Arc::clone(&self.app);
        let prepare: PrepareAll = Box::new(move |work, decoded| {
            let app = Arc::clone(&app);
            let messages: Vec<&M> = decoded.iter().filter_map(|message| message.downcast_ref()).collect();
            Box::pin(async move { app.prepare(work, &messages).await })
        });
        let route = self.routes.by_type.get_mut(&M::full_name()).expect("a message is prepared after it is routed");
        route.prepare = Some(prepare);
        self
    }

    fn route<M>(
        mut self,
        stream: &str,
        asks: Asks,
        needs: impl Fn(&M) -> Result<Needs, ParseIdError> + Send + Sync + 'static,
    ) -> Self
    where
        M: Message + Name + Default + 'static,
        App: Handle<M>,
    {
        let decode: Decode = Box::new(move |_, payload| {
            let message = M::decode(payload).map_err(|error| error.to_string())?;
            let needs = needs(&message).map_err(|error| error.to_string())?;
            Ok((Box::new(message) as Decoded, needs))
        });
        let app = Arc::clone(&self.app);
        let run: Run = Box::new(move |work, decoded, envelope, key| {
            let app = Arc::clone(&app);
            let message = *decoded.downcast::<M>().expect("decoded by the same route");
            let received =
                Received { message, version: envelope.version, at: envelope.time, key, message_id: envelope.id };
            Box::pin(async move { app.handle(work, received).await })
        });
        self.routes.topics.insert(topic::<M>(stream));
        self.routes.by_type.insert(M::full_name(), Route { asks, decode, prepare: None, run });
        self
    }

    /// The finished routes.
    pub fn into_routes(self) -> Routes {
        self.routes
    }
}

impl Routes {
    /// The topics to subscribe to.
    pub fn topics(&self) -> impl Iterator<Item = &str> {
        self.topics.iter().map(String::as_str)
    }

    /// The full names of the messages that are handled.
    pub fn message_types(&self) -> impl Iterator<Item = &str> {
        self.by_type.keys().map(String::as_str)
    }
}

fn aggregate<M, A: Aggregate>(
    id: impl Fn(&M) -> Result<A::Id, ParseIdError> + Send + Sync + 'static,
) -> impl Fn(&M) -> Result<Needs, ParseIdError> + Send + Sync + 'static {
    move |message| Ok(Needs::Aggregate(Loader::of::<A>(), id(message)?.uuid()))
}
