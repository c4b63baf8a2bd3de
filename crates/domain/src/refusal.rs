//! A refusal: a rule that the caller broke, with a name that machines can act on and a sentence for people.

/// What kind of rule was broken; the API's status code follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The request is wrong whatever the state: a blank name, an amount below zero.
    Invalid,
    /// What should be new is there already.
    Exists,
    /// The state does not allow it.
    Rule,
}

/// An error that is the caller's fault. Implemented by each aggregate's refusal enum.
pub trait Refusal: std::error::Error {
    /// Which kind of rule was broken. By default a refusal that blames a field is Invalid, any other a Rule.
    fn kind(&self) -> RefusalKind {
        match self.field() {
            Some(_) => RefusalKind::Invalid,
            None => RefusalKind::Rule,
        }
    }

    /// The refusal's name in UPPER_SNAKE_CASE. By default the enum variant's name, as `Debug` prints it.
    fn name(&self) -> String {
        let debug = format!("{self:?}");
        let end = debug.find(|c: char| !c.is_alphanumeric()).unwrap_or(debug.len());
        upper_snake(&debug[..end])
    }

    /// The request field to blame (lowerCamelCase), where there is one.
    fn field(&self) -> Option<&'static str> {
        None
    }
}

/// For decisions that cannot fail.
impl Refusal for std::convert::Infallible {
    fn kind(&self) -> RefusalKind {
        match *self {}
    }
}

/// A refusal as it crosses a border: all that the edge needs, whichever aggregate it came from.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{text}")]
pub struct Refused {
    /// Which kind of rule was broken.
    pub kind: RefusalKind,
    /// The refusal's name, UPPER_SNAKE_CASE.
    pub reason: String,
    /// A sentence for people.
    pub text: String,
    /// The request field to blame.
    pub field: Option<&'static str>,
}

impl<R: Refusal> From<R> for Refused {
    fn from(refusal: R) -> Self {
        Self { kind: refusal.kind(), reason: refusal.name(), text: refusal.to_string(), field: refusal.field() }
    }
}

fn upper_snake(camel: &str) -> String {
    let mut snake = String::with_capacity(camel.len() + 4);
    for (at, letter) in camel.chars().enumerate() {
        if letter.is_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_uppercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum DoorRefusal {
        #[error("the door is {0}, not open")]
        NotOpen(&'static str),
    }

    impl Refusal for DoorRefusal {}

    #[test]
    fn a_refusal_is_named_after_its_variant() {
        let refused = Refused::from(DoorRefusal::NotOpen("shut"));
        assert_eq!(refused.reason, "NOT_OPEN");
        assert_eq!(refused.text, "the door is shut, not open");
    }

    #[derive(Debug, thiserror::Error)]
    #[error("a key is of iron")]
    struct KeyRefusal;

    impl Refusal for KeyRefusal {
        fn field(&self) -> Option<&'static str> {
            Some("key")
        }
    }

    #[test]
    fn a_refusal_that_blames_a_field_finds_the_request_invalid() {
        assert_eq!(Refused::from(KeyRefusal).kind, RefusalKind::Invalid);
        assert_eq!(Refused::from(DoorRefusal::NotOpen("shut")).kind, RefusalKind::Rule);
    }
}
