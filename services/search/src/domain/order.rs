//! An order as people look for it.

use mall_domain::{Money, OffsetDateTime, Refusal};
use serde::{Deserialize, Serialize};

use super::{CustomerId, OrderId, ProductId, StoreId};

/// An order as it begins.
#[derive(Clone, Debug)]
pub struct NewOrder {
    pub id: OrderId,
    pub customer_id: CustomerId,
    pub items: Vec<Item>,
    pub total: Money,
    pub created_at: OffsetDateTime,
}

/// An order as it is found.
#[derive(Clone, Debug)]
pub struct Order {
    pub id: OrderId,
    pub customer_id: CustomerId,
    /// Empty until customers has told of the customer.
    pub customer_name: String,
    pub items: Vec<Item>,
    pub total: Money,
    pub status: Status,
    pub created_at: OffsetDateTime,
}

/// Names are those at the time of ordering until the stores' own are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub store_id: StoreId,
    pub store_name: String,
    pub product_id: ProductId,
    pub product_name: String,
    /// Of one piece.
    pub price: Money,
    pub quantity: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Pending,
    Approved,
    Rejected,
    Ready,
    Completed,
    Canceled,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StatusRefusal {
    #[error("an order's status is pending, approved, rejected, ready, completed or canceled")]
    UnknownStatus,
}

impl Refusal for StatusRefusal {
    fn field(&self) -> Option<&'static str> {
        Some("filters.status")
    }
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Ready => "ready",
            Self::Completed => "completed",
            Self::Canceled => "canceled",
        }
    }

    pub fn parse(text: &str) -> Result<Self, StatusRefusal> {
        match text {
            "pending" => Ok(Self::Pending),
            "approved" => Ok(Self::Approved),
            "rejected" => Ok(Self::Rejected),
            "ready" => Ok(Self::Ready),
            "completed" => Ok(Self::Completed),
            "canceled" => Ok(Self::Canceled),
            _ => Err(StatusRefusal::UnknownStatus),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_survives_its_text_form() {
        let all =
            [Status::Pending, Status::Approved, Status::Rejected, Status::Ready, Status::Completed, Status::Canceled];
        for status in all {
            assert_eq!(Status::parse(status.as_str()), Ok(status));
        }
    }

    #[test]
    fn other_words_are_no_status() {
        for text in ["", "Pending", "shipped"] {
            assert_eq!(Status::parse(text), Err(StatusRefusal::UnknownStatus));
        }
    }
}
