//! One service on a database of its own, its API on a free port, its messages delivered by hand.

use mall_messaging::{Engine, Incoming, SagaHeaders};
use mall_persistence::sqlx;
use mall_persistence::{CommandIdentity, Database, Direction, Outgoing};
use mall_proto::saga::v1::Reply;
use mall_service::{Config, Running, Service};
use prost::{Message, Name};
use tokio::sync::Mutex;
use tonic::Status;
use tonic::transport::Channel;
use tonic_types::StatusExt;
use uuid::Uuid;

use crate::databases;
use crate::post::Post;

/// See the module.
pub struct Harness {
    running: Running,
    channel: Channel,
    inbox: Mutex<(Engine, Post)>,
}

/// Which command of which saga is played.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    number: i16,
    direction: Direction,
    round: i32,
    saga: &'static str,
    saga_id: Option<Uuid>,
}

/// Step `number` of `cosec.CreateOrder`, whose id is the command's key.
pub fn step(number: i16) -> Step {
    Step { number, direction: Direction::Do, round: 0, saga: "cosec.CreateOrder", saga_id: None }
}

impl Step {
    /// Its undo.
    #[must_use]
    pub fn undo(self) -> Self {
        Self { direction: Direction::Undo, ..self }
    }

    /// Of another saga.
    #[must_use]
    pub fn of(self, saga: &'static str) -> Self {
        Self { saga, ..self }
    }

    /// Of the saga with this id.
    #[must_use]
    pub fn saga_id(self, id: Uuid) -> Self {
        Self { saga_id: Some(id), ..self }
    }

    /// In another round: what an operator's retry makes.
    #[must_use]
    pub fn round(self, round: i32) -> Self {
        Self { round, ..self }
    }

    fn addressed(self, mut message: Outgoing) -> Outgoing {
        let saga_id = self.saga_id.or_else(|| Uuid::try_parse(&message.key).ok()).expect("the key is the saga's id");
        let identity = CommandIdentity {
            saga: self.saga.to_owned(),
            saga_id,
            step: self.number,
            direction: self.direction,
            round: self.round,
        };
        let headers = SagaHeaders { identity, attempt: "1".to_owned(), reply_to: "cosec.replies".to_owned() };
        message.headers.extend(headers.to_headers());
        message
    }
}

impl Harness {
    /// Starts a service.
    pub async fn start(build: fn(&Config) -> Service) -> Self {
        Self::start_with(build, |_| {}).await
    }

    /// Starts a service whose configuration is changed by `adjust` (peers, say).
    pub async fn start_with(build: fn(&Config) -> Service, adjust: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.log.level = "warn".to_owned();
        config.grpc.listen.set_port(0);
        config.http.listen.set_port(0);
        // Nobody listens there: a test that asks a peer must say which.
        for peer in ["baskets", "customers", "depot", "ordering", "payments", "search", "stores"] {
            config.peers.insert(peer.to_owned(), "http://127.0.0.1:9".to_owned());
        }
        adjust(&mut config);
        let name = name_of(build, &config);
        let template_config = config.clone();
        let options = databases::options(name, |template| async move {
            let config = with_url(template_config, &template.url);
            mall_service::migrate(build(&config)).await.expect("the migrations run");
        })
        .await;
        let config = with_url(config, &options.url);
        let mut running = Running::without_broker(build, &config).await.expect("the service starts");
        let endpoint = Channel::from_shared(format!("http://{}", running.grpc)).expect("an address");
        let engine = running.engine.take().unwrap_or_else(|| empty_engine(&running.database));
        Self { channel: endpoint.connect_lazy(), running, inbox: Mutex::new((engine, Post::default())) }
    }

    /// A channel to its API.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// The API's address, `http://host:port`; for peers of it.
    pub fn address(&self) -> String {
        format!("http://{}", self.running.grpc)
    }

    /// Its database.
    pub fn database(&self) -> &Database {
        &self.running.database
    }

    /// Delivers a message as if its owner had sent it; panics where it is not handled at once.
    pub async fn deliver(&self, message: Outgoing) {
        self.deliver_version(message, 1).await;
    }

    /// Delivers a message that tells of an aggregate at `version`.
    pub async fn deliver_version(&self, message: Outgoing, version: i64) {
        let incoming = self.next(&message, version).await;
        self.hand_in(vec![incoming]).await;
    }

    /// Delivers a message, then the same one again: a duplicate.
    pub async fn deliver_twice(&self, message: Outgoing) {
        let incoming = self.next(&message, 1).await;
        let again = self.inbox.lock().await.1.again(&incoming);
        self.hand_in(vec![incoming]).await;
        self.hand_in(vec![again]).await;
    }

