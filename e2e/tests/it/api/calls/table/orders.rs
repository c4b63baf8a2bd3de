//! Payments, invoices, orders, shopping lists and the search for orders. A basket's order, its shopping list and its
//! invoice have one id.

use mall_cli::rest::dollars;
use serde_json::{Value, json};

use super::{Row, call};

pub(super) fn rows() -> Vec<Row> {
    [payments(), invoices(), ordering(), depot(), search()].into_iter().flatten().collect()
}

fn payments() -> Vec<Row> {
    let held = json!({
        "id": "<payment>", "customerId": "<customer>", "status": "authorized", "orderId": "",
        "authorized": dollars(10_000), "held": dollars(10_000), "captured": dollars(0), "released": dollars(0),
        "voided": dollars(0), "version": "1",
    });
    vec![
        call("PaymentsService.AuthorizePayment")
            .good(json!({"customerId": "<customer>", "amount": dollars(2500)}), json!({"id": "<an id>"}))
            .invalid(json!({"amount": null}), "MONEY_MISSING", "amount")
            .invalid(json!({"amount": dollars(0)}), "AMOUNT_NOT_POSITIVE", "amount")
            .invalid(json!({"amount": dollars(-100)}), "AMOUNT_NOT_POSITIVE", "amount"),
        call("PaymentsService.GetPayment").good(json!({"id": "<payment>"}), json!({"payment": held})),
        call("PaymentsService.VoidPayment")
            .good(json!({"id": "<payment>"}), json!({}))
            .refused(json!({"id": "<voided payment>"}), "NOT_AUTHORIZED"),
    ]
}

fn invoices() -> Vec<Row> {
    let invoice = json!({
        "id": "<ready order>", "orderId": "<ready order>", "customerId": "<customer>", "paymentId": "<an id>",
        "amount": dollars(2500), "status": "pending",
    });
    vec![
        call("PaymentsService.ListInvoices")
            .good(json!({"orderId": "<ready order>"}), json!({"invoices": [invoice], "nextPageToken": ""}))
            .good(json!({"orderId": "<nobody>"}), json!({"invoices": [], "nextPageToken": ""}))
            .good(json!({"pageSize": 100}), json!({"invoices": "<anything>", "nextPageToken": "<anything>"}))
            .pages(json!(["<ready order>", "<other ready order>"]), json!({})),
        call("PaymentsService.GetInvoice").good(json!({"id": "<ready order>"}), json!({"invoice": invoice})),
        call("PaymentsService.PayInvoice")
            .good(json!({"id": "<ready order>"}), json!({}))
            .refused(json!({"id": "<completed order>"}), "NOT_PENDING"),
        call("PaymentsService.AdjustInvoice")
            .good(json!({"id": "<ready order>", "amount": dollars(2000)}), json!({}))
            .good(json!({"id": "<ready order>", "amount": dollars(10_000)}), json!({}))
            .invalid(json!({"amount": null}), "MONEY_MISSING", "amount")
            .invalid(json!({"amount": dollars(0)}), "AMOUNT_NOT_POSITIVE", "amount")
            .refused(json!({"amount": dollars(10_001)}), "ABOVE_AUTHORIZED")
            .refused(json!({"id": "<completed order>"}), "NOT_PENDING"),
        call("PaymentsService.CancelInvoice")
            .good(json!({"id": "<ready order>"}), json!({}))
            .refused(json!({"id": "<completed order>"}), "NOT_PENDING"),
    ]
}

fn lines() -> Value {
    json!([{
        "storeId": "<store>", "storeName": "Orbital Tea", "productId": "<product>", "productName": "Assam",
        "price": dollars(1250), "quantity": 2,
    }])
}

