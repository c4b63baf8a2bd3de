//! A relay whose host vanishes: its connection is cut without a word, and only the server's own patience can free the
//! lock, whatever the server was doing for the relay at that time.
//!
//! Two hosts are played by two threads, each on a network of its own, with a cable between them. That needs root.

use std::fs::OpenOptions;
use std::io::Write;
use std::process::Command;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mall_cli::servers::{Postgres, PostgresOptions, postgres::data_folder};
use mall_domain::Uuid;
use mall_persistence::{Context, Database, DatabaseOptions, RelaySession, sqlx};
use mall_testkit::eventually;
use nix::sched::{CloneFlags, unshare};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::NO_TABLES;

/// Addresses that exist in documentation only.
const SERVER: &str = "192.0.2.1";
const HOST: &str = "192.0.2.2";

/// What the server does for the relay when its host vanishes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Doing {
    /// Nothing: the relay has nothing to ask.
    Nothing,
    /// It works: the relay waits for a lock of somebody else.
    Working,
    /// It answers, and more than buffers hold.
    Answering,
}

#[tokio::test]
async fn a_vanished_relay_loses_its_office_within_four_seconds() {
    if !has_a_network_of_its_own() {
        return skip("a network of one's own needs root and the command `ip`");
    }
    let folder = std::env::temp_dir().join(format!("mallbots-vanished-{}", Uuid::now_v7().simple()));
    let mut server = serve_on_the_cable(&folder).await;
    let database = database(&server.url());
    database.migrate(&NO_TABLES).await.expect("migrated");
    fill_the_outbox(&database).await;
    for doing in [Doing::Nothing, Doing::Working, Doing::Answering] {
        let took = time_until_another_takes_over(&database, server.port(), doing).await;
        assert!(took < Duration::from_secs(4), "{doing:?}: {took:?}");
    }
    database.pool().close().await;
    server.stop().await;
    mall_cli::servers::postgres::remove(&PostgresOptions::at(&folder, 0).dir).expect("nobody uses it");
    std::fs::remove_dir_all(&folder).expect("nobody uses it");
}

#[expect(clippy::print_stderr, reason = "whoever reads the run must know what it has not shown")]
fn skip(reason: &str) {
    eprintln!("SKIPPED a_vanished_relay_loses_its_office_within_four_seconds: {reason}");
}

/// Moves this thread, and all that it starts from now on, to a new network.
fn has_a_network_of_its_own() -> bool {
    Command::new("ip").arg("-V").output().is_ok()
        && unshare(CloneFlags::CLONE_NEWNET).is_ok()
        && ip("link set lo up").is_ok()
}

