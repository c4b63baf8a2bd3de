//! A ready order has an invoice; paying it takes the money, writing it off leaves it to the cancel of the order.

use mall_messaging::event;
use mall_persistence::Outgoing;
use mall_proto::ordering::v1::OrderReadied;
use mall_proto::payments::v1::{
    AdjustInvoiceRequest, CancelInvoiceRequest, GetInvoiceRequest, Invoice, InvoiceAdjusted, InvoiceCanceled,
    InvoiceCreated, InvoicePaid, ListInvoicesRequest, ListInvoicesResponse, PayInvoiceRequest, PaymentCaptured,
    PaymentReleased,
};
use mall_testkit::{field, reason};
use tonic::{Code, Status};

use crate::*;

fn readied(payment: &str, order: &str) -> Outgoing {
    let (id, customer_id, payment_id) = (order.to_owned(), ADA.to_owned(), payment.to_owned());
    event(order, &OrderReadied { id, customer_id, payment_id, total: cents(15_00) })
}

/// A ready order with its confirmed payment, which is given.
async fn ready() -> (Harness, Client, String) {
    let (shop, mut client) = start().await;
    let payment = confirmed(&shop, &mut client).await;
    shop.deliver(readied(&payment, ORDER)).await;
    (shop, client, payment)
}

async fn invoice(client: &mut Client, order: &str) -> Result<Invoice, Status> {
    let answer = client.get_invoice(GetInvoiceRequest { id: order.to_owned() }).await?;
    Ok(answer.into_inner().invoice.expect("one thing answers under its name"))
}

async fn pay(client: &mut Client, order: &str) -> Result<(), Status> {
    client.pay_invoice(PayInvoiceRequest { id: order.to_owned() }).await.map(drop)
}

async fn adjust(client: &mut Client, order: &str, amount: i64) -> Result<(), Status> {
    client.adjust_invoice(AdjustInvoiceRequest { id: order.to_owned(), amount: cents(amount) }).await.map(drop)
}

async fn cancel(client: &mut Client, order: &str) -> Result<(), Status> {
    client.cancel_invoice(CancelInvoiceRequest { id: order.to_owned() }).await.map(drop)
}

async fn list(client: &mut Client, request: ListInvoicesRequest) -> ListInvoicesResponse {
    client.list_invoices(request).await.expect("a good request").into_inner()
}

#[tokio::test]
async fn a_ready_order_gets_one_invoice() {
    let (shop, mut client) = start().await;
    let payment = confirmed(&shop, &mut client).await;
    shop.deliver_twice(readied(&payment, ORDER)).await;
    shop.deliver(readied(&payment, ORDER)).await;

    let (id, order_id, customer_id, payment_id) = (ORDER.to_owned(), ORDER.to_owned(), ADA.to_owned(), payment);
    let told = InvoiceCreated {
        id: id.clone(),
        order_id: order_id.clone(),
        customer_id: customer_id.clone(),
        payment_id: payment_id.clone(),
        amount: cents(15_00),
    };
    let status = "pending".to_owned();
    let expected = Invoice { id, order_id, customer_id, payment_id, amount: cents(15_00), status };
    assert_eq!(invoice(&mut client, ORDER).await.expect("it was made"), expected);
    assert_eq!(shop.sent::<InvoiceCreated>().await, [told]);
}

#[tokio::test]
async fn paying_captures_the_amount_and_releases_the_rest_at_once() {
    let (shop, mut client, payment_id) = ready().await;
    pay(&mut client, ORDER).await.expect("it was pending");

    assert_eq!(invoice(&mut client, ORDER).await.expect("it is there").status, "paid");
    let payment = get(&mut client, &payment_id).await.expect("it is there");
    assert_eq!((payment.status.as_str(), payment.order_id.as_str()), ("captured", ORDER));
    let parts = (payment.held, payment.captured, payment.released, payment.voided);
    assert_eq!(parts, (cents(0), cents(15_00), cents(5_00), cents(0)));

    let (id, order_id, customer_id) = (ORDER.to_owned(), ORDER.to_owned(), ADA.to_owned());
    let paid = InvoicePaid { id, order_id: order_id.clone(), amount: cents(15_00) };
    assert_eq!(shop.sent::<InvoicePaid>().await, [paid]);
    let (id, customer) = (payment_id.clone(), customer_id.clone());
    let captured = PaymentCaptured { id, customer_id: customer, order_id: order_id.clone(), amount: cents(15_00) };
    assert_eq!(shop.sent::<PaymentCaptured>().await, [captured]);
    let released = PaymentReleased { id: payment_id, customer_id, order_id, amount: cents(5_00) };
    assert_eq!(shop.sent::<PaymentReleased>().await, [released]);
}

#[tokio::test]
async fn an_adjusted_invoice_is_paid_as_adjusted() {
    let (shop, mut client, payment) = ready().await;
    adjust(&mut client, ORDER, 20_00).await.expect("the whole authorization");
    adjust(&mut client, ORDER, 12_50).await.expect("less than before");
    adjust(&mut client, ORDER, 12_50).await.expect("a repeat succeeds");
    pay(&mut client, ORDER).await.expect("it is pending");

    let payment = get(&mut client, &payment).await.expect("it is there");
    assert_eq!((payment.captured, payment.released), (cents(12_50), cents(7_50)));
    let amounts: Vec<_> = shop.sent::<InvoiceAdjusted>().await.into_iter().map(|told| told.amount).collect();
    assert_eq!(amounts, [cents(20_00), cents(12_50)]);
}

