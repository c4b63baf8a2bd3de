//! The depot's API: parse, call, answer.

use mall_domain::{AggregateId, InField, Refused};
use mall_proto::depot::v1;
use mall_proto::depot::v1::depot_service_server::DepotService;
use mall_service::page::Page;
use mall_service::{Edge, answer};
use tonic::{Request, Response, Status};

use crate::app::Depot;
use crate::domain::{self, BotId, ShoppingList, ShoppingListId, Stop};

pub struct Server {
    pub edge: Edge,
    pub app: Depot,
}

#[tonic::async_trait]
impl DepotService for Server {
    async fn list_shopping_lists(
        &self,
        request: Request<v1::ListShoppingListsRequest>,
    ) -> Result<Response<v1::ListShoppingListsResponse>, Status> {
        answer(async {
            let asked = request.get_ref();
            let status = match asked.status.as_str() {
                "" => None,
                status => Some(domain::Status::parse(status).map_err(Refused::from)?),
            };
            let filter = format!("shopping lists {}", asked.status);
            let page = Page::parse(asked.page_size, &asked.page_token, &filter)?;
            let mut work = self.edge.begin(&request);
            let mut lists = self.app.list(&mut work, status, page.after, page.limit()).await?;
            let next_page_token = page.cut(&mut lists, &filter, |(id, _)| id.uuid());
            let shopping_lists = lists.iter().map(|(id, list)| wire_list(*id, list)).collect();
            Ok(v1::ListShoppingListsResponse { shopping_lists, next_page_token })
        })
        .await
    }

    async fn get_shopping_list(
        &self,
        request: Request<v1::GetShoppingListRequest>,
    ) -> Result<Response<v1::GetShoppingListResponse>, Status> {
        answer(async {
            let id = ShoppingListId::parse(&request.get_ref().id)?;
            let mut work = self.edge.begin(&request);
            let list = self.app.get(&mut work, id).await?;
            Ok(v1::GetShoppingListResponse { shopping_list: Some(wire_list(id, list)) })
        })
        .await
    }

    async fn claim_shopping_list(
        &self,
        request: Request<v1::ClaimShoppingListRequest>,
    ) -> Result<Response<v1::ClaimShoppingListResponse>, Status> {
        answer(async {
            let bot = BotId::parse(&request.get_ref().bot_id).in_field("botId")?;
            let _turn = self.app.claim_turn().await;
            let mut work = self.edge.begin(&request);
            let id = self.app.claim(&mut work, bot).await?;
            let shopping_list = Some(wire_list(id, self.app.get(&mut work, id).await?));
            work.commit().await?;
            Ok(v1::ClaimShoppingListResponse { shopping_list })
        })
        .await
    }

    async fn assign_shopping_list(
        &self,
        request: Request<v1::AssignShoppingListRequest>,
    ) -> Result<Response<v1::AssignShoppingListResponse>, Status> {
        answer(async {
            let list = ShoppingListId::parse(&request.get_ref().id)?;
            let bot = BotId::parse(&request.get_ref().bot_id).in_field("botId")?;
            let mut work = self.edge.begin(&request);
            self.app.assign(&mut work, list, bot).await?;
            work.commit().await?;
            Ok(v1::AssignShoppingListResponse {})
        })
        .await
    }

    async fn complete_shopping_list(
        &self,
        request: Request<v1::CompleteShoppingListRequest>,
    ) -> Result<Response<v1::CompleteShoppingListResponse>, Status> {
        answer(async {
            let list = ShoppingListId::parse(&request.get_ref().id)?;
            let mut work = self.edge.begin(&request);
            self.app.complete(&mut work, list).await?;
            work.commit().await?;
            Ok(v1::CompleteShoppingListResponse {})
        })
        .await
    }

    async fn cancel_shopping_list(
        &self,
        request: Request<v1::CancelShoppingListRequest>,
    ) -> Result<Response<v1::CancelShoppingListResponse>, Status> {
        answer(async {
            let list = ShoppingListId::parse(&request.get_ref().id)?;
            let mut work = self.edge.begin(&request);
            self.app.cancel(&mut work, list).await?;
            work.commit().await?;
            Ok(v1::CancelShoppingListResponse {})
        })
        .await
    }
}

fn wire_list(id: ShoppingListId, list: &ShoppingList) -> v1::ShoppingList {
    let listed = list.listed().expect("a tombstone is never answered");
    v1::ShoppingList {
        id: id.to_string(),
        order_id: listed.order.to_string(),
        status: list.status().to_string(),
        bot_id: list.bot().map(|bot| bot.to_string()).unwrap_or_default(),
        stops: listed.stops.iter().map(wire_stop).collect(),
    }
}

fn wire_stop(stop: &Stop) -> v1::Stop {
    let items = stop.items.iter().map(|item| v1::StopItem {
        product_id: item.product.to_string(),
        name: item.name.clone(),
        quantity: i32::try_from(item.quantity).expect("at most 999"),
    });
    v1::Stop {
        store_id: stop.store.to_string(),
        store_name: stop.store_name.clone(),
        location: stop.location.clone(),
        items: items.collect(),
    }
}
