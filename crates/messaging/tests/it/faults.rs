//! What is the message's own fault, and what passes.

use mall_messaging::Cut;

use crate::{Desk, counter};

#[tokio::test]
async fn an_undecodable_message_is_parked_at_once_its_key_waits_others_flow() {
    let mut desk = Desk::open().await;
    let (broken, other) = (counter(), counter());
    let mut poison = desk.count(broken, 1, "");
    poison.payload = vec![0xff, 0xff, 0xff];
    let behind = desk.count(broken, 1, "");
    let flows = desk.count(other, 1, "");
    desk.handle(vec![poison, behind, flows]).await;
    assert_eq!((desk.value(broken).await, desk.value(other).await), (0, 1));
    assert_eq!(desk.number("select count(*) from parked").await, 2);
    assert_eq!(desk.number("select count(*) from parked_keys").await, 1);

    // Later ones of its key are parked behind it, also by a consumer that starts anew.
    let later = desk.count(broken, 1, "");
    desk.engine = crate::engine(&desk.database);
    desk.handle(vec![later]).await;
    assert_eq!(desk.value(broken).await, 0);
    let causes = desk.number("select count(*) from parked where cause like 'waits behind%'").await;
    assert_eq!(causes, 2);
}

#[tokio::test]
async fn a_message_whose_headers_cannot_be_read_is_parked() {
    let mut desk = Desk::open().await;
    let mut poison = desk.count(counter(), 1, "");
    poison.headers.remove("ce_sequence");
    desk.handle(vec![poison.clone()]).await;
    desk.handle(vec![poison]).await;
    assert_eq!(desk.number("select count(*) from parked where cause = 'the header ce_sequence is missing'").await, 1);
}

/// Where its place can still be read the mark moves past it, and other keys of its partition flow.
#[tokio::test]
async fn a_message_with_a_broken_header_does_not_stop_its_partition() {
    let mut desk = Desk::open().await;
    let mut poison = desk.count(counter(), 1, "");
    poison.headers.insert("ce_time".into(), "yesterday".into());
    let next = loop {
        let id = counter();
        let mut probe = mall_testkit::Post::default();
        std::mem::swap(&mut probe, &mut desk.post);
        let partition = desk.count(id, 1, "").partition;
        std::mem::swap(&mut probe, &mut desk.post);
        if partition == poison.partition {
            break id;
        }
    };
    let after = desk.count(next, 1, "");
    desk.handle(vec![poison, after]).await;
    assert_eq!(desk.number("select count(*) from parked").await, 1);
    assert_eq!(desk.value(next).await, 1);
}

#[tokio::test]
async fn a_command_that_nobody_handles_is_parked_not_lost() {
    let mut desk = Desk::open().await;
    let mut unknown = desk.count(counter(), 1, "");
    unknown.headers.insert("ce_type".into(), "mallbots.toy.v1.Paint".into());
    desk.handle(vec![unknown]).await;
    assert_eq!(desk.number("select count(*) from parked where cause like 'there is no handler%'").await, 1);
}

#[tokio::test]
async fn a_panic_and_a_fault_are_tried_five_times_then_parked() {
    for mood in ["panic", "fault"] {
        let mut desk = Desk::open().await;
        let (bad, good) = (counter(), counter());
        let batch = vec![desk.count(bad, 1, mood), desk.count(good, 1, "")];
        let turns = desk.handle_patiently(batch).await;
        assert_eq!(turns, 5, "{mood}");
        assert_eq!(desk.number("select attempts::bigint from parked").await, 5, "{mood}");
        assert_eq!((desk.value(bad).await, desk.value(good).await), (0, 1), "{mood}");
    }
}

