//! Stores, products, customers and baskets.

use mall_cli::rest::dollars;
use serde_json::{Value, json};

use super::{Row, call};

fn store(participating: bool, version: &str) -> Value {
    let id = if participating { "<store>" } else { "<closed store>" };
    let (name, location) = if participating { ("Orbital Tea", "ground floor") } else { ("Dark Matter", "cellar") };
    json!({"id": id, "name": name, "location": location, "participating": participating, "version": version})
}

fn product() -> Value {
    json!({
        "id": "<product>", "storeId": "<store>", "name": "Assam", "description": "", "sku": "Assam",
        "price": dollars(1250), "version": "1", "removed": false,
        "storeName": "Orbital Tea", "storeLocation": "ground floor", "participating": true, "storeVersion": "2",
    })
}

fn long(characters: usize) -> String {
    "x".repeat(characters)
}

pub(super) fn stores() -> Vec<Row> {
    let some = json!({"stores": "<anything>", "nextPageToken": "<anything>"});
    vec![
        call("StoresService.CreateStore")
            .good(json!({"name": "Orbital Tea", "location": "second floor, 4"}), json!({"id": "<an id>"}))
            .invalid(json!({"name": " "}), "INVALID_NAME", "name")
            .invalid(json!({"name": long(201)}), "INVALID_NAME", "name")
            .invalid(json!({"name": "two\nlines"}), "INVALID_NAME", "name")
            .invalid(json!({"location": ""}), "INVALID_LOCATION", "location")
            .invalid(json!({"location": long(201)}), "INVALID_LOCATION", "location"),
        call("StoresService.GetStores")
            .good(json!({"ids": ["<store>"]}), json!({"stores": [store(true, "2")], "nextPageToken": ""}))
            .good(json!({}), some.clone())
            .good(json!({"pageSize": 100}), some.clone())
            .pages(json!(["<store>", "<other store>"]), json!({})),
        call("StoresService.GetParticipatingStores")
            .good(json!({}), some)
            .pages(json!(["<store>", "<other store>"]), json!({})),
        call("StoresService.GetStore")
            .good(json!({"id": "<closed store>"}), json!({"store": store(false, "1")}))
            .good(json!({"id": "<store>"}), json!({"store": store(true, "2")})),
        call("StoresService.EnableParticipation")
            .good(json!({"id": "<closed store>"}), json!({}))
            .refused(json!({"id": "<store>"}), "ALREADY_PARTICIPATING"),
        call("StoresService.DisableParticipation")
            .good(json!({"id": "<store>"}), json!({}))
            .refused(json!({"id": "<closed store>"}), "NOT_PARTICIPATING"),
        call("StoresService.RebrandStore")
            .good(json!({"id": "<store>", "name": "Lunar Tea"}), json!({}))
            .good(json!({"id": "<store>", "name": "Orbital Tea"}), json!({}))
            .invalid(json!({"name": ""}), "INVALID_NAME", "name")
            .invalid(json!({"name": long(201)}), "INVALID_NAME", "name"),
    ]
}

