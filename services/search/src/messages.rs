//! What search listens to.

mod names;
mod orders;

use mall_messaging::Consumer;
use mall_proto::customers::v1::CustomerRegistered;
use mall_proto::ordering::v1::{
    OrderApproved, OrderCanceled, OrderCompleted, OrderCreated, OrderReadied, OrderRejected,
};
use mall_proto::stores::v1::{ProductAdded, ProductRebranded, StoreCreated, StoreRebranded};

use crate::app::Search;

pub fn consumer(app: Search) -> Consumer<Search> {
    Consumer::new("search", app)
        .on_fact::<OrderCreated>()
        .on_fact::<OrderApproved>()
        .on_fact::<OrderRejected>()
        .on_fact::<OrderReadied>()
        .on_fact::<OrderCompleted>()
        .on_fact::<OrderCanceled>()
        .on_fact::<CustomerRegistered>()
        .on_fact::<StoreCreated>()
        .on_fact::<StoreRebranded>()
        .on_fact::<ProductAdded>()
        .on_fact::<ProductRebranded>()
}
