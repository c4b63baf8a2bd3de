//! The consumer's engine on a real database, and the relay between a real database and a real broker.

mod batches;
mod consumer;
mod faults;
mod ignored;
mod lost_answer;
mod order;
mod relay;
mod sqlstates;
mod verdicts;

use std::time::Duration;

use mall_domain::{AggregateId, Uuid};
use mall_messaging::{Cut, Engine, Incoming, SagaHeaders, command, event};
use mall_persistence::sqlx::{self, AssertSqlSafe, migrate::Migrator};
use mall_persistence::{CommandIdentity, Context, Database, Direction};
use mall_testkit::Post;
use mall_testkit::toy::{Count, Counted, Counter, CounterId, Toy};

pub(crate) static NO_TABLES: Migrator = Migrator::DEFAULT;

/// A consumer of commands or facts, with the post that brings them.
pub(crate) struct Desk {
    pub(crate) database: Database,
    pub(crate) engine: Engine,
    pub(crate) post: Post,
}

pub(crate) fn counter() -> CounterId {
    CounterId::from_uuid(Uuid::now_v7())
}

pub(crate) fn engine(database: &Database) -> Engine {
    Engine::new(database.clone(), Toy::commands("toy").into_routes(), mall_service::reply_codec())
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let database = mall_testkit::database("toy", &NO_TABLES).await;
        Self { engine: engine(&database), database, post: Post::default() }
    }

    /// A command to count, of a saga of its own.
    pub(crate) fn count(&mut self, id: CounterId, by: i64, mood: &str) -> Incoming {
        self.count_for(id, by, mood, Uuid::now_v7())
    }

    /// A command to count, of this saga: the same saga makes it the same command.
    pub(crate) fn count_for(&mut self, id: CounterId, by: i64, mood: &str, saga_id: Uuid) -> Incoming {
        let mut message = command(id, &Count { id: id.to_string(), by, mood: mood.to_owned() });
        let identity =
            CommandIdentity { saga: "toy.Saga".into(), saga_id, step: 1, direction: Direction::Do, round: 0 };
        let headers = SagaHeaders { identity, attempt: "1".into(), reply_to: "cosec.replies".into() };
        message.headers.extend(headers.to_headers());
        self.post.next(&message, "cosec", 0)
    }

    /// A fact.
    pub(crate) fn counted(&mut self, id: CounterId, by: i64) -> Incoming {
        self.post.next(&event(id, &Counted { id: id.to_string(), by, value: by }), "toy", 1)
    }

    /// Handles a batch and expects that nothing is held.
    pub(crate) async fn handle(&mut self, batch: Vec<Incoming>) {
        let handled = self.engine.handle(batch).await;
        assert!(handled.held.is_empty(), "{handled:?}");
    }

    /// Handles a batch again and again, as the consumer's loop does, until nothing is held; gives how often.
    pub(crate) async fn handle_patiently(&mut self, batch: Vec<Incoming>) -> u32 {
        let mut batch = batch;
        for turn in 1..100 {
            let handled = self.engine.handle(batch).await;
            if handled.held.is_empty() {
                return turn;
            }
            assert!(handled.cuts.values().all(|cut| matches!(cut, Cut::Retry(_))), "{:?}", handled.cuts);
            batch = handled.held;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("still held after a hundred turns");
    }

    pub(crate) async fn value(&self, id: CounterId) -> i64 {
        let mut work = self.database.begin(Context::begin());
        work.find::<Counter>(id).await.expect("the server answers").0.value
    }

    pub(crate) async fn number(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(self.database.pool()).await.expect("a number")
    }

    pub(crate) async fn run(&self, statement: &'static str) {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(self.database.pool()).await.expect("it runs");
    }
}
