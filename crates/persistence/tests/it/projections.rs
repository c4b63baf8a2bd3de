//! Projections are written with their events; a rule over many aggregates is a unique index on one.

use mall_domain::{AggregateId, Uuid};
use mall_persistence::{Context, Error, sqlx};
use mall_testkit::toy::{Counter, CounterEvent, CounterId, FirstAmounts};

use crate::core;

#[tokio::test]
async fn a_violated_index_is_the_rules_refusal_and_nothing_is_written() {
    let database = FirstAmounts::kept_in(&core().await).await;
    for expected in [None, Some(FirstAmounts::taken())] {
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
