//! `kill -9` of each service in turn, in the middle of 200 orders.

use std::time::Duration;

use super::{invariants::assert_all_is_right, load::Load, load::fill_baskets, random::Random};
use crate::mall::{Mall, SERVICES, turn};

const ORDERS: usize = 200;
const PACE: Duration = Duration::from_millis(100);
const DEAD_FOR: Duration = Duration::from_secs(1);

/// Who is killed, and after how many acknowledged checkouts.
fn schedule(random: &mut Random) -> Vec<(&'static str, usize)> {
    let mut victims = SERVICES;
    random.shuffle(&mut victims);
    let share = ORDERS / (victims.len() + 1);
    victims.into_iter().enumerate().map(|(at, victim)| (victim, at * share + 1 + random.below(share))).collect()
}

#[tokio::test]
async fn every_acknowledged_checkout_ends_once_though_each_service_is_killed_in_turn() {
    let _turn = turn().await;
    let mut random = Random::seeded();
    let schedule = schedule(&mut random);
    let mut mall = Mall::private("kills", &[]).await;
    let people = mall.people();
    let baskets = fill_baskets(&people, ORDERS, &mut random).await;
    let mut load = Load::start(&people, baskets, PACE);
    for (victim, after) in schedule {
        load.see(after).await;
        crate::say(&format!("kill -9 {victim} after {after} checkouts"));
        mall.fleet.kill(victim);
        tokio::time::sleep(DEAD_FOR).await;
        mall.fleet.start(victim).await.expect("a killed service starts again");
    }
    let expected = load.end().await;
    assert_eq!(expected.approved.len() + expected.rejected.len(), ORDERS);
    assert!(!expected.rejected.is_empty());
    assert_all_is_right(&mall.ledger(), &expected).await;
}
