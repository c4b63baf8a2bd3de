//! Orders that are canceled: while create-order runs, on its way back, and after its end.

use mall_proto::depot::v1::CancelShoppingList;
use mall_proto::payments::v1::ReleasePayment;

use crate::*;

#[tokio::test]
async fn a_running_saga_turns_back_with_the_step_in_hand() {
    for (done_before, first_undo) in [
        (0, "RejectOrder: CreateOrder undo 0"),
        (1, "CancelShoppingList: CreateOrder undo 2"),
        (2, "ReleasePayment: CreateOrder undo 3"),
        (3, "ReleasePayment: CreateOrder undo 3"),
        (4, "ReleasePayment: CreateOrder undo 3"),
    ] {
        let shop = done_up_to(done_before).await;
        shop.deliver_twice(canceled()).await;
        shop.deliver(canceled()).await;
        let sent = commands(&shop).await;
        let steps = usize::try_from(done_before).expect("small") + 1;
        assert_eq!(sent[steps..], [first_undo], "after {done_before} steps");
        assert_eq!(status(&shop, CANCEL).await, None);
    }
}

#[tokio::test]
async fn an_answer_to_the_step_that_was_in_hand_comes_too_late() {
    let shop = done_up_to(4).await;
    shop.deliver(canceled()).await;
    shop.deliver(done(CREATE, 5)).await;
    assert_eq!(status(&shop, CREATE).await.as_deref(), Some("compensating"));
    for step in [3, 2, 0] {
        shop.deliver(undone(step)).await;
    }
    assert_eq!(status(&shop, CREATE).await.as_deref(), Some("compensated"));
    assert_eq!(status(&shop, CANCEL).await, None);
}

#[tokio::test]
async fn an_approved_order_is_given_back_by_cancel_order() {
    let shop = done_up_to(5).await;
    shop.deliver_twice(canceled()).await;
    shop.deliver(canceled()).await;
    shop.deliver_twice(done(CANCEL, 1)).await;
    shop.deliver_twice(done(CANCEL, 2)).await;

    let expected = ["ReleasePayment: CancelOrder do 1", "CancelShoppingList: CancelOrder do 2"];
    assert_eq!(commands(&shop).await[5..], expected);
    let release = ReleasePayment { id: PAYMENT.to_owned(), order_id: ORDER.to_owned() };
    assert_eq!(shop.sent::<ReleasePayment>().await, [release]);
    assert_eq!(shop.sent::<CancelShoppingList>().await, [CancelShoppingList { id: ORDER.to_owned() }]);
    assert_eq!(status(&shop, CREATE).await.as_deref(), Some("completed"));
    assert_eq!(status(&shop, CANCEL).await.as_deref(), Some("completed"));
}

#[tokio::test]
async fn an_order_that_is_given_back_already_is_left_alone() {
    let shop = done_up_to(2).await;
    shop.deliver(refused(3, "the payment does not cover it")).await;
    shop.deliver(canceled()).await;
    assert_eq!(commands(&shop).await.len(), 4, "three steps and an undo");
    for step in [3, 2, 0] {
        shop.deliver(undone(step)).await;
    }
    shop.deliver(canceled()).await;
    assert_eq!(commands(&shop).await.len(), 6, "and two more undos");
    assert_eq!(status(&shop, CREATE).await.as_deref(), Some("compensated"));
    assert_eq!(status(&shop, CANCEL).await, None);
}
