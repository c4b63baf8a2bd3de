//! Many at once at the same thing: whoever is served has had an effect, whoever is not has had none.

use std::collections::BTreeSet;

use futures::future::join_all;
use mall_cli::rest::{RestError, dollars};
use serde_json::{Value, json};

use crate::mall::{Mall, People, assert_money_adds_up, shared, turn};

/// Served, or told in order why not: a broken rule is 400, a race that was lost three times is 409.
fn is_served(answer: &Result<Value, RestError>) -> bool {
    match answer {
        Ok(_) => true,
        Err(RestError::Refused { status: 400 | 409, .. }) => false,
        Err(error) => panic!("neither served nor refused: {error}"),
    }
}

struct Shop {
    people: People,
    product: String,
    customer: String,
}

impl Shop {
    /// It sells one thing, for 10.00.
    async fn open(mall: &Mall) -> Self {
        let people = mall.people();
        let store = people.open_store("Rush").await;
        let product = people.add_product(&store, "Ticket", 1_000).await;
        let customer = people.register("Usain").await;
        Self { people, product, customer }
    }

    async fn fill_basket(&self) -> String {
        let basket = self.people.start_basket(&self.customer).await;
        self.people.add_item(&basket, &self.product, 1).await;
        basket
    }
}

#[tokio::test]
async fn twenty_checkouts_of_one_basket_at_once_are_one_order() {
    let _turn = turn().await;
    let mall = shared().await;
    let shop = Shop::open(&mall).await;
    let payment = shop.people.authorize(&shop.customer, 1_000).await;
    let basket = shop.fill_basket().await;
    let path = format!("/api/baskets/{basket}/checkout");
    let checkout = || shop.people.rest.put(&path, json!({"paymentId": payment}));
    let answers = join_all((0..20).map(|_| checkout())).await;
    assert!(answers.iter().filter(|answer| is_served(answer)).count() > 0);
    for answer in answers.iter().flatten() {
        assert_eq!(answer["orderId"], basket.as_str(), "all who are served are told of the same order");
    }
    // Who lost his race may ask again.
    assert_eq!(checkout().await.expect("a repeat is served")["orderId"], basket.as_str());
    shop.people.see_order(&basket, "approved").await;
    let ledger = mall.ledger();
    assert_eq!(ledger.events("baskets", "baskets.Basket", &basket).await, ["Started", "ItemAdded", "CheckedOut"]);
    assert_eq!(ledger.events("ordering", "ordering.Order", &basket).await, ["Created", "Approved"]);
    assert_eq!(ledger.events("payments", "payments.Payment", &payment).await, ["Authorized", "Confirmed"]);
}

#[tokio::test]
async fn of_32_edits_of_one_product_at_once_each_counts_or_is_refused() {
    let _turn = turn().await;
    let mall = shared().await;
    let shop = Shop::open(&mall).await;
    let (rest, product) = (&shop.people.rest, format!("/api/stores/products/{}", shop.product));
    let raise = |cents: i64| {
        let path = format!("{product}/increasePrice");
        async move { (cents, rest.put(&path, json!({"price": dollars(cents)})).await) }
    };
    let answers = join_all((1..=32).map(|more| raise(1_000 + more))).await;
    let served: BTreeSet<i64> =
        answers.iter().filter(|(_, answer)| is_served(answer)).map(|(cents, _)| *cents).collect();
    let highest = served.last().expect("somebody is served");
    assert_eq!(shop.people.get(&product).await["product"]["price"], dollars(*highest));
    let prices = mall.ledger().prices(&shop.product).await;
    // Each price is higher than the one before it, so their order is that of the set.
    assert_eq!(prices, served.iter().copied().collect::<Vec<_>>(), "each that was served is an event, and no other");
}

#[tokio::test]
async fn of_32_edits_of_one_basket_at_once_each_counts_or_is_refused() {
    let _turn = turn().await;
    let mall = shared().await;
    let shop = Shop::open(&mall).await;
    let basket = shop.fill_basket().await;
    let rest = &shop.people.rest;
    let add = |quantity: i64| {
        let path = format!("/api/baskets/{basket}/addItem");
        let item = json!({"productId": shop.product, "quantity": quantity});
        async move { (quantity, rest.put(&path, item).await) }
    };
    let answers = join_all((1..=32).map(add)).await;
    let served: Vec<i64> =
        answers.iter().filter(|(_, answer)| is_served(answer)).map(|(quantity, _)| *quantity).collect();
    assert!(!served.is_empty(), "somebody is served");
    let seen = shop.people.get(&format!("/api/baskets/{basket}")).await;
    assert_eq!(seen["basket"]["items"][0]["quantity"], json!(1 + served.iter().sum::<i64>()));
    let events = mall.ledger().events("baskets", "baskets.Basket", &basket).await;
    assert_eq!(events.len(), 2 + served.len(), "{events:?}");
}

#[tokio::test]
async fn of_two_orders_that_race_for_one_payment_one_gets_it() {
    let _turn = turn().await;
    let mall = shared().await;
    let shop = Shop::open(&mall).await;
    let race = async || {
        let payment = shop.people.authorize(&shop.customer, 1_000).await;
        let baskets = [shop.fill_basket().await, shop.fill_basket().await];
        let rest = &shop.people.rest;
        let checkout = |basket: &str| {
            let path = format!("/api/baskets/{basket}/checkout");
            let payment = json!({"paymentId": payment});
            async move { rest.put(&path, payment).await }
        };
        let answers = tokio::join!(checkout(&baskets[0]), checkout(&baskets[1]));
        let served = [is_served(&answers.0), is_served(&answers.1)];
        let mut orders = Vec::new();
        for (basket, _) in baskets.iter().zip(served).filter(|(_, served)| *served) {
            orders.push(shop.people.see_decided(basket).await);
        }
        orders.sort_unstable();
        // The second may have come so late that its basket knew of the first.
        assert!(orders == ["approved", "rejected"] || orders == ["approved"], "{orders:?}");
        let events = mall.ledger().events("payments", "payments.Payment", &payment).await;
        assert_eq!(events.iter().filter(|event| *event == "Confirmed").count(), 1, "{events:?}");
        orders.len()
    };
    let races = join_all((0..8).map(|_| race())).await;
    assert!(races.contains(&2), "there was no race: each second checkout was refused at once");
    mall.ledger().see_quiet(std::time::Duration::from_secs(60)).await;
    assert_money_adds_up(&mall.ledger()).await;
}
