//! What may happen to an order in each of its states, told as given, when, then.

use mall_domain::{AggregateId, Uuid, scenario::given};

use super::*;
use crate::domain::{ProductId, StoreId};

fn id<I: AggregateId>(number: u128) -> I {
    I::from_uuid(Uuid::from_u128(number))
}

fn item(product: u128, cents: i64, quantity: u32) -> Item {
    Item {
        product: id::<ProductId>(product),
        product_name: "Tea".to_owned(),
        store: id::<StoreId>(9),
        store_name: "Teas".to_owned(),
        price: Money::usd(cents),
        quantity,
    }
}

fn created() -> OrderEvent {
    OrderEvent::Created {
        customer: id(1),
        payment: id(2),
        items: vec![item(3, 250, 2)],
        total: Money::usd(500),
        at: OffsetDateTime::UNIX_EPOCH,
    }
}

fn approved() -> OrderEvent {
    OrderEvent::Approved { shopping_list: id(4) }
}

fn rejected() -> OrderEvent {
    OrderEvent::Rejected { because: "no money".to_owned() }
}

fn completed() -> OrderEvent {
    OrderEvent::Completed { invoice: id(5) }
}

fn canceled(because: &str) -> OrderEvent {
    OrderEvent::Canceled { because: because.to_owned() }
}

/// A past for each status.
fn past(status: Status) -> Vec<OrderEvent> {
    let mut past = vec![created()];
    past.extend(match status {
        Status::Pending => vec![],
        Status::Approved => vec![approved()],
        Status::Rejected => vec![rejected()],
        Status::Ready => vec![approved(), OrderEvent::Readied],
        Status::Completed => vec![approved(), OrderEvent::Readied, completed()],
        Status::Canceled => vec![canceled("why not")],
    });
    past
}

fn create(order: &Order, items: Vec<Item>) -> Result<Option<OrderEvent>, OrderRefusal> {
    order.create(id(1), id(2), items, OffsetDateTime::UNIX_EPOCH)
}

#[test]
fn an_order_costs_the_sum_of_its_lines() {
    given::<Order>([]).when(|order| create(order, vec![item(3, 250, 2)])).then([created()]);
}

#[test]
fn equal_products_become_one_line() {
    given::<Order>([]).when(|order| create(order, vec![item(3, 250, 1), item(3, 250, 1)])).then([created()]);
}

#[test]
fn an_order_is_created_once() {
    given::<Order>(past(Status::Canceled)).when(|order| create(order, vec![])).then_nothing();
}

#[test]
fn an_order_that_cannot_be_filled_or_reckoned_is_refused() {
    let refused = |items: Vec<Item>, refusal: OrderRefusal| {
        given::<Order>([]).when(|order| create(order, items)).then_refused(refusal);
    };
    refused(vec![], OrderRefusal::NoItems);
    refused((0..101).map(|product| item(product, 1, 1)).collect(), OrderRefusal::TooManyItems(101));
    refused(vec![item(3, 250, 0)], OrderRefusal::QuantityOutOfRange(0));
    refused(vec![item(3, 250, 999), item(3, 250, 1)], OrderRefusal::QuantityOutOfRange(1000));
    refused(vec![item(3, 0, 1)], OrderRefusal::PriceNotPositive(Money::usd(0)));
    refused(vec![item(3, i64::MAX, 2)], OrderRefusal::TotalOutOfRange(mall_domain::MoneyRefusal::TooLarge));
}

#[test]
fn a_pending_order_is_approved() {
    given::<Order>(past(Status::Pending)).when(|order| order.approve(id(4))).then([approved()]);
}

#[test]
fn approving_again_changes_nothing_even_when_the_order_has_gone_on() {
    for status in [Status::Approved, Status::Ready, Status::Completed] {
        given::<Order>(past(status)).when(|order| order.approve(id(4))).then_nothing();
    }
}

#[test]
fn a_rejected_or_canceled_order_cannot_be_approved() {
    for status in [Status::Rejected, Status::Canceled] {
        let refusal = OrderRefusal::NotPending(status);
        given::<Order>(past(status)).when(|order| order.approve(id(4))).then_refused(refusal);
    }
}

#[test]
fn an_order_whose_list_is_done_before_its_approval_is_ready_at_once() {
    given::<Order>(past(Status::Pending)).when(Order::complete_list).then([OrderEvent::ListCompletedEarly]);
    given::<Order>([created(), OrderEvent::ListCompletedEarly]).when(Order::complete_list).then_nothing();
    given::<Order>([created(), OrderEvent::ListCompletedEarly])
        .when(|order| order.approve(id(4)))
        .then([approved(), OrderEvent::Readied]);
}

