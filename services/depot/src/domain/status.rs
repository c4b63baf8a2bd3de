//! How far a shopping list has come.

use std::fmt;

use super::ShoppingListRefusal;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// No bot may take it yet.
    #[default]
    Pending,
    /// A bot may take it.
    Available,
    /// A bot is collecting.
    Assigned,
    Completed,
    Canceled,
    /// Collected, and the goods brought back.
    Returned,
}

impl Status {
    const ALL: [Self; 6] =
        [Self::Pending, Self::Available, Self::Assigned, Self::Completed, Self::Canceled, Self::Returned];

    /// Reads a status as it is printed.
    pub fn parse(text: &str) -> Result<Self, ShoppingListRefusal> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(ShoppingListRefusal::NotAStatus)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Available => "available",
            Self::Assigned => "assigned",
            Self::Completed => "completed",
            Self::Canceled => "canceled",
            Self::Returned => "returned",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_as_it_is_printed() {
        for status in Status::ALL {
            assert_eq!(Status::parse(&status.to_string()), Ok(status));
        }
        assert_eq!(Status::parse("Pending"), Err(ShoppingListRefusal::NotAStatus));
    }
}
