//! The API: lists are read, taken by bots, completed and canceled.

use mall_proto::depot::v1::{
    AssignShoppingListRequest, CancelShoppingListRequest, ClaimShoppingListRequest, CompleteShoppingListRequest,
    ListShoppingListsRequest, ShoppingListCanceled, ShoppingListCompleted,
};
use mall_testkit::{field, reason};
use tonic::Code;

use crate::*;

async fn claim(client: &mut Client, bot: &str) -> Result<ShoppingList, Status> {
    let answer = client.claim_shopping_list(ClaimShoppingListRequest { bot_id: bot.to_owned() }).await?;
    Ok(answer.into_inner().shopping_list.expect("a list"))
}

async fn assign(client: &mut Client, id: &str, bot: &str) -> Result<(), Status> {
    let request = AssignShoppingListRequest { id: id.to_owned(), bot_id: bot.to_owned() };
    client.assign_shopping_list(request).await.map(|_| ())
}

async fn complete(client: &mut Client, id: &str) -> Result<(), Status> {
    client.complete_shopping_list(CompleteShoppingListRequest { id: id.to_owned() }).await.map(|_| ())
}

async fn cancel(client: &mut Client, id: &str) -> Result<(), Status> {
    client.cancel_shopping_list(CancelShoppingListRequest { id: id.to_owned() }).await.map(|_| ())
}

/// The ids of a page, and the token of the next.
async fn page(client: &mut Client, status: &str, size: i32, token: &str) -> Result<(Vec<String>, String), Status> {
    let (status, page_token) = (status.to_owned(), token.to_owned());
    let request = ListShoppingListsRequest { status, page_size: Some(size), page_token };
    let page = client.list_shopping_lists(request).await?.into_inner();
    Ok((page.shopping_lists.into_iter().map(|list| list.id).collect(), page.next_page_token))
}

fn broken<T>(outcome: Result<T, Status>) -> (Code, String) {
    let status = outcome.err().expect("a broken rule");
    (status.code(), reason(&status))
}

fn rule(name: &str) -> (Code, String) {
    (Code::FailedPrecondition, name.to_owned())
}

#[tokio::test]
async fn a_bot_gets_the_list_that_has_waited_longest() {
    let (shop, mut client) = stocked().await;
    for order in [THIRD, ORDER] {
        make_available(&shop, order).await;
    }
    shop.command(create_tea(SECOND), step(2)).await;

    let list = claim(&mut client, BOT).await.expect("two are available");
    assert_eq!((list.id.as_str(), list.status.as_str(), list.bot_id.as_str()), (THIRD, "assigned", BOT));
    assert_eq!(list.stops.len(), 1);
    assert_eq!(broken(claim(&mut client, BOT).await), rule("BUSY"));
    assert_eq!(claim(&mut client, OTHER_BOT).await.expect("one is available").id, ORDER);
    assert_eq!(broken(claim(&mut client, UNKNOWN).await), rule("NONE_AVAILABLE"));
}

#[tokio::test]
async fn bots_that_claim_at_once_get_different_lists() {
    let (shop, client) = stocked().await;
    let orders: Vec<String> = (0..8).map(|_| uuid::Uuid::now_v7().to_string()).collect();
    for order in &orders {
        make_available(&shop, order).await;
    }
    let claims: Vec<_> = (0..8)
        .map(|_| {
            let (mut client, bot) = (client.clone(), uuid::Uuid::now_v7().to_string());
            tokio::spawn(async move { claim(&mut client, &bot).await.expect("there is one for each").id })
        })
        .collect();
    let mut claimed = Vec::new();
    for claim in claims {
        claimed.push(claim.await.expect("no panic"));
    }
    claimed.sort();
    assert_eq!(claimed, orders);
}