#[tokio::test]
async fn an_invoice_asks_for_something_and_for_no_more_than_is_authorized() {
    let (_shop, mut client, _) = ready().await;
    let above = adjust(&mut client, ORDER, 20_01).await.expect_err("20.00 are authorized");
    assert_eq!((above.code(), reason(&above).as_str()), (Code::FailedPrecondition, "ABOVE_AUTHORIZED"));
    let nothing = adjust(&mut client, ORDER, 0).await.expect_err("nothing");
    assert_eq!((nothing.code(), reason(&nothing).as_str()), (Code::InvalidArgument, "AMOUNT_NOT_POSITIVE"));
    assert_eq!(field(&nothing), "amount");
    assert_eq!(invoice(&mut client, ORDER).await.expect("it is there").amount, cents(15_00));
}

#[tokio::test]
async fn a_written_off_invoice_is_told_of_and_leaves_the_payment_to_the_order() {
    let (shop, mut client, payment) = ready().await;
    cancel(&mut client, ORDER).await.expect("it was pending");

    assert_eq!(invoice(&mut client, ORDER).await.expect("it is there").status, "canceled");
    assert_eq!(get(&mut client, &payment).await.expect("it is there").status, "confirmed");
    let told = InvoiceCanceled { id: ORDER.to_owned(), order_id: ORDER.to_owned(), amount: cents(15_00) };
    assert_eq!(shop.sent::<InvoiceCanceled>().await, [told]);
}

#[tokio::test]
async fn a_paid_or_canceled_invoice_stays_as_it_is() {
    for paid in [true, false] {
        let (shop, mut client, _) = ready().await;
        if paid { pay(&mut client, ORDER).await } else { cancel(&mut client, ORDER).await }.expect("it was pending");
        let before = shop.events_recorded().await;
        for answer in
            [pay(&mut client, ORDER).await, cancel(&mut client, ORDER).await, adjust(&mut client, ORDER, 1).await]
        {
            let status = answer.expect_err("it is not pending");
            assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "NOT_PENDING"));
        }
        assert_eq!(shop.events_recorded().await, before);
    }
}

#[tokio::test]
async fn an_invoice_whose_payment_is_gone_stays_pending() {
    let (shop, mut client) = start().await;
    let payment = authorize(&mut client).await;
    shop.deliver(readied(&payment, ORDER)).await;

    let status = pay(&mut client, ORDER).await.expect_err("the payment was never confirmed");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "NOT_CONFIRMED"));
    assert_eq!(invoice(&mut client, ORDER).await.expect("it is there").status, "pending");
}

#[tokio::test]
async fn an_order_that_is_not_ready_has_no_invoice() {
    let (_shop, mut client) = start().await;
    for answer in [
        invoice(&mut client, UNKNOWN).await.map(drop),
        pay(&mut client, UNKNOWN).await,
        adjust(&mut client, UNKNOWN, 1).await,
        cancel(&mut client, UNKNOWN).await,
    ] {
        let status = answer.expect_err("no order has this id");
        assert_eq!((status.code(), status.message()), (Code::NotFound, &*format!("there is no invoice {UNKNOWN}")));
    }
    let listed = list(&mut client, ListInvoicesRequest { order_id: UNKNOWN.to_owned(), ..Default::default() }).await;
    assert_eq!(listed, ListInvoicesResponse::default());
}

#[tokio::test]
async fn invoices_are_listed_page_by_page_as_they_are_now() {
    let (shop, mut client, payment) = ready().await;
    shop.deliver(readied(&payment, OTHER_ORDER)).await;
    shop.deliver(readied(&payment, UNKNOWN)).await;
    pay(&mut client, ORDER).await.expect("it was pending");
    adjust(&mut client, OTHER_ORDER, 7_00).await.expect("it is pending");

    let first = list(&mut client, ListInvoicesRequest { page_size: Some(2), ..Default::default() }).await;
    let seen: Vec<_> = first.invoices.iter().map(|i| (i.id.as_str(), i.status.as_str(), i.amount.clone())).collect();
    assert_eq!(seen, [(ORDER, "paid", cents(15_00)), (OTHER_ORDER, "pending", cents(7_00))]);
    let page_token = first.next_page_token;
    let rest = list(&mut client, ListInvoicesRequest { page_token, ..Default::default() }).await;
    assert_eq!(rest.invoices, [invoice(&mut client, UNKNOWN).await.expect("it was made")]);
    assert_eq!(rest.next_page_token, "");

    let one = list(&mut client, ListInvoicesRequest { order_id: ORDER.to_owned(), ..Default::default() }).await;
    assert_eq!(one.invoices, [invoice(&mut client, ORDER).await.expect("it was made")]);
    let request = ListInvoicesRequest { order_id: "mine".to_owned(), ..Default::default() };
    let status = client.list_invoices(request).await.expect_err("not an id");
    assert_eq!((status.code(), field(&status).as_str()), (Code::InvalidArgument, "orderId"));
}
