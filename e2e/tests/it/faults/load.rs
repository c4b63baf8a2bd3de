//! Orders to disturb: baskets filled beforehand, then checked out at an even pace.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{StreamExt, stream};
use mall_cli::rest::RestError;
use tokio::{sync::watch, task::JoinHandle};

use super::random::Random;
use crate::mall::People;

const PRICE: i64 = 1_250;
/// One basket in so many is that of a customer who is disabled before it is checked out.
const ONE_OF_DISABLED: usize = 12;
const AT_ONCE: usize = 8;

/// A basket that is ready to be checked out.
#[derive(Clone, Debug)]
pub(super) struct Basket {
    id: String,
    payment: String,
    will_be_rejected: bool,
}

/// How the orders of a load must end.
#[derive(Debug, Default)]
pub(super) struct Expected {
    pub(super) approved: BTreeSet<String>,
    pub(super) rejected: BTreeSet<String>,
}

pub(super) async fn fill_baskets(people: &People, count: usize, random: &mut Random) -> Vec<Basket> {
    let store = people.open_store("Load").await;
    let product = people.add_product(&store, "Cable", PRICE).await;
    let (enabled, disabled) = (people.register("Grace").await, people.register("Mallory").await);
    // At least one of each.
    let fates: Vec<bool> = (0..count).map(|at| at == 1 || at > 1 && random.below(ONE_OF_DISABLED) == 0).collect();
    let fill = stream::iter(fates).map(|will_be_rejected| {
        let customer = if will_be_rejected { &disabled } else { &enabled };
        fill(people, customer, &product, will_be_rejected)
    });
    let baskets = fill.buffered(AT_ONCE).collect().await;
    people.disable(&disabled).await;
    baskets
}

async fn fill(people: &People, customer: &str, product: &str, will_be_rejected: bool) -> Basket {
    let id = people.start_basket(customer).await;
    people.add_item(&id, product, 2).await;
    let payment = people.authorize(customer, 2 * PRICE).await;
    Basket { id, payment, will_be_rejected }
}

/// How attempts failed that were repeated later: how often with each HTTP status (0: nobody answered), and the longest
/// that anybody waited to be told so.
#[derive(Clone, Debug, Default)]
pub(super) struct Failures {
    pub(super) statuses: BTreeMap<u16, usize>,
    pub(super) longest: Duration,
}

impl Failures {
    fn add(&mut self, error: &RestError, took: Duration) {
        let status = if let RestError::Refused { status, .. } = error { *status } else { 0 };
        *self.statuses.entry(status).or_default() += 1;
        self.longest = self.longest.max(took);
    }
}

/// Checkouts under way.
pub(super) struct Load {
    acknowledged: watch::Receiver<usize>,
    failures: Arc<Mutex<Failures>>,
    task: JoinHandle<Expected>,
}

impl Load {
    /// Checks out one basket each `pace`, however long the others take; each until it is acknowledged.
    pub(super) fn start(people: &People, baskets: Vec<Basket>, pace: Duration) -> Self {
        let people = people.clone();
        let (count, acknowledged) = watch::channel(0);
        let failures = Arc::new(Mutex::new(Failures::default()));
        let told = failures.clone();
        let task = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(pace);
            let mut checkouts = tokio::task::JoinSet::new();
            for basket in baskets {
                ticks.tick().await;
                let (people, count, told) = (people.clone(), count.clone(), told.clone());
                checkouts.spawn(async move {
                    let failed = |error: &RestError, took| {
                        told.lock().unwrap_or_else(PoisonError::into_inner).add(error, took);
                    };
                    let order = people.check_out_meanwhile(&basket.id, &basket.payment, failed).await;
                    assert_eq!(order, basket.id, "an order has its basket's id");
                    count.send_modify(|count| *count += 1);
                    (order, basket.will_be_rejected)
                });
            }
            let mut expected = Expected::default();
            while let Some(checkout) = checkouts.join_next().await {
                let (order, will_be_rejected) = checkout.expect("a checkout is acknowledged at last");
                let set = if will_be_rejected { &mut expected.rejected } else { &mut expected.approved };
                set.insert(order);
            }
            expected
        });
        Self { acknowledged, failures, task }
    }

    pub(super) fn acknowledged(&self) -> usize {
        *self.acknowledged.borrow()
    }

    /// How attempts have failed since this was asked last.
    pub(super) fn take_failures(&self) -> Failures {
        std::mem::take(&mut *self.failures.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until so many checkouts are acknowledged.
    pub(super) async fn see(&mut self, count: usize) {
        let seen = self.acknowledged.wait_for(|acknowledged| *acknowledged >= count);
        let seen = tokio::time::timeout(Duration::from_secs(60), seen).await;
        seen.expect("checkouts are acknowledged").expect("a load counts to its end");
    }

    /// Waits for the last of them.
    pub(super) async fn end(self) -> Expected {
        self.task.await.expect("every checkout is acknowledged at last")
    }
}
