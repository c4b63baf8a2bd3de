//! What notifications does with news.

use mall_domain::OffsetDateTime;
use mall_persistence::Work;
use uuid::Uuid;

use crate::domain::{CustomerId, News, OrderId, patience};

#[derive(Clone, Copy, Debug)]
pub struct Notifications;

impl Notifications {
    /// Writes down what the customer is to be told of what happened `at` that time; the sending follows. News that is
    /// known already changes nothing.
    pub fn tell(&self, work: &mut Work, order: OrderId, customer: CustomerId, news: &News, at: OffsetDateTime) {
        let mut text = news.text(Uuid::now_v7(), order, customer);
        if patience::is_old_news(at, work.now()) {
            text.fault = Some("the news came too late");
        }
        work.project(text);
    }
}
