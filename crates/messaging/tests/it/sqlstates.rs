//! Whose fault an error of the server is, by its SQLSTATE: a data error is the message's own, and parks it; everything
//! else passes, and parks nothing however long it lasts.

use mall_messaging::Incoming;
use mall_persistence::sqlx::{self, AssertSqlSafe, PgConnection};
use mall_persistence::{Database, Projection, Recorded};
use mall_testkit::toy::{Counter, CounterEvent};

use crate::{Desk, counter, engine};

/// One or more of each class: cardinality, data, integrity, program limits.
const FAULTS: [&str; 10] = ["21000", "22000", "22001", "22003", "22P02", "23502", "23505", "23514", "54000", "54001"];
/// The only division that is a lost race is that of the marks; one of somebody else is a data error like any other.
const DIVISION: &str = "22012";
/// What passes: connections, resources, permissions, missing tables, locks, operators, the disk, the server's own bugs.
const PASSING: [&str; 18] = [
    "08006", "0A000", "25006", "26000", "28000", "3F000", "40001", "40P01", "42501", "42P01", "53100", "53300",
    "55P03", "57014", "57P01", "58030", "P0001", "XX000",
];

/// Where the server fails.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// A statement that the handler runs.
    Handler,
    /// The one statement of the commit.
    Commit,
    /// A projection's statement, within the commit's transaction.
    Projection,
}

/// Asks for `trouble()` when a counter counts by 13.
struct Troubled;

impl Projection for Troubled {
    type Input = Recorded<Counter>;

    async fn project(&self, connection: &mut PgConnection, inputs: &[&Recorded<Counter>]) -> Result<(), sqlx::Error> {
        if inputs.iter().any(|recorded| recorded.event == CounterEvent::Counted { by: 13 }) {
            sqlx::query("select trouble()").execute(connection).await?;
        }
        Ok(())
    }
}

impl Place {
    async fn open(self) -> Desk {
        let mut desk = Desk::open().await;
        match self {
            Self::Handler => {}
            Self::Commit => {
                desk.run(
                    "create function troubled() returns trigger language plpgsql as $$
                     begin if new.payload ->> 'by' = '13' then perform trouble(); end if; return new; end $$;
                     create trigger troubled before insert on events for each row execute function troubled()",
                )
                .await;
            }
            Self::Projection => {
                let options = mall_testkit::options_of(&desk.database);
                desk.engine = engine(&Database::new(&options).expect("a URL").with_projection(Troubled));
            }
        }
        desk
    }

    /// A message that meets the trouble, at a counter of its own.
    fn message(self, desk: &mut Desk) -> Incoming {
        match self {
            Self::Handler => desk.count(counter(), 13, "troubled"),
            Self::Commit | Self::Projection => desk.count(counter(), 13, ""),
        }
    }
}

/// From now on `trouble()` fails with this SQLSTATE, or not at all.
async fn trouble(desk: &Desk, state: Option<&str>) {
    let body = state.map_or_else(String::new, |state| format!("raise sqlstate '{state}';"));
    let function =
        format!("create or replace function trouble() returns void language plpgsql as $$ begin {body} end $$");
    sqlx::raw_sql(AssertSqlSafe(function)).execute(desk.database.pool()).await.expect("a function");
}

/// The message is parked after its fifth try, and every other message of its batch is committed.
async fn is_a_fault(desk: &mut Desk, place: Place, state: &str) {
    let before = desk.number("select count(*) from parked").await;
    trouble(desk, Some(state)).await;
    let others: Vec<_> = (0..6).map(|_| counter()).collect();
    let mut batch = Vec::new();
    for (at, other) in others.iter().enumerate() {
        batch.extend((at == 3).then(|| place.message(desk)));
        batch.push(desk.count(*other, 1, ""));
    }
    desk.handle_patiently(batch).await;
    assert_eq!(desk.number("select count(*) from parked").await, before + 1, "{state} in {place:?}");
    assert_eq!(desk.number("select min(attempts)::bigint from parked").await, 5, "{state} in {place:?}");
    for other in others {
        assert_eq!(desk.value(other).await, 1, "{state} in {place:?}");
    }
}

/// Nothing is parked, and all is handled when it has passed.
async fn passes(desk: &mut Desk, place: Place, state: &str) {
    trouble(desk, Some(state)).await;
    let events = desk.number("select count(*) from events").await;
    let message = place.message(desk);
    for _ in 0..7 {
        let handled = desk.engine.handle(vec![message.clone()]).await;
        assert_eq!(handled.held.len(), 1, "{state} in {place:?}");
    }
    trouble(desk, None).await;
    desk.handle(vec![message]).await;
    assert_eq!(desk.number("select count(*) from parked").await, 0, "{state} in {place:?}");
    assert_eq!(desk.number("select count(*) from events").await, events + 1, "{state} in {place:?}");
}

#[tokio::test]
async fn a_data_error_is_the_messages_own_fault() {
    for place in [Place::Handler, Place::Commit, Place::Projection] {
        let mut desk = place.open().await;
        for state in FAULTS {
            is_a_fault(&mut desk, place, state).await;
        }
    }
}

/// Were it taken for a lost race, its message would be tried for ever and its partition would stand.
#[tokio::test]
async fn a_division_by_zero_that_is_not_the_marks_is_a_fault() {
    for place in [Place::Handler, Place::Projection] {
        let mut desk = place.open().await;
        is_a_fault(&mut desk, place, DIVISION).await;
    }
}

#[tokio::test]
async fn any_other_error_passes_and_parks_nothing() {
    for place in [Place::Handler, Place::Commit, Place::Projection] {
        let mut desk = place.open().await;
        for state in PASSING {
            passes(&mut desk, place, state).await;
        }
    }
}
