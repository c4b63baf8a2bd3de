//! A shopping list: what a bot is to collect for one order.

use mall_domain::Aggregate;
use serde::{Deserialize, Serialize};

use super::{BotId, Catalog, OrderId, ShoppingListId, ShoppingListRefusal, Status, Stop, Wanted, stops};

#[derive(Clone, Debug, Default)]
pub struct ShoppingList {
    listed: Option<Listed>,
    status: Status,
    bot: Option<BotId>,
}

/// What is to be collected, and for whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub order: OrderId,
    pub stops: Vec<Stop>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum ShoppingListEvent {
    Created {
        order: OrderId,
        stops: Vec<Stop>,
    },
    Initiated,
    Assigned {
        bot: BotId,
    },
    Completed,
    Canceled,
    Returned,
    /// A tombstone: the undo of a list came before the list, which must not be made any more.
    CanceledBeforehand,
}

impl ShoppingList {
    /// Makes the list. Again changes nothing, whatever has become of it.
    pub fn create(
        &self,
        order: OrderId,
        wanted: &[Wanted],
        catalog: &Catalog,
    ) -> Result<Option<ShoppingListEvent>, ShoppingListRefusal> {
        if self.listed.is_some() {
            return Ok(None);
        }
        if self.status == Status::Canceled {
            return Err(ShoppingListRefusal::CanceledBeforehand);
        }
        Ok(Some(ShoppingListEvent::Created { order, stops: stops(wanted, catalog)? }))
    }

    /// Lets bots take it. Again changes nothing, also when a bot has taken it since.
    pub fn initiate(&self) -> Result<Option<ShoppingListEvent>, ShoppingListRefusal> {
        match self.status {
            Status::Pending => Ok(Some(ShoppingListEvent::Initiated)),
            Status::Available | Status::Assigned | Status::Completed => Ok(None),
            Status::Canceled | Status::Returned => Err(ShoppingListRefusal::NotPending(self.status)),
        }
    }

    pub fn assign(&self, bot: BotId) -> Result<ShoppingListEvent, ShoppingListRefusal> {
        if self.status != Status::Available {
            return Err(ShoppingListRefusal::NotAvailable(self.status));
        }
        Ok(ShoppingListEvent::Assigned { bot })
    }

    pub fn complete(&self) -> Result<ShoppingListEvent, ShoppingListRefusal> {
        if self.status != Status::Assigned {
            return Err(ShoppingListRefusal::NotAssigned(self.status));
        }
        Ok(ShoppingListEvent::Completed)
    }

    /// Cancels on request of an operator.
    pub fn cancel(&self) -> Result<ShoppingListEvent, ShoppingListRefusal> {
        match self.status {
            Status::Pending | Status::Available | Status::Assigned => Ok(ShoppingListEvent::Canceled),
            Status::Completed | Status::Canceled | Status::Returned => {
                Err(ShoppingListRefusal::NotCancelable(self.status))
            }
        }
    }

    /// Takes the list back, as far as it has come. Never refused: the order that it is for has ended.
    pub fn take_back(&self) -> Option<ShoppingListEvent> {
        match (self.status, &self.listed) {
            (Status::Pending, None) => Some(ShoppingListEvent::CanceledBeforehand),
            (Status::Pending | Status::Available | Status::Assigned, _) => Some(ShoppingListEvent::Canceled),
            (Status::Completed, _) => Some(ShoppingListEvent::Returned),
            (Status::Canceled | Status::Returned, _) => None,
        }
    }

    /// What is to be collected; `None` for a tombstone.
    pub fn listed(&self) -> Option<&Listed> {
        self.listed.as_ref()
    }

    pub fn status(&self) -> Status {
        self.status
    }

    /// The bot that took it; it stays known when the list has ended.
    pub fn bot(&self) -> Option<BotId> {
        self.bot
    }

    /// The bot that is busy with it.
    pub fn collecting_bot(&self) -> Option<BotId> {
        self.bot.filter(|_| self.status == Status::Assigned)
    }
}

impl Aggregate for ShoppingList {
    const KIND: &'static str = "depot.ShoppingList";
    type Id = ShoppingListId;
    type Event = ShoppingListEvent;

