//! Projections are written with their events; a rule over many aggregates is a unique index on one.

use mall_domain::{AggregateId, RefusalKind, Refused, Uuid};
use mall_persistence::sqlx::{self, PgConnection};
use mall_persistence::{Context, Error, Projection, Recorded};
use mall_testkit::toy::{Counter, CounterEvent, CounterId};

use crate::core;

/// One row per counter: its first amount, which must be unique.
struct FirstAmounts;

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

#[tokio::test]
async fn a_violated_index_is_the_rules_refusal_and_nothing_is_written() {
    let plain = core().await;
    sqlx::query(
        "create table first_amounts (id uuid primary key, amount bigint, constraint amount_taken unique (amount))",
    )
    .execute(plain.pool())
    .await
    .expect("a table");
    let options = mall_persistence::DatabaseOptions { url: url_of(&plain), service: "toy", connections: 4 };
    let taken = Refused { kind: RefusalKind::Exists, reason: "AMOUNT_TAKEN".into(), text: "taken".into(), field: None };
    let database = mall_persistence::Database::new(&options)
        .expect("a URL")
        .with_projection(FirstAmounts)
        .with_constraint("amount_taken", taken.clone());

    for expected in [None, Some(taken)] {
        let mut work = database.begin(Context::begin());
        work.create::<Counter>(CounterId::from_uuid(Uuid::now_v7()), CounterEvent::Counted { by: 5 })
            .expect("a new id");
        match (work.commit().await, expected) {
            (Ok(()), None) => {}
            (Err(Error::Refused(refused)), Some(expected)) => assert_eq!(refused, expected),
            (other, expected) => panic!("{other:?} instead of {expected:?}"),
        }
        // An API reads its own writes; a refused one leaves no event behind.
        let (rows, events): (i64, i64) =
            sqlx::query_as("select (select count(*) from first_amounts), (select count(*) from events)")
                .fetch_one(database.pool())
                .await
                .expect("counts");
        assert_eq!((rows, events), (1, 1));
    }
}

fn url_of(database: &mall_persistence::Database) -> String {
    let name = database.pool().connect_options().get_database().expect("a database").to_owned();
    let server = mall_testkit::postgres_url();
    let (base, _) = server.rsplit_once('/').expect("a URL ends in a database");
    format!("{base}/{name}")
}
