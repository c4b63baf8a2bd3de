//! What a mall's databases say: what nobody may be told wrongly, and what must be true when all is quiet.

use std::{collections::BTreeMap, time::Duration};

use mall_cli::Fleet;
use mall_proto::topology;
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::SERVICES;

/// The addresses of the nine databases.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    urls: BTreeMap<&'static str, String>,
}

impl Ledger {
    pub(super) fn of(fleet: &Fleet) -> Self {
        Self { urls: SERVICES.map(|service| (service, fleet.database_url(service))).into() }
    }

    pub(crate) async fn open(&self, service: &str) -> PgConnection {
        PgConnection::connect(&self.urls[service]).await.expect("a database answers")
    }

    /// The types of a stream's events, oldest first.
    pub(crate) async fn events(&self, service: &str, kind: &str, id: &str) -> Vec<String> {
        sqlx::query_scalar("select type from events where kind = $1 and stream_id = $2 order by version")
            .bind(kind)
            .bind(uuid(id))
            .fetch_all(&mut self.open(service).await)
            .await
            .expect("events can be read")
    }

    /// The types of the events of all streams of a kind, oldest first.
    pub(crate) async fn streams(&self, service: &str, kind: &str) -> BTreeMap<String, Vec<String>> {
        let rows: Vec<(Uuid, Vec<String>)> = sqlx::query_as(
            "select stream_id, array_agg(type order by version) from events where kind = $1 group by stream_id",
        )
        .bind(kind)
        .fetch_all(&mut self.open(service).await)
        .await
        .expect("events can be read");
        rows.into_iter().map(|(id, types)| (id.to_string(), types)).collect()
    }

    /// The prices that a product has had since it was added, oldest first, in cents.
    pub(crate) async fn prices(&self, product: &str) -> Vec<i64> {
        const PRICES: &str = "select (payload -> 'price' ->> 'minor')::bigint from events
             where kind = 'stores.Product' and stream_id = $1 and type = 'PriceChanged' order by version";
        let prices = sqlx::query_scalar(PRICES).bind(uuid(product));
        prices.fetch_all(&mut self.open("stores").await).await.expect("events can be read")
    }

    /// Status and step of an order's create-order saga.
    pub(crate) async fn saga(&self, order: &str) -> Option<(String, i16)> {
        sqlx::query_as("select status, step from sagas where name = 'cosec.CreateOrder' and id = $1")
            .bind(uuid(order))
            .fetch_optional(&mut self.open("cosec").await)
            .await
            .expect("sagas can be read")
    }

    /// Status of every saga of a kind, by order.
    pub(crate) async fn sagas(&self, name: &str) -> BTreeMap<String, String> {
        let rows: Vec<(Uuid, String)> = sqlx::query_as("select id, status from sagas where name = $1")
            .bind(name)
            .fetch_all(&mut self.open("cosec").await)
            .await
            .expect("sagas can be read");
        rows.into_iter().map(|(id, status)| (id.to_string(), status)).collect()
    }