fn ordering() -> Vec<Row> {
    let one = |product: &str, quantity: i64| json!({"items": [{"productId": product, "quantity": quantity}]});
    let many: Vec<Value> = (0..101_u128)
        .map(|number| json!({"productId": uuid::Uuid::from_u128(number).to_string(), "quantity": 1}))
        .collect();
    let order = json!({
        "id": "<ready order>", "customerId": "<customer>", "paymentId": "<an id>", "shoppingId": "<ready order>",
        "invoiceId": "<ready order>", "status": "ready", "rejectedBecause": "", "items": lines(),
        "total": dollars(2500), "createdAt": "<a time>",
    });
    let wanted = json!({
        "customerId": "<customer>", "paymentId": "<payment>", "items": [{"productId": "<product>", "quantity": 2}],
    });
    vec![
        call("OrderingService.CreateOrder")
            .good(wanted, json!({"id": "<an id>"}))
            .invalid(json!({"items": []}), "NO_ITEMS", "items")
            .invalid(json!({"items": many}), "TOO_MANY_ITEMS", "items")
            .invalid(one("<product>", 0), "QUANTITY_OUT_OF_RANGE", "items")
            .invalid(one("<product>", 1000), "QUANTITY_OUT_OF_RANGE", "items")
            .refused(one("<nobody>", 1), "UNKNOWN_PRODUCT")
            .refused(one("<removed product>", 1), "PRODUCT_REMOVED")
            .refused(one("<product of a closed store>", 1), "STORE_NOT_PARTICIPATING"),
        call("OrderingService.GetOrder").good(json!({"id": "<ready order>"}), json!({"order": order})),
        call("OrderingService.CancelOrder")
            .good(json!({"id": "<approved order>"}), json!({}))
            .refused(json!({"id": "<ready order>"}), "CANCEL_ITS_INVOICE")
            .refused(json!({"id": "<completed order>"}), "NOT_CANCELABLE"),
    ]
}

fn depot() -> Vec<Row> {
    let stop = json!({
        "storeId": "<store>", "storeName": "Orbital Tea", "location": "ground floor",
        "items": [{"productId": "<product>", "name": "Assam", "quantity": 2}],
    });
    let list = json!({
        "id": "<approved order>", "orderId": "<approved order>", "status": "available", "botId": "", "stops": [stop],
    });
    // Some order's: the oldest of the whole mall.
    let claimed = json!({
        "id": "<an id>", "orderId": "<an id>", "status": "assigned", "botId": "<awaited bot>", "stops": "<anything>",
    });
    let some = json!({"shoppingLists": "<anything>", "nextPageToken": "<anything>"});
    vec![
        call("DepotService.ListShoppingLists")
            .good(json!({"status": "canceled", "pageSize": 100}), some.clone())
            .good(json!({}), some)
            .invalid(json!({"status": "lost"}), "NOT_A_STATUS", "status")
            .pages(json!(["<ready order>", "<other ready order>"]), json!({"status": "completed"})),
        call("DepotService.GetShoppingList").good(json!({"id": "<approved order>"}), json!({"shoppingList": list})),
        call("DepotService.ClaimShoppingList")
            .good(json!({"botId": "<awaited bot>"}), json!({"shoppingList": claimed}))
            .refused(json!({"botId": "<busy bot>"}), "BUSY"),
        call("DepotService.AssignShoppingList")
            .good(json!({"id": "<approved order>", "botId": "<bot>"}), json!({}))
            .refused(json!({"botId": "<busy bot>"}), "BUSY")
            .refused(json!({"id": "<ready order>"}), "NOT_AVAILABLE"),
        call("DepotService.CompleteShoppingList")
            .good(json!({"id": "<assigned order>"}), json!({}))
            .refused(json!({"id": "<ready order>"}), "NOT_ASSIGNED"),
        call("DepotService.CancelShoppingList")
            .good(json!({"id": "<assigned order>"}), json!({}))
            .refused(json!({"id": "<ready order>"}), "NOT_CANCELABLE"),
    ]
}

fn search() -> Vec<Row> {
    let found = json!({
        "orderId": "<order in search>", "customerId": "<customer>", "customerName": "Ada", "items": lines(),
        "total": dollars(2500), "status": "approved", "createdAt": "<a time>",
    });
    let all_filters = json!({
        "customerId": "<customer>", "after": "2026-01-01T00:00:00Z", "before": "2999-01-01T00:00:00Z",
        "storeIds": ["<store>"], "productIds": ["<product>"], "minTotal": dollars(2500), "maxTotal": dollars(2500),
        "status": "approved",
    });
    vec![
        call("SearchService.SearchOrders")
            .good(json!({"filters": all_filters}), json!({"orders": [found], "next": ""}))
            .good(json!({"filters": {"customerId": "<nobody>"}}), json!({"orders": [], "next": ""}))
            .good(json!({}), json!({"orders": "<anything>", "next": "<anything>"}))
            .invalid(json!({"filters": {"status": "lost"}}), "UNKNOWN_STATUS", "filters.status")
            .pages(
                json!(["<order in search>", "<other order in search>"]),
                json!({"filters": {"customerId": "<customer>"}}),
            ),
        call("SearchService.GetOrder").good(json!({"id": "<order in search>"}), json!({"order": found})),
    ]
}
