//! The create-order saga makes lists, lets bots take them, and takes them back.

use mall_proto::depot::v1::{
    AssignShoppingListRequest, CancelShoppingList, CompleteShoppingListRequest, ShoppingListCanceled,
};
use mall_proto::stores::v1::ProductRemoved;
use tonic::Code;

use crate::*;

fn take_back(order: &str) -> Outgoing {
    command(order, &CancelShoppingList { id: order.to_owned() })
}

async fn assign(client: &mut Client, order: &str, bot: &str) {
    let request = AssignShoppingListRequest { id: order.to_owned(), bot_id: bot.to_owned() };
    client.assign_shopping_list(request).await.expect("the list is available and the bot is idle");
}

async fn complete(client: &mut Client, order: &str) {
    let request = CompleteShoppingListRequest { id: order.to_owned() };
    client.complete_shopping_list(request).await.expect("the list is assigned");
}

#[tokio::test]
async fn a_list_is_made_once_with_a_stop_for_each_store() {
    let (shop, mut client) = stocked().await;
    let lines = [(TEAS, TEA, 2), (BOOKS, BOOK, 1), (TEAS, MUG, 1), (TEAS, TEA, 3)];
    assert_eq!(refusal(shop.command_twice(create(ORDER, &lines), step(2)).await), None);
    assert_eq!(refusal(shop.resend(create(ORDER, &lines), step(2)).await), None);
    assert_eq!(refusal(shop.command(create(ORDER, &lines), step(2).round(1)).await), None);
    assert_eq!(shop.events_recorded().await, 1);

    let list = get(&mut client, ORDER).await.expect("it was made");
    assert_eq!((list.order_id.as_str(), list.status.as_str(), list.bot_id.as_str()), (ORDER, "pending", ""));
    let [teas, books] = list.stops.as_slice() else { panic!("two stops: {:?}", list.stops) };
    assert_eq!((teas.store_name.as_str(), teas.location.as_str()), ("Teas", "Teas hall"));
    let goods: Vec<(&str, i32)> = teas.items.iter().map(|item| (item.name.as_str(), item.quantity)).collect();
    assert_eq!(goods, [("Tea", 5), ("Mug", 1)]);
    assert_eq!((books.store_id.as_str(), books.items.len()), (BOOKS, 1));
}

#[tokio::test]
async fn a_list_is_made_available_once() {
    let (shop, mut client) = stocked().await;
    shop.command(create_tea(ORDER), step(2)).await;
    assert_eq!(refusal(shop.command_twice(initiate(ORDER), step(4)).await), None);
    assert_eq!(refusal(shop.resend(initiate(ORDER), step(4)).await), None);
    assert_eq!(status(&mut client, ORDER).await, "available");

    assign(&mut client, ORDER, BOT).await;
    assert_eq!(refusal(shop.command(initiate(ORDER), step(4).round(1)).await), None);
    assert_eq!(status(&mut client, ORDER).await, "assigned");
    assert_eq!(refusal(shop.command(initiate(SECOND), step(4)).await).as_deref(), Some("NOT_FOUND"));
}

#[tokio::test]
async fn what_cannot_be_collected_is_refused_and_stays_refused() {
    let (shop, mut client) = stocked().await;
    shop.deliver_version(event(MUG, &ProductRemoved { id: MUG.to_owned() }), 2).await;
    for (lines, reason) in [
        (&[][..], "NO_ITEMS"),
        (&[(TEAS, TEA, 0)], "QUANTITY_OUT_OF_RANGE"),
        (&[(TEAS, MUG, 1)], "REMOVED_PRODUCT"),
        (&[(BOOKS, TEA, 1)], "SOLD_ELSEWHERE"),
    ] {
        let id = uuid::Uuid::now_v7().to_string();
        assert_eq!(refusal(shop.command(create(&id, lines), step(2)).await).as_deref(), Some(reason));
        assert_eq!(refusal(shop.resend(create_tea(&id), step(2)).await).as_deref(), Some(reason));
        assert_eq!(get(&mut client, &id).await.expect_err("not made").code(), Code::NotFound);
    }
}

#[tokio::test]
async fn a_list_is_taken_back_once_and_its_bot_is_free() {
    let (shop, mut client) = stocked().await;
    make_available(&shop, ORDER).await;
    make_available(&shop, SECOND).await;
    assign(&mut client, ORDER, BOT).await;

    assert_eq!(refusal(shop.command_twice(take_back(ORDER), step(2).undo()).await), None);
    assert_eq!(refusal(shop.resend(take_back(ORDER), step(2).undo()).await), None);
    assert_eq!(refusal(shop.command(take_back(ORDER), step(2).of("cosec.CancelOrder")).await), None);
    assert_eq!(status(&mut client, ORDER).await, "canceled");
    assert_eq!(shop.sent::<ShoppingListCanceled>().await.len(), 1);

    assign(&mut client, SECOND, BOT).await;
    assert_eq!(refusal(shop.command(initiate(ORDER), step(4).round(1)).await).as_deref(), Some("NOT_PENDING"));
}

#[tokio::test]
async fn goods_that_are_collected_already_are_returned() {
    let (shop, mut client) = stocked().await;
    make_available(&shop, ORDER).await;
    assign(&mut client, ORDER, BOT).await;
    complete(&mut client, ORDER).await;

    assert_eq!(refusal(shop.command_twice(take_back(ORDER), step(2).undo()).await), None);
    assert_eq!(status(&mut client, ORDER).await, "returned");
    assert!(shop.sent::<ShoppingListCanceled>().await.is_empty());
}

#[tokio::test]
async fn a_list_that_is_taken_back_before_it_comes_is_never_made() {
    let (shop, mut client) = stocked().await;
    assert_eq!(refusal(shop.command_twice(take_back(ORDER), step(2).undo()).await), None);
    assert_eq!(refusal(shop.resend(take_back(ORDER), step(2).undo()).await), None);
    let made = shop.command(create_tea(ORDER), step(2)).await;
    assert_eq!(refusal(made).as_deref(), Some("CANCELED_BEFOREHAND"));
    assert_eq!(get(&mut client, ORDER).await.expect_err("a tombstone is no list").code(), Code::NotFound);
    assert!(shop.sent::<ShoppingListCanceled>().await.is_empty());
}
