//! PostgreSQL, Kafka and the gateway, each gone for a while under load. Five seconds here; `make faults` takes twenty.

use std::time::Duration;

use super::{
    invariants::assert_all_is_right,
    load::{Failures, Load, fill_baskets},
    random::Random,
};
use crate::mall::{Mall, SERVICES, turn};

const PACE: Duration = Duration::from_millis(80);
/// How many more checkouts show that all is well again.
const AFTERWARDS: usize = 20;
/// What a caller may wait for an answer: it is a service that tells him, not his own patience.
const LONGEST: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug)]
enum Gone {
    Kafka,
    /// In order, as in a restart: clients are told.
    PostgresStopped,
    /// Nobody is told, and the log has to be replayed.
    PostgresKilled,
    Envoy,
}

#[expect(clippy::disallowed_methods, reason = "`make faults` asks for longer outages")]
fn length() -> Duration {
    let given = std::env::var("MALL_OUTAGE_SECONDS").ok();
    Duration::from_secs(given.map_or(5, |seconds| seconds.parse().expect("MALL_OUTAGE_SECONDS is a number")))
}

/// How many checkouts are begun before and during all these outages.
fn orders(outages: usize) -> usize {
    let during = usize::try_from(length().as_millis() / PACE.as_millis()).expect("a number of checkouts");
    outages * (during + 4 * AFTERWARDS) + AFTERWARDS
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_while_servers_are_gone() {
    let _turn = turn().await;
    let mut random = Random::seeded();
    let mut outages = [Gone::Kafka, Gone::PostgresStopped, Gone::PostgresKilled, Gone::Envoy];
    random.shuffle(&mut outages);
    let mut mall = Mall::private("outages-under-load", &[]).await;
    let pids = SERVICES.map(|service| mall.fleet.pid(service));
    let people = mall.people();
    let baskets = fill_baskets(&people, orders(outages.len()), &mut random).await;
    let mut load = Load::start(&people, baskets, PACE);
    load.see(AFTERWARDS).await;
    for gone in outages {
        load.see(load.acknowledged() + 1 + random.below(AFTERWARDS)).await;
        load.take_failures();
        crate::say(&format!("{gone:?} for {:?} after {} checkouts", length(), load.acknowledged()));
        go(&mut mall, &mut load, gone).await;
        load.see(load.acknowledged() + AFTERWARDS).await;
        assert_told_in_order(gone, &load.take_failures());
    }
    let expected = load.end().await;
    assert_all_is_right(&mall.ledger(), &expected).await;
    assert_eq!(SERVICES.map(|service| mall.fleet.pid(service)), pids);
    assert!(SERVICES.iter().all(|service| mall.fleet.is_running(service)), "nobody ends because of an outage");
}

/// Takes it away, and brings it back.
async fn go(mall: &mut Mall, load: &mut Load, gone: Gone) {
    let servers = mall.servers.as_mut().expect("private servers");
    match gone {
        Gone::Kafka => {
            let kafka = servers.kafka.as_mut().expect("a private Kafka");
            kafka.stop().await;
            let goes_on = load.see(load.acknowledged() + AFTERWARDS);
            // The outbox waits; nobody else does.
            tokio::join!(goes_on, tokio::time::sleep(length()));
            kafka.restart().await.expect("Kafka starts again");
        }
        Gone::PostgresStopped | Gone::PostgresKilled => {
            match gone {
                Gone::PostgresKilled => servers.postgres.kill(),
                _ => servers.postgres.stop().await,
            }
            tokio::time::sleep(length()).await;
            servers.postgres.restart().await.expect("PostgreSQL starts again");
        }
        Gone::Envoy => {
            let gateway = mall.fleet.gateway().expect("there is a gateway");
            gateway.stop().await;
            tokio::time::sleep(length()).await;
            gateway.restart().await.expect("the gateway starts again");
        }
    }
}

/// Whoever is not served is told soon that it is the shop's fault, and that he may try again.
fn assert_told_in_order(gone: Gone, failures: &Failures) {
    crate::say(&format!("{gone:?}: {failures:?}"));
    let (allowed, some): (&[u16], bool) = match gone {
        Gone::Kafka => (&[], false),
        Gone::PostgresStopped | Gone::PostgresKilled => (&[503, 504], true),
        // Nobody answers; or the one who does is on his way out.
        Gone::Envoy => (&[0, 503], true),
    };
    assert!(failures.statuses.keys().all(|status| allowed.contains(status)), "{gone:?}: {failures:?}");
    assert_eq!(!failures.statuses.is_empty(), some, "{gone:?}: {failures:?}");
    assert!(failures.longest < LONGEST, "{gone:?}: {failures:?}");
}
