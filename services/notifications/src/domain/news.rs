//! News: what happened to an order, and how it is put into words.

use mall_domain::{AggregateId, Money, Uuid};

use super::{CustomerId, OrderId};

/// The most characters of a reason that others gave: a text is short.
const LONGEST_REASON: usize = 160;

#[derive(Clone, Debug, PartialEq)]
pub enum News {
    Created { total: Money },
    Rejected { because: String },
    Ready { total: Money },
    Completed,
    Canceled { because: String },
}

/// What is to be sent to the customer's number.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Names the text to the provider, however often it is tried.
    pub id: Uuid,
    pub order: OrderId,
    pub customer: CustomerId,
    /// Which news; an order's customer gets each once.
    pub kind: &'static str,
    pub body: String,
    /// Why it is not to be sent at all.
    pub fault: Option<&'static str>,
}

impl News {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Created { .. } => "created",
            Self::Rejected { .. } => "rejected",
            Self::Ready { .. } => "ready",
            Self::Completed => "completed",
            Self::Canceled { .. } => "canceled",
        }
    }

    /// The text that tells of it.
    pub fn text(&self, id: Uuid, order: OrderId, customer: CustomerId) -> Text {
        let name = short_name(order);
        let body = match self {
            Self::Created { total } => {
                format!("MallBots: thank you for your order {name} over {total}. We tell you when it is ready.")
            }
            Self::Rejected { because } => {
                format!("MallBots: we are sorry, your order {name} could not be taken: {}.", shortened(because))
            }
            Self::Ready { total } => {
                format!("MallBots: your order {name} is ready. Please pay {total} to receive it.")
            }
            Self::Completed => format!("MallBots: your order {name} is paid and complete. Enjoy it!"),
            Self::Canceled { because } => {
                format!("MallBots: your order {name} was canceled: {}.", shortened(because))
            }
        };
        Text { id, order, customer, kind: self.kind(), body, fault: None }
    }
}

/// The end of the order's id, which is its random part.
fn short_name(order: OrderId) -> String {
    let id = order.uuid().simple().to_string();
    id[id.len() - 6..].to_uppercase()
}

fn shortened(reason: &str) -> String {
    let reason = reason.trim().trim_end_matches('.');
    if reason.chars().count() <= LONGEST_REASON {
        return reason.to_owned();
    }
    let start: String = reason.chars().take(LONGEST_REASON - 1).collect();
    format!("{}…", start.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(news: &News) -> String {
        let order = OrderId::from(Uuid::from_u128(0x018f_4e2a_7c1b_7000_8000_1234_56ab_cdef));
        news.text(Uuid::nil(), order, CustomerId::from(Uuid::nil())).body
    }

    #[test]
    fn each_news_has_a_text_that_names_the_order() {
        let because = "a payment is missing.".to_owned();
        let total = Money::usd(1225);
        for (news, words) in [
            (News::Created { total }, "your order ABCDEF over 12.25 USD. We tell"),
            (News::Ready { total }, "your order ABCDEF is ready. Please pay 12.25 USD"),
            (
                News::Rejected { because: because.clone() },
                "your order ABCDEF could not be taken: a payment is missing.",
            ),
            (News::Canceled { because }, "your order ABCDEF was canceled: a payment is missing."),
            (News::Completed, "your order ABCDEF is paid and complete."),
        ] {
            assert!(body(&news).contains(words), "{}", body(&news));
        }
    }

    #[test]
    fn a_long_reason_is_cut() {
        let text = body(&News::Canceled { because: "ß".repeat(1000) });
        assert!(text.ends_with(&format!("{}….", "ß".repeat(159))), "{text}");
    }
}
