//! Ids: a UUID under a name of its own, so that an order's id is never taken for a basket's.

use crate::{Refusal, RefusalKind};

/// Text that should be an id and is not.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{text:?} is not an id: a UUID such as 018f4e2a-7c1b-7000-8000-1234567890ab is expected")]
pub struct ParseIdError {
    text: String,
    field: &'static str,
}

impl ParseIdError {
    /// The error for `text` (cut to 64 characters), blamed on the field `id` until [`InField`] says otherwise.
    pub fn new(text: &str) -> Self {
        Self { text: text.chars().take(64).collect(), field: "id" }
    }
}

impl Refusal for ParseIdError {
    fn kind(&self) -> RefusalKind {
        RefusalKind::Invalid
    }

    fn name(&self) -> String {
        "INVALID_ID".to_owned()
    }

    fn field(&self) -> Option<&'static str> {
        Some(self.field)
    }
}

/// Says which field of a request an id was read from.
pub trait InField {
    /// Blames `field` (as the caller spells it, lowerCamelCase) for a parse error.
    #[must_use]
    fn in_field(self, field: &'static str) -> Self;
}

impl<T> InField for Result<T, ParseIdError> {
    fn in_field(self, field: &'static str) -> Self {
        self.map_err(|error| ParseIdError { field, ..error })
    }
}

/// Declares an id type: `id!(OrderId, "the id of an order")`.
#[macro_export]
macro_rules! id {
    ($name:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(
            Clone,
            Copy,
            Debug,
            PartialEq,
            Eq,
            PartialOrd,
            Ord,
            Hash,
            $crate::private::serde::Serialize,
            $crate::private::serde::Deserialize,
        )]
        #[serde(crate = "mall_domain::private::serde", transparent)]
        pub struct $name($crate::Uuid);

        impl $name {
            /// Reads the hyphenated text form; anything else is an error that names no field yet.
            pub fn parse(text: &str) -> Result<Self, $crate::ParseIdError> {
                match $crate::Uuid::try_parse(text) {
                    Ok(uuid) if text.len() == 36 => Ok(Self(uuid)),
                    _ => Err($crate::ParseIdError::new(text)),
                }
            }
        }

        impl $crate::AggregateId for $name {
            fn uuid(self) -> $crate::Uuid {
                self.0
            }

            fn from_uuid(uuid: $crate::Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$crate::Uuid> for $name {
            fn from(uuid: $crate::Uuid) -> Self {
                Self(uuid)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::{InField, Refusal, Refused};

    crate::id!(ThingId, "the id of a thing");

    #[test]
    fn an_id_survives_its_text_form() {
        let text = "018f4e2a-7c1b-7000-8000-1234567890ab";
        assert_eq!(ThingId::parse(text).expect("a UUID").to_string(), text);
    }

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        for text in ["", "order-1", "018f4e2a7c1b700080001234567890ab", "{018f4e2a-7c1b-7000-8000-1234567890ab}"] {
            let error = ThingId::parse(text).in_field("thingId").expect_err("not an id");
            assert_eq!(error.field(), Some("thingId"));
            assert_eq!(Refused::from(error).reason, "INVALID_ID");
        }
    }
}