/// Runs `ip` on this thread's network.
fn ip(arguments: &str) -> Result<(), String> {
    let output = Command::new("ip").args(arguments.split(' ')).output().map_err(|error| error.to_string())?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

fn database(url: &str) -> Database {
    let options = DatabaseOptions { url: url.to_owned(), service: "toy", connections: 4 };
    Database::new(&options).expect("a URL")
}

/// A server that also listens on what comes by cable.
async fn serve_on_the_cable(folder: &std::path::Path) -> Postgres {
    let options = PostgresOptions::free(folder).expect("ports");
    let mut server = Postgres::start(options.clone()).await.expect("a server");
    let known = data_folder(&options.dir).join("pg_hba.conf");
    let mut known = OpenOptions::new().append(true).open(known).expect("we have just made it");
    writeln!(known, "host all all {HOST}/32 trust").expect("it can be written");
    let database = database(&server.url());
    sqlx::query("alter system set listen_addresses = '*'").execute(database.pool()).await.expect("a superuser may");
    database.pool().close().await;
    server.restart().await.expect("it starts again");
    server
}

/// 20 MB: more than what two hosts buffer of one connection.
async fn fill_the_outbox(database: &Database) {
    let mut work = database.begin(Context::begin());
    for _ in 0..40 {
        let mut message = mall_messaging::event("key", &mall_testkit::toy::Counted::default());
        message.payload = vec![7; 500_000];
        work.send(message).expect("buffered");
    }
    work.commit().await.expect("committed");
}

/// From the cut until another relay has the lock.
async fn time_until_another_takes_over(database: &Database, port: u16, doing: Doing) -> Duration {
    let mut lock = database.pool().begin().await.expect("a transaction");
    sqlx::query("lock table outbox in access exclusive mode").execute(&mut *lock).await.expect("locked");
    let host = Host::plug_in(port, doing != Doing::Nothing).await;
    assert!(another(database).await.is_none(), "{doing:?}: the office is taken");
    if doing != Doing::Nothing {
        eventually("the relay waits for our lock", async || {
            let waits = "select 1 from pg_stat_activity where application_name = 'relay' and wait_event_type = 'Lock'";
            sqlx::query(waits).fetch_optional(database.pool()).await.expect("the server answers").map(drop)
        })
        .await;
    }
    let unplugged = host.vanish().await;
    let since = Instant::now();
    if doing != Doing::Working {
        lock.commit().await.expect("unlocked");
    }
    let session = eventually("another takes over", async || another(database).await).await;
    let took = since.elapsed();
    drop(session);
    eventually("the lock is free", async || another(database).await).await;
    unplugged.end();
    took
}

async fn another(database: &Database) -> Option<RelaySession> {
    RelaySession::acquire(database).await.expect("the server answers")
}

/// The relay's host: a thread on another network.
struct Host {
    vanish: oneshot::Sender<()>,
    vanished: oneshot::Receiver<()>,
    unplugged: Unplugged,
}

/// It is gone, but its sockets are open, as those of a host without power are.
struct Unplugged {
    end: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Host {
    /// Makes the host and its cable, and lets it take the relay's office; it then reads the outbox if it `reads`.
    async fn plug_in(port: u16, reads: bool) -> Self {
        let (tell_id, id) = oneshot::channel();
        let (plug, plugged) = oneshot::channel();
        let (tell_office, office) = oneshot::channel();
        let (vanish, told_to_vanish) = oneshot::channel();
        let (tell_vanished, vanished) = oneshot::channel();
        let (end, ended) = oneshot::channel::<()>();
        let life = async move {
            assert!(has_a_network_of_its_own(), "the server has one, too");
            tell_id.send(nix::unistd::gettid()).expect("the test waits");
            plugged.await.expect("the test goes on");
            ip(&format!("addr add {HOST}/30 dev cable")).expect("a new network has no addresses");
            ip("link set cable up").expect("the cable is there");
            let database = database(&format!("postgres://mall@{SERVER}:{port}/postgres"));
            let mut session = another(&database).await.expect("nobody else is in office");
            tell_office.send(()).expect("the test waits");
            let goes = async {
                told_to_vanish.await.expect("the test goes on");
                // From now on nobody here answers to this address: not to data, not to keepalives, not with a reset.
                ip("addr flush dev cable").expect("it had an address");
                tell_vanished.send(()).expect("the test waits");
                // The test's end is as good as its word.
                let _ = ended.await;
            };
            if reads {
                tokio::select! {
                    read = session.read(0, 1000) => panic!("a vanished host has heard {read:?}"),
                    () = goes => {}
                }
            } else {
                goes.await;
            }
        };
        let thread = std::thread::spawn(move || {
            Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(life);
        });
        let id = id.await.expect("the host's thread lives");
        ip(&format!("link add cable type veth peer name cable netns {id}")).expect("there is no cable yet");
        ip(&format!("addr add {SERVER}/30 dev cable")).expect("the cable is new");
        ip("link set cable up").expect("the cable is there");
        plug.send(()).expect("the host waits");
        office.await.expect("the host takes the office");
        Self { vanish, vanished, unplugged: Unplugged { end, thread } }
    }

    async fn vanish(self) -> Unplugged {
        self.vanish.send(()).expect("the host lives");
        self.vanished.await.expect("it does as it is told");
        self.unplugged
    }
}

impl Unplugged {
    /// Ends the thread, and takes the cable away: the network would live for as long as its sockets want to say goodbye.
    fn end(self) {
        self.end.send(()).expect("the host waits for its end");
        self.thread.join().expect("the host did what it should");
        let _ = ip("link delete cable");
        while ip("link show cable").is_ok() {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
