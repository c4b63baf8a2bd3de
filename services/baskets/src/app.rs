//! What can be done with baskets.
//!
//! What others own is looked up in what was heard of them. That may be behind: before it becomes the reason for a
//! refusal, the owner is asked, and its answer is kept.

use mall_domain::{AggregateId, Money, Refused};
use mall_persistence::{Error, Work};
use uuid::Uuid;

use crate::domain::{Basket, BasketId, CustomerId, Hold, Offer, Offers, PaymentId, ProductId, Shopper};
use crate::peers::Peers;
use crate::projections::{customers, payments, products};

#[derive(Clone)]
pub struct Baskets {
    peers: Peers,
}

impl Baskets {
    pub fn new(peers: Peers) -> Self {
        Self { peers }
    }

    pub async fn start(&self, work: &mut Work, customer: CustomerId) -> Result<BasketId, Error> {
        let shopper = self.shopper(work, customer).await?;
        let started = Basket::start(shopper).map_err(Refused::from)?;
        let id = BasketId::from(Uuid::now_v7());
        work.create::<Basket>(id, started)?;
        Ok(id)
    }

    /// The basket, and what its products are offered for now.
    pub async fn get(&self, work: &mut Work, id: BasketId) -> Result<(Basket, Offers), Error> {
        let basket = work.load::<Basket>(id).await?.clone();
        let offers = products::offers(work.database(), &basket.products()).await?;
        Ok((basket, offers))
    }

    pub async fn cancel(&self, work: &mut Work, id: BasketId) -> Result<(), Error> {
        work.update(id, Basket::cancel).await
    }

    pub async fn add_item(
        &self,
        work: &mut Work,
        id: BasketId,
        product: ProductId,
        quantity: u32,
    ) -> Result<(), Error> {
        work.load::<Basket>(id).await?;
        let offers = self.offers(work, &[product]).await?;
        let unknown = Error::NotFound { kind: "stores.Product", id: product.uuid() };
        let offer = offers.get(&product).ok_or(unknown)?;
        work.update(id, |basket: &Basket| basket.add_item(offer, quantity)).await
    }

    pub async fn remove_item(
        &self,
        work: &mut Work,
        id: BasketId,
        product: ProductId,
        quantity: u32,
    ) -> Result<(), Error> {
        work.update(id, |basket: &Basket| basket.remove_item(product, quantity)).await
    }

    /// Takes over the present prices, if `total` is what they add up to.
    pub async fn accept_prices(&self, work: &mut Work, id: BasketId, total: Money) -> Result<(), Error> {
        let (_, offers) = self.get(work, id).await?;
        work.update(id, |basket: &Basket| basket.accept_prices(&offers, total)).await
    }

    /// Closes the basket; the order that is made of it has the basket's id.
    pub async fn check_out(&self, work: &mut Work, id: BasketId, payment: PaymentId) -> Result<(), Error> {
        let basket = work.load::<Basket>(id).await?;
        if !basket.awaits_check_out(payment).map_err(Refused::from)? {
            return Ok(());
        }
        let products = basket.products();
        let offers = self.offers(work, &products).await?;
        let hold = self.hold(work, payment).await?;
        work.update(id, |basket: &Basket| basket.check_out(&offers, payment, hold)).await
    }

    async fn shopper(&self, work: &mut Work, customer: CustomerId) -> Result<Shopper, Error> {
        if let Some(shopper) = customers::shopper(work.database(), customer).await?.filter(|shopper| shopper.enabled) {
            return Ok(shopper);
        }
        let unknown = Error::NotFound { kind: "customers.Customer", id: customer.uuid() };
        let heard = self.peers.customer(customer).await?.ok_or(unknown)?;
        let shopper = heard.shopper();
        work.project(heard);
        Ok(shopper)
    }

    async fn offers(&self, work: &mut Work, products: &[ProductId]) -> Result<Offers, Error> {
        let mut offers = products::offers(work.database(), products).await?;
        let is_sure = |product: &ProductId| offers.get(product).is_some_and(Offer::is_available);
        let doubtful: Vec<ProductId> = products.iter().copied().filter(|product| !is_sure(product)).collect();
        if doubtful.is_empty() {
            return Ok(offers);
        }
        for (product, store) in self.peers.products(&doubtful).await? {
            offers.extend(product.offer(&store).map(|offer| (offer.product, offer)));
            work.project(product);
            work.project(store);
        }
        Ok(offers)
    }

    async fn hold(&self, work: &mut Work, payment: PaymentId) -> Result<Hold, Error> {
        if let Some(hold) = payments::hold(work.database(), payment).await?.filter(|hold| hold.is_free) {
            return Ok(hold);
        }
        let unknown = || Error::NotFound { kind: "payments.Payment", id: payment.uuid() };
        let heard = self.peers.payment(payment).await?.ok_or_else(unknown)?;
        let hold = heard.hold().ok_or_else(unknown)?;
        work.project(heard);
        Ok(hold)
    }
}
