//! A toy context for the core's own tests: a counter that is told to count, by events and by commands.

use mall_domain::{Aggregate, AggregateId, Refusal, RefusalKind, Refused, id};
use mall_messaging::{Consumer, Handle, Received, event, undecodable};
use mall_persistence::sqlx::{self, PgConnection};
use mall_persistence::{Database, Error, Outgoing, Projection, Publishes, Recorded, Work};
use serde::{Deserialize, Serialize};

id!(CounterId, "the id of a counter");

/// Counts.
#[derive(Clone, Debug, Default)]
pub struct Counter {
    /// How far it has counted.
    pub value: i64,
}

/// What happens to a counter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum CounterEvent {
    /// It counted.
    Counted {
        /// By how much.
        by: i64,
    },
}

/// Why it does not count.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum CounterRefusal {
    /// A counter stops at 1000.
    #[error("a counter stops at 1000")]
    Full,
}

impl Refusal for CounterRefusal {
    fn kind(&self) -> RefusalKind {
        RefusalKind::Rule
    }
}

impl Aggregate for Counter {
    const KIND: &'static str = "toy.Counter";
    type Id = CounterId;
    type Event = CounterEvent;

    fn apply(&mut self, event: &CounterEvent) {
        match event {
            CounterEvent::Counted { by } => self.value += by,
        }
    }
}

impl Counter {
    /// Counts on.
    pub fn count(&self, by: i64) -> Result<CounterEvent, CounterRefusal> {
        if self.value + by > 1000 {
            return Err(CounterRefusal::Full);
        }
        Ok(CounterEvent::Counted { by })
    }
}

impl Publishes for Counter {
    fn message(&self, id: CounterId, event_: &CounterEvent) -> Option<Outgoing> {
        match event_ {
            CounterEvent::Counted { by } => {
                Some(event(id, &Counted { id: id.to_string(), by: *by, value: self.value }))
            }
        }
    }
}

/// The public fact.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Counted {
    /// The counter.
    #[prost(string, tag = "1")]
    pub id: String,
    /// By how much.
    #[prost(int64, tag = "2")]
    pub by: i64,
    /// How far it is now.
    #[prost(int64, tag = "3")]
    pub value: i64,
}

/// The command. What `mood` says happens in the handler: `panic`, `fault`, `away`, `troubled` (it asks the database for
/// `trouble()`, a function of the test's), or nothing.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Count {
    /// The counter.
    #[prost(string, tag = "1")]
    pub id: String,
    /// By how much.
    #[prost(int64, tag = "2")]
    pub by: i64,
    /// How the handler takes it.
    #[prost(string, tag = "3")]
    pub mood: String,
}

impl prost::Name for Counted {
    const NAME: &'static str = "Counted";
    const PACKAGE: &'static str = "mallbots.toy.v1";
}

impl prost::Name for Count {
    const NAME: &'static str = "Count";
    const PACKAGE: &'static str = "mallbots.toy.v1";
}

/// Handles counters.
#[derive(Clone, Copy, Debug)]
pub struct Toy;

impl Toy {
    /// A consumer of commands.
    pub fn commands(name: &'static str) -> Consumer<Self> {
        Consumer::new(name, Self).on_command::<Count, Counter>(|m| CounterId::parse(&m.id))
    }

    /// A consumer that takes the same commands as undos.
    pub fn undos(name: &'static str) -> Consumer<Self> {
        Consumer::new(name, Self).on_undo::<Count, Counter>(|m| CounterId::parse(&m.id))
    }

    /// A consumer of facts, which mirrors each counter under its own id.
    pub fn facts(name: &'static str) -> Consumer<Self> {
        Consumer::new(name, Self).on_event::<Counted, Counter>(|m| CounterId::parse(&m.id))
    }
}

impl Handle<Count> for Toy {
    async fn handle(&self, work: &mut Work, m: Received<Count>) -> Result<(), Error> {
        let id = CounterId::parse(&m.id).map_err(undecodable)?;
        work.update_or_begin(id, |counter: &Counter| counter.count(m.by)).await?;
        match m.mood.as_str() {
            "panic" => panic!("in a bad mood"),
            "fault" => Err(Error::Fault("in a bad mood".to_owned())),
            "troubled" => {
                sqlx::query("select trouble()").execute(work.database().pool()).await?;
                Ok(())
            }
            "away" => Err(Error::PeerAway { peer: "nobody", cause: "in a bad mood".to_owned() }),
            _ => Ok(()),
        }
    }
}

impl Handle<Counted> for Toy {
    async fn handle(&self, work: &mut Work, m: Received<Counted>) -> Result<(), Error> {
        let id = CounterId::parse(&m.id).map_err(undecodable)?;
        work.update_or_begin(id, |counter: &Counter| counter.count(m.by)).await
    }
}

/// The first amount of each counter, which no other counter may have: a rule that only a commit sees broken.
#[derive(Clone, Copy, Debug)]
pub struct FirstAmounts;

impl FirstAmounts {
    /// Another handle on this database, with the table and its rule.
    pub async fn kept_in(database: &Database) -> Database {
        sqlx::query(
            "create table first_amounts (id uuid primary key, amount bigint, constraint amount_taken unique (amount))",
        )
        .execute(database.pool())
        .await
        .expect("a database has the table once");
        let options = crate::options_of(database);
        let database = Database::new(&options).expect("our own URL").with_projection(Self);
        database.with_constraint("amount_taken", Self::taken())
    }

    /// What a counter is told whose first amount is another's.
    pub fn taken() -> Refused {
        Refused { kind: RefusalKind::Exists, reason: "AMOUNT_TAKEN".into(), text: "taken".into(), field: None }
    }
}

impl Projection for FirstAmounts {
    type Input = Recorded<Counter>;

    async fn project(&self, connection: &mut PgConnection, inputs: &[&Recorded<Counter>]) -> Result<(), sqlx::Error> {
        for recorded in inputs {
            let CounterEvent::Counted { by } = recorded.event;
            sqlx::query("insert into first_amounts (id, amount) values ($1, $2) on conflict (id) do nothing")
                .bind(recorded.id.uuid())
                .bind(by)
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }
}