    /// Delivers many messages as one batch.
    pub async fn deliver_batch(&self, messages: &[Outgoing]) {
        let mut batch = Vec::new();
        for message in messages {
            batch.push(self.next(message, 1).await);
        }
        self.hand_in(batch).await;
    }

    /// Sends a command of a saga and gives the reply.
    pub async fn command(&self, message: Outgoing, step: Step) -> Reply {
        let incoming = self.next(&step.addressed(message), 0).await;
        self.reply_to(vec![incoming]).await
    }

    /// Sends a command, then the same message again: a duplicate, which is not answered.
    pub async fn command_twice(&self, message: Outgoing, step: Step) -> Reply {
        let incoming = self.next(&step.addressed(message), 0).await;
        let again = self.inbox.lock().await.1.again(&incoming);
        self.reply_to(vec![incoming, again]).await
    }

    async fn reply_to(&self, messages: Vec<Incoming>) -> Reply {
        let before = self.sent::<Reply>().await.len();
        for message in messages {
            self.hand_in(vec![message]).await;
        }
        let mut replies = self.sent::<Reply>().await;
        assert_eq!(replies.len(), before + 1, "a command has one reply");
        replies.pop().expect("there is one more than before")
    }

    /// Sends the same command (same identity) under a new number, as a resend does.
    pub async fn resend(&self, message: Outgoing, step: Step) -> Reply {
        self.command(message, step).await
    }

    /// All messages of this type in the outbox, in order.
    pub async fn sent<M: Message + Name + Default>(&self) -> Vec<M> {
        let rows: Vec<(Vec<u8>,)> =
            sqlx::query_as("select payload from outbox where type = $1 and seq > 0 order by seq")
                .bind(M::full_name())
                .fetch_all(self.database().pool())
                .await
                .expect("the outbox can be read");
        rows.iter().map(|(payload,)| M::decode(payload.as_slice()).expect("what we wrote")).collect()
    }

    /// How many events were ever recorded.
    pub async fn events_recorded(&self) -> i64 {
        sqlx::query_scalar("select count(*) from events")
            .fetch_one(self.database().pool())
            .await
            .expect("events can be read")
    }

    async fn next(&self, message: &Outgoing, version: i64) -> Incoming {
        let owner = message.topic.split('.').next().unwrap_or_default();
        let source = if message.topic.ends_with(".commands") { "cosec" } else { owner };
        self.inbox.lock().await.1.next(message, source, version)
    }

    async fn hand_in(&self, batch: Vec<Incoming>) {
        let handled = self.inbox.lock().await.0.handle(batch).await;
        assert!(handled.held.is_empty(), "not handled: {:?} because of {:?}", handled.held, handled.cuts);
        let parked: Vec<(String,)> = sqlx::query_as("select cause from parked")
            .fetch_all(self.database().pool())
            .await
            .expect("parked messages can be read");
        assert!(parked.is_empty(), "parked: {parked:?}");
        self.assert_declared().await;
    }

    /// Whatever was sent so far is declared of this service, on this topic: the relay would stand before anything else.
    async fn assert_declared(&self) {
        let sent: Vec<(String, String)> = sqlx::query_as("select distinct topic, type from outbox where seq > 0")
            .fetch_all(self.database().pool())
            .await
            .expect("the outbox can be read");
        let declared = mall_proto::topology::service(self.database().service()).map_or(&[][..], |own| own.publishes);
        for (topic, message) in sent {
            let flow = declared.iter().find(|flow| flow.topic == topic);
            let is_declared = flow.is_some_and(|flow| flow.messages.contains(&message.as_str()));
            assert!(is_declared, "{message} on {topic} is not declared");
        }
    }
}

fn with_url(mut config: Config, url: &str) -> Config {
    url.clone_into(&mut config.database.url);
    config
}

fn name_of(build: fn(&Config) -> Service, config: &Config) -> &'static str {
    build(&with_url(config.clone(), &databases::postgres_url())).name()
}

fn empty_engine(database: &Database) -> Engine {
    let routes = mall_messaging::Consumer::new("nobody", ()).into_routes();
    Engine::new(database.clone(), routes, mall_service::reply_codec())
}

/// The refusal's name in a status (`google.rpc.ErrorInfo`).
pub fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map_or_else(String::new, |info| info.reason.clone())
}

/// The field that a status blames (`google.rpc.BadRequest`).
pub fn field(status: &Status) -> String {
    let details = status.get_error_details();
    let violation = details.bad_request().and_then(|bad| bad.field_violations.first());
    violation.map_or_else(String::new, |violation| violation.field.clone())
}
