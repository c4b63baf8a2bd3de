//! A rule that only the commit sees broken: it is the answer of the one message that broke it, whatever batch it came in.

use mall_domain::Uuid;
use mall_messaging::{Answer, Engine};
use mall_testkit::toy::{FirstAmounts, Toy};

use crate::batches::replies;
use crate::{Desk, counter, engine};

/// Eleven counters that begin with these amounts; the sixth and the last want what others have.
const AMOUNTS: [i64; 11] = [1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 1];
const LATE: [usize; 2] = [5, 10];

fn taken() -> Answer {
    let taken = FirstAmounts::taken();
    Answer::Refused { reason: taken.reason, text: taken.text }
}

#[tokio::test]
async fn a_command_that_only_the_commit_refuses_is_refused_alone() {
    let mut desk = Desk::open().await;
    desk.engine = engine(&FirstAmounts::kept_in(&desk.database).await);
    let commands: Vec<_> = AMOUNTS.iter().map(|by| (counter(), *by, Uuid::now_v7())).collect();
    let batch: Vec<_> = commands.iter().map(|(id, by, saga)| desk.count_for(*id, *by, "", *saga)).collect();
    desk.handle(batch.clone()).await;
    desk.handle(batch).await;

    let answers = replies(&desk).await;
    let refused: Vec<_> = (0..answers.len()).filter(|at| answers[*at] == taken()).collect();
    assert_eq!((answers.len(), &refused[..]), (11, &LATE[..]), "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == Answer::Done).count(), 9);
    for (at, (id, by, _)) in commands.iter().enumerate() {
        assert_eq!(desk.value(*id).await, if LATE.contains(&at) { 0 } else { *by });
    }
    for (what, expected) in [
        ("select count(*) from events", 9),
        ("select count(*) from first_amounts", 9),
        ("select count(*) from outcomes", 11),
        ("select count(*) from parked", 0),
    ] {
        assert_eq!(desk.number(what).await, expected, "{what}");
    }

    // The refusal was stored like any other answer: sent again, the command is refused again, even if it could be done.
    desk.run("delete from first_amounts").await;
    let (id, by, saga) = commands[LATE[0]];
    let resent = desk.count_for(id, by, "", saga);
    desk.handle(vec![resent]).await;
    assert_eq!((replies(&desk).await.last(), desk.value(id).await), (Some(&taken()), 0));
}

#[tokio::test]
async fn a_fact_that_only_the_commit_refuses_changes_nothing_alone() {
    let mut desk = Desk::open().await;
    let database = FirstAmounts::kept_in(&desk.database).await;
    desk.engine = Engine::new(database, Toy::facts("toy").into_routes(), mall_service::reply_codec());
    let ids: Vec<_> = AMOUNTS.iter().map(|_| counter()).collect();
    let batch: Vec<_> = ids.iter().zip(AMOUNTS).map(|(id, by)| desk.counted(*id, by)).collect();
    desk.handle(batch.clone()).await;
    desk.handle(batch).await;
    for (at, id) in ids.into_iter().enumerate() {
        assert_eq!(desk.value(id).await, if LATE.contains(&at) { 0 } else { AMOUNTS[at] });
    }
    for (what, expected) in
        [("select count(*) from events", 9), ("select max(seq) from inbox", 11), ("select count(*) from parked", 0)]
    {
        assert_eq!(desk.number(what).await, expected, "{what}");
    }
}
