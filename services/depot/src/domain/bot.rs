//! A bot: it collects the goods of one shopping list at a time.

use mall_domain::{Aggregate, Refusal, RefusalKind};
use serde::{Deserialize, Serialize};

use super::{BotId, ShoppingListId};

#[derive(Clone, Debug, Default)]
pub struct Bot {
    list: Option<ShoppingListId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum BotEvent {
    Assigned { list: ShoppingListId },
    Freed,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BotRefusal {
    #[error("the bot is busy with shopping list {0}: complete or cancel that first")]
    Busy(ShoppingListId),
}

impl Refusal for BotRefusal {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::Busy(_) => RefusalKind::Rule,
        }
    }
}

impl Bot {
    pub fn assign(&self, list: ShoppingListId) -> Result<BotEvent, BotRefusal> {
        match self.list {
            None => Ok(BotEvent::Assigned { list }),
            Some(busy_with) => Err(BotRefusal::Busy(busy_with)),
        }
    }

    /// Done with `list`, one way or another.
    pub fn free(&self, list: ShoppingListId) -> Result<Option<BotEvent>, BotRefusal> {
        Ok((self.list == Some(list)).then_some(BotEvent::Freed))
    }
}

impl Aggregate for Bot {
    const KIND: &'static str = "depot.Bot";
    type Id = BotId;
    type Event = BotEvent;

    fn apply(&mut self, event: &BotEvent) {
        match event {
            BotEvent::Assigned { list } => self.list = Some(*list),
            BotEvent::Freed => self.list = None,
        }
    }
}

#[cfg(test)]
mod tests {
    use mall_domain::{Uuid, scenario::given};

    use super::*;

    fn list(number: u128) -> ShoppingListId {
        ShoppingListId::from(Uuid::from_u128(number))
    }

    fn assigned(number: u128) -> BotEvent {
        BotEvent::Assigned { list: list(number) }
    }

    #[test]
    fn an_idle_bot_takes_a_list() {
        given::<Bot>([]).when(|bot| bot.assign(list(1))).then([assigned(1)]);
        given::<Bot>([assigned(1), BotEvent::Freed]).when(|bot| bot.assign(list(2))).then([assigned(2)]);
    }

    #[test]
    fn a_busy_bot_takes_no_other_list() {
        let refusal = BotRefusal::Busy(list(1));
        given::<Bot>([assigned(1)]).when(|bot| bot.assign(list(2))).then_refused(refusal);
    }

    #[test]
    fn a_bot_is_freed_of_its_own_list_only() {
        given::<Bot>([assigned(1)]).when(|bot| bot.free(list(1))).then([BotEvent::Freed]);
        given::<Bot>([assigned(1)]).when(|bot| bot.free(list(2))).then_nothing();
        given::<Bot>([]).when(|bot| bot.free(list(1))).then_nothing();
    }
}
