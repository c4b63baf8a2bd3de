//! What work was done between two moments: CPU, commits, statements, WAL, messages, produce requests.

use std::collections::BTreeMap;

use mall_proto::topology::SERVICES;
use sqlx::Row;

use super::{
    Failed,
    batches::{self, Taken},
    cpu::{self, Cpu, Seconds},
    journeys::now,
    kafka_log::Appended,
    rig::Rig,
};
use crate::verbs::metrics;

/// Everything counted since the servers began.
pub(super) struct Reading {
    pub(super) at: i64,
    cpu: Cpu,
    xact_commits: i64,
    wal_bytes: i64,
    statements: BTreeMap<Statement, Calls>,
    own: Own,
    handled: Taken,
    appended: Appended,
}

/// A text in one service's database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Statement {
    pub(super) service: String,
    pub(super) text: String,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Calls {
    pub(super) calls: f64,
    pub(super) milliseconds: f64,
}

/// The difference of two readings, in all.
#[derive(Clone, Debug)]
pub(super) struct Cost {
    pub(super) seconds: f64,
    pub(super) cpu: Seconds,
    pub(super) cpu_parts: Seconds,
    /// `pg_stat_database.xact_commit` of the nine databases: reads count, too.
    pub(super) xact_commits: f64,
    /// Units of work written by services, as they count them.
    pub(super) work_commits: f64,
    /// Batches that relays published.
    pub(super) relay_batches: f64,
    /// How often relays stored how far they are; each is one more commit.
    pub(super) cursor_moves: f64,
    pub(super) statements: f64,
    pub(super) wal_bytes: f64,
    pub(super) messages: f64,
    pub(super) produce_requests: f64,
    /// By the consumer that is looked at closer.
    pub(super) taken: Taken,
    /// The most frequent first.
    pub(super) by_statement: Vec<(Statement, Calls)>,
}

impl Reading {
    /// Before the work: CPU is read last, so that reading is not part of what is measured.
    pub(super) async fn before(rig: &Rig) -> Result<Self, Failed> {
        let mut reading = Self::counters(rig).await?;
        reading.cpu = rig.watched.cpu();
        reading.at = now();
        Ok(reading)
    }

    /// After it: CPU is read first.
    pub(super) async fn after(rig: &Rig) -> Result<Self, Failed> {
        let (at, cpu) = (now(), rig.watched.cpu());
        Ok(Self { at, cpu, ..Self::counters(rig).await? })
    }

    async fn counters(rig: &Rig) -> Result<Self, Failed> {
        let (xact_commits, wal_bytes) = sqlx::query_as(
            "select (select sum(xact_commit)::bigint from pg_stat_database where starts_with(datname, 'bench_')), \
             (pg_current_wal_insert_lsn() - '0/0')::bigint",
        )
        .fetch_one(&rig.server)
        .await?;
        let own = Own::read(rig).await?;
        let handled = handled_by(rig, batches::SERVICE).await?;
        let appended = rig.kafka_log.lock().expect("nobody panics with the lock").count()?;
        let statements = statements(rig).await?;
        let (at, cpu) = (now(), Cpu::default());
        Ok(Self { at, cpu, xact_commits, wal_bytes, statements, own, handled, appended })
    }

