//! The API of baskets: parse, call, answer.

use mall_domain::{Currency, InField, ParseIdError};
use mall_persistence::Error;
use mall_proto::baskets::v1::{self as api, baskets_service_server::BasketsService};
use mall_service::{Edge, answer, wire};
use tonic::{Request, Response, Status};

use crate::app::Baskets;
use crate::domain::{Basket, BasketId, CustomerId, Line, Offer, Offers, PaymentId, ProductId};

pub struct Server {
    pub edge: Edge,
    pub app: Baskets,
}

#[tonic::async_trait]
impl BasketsService for Server {
    async fn start_basket(
        &self,
        request: Request<api::StartBasketRequest>,
    ) -> Result<Response<api::StartBasketResponse>, Status> {
        answer(async {
            let customer = CustomerId::parse(&request.get_ref().customer_id).in_field("customerId")?;
            let mut work = self.edge.begin(&request);
            let basket = self.app.start(&mut work, customer).await?;
            work.commit().await?;
            Ok(api::StartBasketResponse { id: basket.to_string() })
        })
        .await
    }

    async fn get_basket(
        &self,
        request: Request<api::GetBasketRequest>,
    ) -> Result<Response<api::GetBasketResponse>, Status> {
        answer(async {
            let id = BasketId::parse(&request.get_ref().id)?;
            let (basket, offers) = self.app.get(&mut self.edge.begin(&request), id).await?;
            let basket = wire_basket(id, &basket, &offers, self.edge.currency())?;
            Ok(api::GetBasketResponse { basket: Some(basket) })
        })
        .await
    }

    async fn cancel_basket(
        &self,
        request: Request<api::CancelBasketRequest>,
    ) -> Result<Response<api::CancelBasketResponse>, Status> {
        answer(async {
            let basket = BasketId::parse(&request.get_ref().id)?;
            let mut work = self.edge.begin(&request);
            self.app.cancel(&mut work, basket).await?;
            work.commit().await?;
            Ok(api::CancelBasketResponse {})
        })
        .await
    }

    async fn add_item(&self, request: Request<api::AddItemRequest>) -> Result<Response<api::AddItemResponse>, Status> {
        answer(async {
            let wanted = request.get_ref();
            let basket = BasketId::parse(&wanted.id)?;
            let product = product(&wanted.product_id)?;
            let mut work = self.edge.begin(&request);
            self.app.add_item(&mut work, basket, product, pieces(wanted.quantity)).await?;
            work.commit().await?;
            Ok(api::AddItemResponse {})
        })
        .await
    }

    async fn remove_item(
        &self,
        request: Request<api::RemoveItemRequest>,
    ) -> Result<Response<api::RemoveItemResponse>, Status> {
        answer(async {
            let wanted = request.get_ref();
            let basket = BasketId::parse(&wanted.id)?;
            let product = product(&wanted.product_id)?;
            let mut work = self.edge.begin(&request);
            self.app.remove_item(&mut work, basket, product, pieces(wanted.quantity)).await?;
            work.commit().await?;
            Ok(api::RemoveItemResponse {})
        })
        .await
    }

    async fn accept_prices(
        &self,
        request: Request<api::AcceptPricesRequest>,
    ) -> Result<Response<api::AcceptPricesResponse>, Status> {
        answer(async {
            let basket = BasketId::parse(&request.get_ref().id)?;
            let total = wire::parse_money(request.get_ref().total.as_ref(), "total", self.edge.currency())?;
            let mut work = self.edge.begin(&request);
            self.app.accept_prices(&mut work, basket, total).await?;
            work.commit().await?;
            Ok(api::AcceptPricesResponse {})
        })
        .await
    }

    async fn checkout_basket(
        &self,
        request: Request<api::CheckoutBasketRequest>,
    ) -> Result<Response<api::CheckoutBasketResponse>, Status> {
        answer(async {
            let basket = BasketId::parse(&request.get_ref().id)?;
            let payment = PaymentId::parse(&request.get_ref().payment_id).in_field("paymentId")?;
            let mut work = self.edge.begin(&request);
            self.app.check_out(&mut work, basket, payment).await?;
            work.commit().await?;
            // The order takes its basket's id.
            Ok(api::CheckoutBasketResponse { order_id: basket.to_string() })
        })
        .await
    }
}

fn product(text: &str) -> Result<ProductId, ParseIdError> {
    ProductId::parse(text).in_field("productId")
}

/// A negative quantity is as wrong as none: the domain says so.
fn pieces(quantity: i32) -> u32 {
    u32::try_from(quantity).unwrap_or(0)
}

fn wire_basket(id: BasketId, basket: &Basket, offers: &Offers, currency: Currency) -> Result<api::Basket, Error> {
    Ok(api::Basket {
        id: id.to_string(),
        customer_id: basket.customer().map(|customer| customer.to_string()).unwrap_or_default(),
        status: basket.status().to_string(),
        items: basket.lines().iter().map(|line| wire_item(line, offers.get(&line.product))).collect(),
        total: Some(wire::money(basket.total(currency)?)),
    })
}

fn wire_item(line: &Line, offer: Option<&Offer>) -> api::BasketItem {
    api::BasketItem {
        store_id: line.store.to_string(),
        store_name: line.store_name.clone(),
        product_id: line.product.to_string(),
        product_name: line.product_name.clone(),
        price: Some(wire::money(line.price)),
        current_price: offer.map(|offer| wire::money(offer.price)),
        available: offer.is_some_and(Offer::is_available),
        quantity: i32::try_from(line.quantity).expect("at most 999"),
    }
}
