//! Ids: a UUID under a name of its own, so that an order's id is never taken for a basket's.

use crate::Refusal;

/// The most ids that one request may list.
pub const MAX_IDS: usize = 100;

/// Text that should be an id and is not, or a list of ids that is too long.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{fault}")]
pub struct ParseIdError {
    fault: Fault,
    field: &'static str,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
enum Fault {
    #[error("{0:?} is not an id: a UUID such as 018f4e2a-7c1b-7000-8000-1234567890ab is expected")]
    NotAnId(String),
    #[error("{0} ids are too many: ask for {MAX_IDS} at a time")]
    TooMany(usize),
}

impl ParseIdError {
    /// The error for `text` (cut to 64 characters), blamed on the field `id` until [`InField`] says otherwise.
    pub fn new(text: &str) -> Self {
        Self { fault: Fault::NotAnId(text.chars().take(64).collect()), field: "id" }
    }
}

impl Refusal for ParseIdError {
    fn name(&self) -> String {
        match self.fault {
            Fault::NotAnId(_) => "INVALID_ID".to_owned(),
            Fault::TooMany(_) => "TOO_MANY_IDS".to_owned(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some(self.field)
    }
}

/// Reads the list of at most [`MAX_IDS`] ids in `field`: `parse_ids(&request.ids, "ids", StoreId::parse)`.
pub fn parse_ids<T>(
    texts: &[String],
    field: &'static str,
    parse: impl Fn(&str) -> Result<T, ParseIdError>,
) -> Result<Vec<T>, ParseIdError> {
    if texts.len() > MAX_IDS {
        return Err(ParseIdError { fault: Fault::TooMany(texts.len()), field });
    }
    texts.iter().map(|text| parse(text).in_field(field)).collect()
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
#[expect(unreachable_pub, reason = "the macro makes public types")]
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

    #[test]
    fn a_list_of_ids_ends_at_a_hundred() {
        let texts = vec!["018f4e2a-7c1b-7000-8000-1234567890ab".to_owned(); 101];
        let error = super::parse_ids(&texts, "thingIds", ThingId::parse).expect_err("one too many");
        assert_eq!(error.to_string(), "101 ids are too many: ask for 100 at a time");
        assert_eq!((error.field(), Refused::from(error).reason.as_str()), (Some("thingIds"), "TOO_MANY_IDS"));
        assert_eq!(super::parse_ids(&texts[1..], "thingIds", ThingId::parse).expect("a hundred ids").len(), 100);
    }
}
