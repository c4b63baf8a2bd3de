//! Replies in the published language.

use mall_messaging::{Answer, ReplyCodec};
use mall_proto::saga::v1::{Reply, reply};
use prost::Message;

/// How this fleet writes replies: `mallbots.saga.v1.Reply`.
pub fn reply_codec() -> ReplyCodec {
    ReplyCodec { message_type: "mallbots.saga.v1.Reply", encode, decode }
}

fn encode(answer: &Answer) -> Vec<u8> {
    let result = match answer {
        Answer::Done => reply::Result::Done(mall_proto::saga::v1::Done {}),
        Answer::Refused { reason, text } => {
            reply::Result::Refused(mall_proto::saga::v1::Refused { reason: reason.clone(), text: text.clone() })
        }
    };
    Reply { result: Some(result) }.encode_to_vec()
}

fn decode(payload: &[u8]) -> Result<Answer, String> {
    let reply = Reply::decode(payload).map_err(|error| error.to_string())?;
    match reply.result {
        Some(reply::Result::Done(_)) => Ok(Answer::Done),
        Some(reply::Result::Refused(refused)) => Ok(Answer::Refused { reason: refused.reason, text: refused.text }),
        None => Err("a reply without a result".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Name;

    #[test]
    fn an_answer_survives_the_wire_under_the_published_name() {
        let codec = reply_codec();
        assert_eq!(codec.message_type, Reply::full_name());
        for answer in [Answer::Done, Answer::Refused { reason: "NO".into(), text: "no".into() }] {
            assert_eq!((codec.decode)(&(codec.encode)(&answer)).expect("our own"), answer);
        }
    }
}
