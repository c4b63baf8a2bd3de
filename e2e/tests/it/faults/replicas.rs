//! Two replicas of one service, one of them a zombie for a while.

use std::{path::Path, time::Duration};

use mall_cli::servers::{Process, Recipe};

use super::{invariants::assert_all_is_right, load::Load, load::fill_baskets, random::Random};
use crate::mall::{Mall, turn};

const ORDERS: usize = 160;
const PACE: Duration = Duration::from_millis(80);
const SERVICE: &str = "payments";

/// A second one of the same service, which takes over its share of the partitions.
async fn twin(mall: &Mall) -> Process {
    let program = mall_cli::fleet::binaries().expect("binaries are beside this one").join(SERVICE);
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mall-replicas/log/twin.log");
    let mut recipe = Recipe::new("twin", program, log);
    recipe.environment = mall.environment_of(SERVICE);
    let twin = Process::start(&recipe).expect("a second replica starts");
    see_takeovers(&twin, 1).await;
    twin
}

/// Waits until it has been given partitions so many times.
async fn see_takeovers(replica: &Process, times: usize) {
    mall_testkit::eventually("a replica has taken partitions over", async || {
        let taken = replica.logged().lines().filter(|line| line.contains("took partitions over")).count();
        (taken >= times).then_some(())
    })
    .await;
}

/// The zombie sleeps for longer than its group waits for it: its twin is given its partitions, and its relay's office.
/// What it was about to do when it fell asleep, it tries when it wakes; all of it must fail.
#[tokio::test]
async fn a_replica_that_was_frozen_commits_nothing_when_it_wakes() {
    let _turn = turn().await;
    let mut random = Random::seeded();
    let mut mall = Mall::private("replicas", &[]).await;
    let people = mall.people();
    let baskets = fill_baskets(&people, ORDERS, &mut random).await;
    let mut twin = twin(&mall).await;
    let mut load = Load::start(&people, baskets, PACE);
    load.see(10 + random.below(20)).await;
    mall.fleet.pause(SERVICE);
    see_takeovers(&twin, 2).await;
    mall.fleet.resume(SERVICE);
    load.see(ORDERS / 2).await;
    let expected = load.end().await;
    assert!(mall.fleet.is_running(SERVICE) && twin.is_running(), "nobody dies of it");
    assert_all_is_right(&mall.ledger(), &expected).await;
    // Awake again, it serves alone.
    assert!(twin.stop().await.expect("the twin was ours").success());
    let more = fill_baskets(&people, 4, &mut random).await;
    let more = Load::start(&people, more, PACE).end().await;
    let both = super::load::Expected {
        approved: expected.approved.union(&more.approved).cloned().collect(),
        rejected: expected.rejected.union(&more.rejected).cloned().collect(),
    };
    assert_all_is_right(&mall.ledger(), &both).await;
}
