//! Deadlines of sagas, with real processes that are dead, frozen, or slow to come back. Cosec is made hasty for them.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::MutexGuard;
use uuid::Uuid;

use crate::mall::{Ledger, Mall, People, assert_money_adds_up, shared, turn};

const DEADLINE: Duration = Duration::from_secs(4);

/// The shared mall, with a cosec that waits for seconds only.
struct Hasty {
    mall: MutexGuard<'static, Mall>,
    people: People,
    ledger: Ledger,
}

impl Hasty {
    async fn enter() -> Self {
        let mut mall = shared().await;
        let deadline = DEADLINE.as_millis().to_string();
        let times = [("DEADLINE_MS", deadline.as_str()), ("RESEND_MS", "300"), ("TICK_MS", "50")];
        let times = times.map(|(key, value)| (format!("MALL__SAGA__{key}"), value.to_owned()));
        restart_cosec(&mut mall, times.into()).await;
        Self { people: mall.people(), ledger: mall.ledger(), mall }
    }

    async fn leave(mut self) {
        restart_cosec(&mut self.mall, Vec::new()).await;
    }

    /// A basket with one piece, and a payment for it.
    async fn fill_basket(&self) -> (String, String) {
        let store = self.people.open_store("Patience").await;
        let product = self.people.add_product(&store, "Clock", 990).await;
        let customer = self.people.register("Penelope").await;
        let payment = self.people.authorize(&customer, 990).await;
        let basket = self.people.start_basket(&customer).await;
        self.people.add_item(&basket, &product, 1).await;
        (basket, payment)
    }

    /// Waits until the time of the step in hand runs.
    async fn see_clock(&self, order: &str) {
        const RUNS: &str = "select exists (select from sagas where id = $1 and clock_at is not null)";
        self.ledger.wait("the step's clock runs", "cosec", RUNS, |query| query.bind(uuid(order))).await;
    }

    /// Waits until the step in hand has taken longer than the deadline, by so much.
    async fn see_overdue(&self, order: &str, by: Duration) {
        const OVERDUE: &str = "select exists (
            select from sagas where id = $1 and clock_at + $2 * interval '1 second' < clock_timestamp())";
        let age = (DEADLINE + by).as_secs_f64();
        self.ledger.wait("the step is overdue", "cosec", OVERDUE, |query| query.bind(uuid(order)).bind(age)).await;
    }

    async fn see_saga(&self, order: &str, status: &str) {
        mall_testkit::eventually(&format!("the saga is {status}"), async || {
            self.ledger.saga(order).await.filter(|(found, _)| found == status)
        })
        .await;
    }

    /// Waits until the saga undoes what it did; where nobody who is silent is needed for that, it may be done already.
    async fn see_turned_back(&self, order: &str) {
        mall_testkit::eventually("the saga turns back", async || {
            self.ledger.saga(order).await.filter(|(found, _)| found.starts_with("compensat"))
        })
        .await;
    }

    /// An order, and its payment, whose saga waits for a paused service after the pivot, for longer than the deadline; and
    /// is approved when the service goes on.
    async fn approve_after_waiting_for(&mut self, service: &str, step: i16) -> (String, String) {
        let (basket, payment) = self.fill_basket().await;
        self.ledger.see_heard("payments").await;
        self.mall.fleet.pause("payments");
        let order = self.people.check_out_at_last(&basket, &payment).await;
        self.ledger.see_step(&order, 3).await;
        self.mall.fleet.pause(service);
        self.mall.fleet.resume("payments");
        self.ledger.see_step(&order, step).await;
        self.see_overdue(&order, Duration::from_secs(2)).await;
        assert_eq!(self.ledger.saga(&order).await, Some(("running".to_owned(), step)));
        let decided = self.ledger.events("ordering", "ordering.Order", &order).await;
        assert_eq!(decided, ["Created"], "it is still pending");
        self.mall.fleet.resume(service);
        self.people.see_order(&order, "approved").await;
        self.see_saga(&order, "completed").await;
        (order, payment)
    }

    async fn payment_status(&self, payment: &str) -> Value {
        self.people.get(&format!("/api/payments/{payment}")).await["payment"]["status"].take()
    }
}

fn uuid(id: &str) -> Uuid {
    Uuid::try_parse(id).expect("ids are UUIDs")
}

async fn restart_cosec(mall: &mut Mall, environment: Vec<(String, String)>) {
    mall.fleet.set_environment(environment);
    mall.fleet.stop("cosec").await;
    mall.fleet.start("cosec").await.expect("cosec starts");
}