#[tokio::test]
async fn a_peer_that_is_away_cuts_only_its_partition_and_parks_nothing() {
    let mut desk = Desk::open().await;
    let waiting = counter();
    let stuck = desk.count(waiting, 1, "away");
    let behind = loop {
        let message = desk.count(counter(), 1, "");
        if message.partition == stuck.partition {
            break message;
        }
    };
    // Numbers are per source: make a fresh post so that no message of the loop above is missed.
    let mut desk = Desk { post: mall_testkit::Post::default(), ..desk };
    let stuck = desk.count(waiting, 1, "away");
    drop(behind);
    let mut flowing = Vec::new();
    let mut batch = vec![stuck.clone()];
    for _ in 0..20 {
        let id = counter();
        batch.push(desk.count(id, 1, ""));
        flowing.push(id);
    }
    let expected_held = batch.iter().filter(|m| m.partition == stuck.partition).count();
    let handled = desk.engine.handle(batch.clone()).await;
    assert_eq!(handled.held.len(), expected_held);
    assert!(handled.held.iter().all(|m| m.partition == stuck.partition));
    assert!(matches!(handled.cuts[&("toy.commands".to_owned(), stuck.partition)], Cut::Retry(_)));
    assert_eq!(desk.number("select count(*) from outcomes").await, i64::try_from(21 - expected_held).expect("small"));
    assert_eq!(desk.number("select count(*) from parked").await, 0);
}

/// Only the message's own fault parks it. A revoked permission or a missing table passes.
#[tokio::test]
async fn a_missing_table_parks_nothing_and_all_goes_on_when_it_is_back() {
    for (away, back) in [
        ("alter table outcomes rename to outcomes_away", "alter table outcomes_away rename to outcomes"),
        ("alter table events rename to events_away", "alter table events_away rename to events"),
    ] {
        let mut desk = Desk::open().await;
        let id = counter();
        let first = desk.count(id, 1, "");
        desk.handle(vec![first]).await;
        desk.run(away).await;
        let batch = vec![desk.count(id, 1, ""), desk.count(counter(), 1, "")];
        for _ in 0..7 {
            let handled = desk.engine.handle(batch.clone()).await;
            assert_eq!(handled.held.len(), 2, "{away}");
        }
        desk.run(back).await;
        assert_eq!(desk.number("select count(*) from parked").await, 0, "{away}");
        desk.handle(batch).await;
        assert_eq!(desk.value(id).await, 2, "{away}");
    }
}

#[tokio::test]
async fn a_missing_permission_parks_nothing() {
    let mut desk = Desk::open().await;
    let first = desk.count(counter(), 1, "");
    desk.handle(vec![first]).await;
    // Rows cannot be written by anybody, the owner included: the same class of error as a revoked grant (42501).
    desk.run(
        "create function forbid() returns trigger language plpgsql as $$ begin raise insufficient_privilege; end $$;
         create trigger forbid before insert on outcomes for each row execute function forbid()",
    )
    .await;
    let message = desk.count(counter(), 1, "");
    for _ in 0..7 {
        assert_eq!(desk.engine.handle(vec![message.clone()]).await.held.len(), 1);
    }
    assert_eq!(desk.number("select count(*) from parked").await, 0);
    desk.run("drop trigger forbid on outcomes").await;
    desk.handle(vec![message]).await;
    assert_eq!(desk.number("select count(*) from outcomes").await, 2);
}

/// A fault that only the commit shows. The batch is halved until the guilty one is alone; that one is
/// parked after five tries, all others are committed.
#[tokio::test]
async fn a_fault_at_commit_is_found_by_halving() {
    let mut desk = Desk::open().await;
    desk.run("alter table events add constraint no_thirteen check (payload ->> 'by' <> '13')").await;
    let ids: Vec<_> = (0..32).map(|_| counter()).collect();
    let batch: Vec<_> =
        ids.iter().enumerate().map(|(at, id)| desk.count(*id, if at == 11 { 13 } else { 1 }, "")).collect();
    desk.handle_patiently(batch).await;
    assert_eq!(desk.number("select count(*) from parked").await, 1);
    assert_eq!(desk.number("select attempts::bigint from parked").await, 5);
    assert_eq!(desk.number("select count(*) from events").await, 31);
    assert_eq!(desk.value(ids[11]).await, 0);
}

/// An undo can never be refused: a handler that refuses one is at fault, and its message is kept for somebody to look.
#[tokio::test]
async fn an_undo_that_its_handler_refuses_is_parked() {
    let mut desk = Desk::open().await;
    let routes = mall_testkit::toy::Toy::undos("toy").into_routes();
    desk.engine = mall_messaging::Engine::new(desk.database.clone(), routes, mall_service::reply_codec());
    let id = counter();
    let refused = desk.count(id, 1001, "");
    desk.handle_patiently(vec![refused]).await;
    assert_eq!(desk.number("select count(*) from parked where cause like '%an undo was refused%'").await, 1);
    assert_eq!(desk.number("select count(*) from outbox where type like '%Reply'").await, 0);
}