    /// Waits until cosec has published the command of this step of the order's saga.
    pub(crate) async fn see_step(&self, order: &str, step: i16) {
        const PUBLISHED: &str = "select exists (select from sagas where name = 'cosec.CreateOrder' and id = $1
             and status = 'running' and step = $2 and command_seq <= (select cursor from relay where id = 1))";
        let what = format!("the saga has sent the command of step {step}");
        self.wait(&what, "cosec", PUBLISHED, |query| query.bind(uuid(order)).bind(step)).await;
    }

    /// Waits until everything that a service has written for others is in Kafka.
    pub(crate) async fn see_published(&self, service: &str) {
        const DRAINED: &str =
            "select coalesce((select max(seq) from outbox), 0) <= (select cursor from relay where id = 1)";
        self.wait(&format!("{service} has published everything"), service, DRAINED, |query| query).await;
    }

    /// Whether everything that a service has said so far has been handled by everybody who listens.
    pub(crate) async fn is_heard(&self, service: &str) -> bool {
        let (waiting, partitions) = self.relay(service).await;
        let sent = [(service, partitions)].into();
        for listener in SERVICES {
            if waiting > 0 || !self.unhandled(listener, &sent).await.is_empty() {
                return false;
            }
        }
        true
    }

    /// Waits until then: nobody need ask the service about it.
    pub(crate) async fn see_heard(&self, service: &str) {
        let what = format!("everybody has heard from {service}");
        mall_testkit::eventually(&what, async || self.is_heard(service).await.then_some(())).await;
    }

    /// How many messages of a service wait for its relay, and the last one sent to each `topic/partition`.
    async fn relay(&self, service: &str) -> (i64, Value) {
        sqlx::query_as("select (select count(*) from outbox where seq > cursor), partitions from relay where id = 1")
            .fetch_one(&mut self.open(service).await)
            .await
            .expect("the relay's row can be read")
    }

    /// Asks a service's database until it says yes.
    pub(crate) async fn wait<'q>(
        &self,
        what: &str,
        service: &str,
        sql: &'static str,
        bind: impl Fn(Asked<'q>) -> Asked<'q>,
    ) {
        let mut connection = self.open(service).await;
        for _ in 0..6_000 {
            if bind(sqlx::query_scalar(sql)).fetch_one(&mut connection).await.expect("a database answers") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("waited in vain until {what}");
    }

    /// The texts about an order that were written down, and the kinds among them that reached the phone.
    pub(crate) async fn texts(&self, order: &str) -> Vec<String> {
        sqlx::query_scalar("select kind from texts join local_texts using (text_id) where order_id = $1 order by kind")
            .bind(uuid(order))
            .fetch_all(&mut self.open("notifications").await)
            .await
            .expect("texts can be read")
    }

    /// Waits until nothing moves any more: every outbox is published, every consumer has handled it, every saga ended,
    /// every text sent. The databases are looked at one after the other, so twice.
    pub(crate) async fn see_quiet(&self, patience: Duration) {
        let deadline = std::time::Instant::now() + patience;
        let mut before = None;
        loop {
            let (sent, unrest) = self.unrest().await;
            let was_quiet = before.as_ref() == Some(&sent);
            if unrest.is_empty() && was_quiet {
                return;
            }
            before = unrest.is_empty().then_some(sent);
            assert!(std::time::Instant::now() < deadline, "still at work: {}", unrest.join("; "));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn unrest(&self) -> (BTreeMap<&'static str, Value>, Vec<String>) {
        let mut unrest = Vec::new();
        let mut sent = BTreeMap::new();
        for service in SERVICES {
            let (waiting, partitions) = self.relay(service).await;
            if waiting > 0 {
                unrest.push(format!("{service} has {waiting} messages to publish"));
            }
            sent.insert(service, partitions);
        }
        for service in SERVICES {
            unrest.extend(self.unhandled(service, &sent).await);
        }
        for (service, what, sql) in [
            ("cosec", "sagas", "select count(*) from sagas where status in ('running', 'compensating')"),
            ("notifications", "texts to send", "select count(*) from texts where state = 'waiting'"),
        ] {
            let count: i64 = self.count(service, sql).await;
            unrest.extend((count > 0).then(|| format!("{service} has {count} {what}")));
        }
        (sent, unrest)
    }

    /// What was sent to this service and has no mark there yet. `sent`: by source, the last `epoch:seq` it has sent to
    /// each `topic/partition`.
    async fn unhandled(&self, service: &'static str, sent: &BTreeMap<&str, Value>) -> Vec<String> {
        let marks: Vec<(String, i32, String, i32, i64)> =
            sqlx::query_as("select topic, partition, source, epoch, seq from inbox where consumer = $1")
                .bind(service)
                .fetch_all(&mut self.open(service).await)
                .await
                .expect("marks can be read");
        let marks: BTreeMap<(String, String), String> = marks
            .into_iter()
            .map(|(topic, partition, source, epoch, seq)| {
                ((source, format!("{topic}/{partition}")), format!("{epoch}:{seq}"))
            })
            .collect();
        let consumes = topology::service(service).map_or(&[][..], |service| service.consumes);
        let mut unhandled = Vec::new();
        for (source, places) in sent {
            for (place, last) in places.as_object().into_iter().flatten() {
                let topic = place.split('/').next().unwrap_or_default();
                let mark = marks.get(&((*source).to_owned(), place.clone()));
                if consumes.iter().any(|flow| flow.topic == topic) && mark.map(String::as_str) != last.as_str() {
                    unhandled.push(format!("{service} is at {mark:?} of {last} in {place} from {source}"));
                }
            }
        }
        unhandled
    }

    /// The orders for which a payment was confirmed, once for each time that one was.
    pub(crate) async fn confirmed_orders(&self) -> Vec<String> {
        self.strings("payments", "select payload ->> 'order' from events where type = 'Confirmed' order by 1").await
    }

    /// Every text that has reached a phone, as `order kind`.
    pub(crate) async fn all_texts(&self) -> Vec<String> {
        const SENT: &str = "select order_id || ' ' || kind from local_texts left join texts using (text_id) order by 1";
        self.strings("notifications", SENT).await
    }

    /// The status of every order, as search shows it.
    pub(crate) async fn searched(&self) -> BTreeMap<String, String> {
        let rows: Vec<(Uuid, String)> = sqlx::query_as("select order_id, status from orders")
            .fetch_all(&mut self.open("search").await)
            .await
            .expect("orders can be read");
        rows.into_iter().map(|(id, status)| (id.to_string(), status)).collect()
    }

    async fn strings(&self, service: &str, sql: &'static str) -> Vec<String> {
        let mut connection = self.open(service).await;
        sqlx::query_scalar(sql).fetch_all(&mut connection).await.expect("a database answers")
    }

    pub(crate) async fn count(&self, service: &str, sql: &'static str) -> i64 {
        let mut connection = self.open(service).await;
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a database answers")
    }
}

/// A question that is answered with yes or no.
type Asked<'q> = sqlx::query::QueryScalar<'q, sqlx::Postgres, bool, sqlx::postgres::PgArguments>;

fn uuid(id: &str) -> Uuid {
    Uuid::try_parse(id).expect("ids are UUIDs")
}