#[tokio::test]
async fn an_order_whose_participant_is_dead_is_taken_back_after_the_deadline() {
    let _turn = turn().await;
    let mut hasty = Hasty::enter().await;
    let (basket, payment) = hasty.fill_basket().await;
    hasty.mall.fleet.kill("depot");
    let order = hasty.people.check_out(&basket, &payment).await;
    hasty.see_saga(&order, "compensating").await;
    assert_eq!(hasty.people.order(&order).await["status"], "pending", "it is rejected when all is given back");
    hasty.mall.fleet.start("depot").await.expect("depot starts again");
    let rejected = hasty.people.see_order(&order, "rejected").await;
    let because = rejected["rejectedBecause"].as_str().unwrap_or_default();
    assert!(because.contains("create shopping list did not answer"), "{because:?}");
    hasty.see_saga(&order, "compensated").await;
    assert_eq!(hasty.payment_status(&payment).await, "authorized", "nobody came as far as to ask for it");
    // The list was asked for before it was taken back, and both questions waited.
    hasty.people.see(&format!("/api/depot/shopping/{order}"), "shoppingList", "canceled").await;
    let mut events = hasty.ledger.events("ordering", "ordering.Order", &order).await;
    // Depot tells of the canceled list; that may come before the rejection, or after it.
    events.retain(|event| event != "ListCanceledEarly");
    assert_eq!(events, ["Created", "Rejected"]);
    hasty.leave().await;
}

#[tokio::test]
async fn after_the_pivot_there_is_no_deadline() {
    let _turn = turn().await;
    let mut hasty = Hasty::enter().await;
    let (order, payment) = hasty.approve_after_waiting_for("depot", 4).await;
    assert_eq!(hasty.payment_status(&payment).await, "confirmed");
    let lists = hasty.ledger.events("depot", "depot.ShoppingList", &order).await;
    assert_eq!(lists, ["Created", "Initiated"], "every resend of a command changed nothing");
    let (order, _) = hasty.approve_after_waiting_for("ordering", 5).await;
    let orders = hasty.ledger.events("ordering", "ordering.Order", &order).await;
    assert_eq!(orders, ["Created", "Approved"], "every resend of a command changed nothing");
    hasty.leave().await;
}

/// Depot answers within its time, but cosec sleeps, and wakes when its own clock says that the deadline has passed.
#[tokio::test]
async fn a_deadline_does_not_undo_an_order_whose_reply_is_waiting() {
    let _turn = turn().await;
    let mut hasty = Hasty::enter().await;
    let (basket, payment) = hasty.fill_basket().await;
    hasty.mall.fleet.pause("depot");
    let order = hasty.people.check_out(&basket, &payment).await;
    hasty.ledger.see_step(&order, 2).await;
    hasty.see_clock(&order).await;
    hasty.mall.fleet.pause("cosec");
    hasty.mall.fleet.resume("depot");
    hasty.people.see(&format!("/api/depot/shopping/{order}"), "shoppingList", "pending").await;
    hasty.ledger.see_published("depot").await;
    hasty.see_overdue(&order, Duration::from_secs(1)).await;
    assert_eq!(hasty.ledger.saga(&order).await, Some(("running".to_owned(), 2)));
    hasty.mall.fleet.resume("cosec");
    hasty.people.see_order(&order, "approved").await;
    hasty.see_saga(&order, "completed").await;
    hasty.leave().await;
}

/// Each of three orders waits for somebody else; all have the same time, and all are taken back.
#[tokio::test]
async fn whoever_does_not_answer_up_to_the_pivot_is_given_up() {
    let _turn = turn().await;
    let mut hasty = Hasty::enter().await;
    let baskets = [hasty.fill_basket().await, hasty.fill_basket().await, hasty.fill_basket().await];
    for owner in ["stores", "customers", "payments"] {
        hasty.ledger.see_heard(owner).await;
    }
    let silent = [("payments", 3), ("depot", 2), ("customers", 1)];
    for ((basket, payment), (service, step)) in baskets.iter().zip(silent) {
        hasty.mall.fleet.pause(service);
        hasty.people.check_out(basket, payment).await;
        hasty.ledger.see_step(basket, step).await;
    }
    for (basket, _) in &baskets {
        hasty.see_turned_back(basket).await;
    }
    for (service, _) in silent {
        hasty.mall.fleet.resume(service);
    }
    let reasons = ["confirm payment", "create shopping list", "authorize customer"];
    for ((basket, payment), reason) in baskets.iter().zip(reasons) {
        let because = hasty.people.see_order(basket, "rejected").await["rejectedBecause"].take();
        assert!(because.as_str().is_some_and(|text| text.contains(&format!("{reason} did not answer"))), "{because}");
        hasty.see_saga(basket, "compensated").await;
        // The payment that was asked for, and then asked back, was taken and given back; the others were left alone.
        let left = if reason == "confirm payment" { "released" } else { "authorized" };
        assert_eq!(hasty.payment_status(payment).await, left);
    }
    assert_money_adds_up(&hasty.ledger).await;
    hasty.leave().await;
}
