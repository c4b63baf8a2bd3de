//! Replies: what a participant answers to a saga's command.

use mall_persistence::{CommandIdentity, Error, Work};

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was done (or had been done before).
    Done,
    /// A rule was broken; nothing was done.
    Refused {
        /// The refusal's name, UPPER_SNAKE_CASE.
        reason: String,
        /// A sentence for people.
        text: String,
    },
}

/// How an answer is written on the wire. The published language is not known here; whoever knows it hands this in.
#[derive(Clone, Copy, Debug)]
pub struct ReplyCodec {
    /// The full name of the reply's protobuf message.
    pub message_type: &'static str,
    /// Encodes an answer.
    pub encode: fn(&Answer) -> Vec<u8>,
    /// Decodes one; the error says what is wrong with it.
    pub decode: fn(&[u8]) -> Result<Answer, String>,
}

/// A reply that has arrived.
#[derive(Clone, Debug)]
pub struct SagaReply {
    /// The command that it answers.
    pub identity: CommandIdentity,
    /// The answer.
    pub answer: Answer,
}

/// Takes replies: the owner of sagas.
pub trait HandleReply: Send + Sync + 'static {
    /// The names of the sagas it owns.
    fn sagas(&self) -> Vec<&'static str>;

    /// Moves a saga on, back, or not at all.
    fn replied(&self, work: &mut Work, reply: SagaReply) -> impl Future<Output = Result<(), Error>> + Send;
}
