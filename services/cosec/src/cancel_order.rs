//! Cancel-order: gives back what create-order had done for an order that was canceled after its approval. It only goes
//! forward; its steps are undos, which are never refused.

use mall_messaging::command;
use mall_proto::depot::v1::CancelShoppingList;
use mall_proto::payments::v1::ReleasePayment;
use mall_saga::Saga;
use serde::{Deserialize, Serialize};

use crate::ids::{OrderId, PaymentId};

/// Under this name the saga is stored and answered. Never change it.
pub const CANCEL_ORDER: &str = "cosec.CancelOrder";

/// Raised with every change of the table below.
const VERSION: i16 = 1;

/// What the saga knows of its order. The shopping list has the order's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CancelOrder {
    pub order: OrderId,
    pub payment: PaymentId,
}

pub fn cancel_order() -> Saga<CancelOrder> {
    Saga::new(CANCEL_ORDER, VERSION)
        .step("release payment", |o: &CancelOrder| {
            command(o.order, &ReleasePayment { id: o.payment.to_string(), order_id: o.order.to_string() })
        })
        .step("cancel shopping list", |o| command(o.order, &CancelShoppingList { id: o.order.to_string() }))
}
