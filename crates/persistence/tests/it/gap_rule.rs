//! The gap rule under load, and two rules that look right and are not.
//!
//! Many writers, none of them ever idle in a transaction (idle ones hide the fault): numbers are given in one order
//! and become visible in another, some are rolled back, some within savepoints.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use mall_messaging::GapRule;
use mall_persistence::sqlx::{self, PgPool};
use mall_persistence::{Database, OutboxRow, RelaySession};

use crate::core;

const WRITERS: u64 = 24;

/// What a reader saw, and what was written.
struct Seen {
    published: Vec<OutboxRow>,
    committed: i64,
}

/// How a reader decides what may be published.
enum Rule {
    /// Ours.
    Gap(GapRule),
    /// `seq > last seen`.
    LastSeen,
    /// Only rows of transactions below an earlier snapshot's xmin, once that passed its xmax. By xid, not by number.
    Snapshots { xmax: i64 },
}

impl Rule {
    async fn next(&mut self, database: &Database, session: &mut RelaySession, cursor: i64) -> Vec<OutboxRow> {
        match self {
            Self::Gap(rule) => {
                if let Some(pause) = rule.pause() {
                    tokio::time::sleep(pause).await;
                }
                rule.next(session, cursor, 1000).await.expect("the server answers")
            }
            Self::LastSeen => session.read(cursor, 1000).await.expect("the server answers"),
            Self::Snapshots { xmax } => {
                // Wait until everything that ran at the earlier snapshot has ended, then read: looks safe, but a
                // transaction may take its number before it has an xid, and so be in no snapshot at all.
                let (oldest, newest): (i64, i64) = sqlx::query_as(
                    "select pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint from pg_current_snapshot() s",
                )
                .fetch_one(database.pool())
                .await
                .expect("a snapshot");
                if oldest < *xmax {
                    return Vec::new();
                }
                *xmax = newest;
                session.read(cursor, 1000).await.expect("the server answers")
            }
        }
    }
}

/// One transaction of a writer: 1 to 4 rows, sometimes in a savepoint that is rolled back, sometimes all rolled back.
async fn write(pool: &PgPool, writer: u64, turn: u64, versions: &[AtomicI64], committed: &AtomicI64) {
    let dice = (writer * 7919 + turn * 104_729) % 100;
    let key = (writer % 8).to_string();
    let mut transaction = pool.begin().await.expect("a transaction");
    let mut rows = 0;
    for part in 0..1 + dice % 4 {
        let undone = part == 1 && dice.is_multiple_of(5);
        if undone {
            sqlx::query("savepoint inner_part").execute(&mut *transaction).await.expect("a savepoint");
        }
        let version = versions[usize::try_from(writer).expect("small")].fetch_add(1, Ordering::Relaxed);
        sqlx::query(
            "insert into outbox (epoch, topic, partition_key, message_id, type, version, headers, payload, created_at)
             values (1, 't', $1, gen_random_uuid(), $2, $3, '{}', '', now())",
        )
        .bind(&key)
        .bind(writer.to_string())
        .bind(version)
        .execute(&mut *transaction)
        .await
        .expect("a row");
        if undone {
            sqlx::query("rollback to savepoint inner_part").execute(&mut *transaction).await.expect("rolled back");
        } else {
            rows += 1;
        }
    }
    if dice < 10 {
        transaction.rollback().await.expect("rolled back");
    } else {
        transaction.commit().await.expect("committed");
        committed.fetch_add(rows, Ordering::Relaxed);
    }
}

/// Lets writers write about `goal` rows while `rule` reads.
async fn run(goal: i64, mut rule: Rule) -> Seen {
    let database = core().await;
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(u32::try_from(WRITERS).expect("small"))
        .test_before_acquire(false)
        .connect_with((*database.pool().connect_options()).clone())
        .await
        .expect("connections");
    let committed = Arc::new(AtomicI64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let versions: Arc<Vec<AtomicI64>> = Arc::new((0..WRITERS).map(|_| AtomicI64::new(0)).collect());
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let (pool, committed, stop, versions) = (pool.clone(), committed.clone(), stop.clone(), versions.clone());
        writers.push(tokio::spawn(async move {
            let mut turn = 0;
            while !stop.load(Ordering::Relaxed) {
                write(&pool, writer, turn, &versions, &committed).await;
                turn += 1;
            }
        }));
    }
    let mut session = RelaySession::acquire(&database).await.expect("the server answers").expect("nobody else");
    let mut published: Vec<OutboxRow> = Vec::new();
    let mut quiet = 0;
    while quiet < 50 {
        let cursor = published.last().map_or(0, |row| row.seq);
        let rows = rule.next(&database, &mut session, cursor).await;
        if committed.load(Ordering::Relaxed) >= goal {
            stop.store(true, Ordering::Relaxed);
        }
        if rows.is_empty() && writers.iter().all(tokio::task::JoinHandle::is_finished) {
            quiet += 1;
            tokio::time::sleep(Duration::from_millis(2)).await;
        } else if rows.is_empty() {
            tokio::task::yield_now().await;
        } else {
            quiet = 0;
        }
        published.extend(rows);
    }
    for writer in writers {
        writer.await.expect("a writer does not panic");
    }
    pool.close().await;
    Seen { published, committed: committed.load(Ordering::Relaxed) }
}

/// The published rows are the committed ones, their numbers rise, and each writer's versions are in order.
fn faults(seen: &Seen) -> Vec<String> {
    let mut faults = Vec::new();
    let published = i64::try_from(seen.published.len()).expect("it fits");
    if published != seen.committed {
        faults.push(format!("{} committed, {published} published", seen.committed));
    }
    if seen.published.windows(2).any(|pair| pair[0].seq >= pair[1].seq) {
        faults.push("numbers do not rise".to_owned());
    }
    let mut last: HashMap<&str, i64> = HashMap::new();
    for row in &seen.published {
        if last.insert(&row.message_type, row.version).is_some_and(|before| before >= row.version) {
            faults.push(format!("versions of writer {} out of order", row.message_type));
        }
    }
    faults
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_reordered_under_load() {
    let seen = run(200_000, Rule::Gap(GapRule::default())).await;
    assert!(seen.committed >= 200_000, "{}", seen.committed);
    assert_eq!(faults(&seen), Vec::<String>::new());
}

/// The same load loses messages under `seq > last seen`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_above_the_last_seen_number_loses_messages() {
    assert!(loses(|| Rule::LastSeen).await, "the test cannot fail: the wrong rule passed it");
}

/// The same load loses messages when one waits for xmin to pass an earlier snapshot's xmax.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_snapshots_loses_messages() {
    assert!(loses(|| Rule::Snapshots { xmax: 0 }).await, "the test cannot fail: the wrong rule passed it");
}

async fn loses(rule: fn() -> Rule) -> bool {
    for _ in 0..10 {
        if !faults(&run(20_000, rule()).await).is_empty() {
            return true;
        }
    }
    false
}
