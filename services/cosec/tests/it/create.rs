//! Create-order: forward to approval, back from a refusal.

use mall_proto::customers::v1::AuthorizeCustomer;
use mall_proto::depot::v1::{CancelShoppingList, CreateShoppingList, InitiateShopping, create_shopping_list};
use mall_proto::ordering::v1::{ApproveOrder, RejectOrder};
use mall_proto::payments::v1::{ConfirmPayment, ReleasePayment};

use crate::*;

#[tokio::test]
async fn an_order_is_taken_to_its_approval_step_by_step() {
    let shop = done_up_to(5).await;
    assert_eq!(status(&shop, CREATE).await.as_deref(), Some("completed"));
    let expected = [
        "AuthorizeCustomer: CreateOrder do 1",
        "CreateShoppingList: CreateOrder do 2",
        "ConfirmPayment: CreateOrder do 3",
        "InitiateShopping: CreateOrder do 4",
        "ApproveOrder: CreateOrder do 5",
    ];
    assert_eq!(commands(&shop).await, expected);

    let id = ORDER.to_owned();
    assert_eq!(shop.sent::<AuthorizeCustomer>().await, [AuthorizeCustomer { id: CUSTOMER.to_owned() }]);
    let tea = create_shopping_list::Item { product_id: TEA.to_owned(), store_id: STORE.to_owned(), quantity: 1 };
    let list = CreateShoppingList { id: id.clone(), order_id: id.clone(), items: vec![tea] };
    assert_eq!(shop.sent::<CreateShoppingList>().await, [list]);
    let confirm = ConfirmPayment {
        id: PAYMENT.to_owned(),
        order_id: id.clone(),
        customer_id: CUSTOMER.to_owned(),
        amount: total(),
    };
    assert_eq!(shop.sent::<ConfirmPayment>().await, [confirm]);
    assert_eq!(shop.sent::<InitiateShopping>().await, [InitiateShopping { id: id.clone() }]);
    assert_eq!(shop.sent::<ApproveOrder>().await, [ApproveOrder { id: id.clone(), shopping_id: id }]);
}

#[tokio::test]
async fn a_saga_is_started_once_and_moves_once_with_each_answer() {
    let shop = start().await;
    shop.deliver_twice(created()).await;
    shop.deliver(created()).await;
    shop.deliver_twice(done(CREATE, 1)).await;
    shop.deliver(done(CREATE, 1)).await;
    let expected = ["AuthorizeCustomer: CreateOrder do 1", "CreateShoppingList: CreateOrder do 2"];
    assert_eq!(commands(&shop).await, expected);
}

#[tokio::test]
async fn a_refused_customer_has_his_order_rejected() {
    let shop = done_up_to(0).await;
    shop.deliver(refused(1, "the customer is disabled")).await;
    let expected = ["AuthorizeCustomer: CreateOrder do 1", "RejectOrder: CreateOrder undo 0"];
    assert_eq!(commands(&shop).await, expected);
    let reject = RejectOrder { id: ORDER.to_owned(), reason: "the customer is disabled".to_owned() };
    assert_eq!(shop.sent::<RejectOrder>().await, [reject]);

    shop.deliver_twice(undone(0)).await;
    assert_eq!(status(&shop, CREATE).await.as_deref(), Some("compensated"));
}

#[tokio::test]
async fn a_refused_list_is_undone_all_the_same() {
    let shop = done_up_to(1).await;
    shop.deliver(refused(2, "there is no such product")).await;
    shop.deliver(undone(2)).await;
    shop.deliver(undone(0)).await;
    let expected = ["CancelShoppingList: CreateOrder undo 2", "RejectOrder: CreateOrder undo 0"];
    assert_eq!(commands(&shop).await[2..], expected);
    assert_eq!(shop.sent::<CancelShoppingList>().await, [CancelShoppingList { id: ORDER.to_owned() }]);
}

#[tokio::test]
async fn a_refused_payment_gives_back_the_payment_and_the_list() {
    let shop = done_up_to(2).await;
    shop.deliver(refused(3, "the payment does not cover it")).await;
    for step in [3, 2, 0] {
        shop.deliver(undone(step)).await;
    }
    let expected = [
        "ReleasePayment: CreateOrder undo 3",
        "CancelShoppingList: CreateOrder undo 2",
        "RejectOrder: CreateOrder undo 0",
    ];
    assert_eq!(commands(&shop).await[3..], expected);
    let release = ReleasePayment { id: PAYMENT.to_owned(), order_id: ORDER.to_owned() };
    assert_eq!(shop.sent::<ReleasePayment>().await, [release]);
    assert_eq!(status(&shop, CREATE).await.as_deref(), Some("compensated"));
}

#[tokio::test]
async fn a_refusal_after_the_payment_turns_the_order_back_as_well() {
    for step in [4, 5] {
        let shop = done_up_to(step - 1).await;
        shop.deliver(refused(step, "the shopping list was canceled")).await;
        for step in [3, 2, 0] {
            shop.deliver(undone(step)).await;
        }
        assert_eq!(status(&shop, CREATE).await.as_deref(), Some("compensated"));
        assert_eq!(shop.sent::<RejectOrder>().await.len(), 1);
    }
}

#[tokio::test]
async fn starting_clocks_looks_at_waiting_sagas_only() {
    let shop = start().await;
    let plan: Vec<String> = sqlx::query_scalar(
        "explain update sagas set clock_at = now()
         where clock_at is null and status in ('running', 'compensating')
           and command_seq <= (select cursor from relay where id = 1)",
    )
    .fetch_all(shop.database().pool())
    .await
    .expect("a plan");
    assert!(plan.iter().any(|line| line.contains("sagas_unclocked")), "{plan:#?}");
}
