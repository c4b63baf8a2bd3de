//! Outcomes are kept until nobody can send their command again.

use mall_persistence::{CommandIdentity, Context, Direction, Outcome};
use time::{Duration, OffsetDateTime};
use uuid::{NoContext, Timestamp, Uuid};

use crate::core;

fn command_of(saga_began: OffsetDateTime) -> CommandIdentity {
    let seconds = u64::try_from(saga_began.unix_timestamp()).expect("after 1970");
    let saga_id = Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, 0));
    CommandIdentity { saga: "toy.Saga".into(), saga_id, step: 1, direction: Direction::Do, round: 0 }
}

#[tokio::test]
async fn only_outcomes_that_are_old_enough_are_forgotten() {
    let database = core().await;
    let now = database.begin(Context::begin()).now();
    let days = Duration::days;
    // Of an old saga, of an old basket that was checked out yesterday, and of a young saga.
    let cases = [(days(20), days(20), true), (days(20), days(1), false), (days(1), days(1), false)];
    let mut kept = Vec::new();
    for (began, recorded, is_old) in cases {
        let identity = command_of(now - began);
        let mut work = database.begin_at(Context::begin(), now - recorded);
        work.record_outcome(Outcome { identity: identity.clone(), reply: vec![1] });
        work.commit().await.expect("recorded");
        kept.push((identity, !is_old));
    }
    assert_eq!(database.forget_outcomes(now - days(14), 10).await.expect("forgotten"), 1);
    assert_eq!(database.forget_outcomes(now - days(14), 10).await.expect("forgotten"), 0);
    for (identity, is_kept) in kept {
        let mut work = database.begin(Context::begin());
        assert_eq!(work.outcome(&identity).await.expect("read").is_some(), is_kept, "{identity:?}");
    }
}
