//! What the sentences of the features mean.

use cucumber::{given, then, when};
use mall_cli::rest::{dollars, show_money};
use reqwest::Method;
use serde_json::{Value, json};

use super::Journey;
use crate::mall::SERVICES;

/// As in `12.25`.
fn cents(amount: &str) -> i64 {
    let (units, cents) = amount.split_once('.').expect("an amount has two decimals");
    let number = |text: &str| text.parse::<i64>().expect("an amount has digits");
    number(units) * 100 + number(cents)
}

#[given(regex = r#"^the store "(.+)" sells "(.+)" for ([\d.]+)$"#)]
async fn a_store_sells(journey: &mut Journey, store: String, product: String, price: String) {
    let store = journey.people.open_store(&store).await;
    let id = journey.people.add_product(&store, &product, cents(&price)).await;
    journey.products.insert(product, id);
}

#[given(regex = r#"^the customer "(.+)" with ([\d.]+) authorized$"#)]
async fn a_customer(journey: &mut Journey, name: String, amount: String) {
    journey.customer = journey.people.register(&name).await;
    journey.payment = journey.people.authorize(&journey.customer, cents(&amount)).await;
}

#[given(regex = r#"^\w+ has filled a basket with (\d+) "(\w+)"$"#)]
async fn fills_a_basket(journey: &mut Journey, quantity: i64, product: String) {
    journey.basket = journey.people.start_basket(&journey.customer).await;
    journey.people.add_item(&journey.basket, &journey.products[&product], quantity).await;
}

#[given(regex = r#"^\w+ checks out (\d+) "(\w+)"$"#)]
#[when(regex = r#"^\w+ checks out (\d+) "(\w+)"$"#)]
async fn checks_out(journey: &mut Journey, quantity: i64, product: String) {
    fills_a_basket(journey, quantity, product).await;
    checks_out_the_basket(journey).await;
}

#[when(regex = r#"^\w+ checks out (\d+) "(\w+)" and (\d+) "(\w+)"$"#)]
async fn checks_out_two(journey: &mut Journey, quantity: i64, product: String, other: i64, other_product: String) {
    fills_a_basket(journey, quantity, product).await;
    journey.people.add_item(&journey.basket, &journey.products[&other_product], other).await;
    checks_out_the_basket(journey).await;
}

#[when(regex = r"^\w+ checks out (?:that basket|the same basket again)$")]
async fn checks_out_the_basket(journey: &mut Journey) {
    // A service that does not work may be one that the checkout asks, for what it has not heard of yet.
    journey.order = journey.people.check_out_at_last(&journey.basket, &journey.payment).await;
    journey.answers.push(journey.order.clone());
}

#[given(regex = r"^(\w+) does not work$")]
async fn does_not_work(journey: &mut Journey, service: String) {
    // What it has said before has been heard: a basket needs no answer of a service that is paused.
    let service = SERVICES.into_iter().find(|known| *known == service).expect("there is such a service");
    journey.ledger.see_heard_by_baskets(service).await;
    journey.pause(service).await;
}

#[when(regex = r"^(\w+) works again$")]
async fn works_again(journey: &mut Journey, service: String) {
    journey.resume(&service).await;
}

#[given(regex = r"^an operator disables \w+$")]
async fn disables(journey: &mut Journey) {
    journey.people.disable(&journey.customer).await;
}

/// Depot has the command, but has not answered it when cosec stops; so nobody is asked to approve.
#[given("cosec stops right after it has asked for the shopping to begin")]
async fn cosec_stops_before_the_approval(journey: &mut Journey) {
    does_not_work(journey, "payments".to_owned()).await;
    checks_out_the_basket(journey).await;
    journey.ledger.see_step(&journey.order, 3).await;
    journey.pause("depot").await;
    journey.resume("payments").await;
    journey.ledger.see_step(&journey.order, 4).await;
    journey.pause("cosec").await;
    journey.resume("depot").await;
}

