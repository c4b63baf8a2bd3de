//! `mall demo`: one order through REST, from a new store to the completed order, with a timeline.

use std::{process::ExitCode, time::Instant};

use mall_cli::rest::{Rest, RestError, dollars, show_money};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Outcome;

const PRICE_CENTS: i64 = 1_990;
const QUANTITY: i64 = 2;

pub(crate) async fn run(gateway: String) -> Outcome {
    let mut demo = Demo::new(Rest::new(gateway));
    let (customer, product) = demo.prepare().await?;
    let order = demo.buy(&customer, &product).await?;
    demo.collect(&order).await?;
    demo.pay(&order).await?;
    let seen = demo.search(&order).await?;
    print(&seen);
    Ok(ExitCode::SUCCESS)
}

/// Measures from the end of the step before.
struct Demo {
    rest: Rest,
    start: Instant,
    last: Instant,
}

impl Demo {
    fn new(rest: Rest) -> Self {
        println!("{:>10} {:>10}", "STEP", "TOTAL");
        let now = Instant::now();
        Self { rest, start: now, last: now }
    }

    fn done(&mut self, step: &str, detail: &str) {
        let now = Instant::now();
        let milliseconds = |from: Instant| (now - from).as_secs_f64() * 1_000.0;
        println!("{:>7.1} ms {:>7.1} ms  {step:<20} {detail}", milliseconds(self.last), milliseconds(self.start));
        self.last = now;
    }

    async fn prepare(&mut self) -> Result<(String, String), RestError> {
        let store = json!({"name": "Demo store", "location": "ground floor, 3"});
        let store = self.rest.create("/api/stores", store).await?;
        self.rest.put(&format!("/api/stores/{store}/participating"), json!({})).await?;
        self.done("store opened", &store);
        let price = dollars(PRICE_CENTS);
        let product = json!({"name": "Demo product", "description": "for sale", "sku": "DEMO-1", "price": price});
        let product = self.rest.create(&format!("/api/stores/{store}/products"), product).await?;
        self.done("product added", &product);
        let customer = json!({"name": "Demo customer", "smsNumber": "+12025550100"});
        let customer = self.rest.create("/api/customers", customer).await?;
        self.done("customer registered", &customer);
        Ok((customer, product))
    }

    /// From an authorized payment to an approved order.
    async fn buy(&mut self, customer: &str, product: &str) -> Result<String, RestError> {
        let payment = json!({"customerId": customer, "amount": dollars(PRICE_CENTS * QUANTITY)});
        let payment = self.rest.create("/api/payments", payment).await?;
        self.done("payment authorized", &payment);
        let basket = self.rest.create("/api/baskets", json!({"customerId": customer})).await?;
        self.done("basket started", &basket);
        let item = json!({"productId": product, "quantity": QUANTITY});
        self.rest.put(&format!("/api/baskets/{basket}/addItem"), item).await?;
        self.done("item added", product);
        let checkout = json!({"paymentId": payment});
        let answer = self.rest.put(&format!("/api/baskets/{basket}/checkout"), checkout).await?;
        let order = answer["orderId"].as_str().unwrap_or_default().to_owned();
        self.done("checked out", &order);
        self.wait_for_status(&order, "approved").await?;
        Ok(order)
    }

    /// Plays the bot.
    async fn collect(&mut self, order: &str) -> Result<(), RestError> {
        let answer = self.rest.get(&format!("/api/ordering/{order}")).await?;
        let list = answer["order"]["shoppingId"].as_str().unwrap_or(order).to_owned();
        let bot = Uuid::now_v7();
        self.rest.put(&format!("/api/depot/shopping/{list}/assign"), json!({"botId": bot})).await?;
        self.done("bot assigned", &bot.to_string());
        self.rest.put(&format!("/api/depot/shopping/{list}/complete"), json!({})).await?;
        self.done("list completed", &list);
        self.wait_for_status(order, "ready").await
    }

    async fn pay(&mut self, order: &str) -> Result<(), RestError> {
        let path = format!("/api/payments/invoices/{order}");
        let answer = self.rest.wait_for("an invoice", &path, |answer| answer["invoice"].is_object()).await?;
        self.done("invoice received", &show_money(&answer["invoice"]["amount"]));
        self.rest.put(&format!("{path}/pay"), json!({})).await?;
        self.done("invoice paid", order);
        self.wait_for_status(order, "completed").await
    }

    async fn wait_for_status(&mut self, order: &str, status: &str) -> Result<(), RestError> {
        // What ends an order otherwise need not be waited out.
        let over = |found: &Value| found == status || found == "rejected" || found == "canceled";
        let path = format!("/api/ordering/{order}");
        let what = format!("the order's status `{status}`");
        let answer = self.rest.wait_for(&what, &path, |answer| over(&answer["order"]["status"])).await?;
        let found = answer["order"]["status"].as_str().unwrap_or_default();
        let reason = answer["order"]["rejectedBecause"].as_str().unwrap_or_default();
        if found != status {
            return Err(RestError::Unexpected(format!("the order is {found}, not {status}; {reason}")));
        }
        self.done(&format!("order {status}"), order);
        Ok(())
    }

    async fn search(&mut self, order: &str) -> Result<Value, RestError> {
        let path = format!("/api/search/orders/{order}");
        let completed = |answer: &Value| answer["order"]["status"] == "completed";
        let answer = self.rest.wait_for("the completed order in search", &path, completed).await?;
        self.done("seen by search", order);
        Ok(answer["order"].clone())
    }
}

fn print(order: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    println!("\n  order     {}", text(&order["orderId"]));
    println!("  customer  {}", text(&order["customerName"]));
    for item in order["items"].as_array().into_iter().flatten() {
        let (product, store) = (text(&item["productName"]), text(&item["storeName"]));
        println!("  item      {} x {product} from {store}, {}", item["quantity"], show_money(&item["price"]));
    }
    println!("  total     {}", show_money(&order["total"]));
    println!("  status    {}", text(&order["status"]));
}