#[test]
fn an_order_whose_list_is_canceled_before_its_approval_cannot_be_approved() {
    given::<Order>(past(Status::Pending)).when(Order::cancel_list).then([OrderEvent::ListCanceledEarly]);
    given::<Order>([created(), OrderEvent::ListCanceledEarly]).when(Order::cancel_list).then_nothing();
    given::<Order>([created(), OrderEvent::ListCanceledEarly])
        .when(|order| order.approve(id(4)))
        .then_refused(OrderRefusal::ListCanceled);
}

#[test]
fn a_completed_list_makes_an_approved_order_ready_and_leaves_others_alone() {
    given::<Order>(past(Status::Approved)).when(Order::complete_list).then([OrderEvent::Readied]);
    for status in [Status::Ready, Status::Completed, Status::Rejected, Status::Canceled] {
        given::<Order>(past(status)).when(Order::complete_list).then_nothing();
    }
}

#[test]
fn a_canceled_list_cancels_an_approved_order_and_leaves_others_alone() {
    let canceled = canceled("its shopping list was canceled");
    given::<Order>(past(Status::Approved)).when(Order::cancel_list).then([canceled]);
    for status in [Status::Ready, Status::Completed, Status::Rejected, Status::Canceled] {
        given::<Order>(past(status)).when(Order::cancel_list).then_nothing();
    }
}

#[test]
fn a_compensation_rejects_a_pending_order_and_leaves_one_that_has_ended() {
    let reject = |order: &Order| order.reject("no money".to_owned());
    given::<Order>(past(Status::Pending)).when(reject).then([rejected()]);
    given::<Order>([created(), OrderEvent::ListCompletedEarly]).when(reject).then([rejected()]);
    for status in [Status::Rejected, Status::Canceled] {
        given::<Order>(past(status)).when(reject).then_nothing();
    }
    for status in [Status::Approved, Status::Ready, Status::Completed] {
        given::<Order>(past(status)).when(reject).then_refused(OrderRefusal::NotPending(status));
    }
}

#[test]
fn a_ready_order_is_completed_by_its_invoice() {
    let complete = |order: &Order| order.complete(id(5));
    given::<Order>(past(Status::Ready)).when(complete).then([completed()]);
    given::<Order>(past(Status::Completed)).when(complete).then_nothing();
    for status in [Status::Pending, Status::Approved, Status::Rejected, Status::Canceled] {
        given::<Order>(past(status)).when(complete).then_refused(OrderRefusal::NotReady(status));
    }
}

#[test]
fn a_ready_order_is_canceled_by_its_invoice() {
    given::<Order>(past(Status::Ready)).when(Order::write_off).then([canceled("its invoice was written off")]);
    given::<Order>(past(Status::Canceled)).when(Order::write_off).then_nothing();
    for status in [Status::Pending, Status::Approved, Status::Rejected, Status::Completed] {
        given::<Order>(past(status)).when(Order::write_off).then_refused(OrderRefusal::NotReady(status));
    }
}

#[test]
fn only_a_pending_or_an_approved_order_is_canceled_on_request() {
    for status in [Status::Pending, Status::Approved] {
        given::<Order>(past(status)).when(Order::cancel).then([canceled("it was canceled on request")]);
    }
    given::<Order>(past(Status::Ready)).when(Order::cancel).then_refused(OrderRefusal::CancelItsInvoice);
    for status in [Status::Rejected, Status::Completed, Status::Canceled] {
        given::<Order>(past(status)).when(Order::cancel).then_refused(OrderRefusal::NotCancelable(status));
    }
}

#[test]
fn an_event_keeps_its_stored_form() {
    let stored = r#"{"type":"Created","customer":"00000000-0000-0000-0000-000000000001","payment":"00000000-0000-0000-0000-000000000002","items":[{"product":"00000000-0000-0000-0000-000000000003","product_name":"Tea","store":"00000000-0000-0000-0000-000000000009","store_name":"Teas","price":{"currency":"USD","minor":250},"quantity":2}],"total":{"currency":"USD","minor":500},"at":"1970-01-01T00:00:00Z"}"#;
    assert_eq!(serde_json::to_string(&created()).expect("plain data"), stored);
    assert_eq!(serde_json::from_str::<OrderEvent>(stored).expect("what we wrote"), created());
}
