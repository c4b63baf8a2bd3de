//! Create-order: what has to be done before an order is approved, and how it is taken back.

use mall_domain::Money;
use mall_messaging::command;
use mall_proto::customers::v1::AuthorizeCustomer;
use mall_proto::depot::v1::{CancelShoppingList, CreateShoppingList, InitiateShopping, create_shopping_list};
use mall_proto::ordering::v1::{ApproveOrder, RejectOrder};
use mall_proto::payments::v1::{ConfirmPayment, ReleasePayment};
use mall_saga::Saga;
use mall_service::wire;
use serde::{Deserialize, Serialize};

use crate::ids::{CustomerId, OrderId, PaymentId, ProductId, StoreId};

/// Under this name the saga is stored and answered. Never change it.
pub const CREATE_ORDER: &str = "cosec.CreateOrder";

/// Raised with every change of the table below.
const VERSION: i16 = 1;

/// What the saga knows of its order. The shopping list has the order's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreateOrder {
    pub order: OrderId,
    pub customer: CustomerId,
    pub payment: PaymentId,
    pub items: Vec<Item>,
    pub total: Money,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub product: ProductId,
    pub store: StoreId,
    pub quantity: i32,
}

pub fn create_order() -> Saga<CreateOrder> {
    Saga::new(CREATE_ORDER, VERSION)
        .finally_undo("reject order", |o: &CreateOrder, cause| {
            command(o.order, &RejectOrder { id: o.order.to_string(), reason: cause.to_owned() })
        })
        .step("authorize customer", |o| command(o.order, &AuthorizeCustomer { id: o.customer.to_string() }))
        .step("create shopping list", |o| command(o.order, &create_shopping_list(o)))
        .undo(|o| command(o.order, &CancelShoppingList { id: o.order.to_string() }))
        .pivot("confirm payment", |o| command(o.order, &confirm_payment(o)))
        .undo(|o| command(o.order, &ReleasePayment { id: o.payment.to_string(), order_id: o.order.to_string() }))
        .step("initiate shopping", |o| command(o.order, &InitiateShopping { id: o.order.to_string() }))
        .step("approve order", |o| {
            command(o.order, &ApproveOrder { id: o.order.to_string(), shopping_id: o.order.to_string() })
        })
}

fn create_shopping_list(o: &CreateOrder) -> CreateShoppingList {
    let items = o.items.iter().map(|item| create_shopping_list::Item {
        product_id: item.product.to_string(),
        store_id: item.store.to_string(),
        quantity: item.quantity,
    });
    CreateShoppingList { id: o.order.to_string(), order_id: o.order.to_string(), items: items.collect() }
}

fn confirm_payment(o: &CreateOrder) -> ConfirmPayment {
    ConfirmPayment {
        id: o.payment.to_string(),
        order_id: o.order.to_string(),
        customer_id: o.customer.to_string(),
        amount: Some(wire::money(o.total)),
    }
}