pub(super) fn products() -> Vec<Row> {
    let leaves = json!({
        "storeId": "<store>", "name": "Darjeeling", "description": "loose\nleaves", "sku": "OT-1", "price": dollars(1),
    });
    vec![
        call("StoresService.AddProduct")
            .good(leaves, json!({"id": "<an id>"}))
            .invalid(json!({"name": " "}), "INVALID_NAME", "name")
            .invalid(json!({"description": long(2001)}), "INVALID_DESCRIPTION", "description")
            .invalid(json!({"sku": ""}), "INVALID_SKU", "sku")
            .invalid(json!({"price": null}), "MONEY_MISSING", "price")
            .invalid(json!({"price": dollars(0)}), "PRICE_OUT_OF_RANGE", "price")
            .invalid(json!({"price": dollars(-1)}), "PRICE_OUT_OF_RANGE", "price")
            .invalid(json!({"price": dollars(100_000_001)}), "PRICE_OUT_OF_RANGE", "price")
            // The product stands for its SKU, which is taken once it is made.
            .exists(json!({"sku": "Assam", "description": "<product>"}), "SKU_TAKEN"),
        call("StoresService.GetCatalog")
            .good(json!({"storeId": "<other store>"}), json!({"products": [], "nextPageToken": ""}))
            .pages(json!(["<product>", "<other product>"]), json!({"storeId": "<store>"})),
        call("StoresService.GetProduct")
            .good(json!({"id": "<product>"}), json!({"product": product()}))
            .not_found(json!({"id": "<removed product>"})),
        call("StoresService.GetProducts")
            .good(json!({"ids": ["<product>", "<nobody>"]}), json!({"products": [product()]}))
            .good(json!({}), json!({"products": []})),
        call("StoresService.RebrandProduct")
            .good(json!({"id": "<product>", "name": "Assam, bold", "description": "strong"}), json!({}))
            .invalid(json!({"name": ""}), "INVALID_NAME", "name")
            .invalid(json!({"description": long(2001)}), "INVALID_DESCRIPTION", "description")
            .refused(json!({"id": "<removed product>"}), "REMOVED"),
        call("StoresService.IncreaseProductPrice")
            .good(json!({"id": "<product>", "price": dollars(1251)}), json!({}))
            .good(json!({"id": "<product>", "price": dollars(100_000_000)}), json!({}))
            .invalid(json!({"price": null}), "MONEY_MISSING", "price")
            .invalid(json!({"price": dollars(100_000_001)}), "PRICE_OUT_OF_RANGE", "price")
            .refused(json!({"price": dollars(1250)}), "NOT_HIGHER")
            .refused(json!({"id": "<removed product>"}), "REMOVED"),
        call("StoresService.DecreaseProductPrice")
            .good(json!({"id": "<product>", "price": dollars(1249)}), json!({}))
            .good(json!({"id": "<product>", "price": dollars(1)}), json!({}))
            .invalid(json!({"price": dollars(0)}), "PRICE_OUT_OF_RANGE", "price")
            .refused(json!({"price": dollars(1250)}), "NOT_LOWER")
            .refused(json!({"id": "<removed product>"}), "REMOVED"),
        call("StoresService.RemoveProduct")
            .good(json!({"id": "<product>"}), json!({}))
            .refused(json!({"id": "<removed product>"}), "REMOVED"),
    ]
}

pub(super) fn customers() -> Vec<Row> {
    let ada = json!({"id": "<customer>", "name": "Ada", "smsNumber": "+12025550100", "enabled": true, "version": "1"});
    vec![
        call("CustomersService.RegisterCustomer")
            .good(json!({"name": "Ada", "smsNumber": "+12025550143"}), json!({"id": "<an id>"}))
            .invalid(json!({"name": " "}), "INVALID_NAME", "name")
            .invalid(json!({"smsNumber": ""}), "INVALID_SMS_NUMBER", "smsNumber")
            .invalid(json!({"smsNumber": "0202 555 0143"}), "INVALID_SMS_NUMBER", "smsNumber"),
        call("CustomersService.GetCustomer").good(json!({"id": "<customer>"}), json!({"customer": ada})),
        call("CustomersService.EnableCustomer")
            .good(json!({"id": "<disabled customer>"}), json!({}))
            .refused(json!({"id": "<customer>"}), "ALREADY_ENABLED"),
        call("CustomersService.DisableCustomer")
            .good(json!({"id": "<customer>"}), json!({}))
            .refused(json!({"id": "<disabled customer>"}), "ALREADY_DISABLED"),
        call("CustomersService.ChangeSmsNumber")
            .good(json!({"id": "<customer>", "smsNumber": "+12025550187"}), json!({}))
            .invalid(json!({"smsNumber": "+1"}), "INVALID_SMS_NUMBER", "smsNumber"),
    ]
}