#[given(regex = r"^the saga has sent step (\d)$")]
async fn has_sent_step(journey: &mut Journey, number: i16) {
    journey.ledger.see_step(&journey.order, number).await;
}

#[given("a bot collects its goods")]
#[when("a bot collects its goods")]
async fn a_bot_collects(journey: &mut Journey) {
    journey.people.collect(&journey.order).await;
}

#[given(regex = r"^\w+ pays the invoice$")]
#[when(regex = r"^\w+ pays the invoice$")]
async fn pays(journey: &mut Journey) {
    journey.people.put(&format!("/api/payments/invoices/{}/pay", journey.order), json!({})).await;
}

#[when(regex = r"^\w+ cancels the order$")]
async fn cancels(journey: &mut Journey) {
    journey.people.cancel(&journey.order).await;
}

#[when("an operator cancels the shopping list")]
async fn cancels_the_list(journey: &mut Journey) {
    let list = format!("/api/depot/shopping/{}", journey.order);
    journey.people.see(&list, "shoppingList", "available").await;
    journey.people.rest.post(&format!("{list}/cancel"), json!({})).await.expect("a list is canceled");
}

#[when("an operator writes the invoice off")]
async fn writes_off(journey: &mut Journey) {
    let path = format!("/api/payments/invoices/{}", journey.order);
    journey.people.rest.call(Method::DELETE, &path, None).await.expect("an invoice is written off");
}

#[then("both answers name the same order")]
async fn the_same_order(journey: &mut Journey) {
    assert_eq!(journey.answers.len(), 2);
    assert_eq!(journey.answers[0], journey.answers[1]);
}

#[then("there is one order of this basket")]
async fn one_order(journey: &mut Journey) {
    // The order has its basket's id.
    assert_eq!(journey.order, journey.basket);
    let events = journey.ledger.events("ordering", "ordering.Order", &journey.order).await;
    assert_eq!(events, ["Created", "Approved"]);
}

#[given(regex = r"^the order is (\w+)$")]
#[then(regex = r"^the order is (\w+)$")]
async fn the_order_is(journey: &mut Journey, status: String) {
    journey.people.see_order(&journey.order, &status).await;
}

#[then(regex = r#"^the order is rejected because "(.+)"$"#)]
async fn rejected_because(journey: &mut Journey, reason: String) {
    let order = journey.people.see_order(&journey.order, "rejected").await;
    let because = order["rejectedBecause"].as_str().unwrap_or_default();
    assert!(because.contains(&reason), "rejected because {because:?}");
}

#[then(regex = r"^its total is ([\d.]+)$")]
async fn its_total(journey: &mut Journey, amount: String) {
    assert_eq!(journey.people.order(&journey.order).await["total"], dollars(cents(&amount)));
}

#[given(regex = r"^there is an invoice over ([\d.]+)$")]
#[then(regex = r"^there is an invoice over ([\d.]+)$")]
async fn an_invoice(journey: &mut Journey, amount: String) {
    let path = format!("/api/payments/invoices/{}", journey.order);
    let invoice = journey.people.see(&path, "invoice", "pending").await;
    assert_eq!(invoice["amount"], dollars(cents(&amount)), "{}", show_money(&invoice["amount"]));
}

#[then(regex = r"^the payment is (\w+)$")]
async fn the_payment_is(journey: &mut Journey, status: String) {
    let payment = journey.people.see(&format!("/api/payments/{}", journey.payment), "payment", &status).await;
    let part = |name: &str| {
        let (units, nanos) = (&payment[name]["units"], &payment[name]["nanos"]);
        let units: i64 = units.as_str().and_then(|units| units.parse().ok()).expect("an amount has units");
        units * 100 + nanos.as_i64().expect("an amount has nanos") / 10_000_000
    };
    let parts: i64 = ["held", "captured", "released", "voided"].map(part).iter().sum();
    assert_eq!(parts, part("authorized"), "money got lost: {payment}");
}

