//! An order: what a customer agreed to buy, and how far it has come.

use mall_domain::{Aggregate, Money, OffsetDateTime};
use serde::{Deserialize, Serialize};

use super::{CustomerId, InvoiceId, Item, OrderId, OrderRefusal, PaymentId, ShoppingListId, Status, item};

#[derive(Clone, Debug, Default)]
pub struct Order {
    placed: Option<Placed>,
    status: Status,
    /// What became of the shopping list while the order was still pending.
    early_end: Option<ListEnd>,
    shopping_list: Option<ShoppingListId>,
    was_ready: bool,
    rejected_because: Option<String>,
}

/// What was agreed.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    pub customer: CustomerId,
    pub payment: PaymentId,
    pub items: Vec<Item>,
    pub total: Money,
    pub at: OffsetDateTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListEnd {
    Completed,
    Canceled,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum OrderEvent {
    Created {
        customer: CustomerId,
        payment: PaymentId,
        items: Vec<Item>,
        total: Money,
        #[serde(with = "time::serde::rfc3339")]
        at: OffsetDateTime,
    },
    /// The goods were collected before the order was approved.
    ListCompletedEarly,
    /// The shopping list was given up before the order was approved.
    ListCanceledEarly,
    Approved {
        shopping_list: ShoppingListId,
    },
    Rejected {
        because: String,
    },
    Readied,
    Completed {
        invoice: InvoiceId,
    },
    Canceled {
        because: String,
    },
}

impl Order {
    /// Places the order; equal products become one line. Again changes nothing.
    pub fn create(
        &self,
        customer: CustomerId,
        payment: PaymentId,
        items: Vec<Item>,
        at: OffsetDateTime,
    ) -> Result<Option<OrderEvent>, OrderRefusal> {
        if self.placed.is_some() {
            return Ok(None);
        }
        let items = item::added_up(items);
        let total = item::total(&items)?;
        Ok(Some(OrderEvent::Created { customer, payment, items, total, at }))
    }

    /// Approves a pending order; if its goods are there already, it is ready at once.
    pub fn approve(&self, shopping_list: ShoppingListId) -> Result<Vec<OrderEvent>, OrderRefusal> {
        let approved = OrderEvent::Approved { shopping_list };
        match (self.status, self.early_end) {
            (Status::Approved | Status::Ready | Status::Completed, _) => Ok(vec![]),
            (Status::Rejected | Status::Canceled, _) => Err(OrderRefusal::NotPending(self.status)),
            (Status::Pending, None) => Ok(vec![approved]),
            (Status::Pending, Some(ListEnd::Completed)) => Ok(vec![approved, OrderEvent::Readied]),
            (Status::Pending, Some(ListEnd::Canceled)) => Err(OrderRefusal::ListCanceled),
        }
    }

    /// Ends a compensation: a pending order is rejected, one that has ended otherwise stays as it is.
    pub fn reject(&self, because: String) -> Result<Option<OrderEvent>, OrderRefusal> {
        match self.status {
            Status::Pending => Ok(Some(OrderEvent::Rejected { because })),
            Status::Rejected | Status::Canceled => Ok(None),
            Status::Approved | Status::Ready | Status::Completed => Err(OrderRefusal::NotPending(self.status)),
        }
    }

    /// The bot has collected everything. It may be faster than the approval, so a pending order remembers it.
    pub fn complete_list(&self) -> Result<Option<OrderEvent>, OrderRefusal> {
        match (self.status, self.early_end) {
            (Status::Pending, None) => Ok(Some(OrderEvent::ListCompletedEarly)),
            (Status::Approved, _) => Ok(Some(OrderEvent::Readied)),
            // Heard before, or the order has ended without its goods.
            (Status::Pending | Status::Ready | Status::Completed | Status::Rejected | Status::Canceled, _) => Ok(None),
        }
    }

    /// Nobody will collect the goods. A pending order remembers it and is not approved any more.
    pub fn cancel_list(&self) -> Result<Option<OrderEvent>, OrderRefusal> {
        match (self.status, self.early_end) {
            (Status::Pending, None) => Ok(Some(OrderEvent::ListCanceledEarly)),
            (Status::Approved, _) => {
                Ok(Some(OrderEvent::Canceled { because: "its shopping list was canceled".to_owned() }))
            }
            // Heard before, or the order has its goods (then this list is not its own), or it has ended.
            (Status::Pending | Status::Ready | Status::Completed | Status::Rejected | Status::Canceled, _) => Ok(None),
        }
    }

    pub fn complete(&self, invoice: InvoiceId) -> Result<Option<OrderEvent>, OrderRefusal> {
        match self.status {
            Status::Ready => Ok(Some(OrderEvent::Completed { invoice })),
            Status::Completed => Ok(None),
            Status::Pending | Status::Approved | Status::Rejected | Status::Canceled => {
                Err(OrderRefusal::NotReady(self.status))
            }
        }
    }

    /// Its invoice was written off: the goods go back, nobody pays.
    pub fn write_off(&self) -> Result<Option<OrderEvent>, OrderRefusal> {
        match self.status {
            Status::Ready => Ok(Some(OrderEvent::Canceled { because: "its invoice was written off".to_owned() })),
            Status::Canceled => Ok(None),
            Status::Pending | Status::Approved | Status::Rejected | Status::Completed => {
                Err(OrderRefusal::NotReady(self.status))
            }
        }
    }

    /// Cancels on request. A ready order is canceled by its invoice, so that paying and canceling meet in one place.
    pub fn cancel(&self) -> Result<OrderEvent, OrderRefusal> {
        match self.status {
            Status::Pending | Status::Approved => {
                Ok(OrderEvent::Canceled { because: "it was canceled on request".to_owned() })
            }
            Status::Ready => Err(OrderRefusal::CancelItsInvoice),
            Status::Rejected | Status::Completed | Status::Canceled => Err(OrderRefusal::NotCancelable(self.status)),
        }
    }

    /// What was agreed. Only for an order that exists.
    pub fn placed(&self) -> &Placed {
        self.placed.as_ref().expect("an order's first event is Created")
    }

    pub fn status(&self) -> Status {
        self.status
    }

    pub fn shopping_list(&self) -> Option<ShoppingListId> {
        self.shopping_list
    }

    /// Whether its goods were ever ready, and so its invoice made.
    pub fn was_ready(&self) -> bool {
        self.was_ready
    }

    pub fn rejected_because(&self) -> Option<&str> {
        self.rejected_because.as_deref()
    }
}

impl Aggregate for Order {
    const KIND: &'static str = "ordering.Order";
    type Id = OrderId;
    type Event = OrderEvent;

    fn apply(&mut self, event: &OrderEvent) {
        match event {
            OrderEvent::Created { customer, payment, items, total, at } => {
                let (customer, payment, total, at) = (*customer, *payment, *total, *at);
                self.placed = Some(Placed { customer, payment, items: items.clone(), total, at });
            }
            OrderEvent::ListCompletedEarly => self.early_end = Some(ListEnd::Completed),
            OrderEvent::ListCanceledEarly => self.early_end = Some(ListEnd::Canceled),
            OrderEvent::Approved { shopping_list } => {
                self.status = Status::Approved;
                self.shopping_list = Some(*shopping_list);
            }
            OrderEvent::Rejected { because } => {
                self.status = Status::Rejected;
                self.rejected_because = Some(because.clone());
            }
            OrderEvent::Readied => {
                self.status = Status::Ready;
                self.was_ready = true;
            }
            OrderEvent::Completed { .. } => self.status = Status::Completed,
            OrderEvent::Canceled { .. } => self.status = Status::Canceled,
        }
    }
}

#[cfg(test)]
mod tests;
