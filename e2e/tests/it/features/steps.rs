//! What the sentences of the features mean: those about customers, orders and what becomes of them here, the others below.

mod baskets;
mod fleet;

use cucumber::{given, then, when};
use mall_cli::rest::{RestError, dollars, show_money};
use reqwest::Method;
use serde_json::{Value, json};

use super::Journey;

/// As in `12.25`.
fn cents(amount: &str) -> i64 {
    let (units, cents) = amount.split_once('.').expect("an amount has two decimals");
    let number = |text: &str| text.parse::<i64>().expect("an amount has digits");
    number(units) * 100 + number(cents)
}

#[given(regex = r#"^the customer "(.+)" with ([\d.]+) authorized$"#)]
async fn a_customer(journey: &mut Journey, name: String, amount: String) {
    journey.customer = journey.people.register(&name).await;
    journey.payment = journey.people.authorize(&journey.customer, cents(&amount)).await;
}

/// A refusal is told as 400, with a sentence.
#[track_caller]
fn assert_refused(answer: Result<Value, RestError>, because: &str) {
    match answer {
        Err(RestError::Refused { status: 400, message, .. }) if message.contains(because) => {}
        other => panic!("not refused because {because:?}: {other:?}"),
    }
}

#[given(regex = r#"^\w+ means to pay with ([\d.]+) that "(.+)" has authorized$"#)]
async fn pays_with_the_money_of(journey: &mut Journey, amount: String, other: String) {
    let other = journey.people.register(&other).await;
    journey.payment = journey.people.authorize(&other, cents(&amount)).await;
}

#[when(regex = r"^\w+ voids the payment$")]
async fn voids(journey: &mut Journey) {
    let path = format!("/api/payments/{}", journey.payment);
    journey.people.rest.call(Method::DELETE, &path, None).await.expect("an authorized payment is voided");
}

#[when(regex = r#"^an operator orders (\d+) "(\w+)" for \w+$"#)]
async fn orders(journey: &mut Journey, quantity: i64, product: String) {
    let items = json!([{"productId": journey.products[&product], "quantity": quantity}]);
    let order = json!({"customerId": journey.customer, "paymentId": journey.payment, "items": items});
    journey.order = journey.people.rest.create("/api/ordering", order).await.expect("an order is made");
}

#[given(regex = r"^an operator disables \w+$")]
async fn disables(journey: &mut Journey) {
    journey.people.disable(&journey.customer).await;
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

/// Which of them is not said; the sentences that follow are about the rejected one.
#[then(regex = r#"^one of both orders is approved, the other is rejected because "(.+)"$"#)]
async fn one_of_both(journey: &mut Journey, reason: String) {
    let mut decisions = Vec::new();
    for order in &journey.answers {
        decisions.push((journey.people.see_decided(order).await, order.clone()));
    }
    decisions.sort_unstable();
    let statuses: Vec<&str> = decisions.iter().map(|(status, _)| status.as_str()).collect();
    assert_eq!(statuses, ["approved", "rejected"]);
    journey.order = decisions.remove(1).1;
    rejected_because(journey, reason).await;
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

#[then(regex = r#"^\w+ cannot cancel the order because "(.+)"$"#)]
async fn cannot_cancel(journey: &mut Journey, because: String) {
    let path = format!("/api/ordering/{}", journey.order);
    assert_refused(journey.people.rest.call(Method::DELETE, &path, None).await, &because);
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