    fn apply(&mut self, event: &ShoppingListEvent) {
        match event {
            ShoppingListEvent::Created { order, stops } => {
                self.listed = Some(Listed { order: *order, stops: stops.clone() });
            }
            ShoppingListEvent::Initiated => self.status = Status::Available,
            ShoppingListEvent::Assigned { bot } => {
                self.status = Status::Assigned;
                self.bot = Some(*bot);
            }
            ShoppingListEvent::Completed => self.status = Status::Completed,
            ShoppingListEvent::Canceled | ShoppingListEvent::CanceledBeforehand => self.status = Status::Canceled,
            ShoppingListEvent::Returned => self.status = Status::Returned,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use mall_domain::{AggregateId, Uuid, scenario::given};

    use super::*;
    use crate::domain::{Product, StopItem};
    use ShoppingListEvent::{Canceled, CanceledBeforehand, Completed, Initiated, Returned};

    fn id<I: AggregateId>(number: u128) -> I {
        I::from_uuid(Uuid::from_u128(number))
    }

    fn created() -> ShoppingListEvent {
        let items = vec![StopItem { product: id(1), name: "Tea".to_owned(), quantity: 2 }];
        let (store_name, location) = ("Teas".to_owned(), "hall 10".to_owned());
        ShoppingListEvent::Created { order: id(7), stops: vec![Stop { store: id(10), store_name, location, items }] }
    }

    fn assigned() -> ShoppingListEvent {
        ShoppingListEvent::Assigned { bot: id(8) }
    }

    fn create(list: &ShoppingList) -> Result<Option<ShoppingListEvent>, ShoppingListRefusal> {
        let product = Product {
            name: "Tea".to_owned(),
            removed: false,
            store: id(10),
            store_name: "Teas".to_owned(),
            location: "hall 10".to_owned(),
        };
        let wanted = [Wanted { product: id(1), store: id(10), quantity: 2 }];
        list.create(id(7), &wanted, &Catalog::from([(id(1), product)]))
    }

    /// A past for each status.
    fn past(status: Status) -> Vec<ShoppingListEvent> {
        let mut past = vec![created()];
        past.extend(match status {
            Status::Pending => vec![],
            Status::Available => vec![Initiated],
            Status::Assigned => vec![Initiated, assigned()],
            Status::Completed => vec![Initiated, assigned(), Completed],
            Status::Canceled => vec![Canceled],
            Status::Returned => vec![Initiated, assigned(), Completed, Returned],
        });
        past
    }

    #[test]
    fn a_list_is_made_once() {
        given::<ShoppingList>([]).when(create).then([created()]);
        for status in [Status::Pending, Status::Completed, Status::Canceled] {
            given::<ShoppingList>(past(status)).when(create).then_nothing();
        }
    }

    #[test]
    fn a_list_that_was_taken_back_before_it_came_is_not_made() {
        given::<ShoppingList>([CanceledBeforehand]).when(create).then_refused(ShoppingListRefusal::CanceledBeforehand);
    }

    #[test]
    fn a_list_of_nothing_is_refused() {
        given::<ShoppingList>([])
            .when(|list| list.create(id(7), &[], &Catalog::new()))
            .then_refused(ShoppingListRefusal::NoItems);
    }

    #[test]
    fn a_pending_list_is_made_available_once() {
        given::<ShoppingList>(past(Status::Pending)).when(ShoppingList::initiate).then([Initiated]);
        for status in [Status::Available, Status::Assigned, Status::Completed] {
            given::<ShoppingList>(past(status)).when(ShoppingList::initiate).then_nothing();
        }
        for status in [Status::Canceled, Status::Returned] {
            let refusal = ShoppingListRefusal::NotPending(status);
            given::<ShoppingList>(past(status)).when(ShoppingList::initiate).then_refused(refusal);
        }
    }

    #[test]
    fn only_an_available_list_is_assigned() {
        given::<ShoppingList>(past(Status::Available)).when(|list| list.assign(id(8))).then([assigned()]);
        for status in [Status::Pending, Status::Assigned, Status::Completed, Status::Canceled, Status::Returned] {
            let refusal = ShoppingListRefusal::NotAvailable(status);
            given::<ShoppingList>(past(status)).when(|list| list.assign(id(9))).then_refused(refusal);
        }
    }

    #[test]
    fn a_bot_is_busy_while_its_list_is_assigned() {
        let bot = |status| given::<ShoppingList>(past(status)).state().collecting_bot();
        assert_eq!(bot(Status::Assigned), Some(id(8)));
        assert_eq!((bot(Status::Available), bot(Status::Completed), bot(Status::Returned)), (None, None, None));
    }

    #[test]
    fn only_an_assigned_list_is_completed() {
        given::<ShoppingList>(past(Status::Assigned)).when(ShoppingList::complete).then([Completed]);
        for status in [Status::Pending, Status::Available, Status::Completed, Status::Canceled, Status::Returned] {
            let refusal = ShoppingListRefusal::NotAssigned(status);
            given::<ShoppingList>(past(status)).when(ShoppingList::complete).then_refused(refusal);
        }
    }

    #[test]
    fn an_operator_cancels_any_list_that_is_not_completed() {
        for status in [Status::Pending, Status::Available, Status::Assigned] {
            given::<ShoppingList>(past(status)).when(ShoppingList::cancel).then([Canceled]);
        }
        for status in [Status::Completed, Status::Canceled, Status::Returned] {
            let refusal = ShoppingListRefusal::NotCancelable(status);
            given::<ShoppingList>(past(status)).when(ShoppingList::cancel).then_refused(refusal);
        }
    }

    #[test]
    fn taking_back_is_never_refused() {
        let take_back = |list: &ShoppingList| Ok::<_, Infallible>(list.take_back());
        given::<ShoppingList>([]).when(take_back).then([CanceledBeforehand]);
        given::<ShoppingList>([CanceledBeforehand]).when(take_back).then_nothing();
        for status in [Status::Pending, Status::Available, Status::Assigned] {
            given::<ShoppingList>(past(status)).when(take_back).then([Canceled]);
        }
        given::<ShoppingList>(past(Status::Completed)).when(take_back).then([Returned]);
        for status in [Status::Canceled, Status::Returned] {
            given::<ShoppingList>(past(status)).when(take_back).then_nothing();
        }
    }

    #[test]
    fn an_event_keeps_its_stored_form() {
        let stored = r#"{"type":"Created","order":"00000000-0000-0000-0000-000000000007","stops":[{"store":"00000000-0000-0000-0000-00000000000a","store_name":"Teas","location":"hall 10","items":[{"product":"00000000-0000-0000-0000-000000000001","name":"Tea","quantity":2}]}]}"#;
        assert_eq!(serde_json::to_string(&created()).expect("plain data"), stored);
        assert_eq!(serde_json::from_str::<ShoppingListEvent>(stored).expect("what we wrote"), created());
    }
}