    /// What was done since `from`.
    pub(super) fn since(&self, from: &Self) -> Cost {
        let mut by_statement: Vec<(Statement, Calls)> = self
            .statements
            .iter()
            .map(|(key, to)| {
                let from = from.statements.get(key).copied().unwrap_or_default();
                let milliseconds = to.milliseconds - from.milliseconds;
                (key.clone(), Calls { calls: to.calls - from.calls, milliseconds })
            })
            .collect();
        let cpu_parts = cpu::difference(&from.cpu.parts, &self.cpu.parts);
        let taken = Taken {
            messages: self.handled.messages - from.handled.messages,
            batches: self.handled.batches - from.handled.batches,
            postgresql_seconds: cpu_parts.get(&cpu::backends(batches::SERVICE)).copied().unwrap_or(0.0),
        };
        by_statement.retain(|(_, calls)| calls.calls > 0.0);
        by_statement.sort_by(|(_, a), (_, b)| b.calls.total_cmp(&a.calls));
        Cost {
            seconds: (self.at - from.at) as f64 / 1e6,
            cpu: cpu::difference(&from.cpu.components, &self.cpu.components),
            cpu_parts,
            xact_commits: (self.xact_commits - from.xact_commits) as f64,
            work_commits: self.own.commits - from.own.commits,
            relay_batches: self.own.relay_batches - from.own.relay_batches,
            cursor_moves: self.own.cursor_moves - from.own.cursor_moves,
            statements: by_statement.iter().map(|(_, calls)| calls.calls).sum(),
            wal_bytes: (self.wal_bytes - from.wal_bytes) as f64,
            messages: (self.appended.records - from.appended.records) as f64,
            produce_requests: (self.appended.batches - from.appended.batches) as f64,
            taken,
            by_statement,
        }
    }
}

/// Every statement counts, also `BEGIN` and `COMMIT`: each is one round trip.
async fn statements(rig: &Rig) -> Result<BTreeMap<Statement, Calls>, Failed> {
    let rows = sqlx::query(
        "select replace(datname, 'bench_', ''), left(regexp_replace(query, '\\s+', ' ', 'g'), 160), \
         sum(calls)::float8, sum(total_exec_time) from pg_stat_statements join pg_database d on d.oid = dbid \
         where starts_with(datname, 'bench_') group by 1, 2",
    )
    .fetch_all(&rig.server)
    .await?;
    rows.iter()
        .map(|row| {
            let statement = Statement { service: row.try_get(0)?, text: row.try_get(1)? };
            Ok((statement, Calls { calls: row.try_get(2)?, milliseconds: row.try_get(3)? }))
        })
        .collect()
}

/// How many messages a service's consumer has handled since it began, and in how many batches.
pub(super) async fn handled_by(rig: &Rig, service: &str) -> Result<Taken, Failed> {
    let mut taken = Taken::default();
    let text = rig.http.get(rig.metrics_url(service)).send().await?.text().await?;
    for sample in metrics::parse(&text) {
        match sample.name.as_str() {
            "mall_messages_total" => taken.messages += sample.value,
            "mall_consumer_batch_size_count" => taken.batches += sample.value,
            _ => {}
        }
    }
    Ok(taken)
}

/// What services count of themselves, all together.
#[derive(Clone, Copy, Debug, Default)]
struct Own {
    commits: f64,
    relay_batches: f64,
    cursor_moves: f64,
}

impl Own {
    async fn read(rig: &Rig) -> Result<Self, Failed> {
        let mut own = Self::default();
        for service in SERVICES {
            let text = rig.http.get(rig.metrics_url(service.name)).send().await?.text().await?;
            for sample in metrics::parse(&text) {
                match sample.name.as_str() {
                    "mall_commits_total" => own.commits += sample.value,
                    "mall_relay_batches_total" => own.relay_batches += sample.value,
                    "mall_relay_cursor_moves_total" => own.cursor_moves += sample.value,
                    _ => {}
                }
            }
        }
        Ok(own)
    }
}

impl Cost {
    /// CPU milliseconds of all that belongs to the system; the generator does not.
    pub(super) fn cpu_milliseconds(&self) -> f64 {
        let system = self.cpu.iter().filter(|(name, _)| *name != "bench");
        system.map(|(_, seconds)| seconds * 1_000.0).sum()
    }

    /// CPU milliseconds of the nine services together.
    pub(super) fn services_milliseconds(&self) -> f64 {
        let services = SERVICES.iter().filter_map(|service| self.cpu.get(service.name));
        services.map(|seconds| seconds * 1_000.0).sum()
    }
}
