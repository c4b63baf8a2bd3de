//! Sagas on a real database; their deadlines with a real broker as well.

mod deadlines;
mod replies;

use std::time::Duration;

use mall_messaging::{Answer, Consumer, Routes, SagaHeaders, command};
use mall_persistence::sqlx::migrate::Migrator;
use mall_persistence::{CommandIdentity, Context, Database, DatabaseOptions, Direction, Outgoing, SagaStatus};
use mall_saga::{Saga, SagaPolicy, Sagas};
use mall_testkit::toy::Count;
use sqlx::types::Json;
use std::collections::BTreeMap;
use uuid::Uuid;

pub(crate) static SAGAS: Migrator = sqlx::migrate!("../../services/cosec/migrations");
pub(crate) const NAME: &str = "toy.Order";

/// Step 1 has no undo, step 2 has one, step 3 is the pivot with its undo, step 4 comes after it.
pub(crate) fn saga() -> Saga<Uuid> {
    fn count(mood: &'static str) -> impl Fn(&Uuid) -> Outgoing + Send + Sync + 'static {
        move |id| command(id, &Count { id: id.to_string(), by: 1, mood: mood.to_owned() })
    }
    Saga::new(NAME, 1)
        .finally_undo("reject", |id: &Uuid, _| count("reject")(id))
        .step("authorize", count("authorize"))
        .step("list", count("list"))
        .undo(count("cancel list"))
        .pivot("confirm", count("confirm"))
        .undo(count("release"))
        .step("approve", count("approve"))
}

pub(crate) fn quick() -> SagaPolicy {
    SagaPolicy {
        resends: [100, 250, 500].map(Duration::from_millis).to_vec(),
        deadline: Duration::from_millis(1000),
        undo_cap: Duration::from_secs(1),
        alarm: Duration::from_secs(300),
        tick: Duration::from_millis(50),
    }
}

/// The owner of sagas, with a database of its own.
pub(crate) struct Owner {
    pub(crate) database: Database,
    pub(crate) sagas: Sagas,
}

/// A command that the owner has sent.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) key: String,
}

impl Sent {
    /// `do 3` or `undo 2`, and the attempt.
    pub(crate) fn what(&self) -> (String, i32) {
        let what = format!("{} {}", self.headers["ce_direction"], self.headers["ce_step"]);
        (what, self.headers["ce_attempt"].parse().expect("a number"))
    }

    pub(crate) fn saga_headers(&self) -> SagaHeaders {
        let header = |name: &str| self.headers[name].clone();
        SagaHeaders {
            identity: CommandIdentity {
                saga: header("ce_saga"),
                saga_id: header("ce_sagaid").parse().expect("a UUID"),
                step: header("ce_step").parse().expect("a number"),
                direction: Direction::parse(&header("ce_direction")).expect("a direction"),
                round: header("ce_round").parse().expect("a number"),
            },
            attempt: header("ce_attempt"),
            reply_to: header("ce_replyto"),
        }
    }

    /// What a participant answers.
    pub(crate) fn reply(&self, answer: &Answer) -> Outgoing {
        let headers = self.saga_headers();
        Outgoing {
            topic: headers.reply_to.clone(),
            key: self.key.clone(),
            message_type: "mallbots.saga.v1.Reply".to_owned(),
            payload: (mall_service::reply_codec().encode)(answer),
            subject: self.key.clone(),
            headers: headers.to_headers(),
        }
    }
}

impl Owner {
    pub(crate) async fn open(reply_topic: &'static str) -> Self {
        let plain = mall_testkit::database("toy", &SAGAS).await;
        let name = plain.pool().connect_options().get_database().expect("a database").to_owned();
        let server = mall_testkit::postgres_url();
        let (base, _) = server.rsplit_once('/').expect("a URL ends in a database");
        let options = DatabaseOptions { url: format!("{base}/{name}"), service: "toy", connections: 8 };
        let database = Database::new(&options).expect("a URL").with_sagas();
        Self { database, sagas: Sagas::new(reply_topic, quick()).with(saga()) }
    }

    pub(crate) fn routes(&self) -> Routes {
        Consumer::new("toy", ())
            .on_replies(self.sagas.reply_topic(), mall_service::reply_codec(), self.sagas.clone())
            .into_routes()
    }

    pub(crate) async fn start(&self) -> Uuid {
        let id = Uuid::now_v7();
        let mut work = self.database.begin(Context::begin());
        self.sagas.start(&mut work, NAME, id, &id).await.expect("started");
        work.commit().await.expect("committed");
        id
    }

    pub(crate) async fn status(&self, id: Uuid) -> SagaStatus {
        let mut work = self.database.begin(Context::begin());
        self.sagas.status(&mut work, NAME, id).await.expect("the server answers").expect("it was started")
    }

    /// Every command that was sent, in order.
    pub(crate) async fn sent(&self) -> Vec<Sent> {
        let rows: Vec<(Json<BTreeMap<String, String>>, String)> =
            sqlx::query_as("select headers, partition_key from outbox where seq > 0 order by seq")
                .fetch_all(self.database.pool())
                .await
                .expect("the outbox can be read");
        rows.into_iter().map(|(headers, key)| Sent { headers: headers.0, key }).collect()
    }

    pub(crate) async fn what_was_sent(&self) -> Vec<String> {
        self.sent().await.iter().map(|sent| sent.what().0).collect()
    }
}

pub(crate) fn refused() -> Answer {
    Answer::Refused { reason: "NO".into(), text: "no".into() }
}
