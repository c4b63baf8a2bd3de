//! What notifications does with news.

use mall_persistence::Work;
use uuid::Uuid;

use crate::domain::{CustomerId, News, OrderId};

#[derive(Clone, Copy, Debug)]
pub struct Notifications;

impl Notifications {
    /// Writes down what the customer is to be told; the sending follows. News that is known already changes nothing.
    pub fn tell(&self, work: &mut Work, order: OrderId, customer: CustomerId, news: &News) {
        work.project(news.text(Uuid::now_v7(), order, customer));
    }
}