#[tokio::test]
async fn a_completed_list_frees_its_bot_and_is_told_of() {
    let (shop, mut client) = stocked().await;
    make_available(&shop, ORDER).await;
    make_available(&shop, SECOND).await;
    assign(&mut client, ORDER, BOT).await.expect("it is available");
    assert_eq!(broken(assign(&mut client, ORDER, OTHER_BOT).await), rule("NOT_AVAILABLE"));
    assert_eq!(broken(assign(&mut client, SECOND, BOT).await), rule("BUSY"));
    assert_eq!(broken(complete(&mut client, SECOND).await), rule("NOT_ASSIGNED"));

    complete(&mut client, ORDER).await.expect("it is assigned");
    let list = get(&mut client, ORDER).await.expect("it is there");
    assert_eq!((list.status.as_str(), list.bot_id.as_str()), ("completed", BOT));
    let [told] = shop.sent::<ShoppingListCompleted>().await.try_into().expect("told once");
    assert_eq!((told.id.as_str(), told.order_id.as_str()), (ORDER, ORDER));
    assign(&mut client, SECOND, BOT).await.expect("the bot is free");
}

#[tokio::test]
async fn an_operator_cancels_a_list_that_is_not_completed() {
    let (shop, mut client) = stocked().await;
    make_available(&shop, ORDER).await;
    assign(&mut client, ORDER, BOT).await.expect("it is available");
    cancel(&mut client, ORDER).await.expect("it is not completed");
    assert_eq!(status(&mut client, ORDER).await, "canceled");
    let [told] = shop.sent::<ShoppingListCanceled>().await.try_into().expect("told once");
    assert_eq!(told.order_id, ORDER);
    assert_eq!(broken(cancel(&mut client, ORDER).await), rule("NOT_CANCELABLE"));

    make_available(&shop, SECOND).await;
    assign(&mut client, SECOND, BOT).await.expect("the bot is free");
    complete(&mut client, SECOND).await.expect("it is assigned");
    assert_eq!(broken(cancel(&mut client, SECOND).await), rule("NOT_CANCELABLE"));
}

#[tokio::test]
async fn lists_are_paged_by_status() {
    let (shop, mut client) = stocked().await;
    for order in [ORDER, SECOND, THIRD] {
        make_available(&shop, order).await;
    }
    assign(&mut client, SECOND, BOT).await.expect("it is available");

    let (all, end) = page(&mut client, "", 3, "").await.expect("a page");
    assert_eq!((all, end.as_str()), (vec![ORDER.to_owned(), SECOND.to_owned(), THIRD.to_owned()], ""));
    let (first, next) = page(&mut client, "available", 1, "").await.expect("a page");
    assert_eq!(first, [ORDER]);
    let (second, end) = page(&mut client, "available", 1, &next).await.expect("the next page");
    assert_eq!((second, end.as_str()), (vec![THIRD.to_owned()], ""));
    assert_eq!(page(&mut client, "assigned", 20, "").await.expect("a page").0, [SECOND]);
    assert!(page(&mut client, "returned", 20, "").await.expect("a page").0.is_empty());

    let foreign = page(&mut client, "", 1, &next).await.expect_err("a token of another list");
    assert_eq!((foreign.code(), field(&foreign).as_str()), (Code::InvalidArgument, "pageToken"));
    let unknown = page(&mut client, "lost", 20, "").await.expect_err("no status");
    assert_eq!((reason(&unknown).as_str(), field(&unknown).as_str()), ("NOT_A_STATUS", "status"));
    let oversized = page(&mut client, "", 101, "").await.expect_err("too many");
    assert_eq!(field(&oversized), "pageSize");
}

#[tokio::test]
async fn an_unknown_list_is_not_found() {
    let (_shop, mut client) = start().await;
    assert_eq!(get(&mut client, UNKNOWN).await.expect_err("unknown").code(), Code::NotFound);
    assert_eq!(assign(&mut client, UNKNOWN, BOT).await.expect_err("unknown").code(), Code::NotFound);
    assert_eq!(complete(&mut client, UNKNOWN).await.expect_err("unknown").code(), Code::NotFound);
    assert_eq!(cancel(&mut client, UNKNOWN).await.expect_err("unknown").code(), Code::NotFound);
}

#[tokio::test]
async fn a_field_that_is_no_id_is_named() {
    let (_shop, mut client) = start().await;
    assert_eq!(field(&get(&mut client, "1").await.expect_err("no id")), "id");
    assert_eq!(field(&assign(&mut client, UNKNOWN, "r2d2").await.expect_err("no id")), "botId");
    assert_eq!(field(&claim(&mut client, "").await.expect_err("no id")), "botId");
}