pub(super) fn baskets() -> Vec<Row> {
    let line = json!({
        "storeId": "<store>", "storeName": "Orbital Tea", "productId": "<product>", "productName": "Assam",
        "price": dollars(1250), "currentPrice": dollars(1250), "available": true, "quantity": 2,
    });
    let basket = |id: &str, items: Value, cents| json!({"id": id, "customerId": "<customer>", "status": "open", "items": items, "total": dollars(cents)});
    vec![
        call("BasketsService.StartBasket")
            .good(json!({"customerId": "<customer>"}), json!({"id": "<an id>"}))
            .not_found(json!({"customerId": "<nobody>"}))
            .refused(json!({"customerId": "<disabled customer>"}), "CUSTOMER_DISABLED"),
        call("BasketsService.GetBasket")
            .good(json!({"id": "<basket>"}), json!({"basket": basket("<basket>", json!([line]), 2500)}))
            .good(json!({"id": "<empty basket>"}), json!({"basket": basket("<empty basket>", json!([]), 0)})),
        call("BasketsService.CancelBasket")
            .good(json!({"id": "<basket>"}), json!({}))
            .refused(json!({"id": "<canceled basket>"}), "NOT_OPEN"),
        call("BasketsService.AddItem")
            .good(json!({"id": "<basket>", "productId": "<product>", "quantity": 997}), json!({}))
            .invalid(json!({"quantity": 0}), "QUANTITY_OUT_OF_RANGE", "quantity")
            .invalid(json!({"quantity": -1}), "QUANTITY_OUT_OF_RANGE", "quantity")
            .invalid(json!({"quantity": 1000}), "QUANTITY_OUT_OF_RANGE", "quantity")
            .refused(json!({"quantity": 998}), "LINE_FULL")
            .not_found(json!({"productId": "<nobody>"}))
            .refused(json!({"productId": "<removed product>"}), "PRODUCT_REMOVED")
            .refused(json!({"productId": "<product of a closed store>"}), "STORE_NOT_PARTICIPATING")
            .refused(
                json!({"id": "<basket with an old price>", "productId": "<other product>", "quantity": 1}),
                "PRICE_CHANGED",
            )
            .refused(json!({"id": "<canceled basket>"}), "NOT_OPEN"),
        call("BasketsService.RemoveItem")
            .good(json!({"id": "<basket>", "productId": "<product>", "quantity": 1}), json!({}))
            .invalid(json!({"quantity": 0}), "QUANTITY_OUT_OF_RANGE", "quantity")
            .refused(json!({"quantity": 3}), "MORE_THAN_THERE_IS")
            .refused(json!({"productId": "<nobody>"}), "NOT_IN_BASKET")
            .refused(json!({"id": "<canceled basket>"}), "NOT_OPEN"),
        call("BasketsService.AcceptPrices")
            .good(json!({"id": "<basket with an old price>", "total": dollars(1000)}), json!({}))
            .invalid(json!({"total": null}), "MONEY_MISSING", "total")
            .refused(json!({"total": dollars(900)}), "OTHER_TOTAL")
            .refused(json!({"id": "<canceled basket>"}), "NOT_OPEN"),
        call("BasketsService.CheckoutBasket")
            .good(json!({"id": "<basket>", "paymentId": "<payment>"}), json!({"orderId": "<basket>"}))
            .not_found(json!({"paymentId": "<nobody>"}))
            .refused(json!({"paymentId": "<small payment>"}), "PAYMENT_TOO_SMALL")
            .refused(json!({"paymentId": "<payment of another>"}), "PAYMENT_OF_ANOTHER")
            .refused(json!({"id": "<empty basket>"}), "EMPTY")
            .refused(json!({"id": "<canceled basket>"}), "NOT_OPEN")
            .refused(json!({"id": "<basket with an old price>"}), "PRICE_CHANGED")
            .refused(json!({"id": "<approved order>"}), "CHECKED_OUT_OTHERWISE"),
    ]
}