#[then(regex = r"^the shopping list is (\w+)$")]
async fn the_list_is(journey: &mut Journey, status: String) {
    journey.people.see(&format!("/api/depot/shopping/{}", journey.order), "shoppingList", &status).await;
}

#[then("there is no shopping list")]
async fn no_list(journey: &mut Journey) {
    let events = journey.ledger.events("depot", "depot.ShoppingList", &journey.order).await;
    assert!(!events.iter().any(|event| event == "Created"), "{events:?}");
}

#[then(regex = r"^ordering knows of the (collected goods|canceled list), but the order is pending$")]
async fn ordering_remembers(journey: &mut Journey, what: String) {
    let event = if what == "canceled list" { "ListCanceledEarly" } else { "ListCompletedEarly" };
    mall_testkit::eventually("ordering has heard of the list", async || {
        let events = journey.ledger.events("ordering", "ordering.Order", &journey.order).await;
        events.iter().any(|found| found == event).then_some(())
    })
    .await;
    assert_eq!(journey.people.order(&journey.order).await["status"], "pending");
}

#[then("it was approved and readied at once")]
async fn approved_and_readied(journey: &mut Journey) {
    let events = journey.ledger.events("ordering", "ordering.Order", &journey.order).await;
    assert_eq!(events, ["Created", "ListCompletedEarly", "Approved", "Readied"]);
}

#[then("its creation was taken back")]
async fn taken_back(journey: &mut Journey) {
    mall_testkit::eventually("the saga has given everything back", async || {
        journey.ledger.saga(&journey.order).await.filter(|(status, _)| status == "compensated")
    })
    .await;
}

#[then(regex = r"^\w+ cannot cancel the order$")]
async fn cannot_cancel(journey: &mut Journey) {
    let path = format!("/api/ordering/{}", journey.order);
    let refused = journey.people.rest.call(Method::DELETE, &path, None).await.expect_err("a completed order stays");
    assert!(refused.to_string().contains("400 the order is completed"), "{refused}");
}

#[then(regex = r"^search shows it as (\w+)$")]
async fn search_shows(journey: &mut Journey, status: String) {
    journey.people.see(&format!("/api/search/orders/{}", journey.order), "order", &status).await;
}

#[then(regex = r#"^search shows it as (\w+), for "(.+)", with "(.+)" from "(.+)" and "(.+)" from "(.+)"$"#)]
async fn search_shows_all(
    journey: &mut Journey,
    status: String,
    customer: String,
    product: String,
    store: String,
    other_product: String,
    other_store: String,
) {
    let filters = json!({"filters": {"customerId": journey.customer, "status": status}});
    let order = mall_testkit::eventually("search finds the order by its customer", async || {
        let found = journey.people.rest.post("/api/search/orders", filters.clone()).await.expect("search answers");
        found["orders"].as_array().and_then(|orders| orders.first()).cloned()
    })
    .await;
    assert_eq!((&order["orderId"], &order["customerName"]), (&json!(journey.order), &json!(customer)));
    let mut items: Vec<(&Value, &Value)> = order["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| (&item["productName"], &item["storeName"]))
        .collect();
    items.sort_by_key(|(product, _)| product.as_str());
    let (one, two) = ((json!(product), json!(store)), (json!(other_product), json!(other_store)));
    assert_eq!(items, [(&one.0, &one.1), (&two.0, &two.1)]);
}

#[then(regex = r"^the customer was told: (.+)$")]
async fn was_told(journey: &mut Journey, kinds: String) {
    let wanted: Vec<&str> = kinds.split(", ").collect();
    mall_testkit::eventually(&format!("the texts {kinds} have arrived"), async || {
        (journey.ledger.texts(&journey.order).await == wanted).then_some(())
    })
    .await;
}
