//! A small mall to look at: three stores, twelve products, two customers.

use mall_cli::rest::{Rest, RestError, dollars};
use reqwest::Method;
use serde_json::json;

/// Name, SKU, price in cents.
type Product = (&'static str, &'static str, i64);

const STORES: [(&str, &str, [Product; 4]); 3] = [
    (
        "Waldorf Books",
        "ground floor, 1",
        [
            ("A field guide to robots", "WB-100", 1_990),
            ("The patient bot", "WB-101", 1_250),
            ("Maps of the depot", "WB-102", 3_400),
            ("Bookmark, brass", "WB-103", 495),
        ],
    ),
    (
        "Green Fork",
        "food court, 7",
        [
            ("Lemon cake", "GF-200", 420),
            ("Bread, dark", "GF-201", 380),
            ("Olive oil, 0.5 l", "GF-202", 1_145),
            ("Coffee, 250 g", "GF-203", 899),
        ],
    ),
    (
        "Copper & Wire",
        "first floor, 12",
        [
            ("Desk lamp", "CW-300", 4_990),
            ("Soldering iron", "CW-301", 3_275),
            ("Batteries, 8 pieces", "CW-302", 760),
            ("Cable, 2 m", "CW-303", 615),
        ],
    ),
];
const CUSTOMERS: [(&str, &str); 2] = [("Ada", "+12025550143"), ("Grace", "+12025550187")];

/// Does nothing where there is a store already.
pub(crate) async fn into_an_empty_mall(rest: &Rest) -> Result<(), RestError> {
    let found = rest.get("/api/stores?pageSize=1").await?;
    if found["stores"].as_array().is_some_and(|stores| !stores.is_empty()) {
        return Ok(());
    }
    for (name, number) in CUSTOMERS {
        rest.create("/api/customers", json!({"name": name, "smsNumber": number})).await?;
    }
    for (name, location, products) in STORES {
        let store = rest.create("/api/stores", json!({"name": name, "location": location})).await?;
        rest.call(Method::PUT, &format!("/api/stores/{store}/participating"), Some(json!({}))).await?;
        for (name, sku, price) in products {
            let product = json!({"name": name, "description": name, "sku": sku, "price": dollars(price)});
            rest.create(&format!("/api/stores/{store}/products"), product).await?;
        }
    }
    println!("  seeded {} stores, 12 products, {} customers", STORES.len(), CUSTOMERS.len());
    Ok(())
}
