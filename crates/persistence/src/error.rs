//! What can go wrong between a decision and its commit, told apart by what the caller has to do next.

use mall_domain::{MoneyRefusal, ParseIdError, Refused};
use uuid::Uuid;

/// Everything that a use case can end in but success.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller broke a rule. Final: the same request will be refused again.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// There is no such aggregate (nothing was ever recorded under this id and kind).
    #[error("there is no {} {id}", noun(kind))]
    NotFound {
        /// The aggregate's kind, `<context>.<Type>`.
        kind: &'static str,
        /// The id that is unknown.
        id: Uuid,
    },
    /// Somebody else changed an aggregate between load and commit: reload and run again.
    #[error("changed by somebody else at the same time")]
    Conflict,
    /// A mark, a saga or the cursor was moved by somebody else (or by a commit whose answer was lost): re-read it.
    #[error("moved by somebody else")]
    Moved,
    /// The message itself is at fault and will never be handled by this program.
    #[error("the message is at fault: {0}")]
    Fault(String),
    /// The database is away or does not do what it should.
    #[error("the database does not answer as it should")]
    Database(#[source] sqlx::Error),
    /// Another service is away.
    #[error("{peer} is away: {cause}")]
    PeerAway {
        /// The service that was asked.
        peer: &'static str,
        /// What it, or the way to it, said.
        cause: String,
    },
}

/// `ordering.ShoppingList` -> `shopping list`
fn noun(kind: &str) -> String {
    let name = kind.rsplit('.').next().unwrap_or(kind);
    let mut noun = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !noun.is_empty() {
            noun.push(' ');
        }
        noun.extend(letter.to_lowercase());
    }
    noun
}

impl Error {
    /// The SQLSTATE of a database error, where the server gave one.
    pub fn sqlstate(&self) -> Option<String> {
        match self {
            Self::Database(sqlx::Error::Database(error)) => error.code().map(|code| code.into_owned()),
            _ => None,
        }
    }

    /// Whether running the same message again can never succeed: a fault, or a data error (SQLSTATE classes
    /// 21, 22, 23 and 54) that is not one of our own conflicts.
    pub fn is_fault(&self) -> bool {
        match self {
            Self::Fault(_) => true,
            Self::Database(_) => self
                .sqlstate()
                .is_some_and(|state| ["21", "22", "23", "54"].iter().any(|class| state.starts_with(class))),
            _ => false,
        }
    }

    /// Whether somebody else was faster: re-read everything and run again at once.
    pub fn is_race(&self) -> bool {
        match self {
            Self::Conflict | Self::Moved => true,
            // A serialization failure or a deadlock: the server chose us to step back.
            Self::Database(_) => matches!(self.sqlstate().as_deref(), Some("40001" | "40P01")),
            _ => false,
        }
    }

    /// Sorts a server's error into what the core's own constraints mean.
    pub(crate) fn from_server(error: sqlx::Error) -> Self {
        let sqlx::Error::Database(details) = &error else {
            return Self::Database(error);
        };
        match (details.code().as_deref(), details.constraint()) {
            (Some("23505"), Some("events_pkey")) => Self::Conflict,
            _ => Self::Database(error),
        }
    }

    /// An error of a statement that ends in `1 / (all moved)`: there a division by zero means that not all did. Anywhere
    /// else it is a data error like others.
    pub(crate) fn of_compare_and_set(error: sqlx::Error) -> Self {
        let error = Self::from_server(error);
        if error.sqlstate().as_deref() == Some("22012") { Self::Moved } else { error }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::from_server(error)
    }
}

impl From<ParseIdError> for Error {
    fn from(error: ParseIdError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<MoneyRefusal> for Error {
    fn from(refusal: MoneyRefusal) -> Self {
        Self::Refused(refusal.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_thing_is_named_in_plain_words() {
        let error = Error::NotFound { kind: "depot.ShoppingList", id: Uuid::nil() };
        assert_eq!(error.to_string(), "there is no shopping list 00000000-0000-0000-0000-000000000000");
    }
}
