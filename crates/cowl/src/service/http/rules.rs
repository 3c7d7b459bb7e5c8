//! What a connection with a token may do: what the embedded broker lets devices do.

use serde_json::{Value, json};

use super::asked::Act;
use crate::{client::Topics, transport};

/// For the topics of one operation.
pub(super) struct Rules {
    mailbox: String,
    questions: String,
    notices: Vec<String>,
    answers: String,
}

impl Rules {
    pub(super) fn of(topics: &Topics) -> Result<Self, transport::Error> {
        let notices = [
            topics.manifest()?,
            topics.beacon()?,
            topics.bulletin()?,
            topics.erasures()?,
            topics.dispatch()?,
        ];
        Ok(Self {
            mailbox: topics.mailbox(),
            questions: topics.questions()?.as_str().to_owned(),
            notices: notices.iter().map(|topic| topic.as_str().to_owned()).collect(),
            answers: topics.answers(),
        })
    }

    /// As both brokers read them: the first that fits decides. To both `#` stands for no topic that begins with `$`; what they
    /// cannot say of those, [`Self::allow`] does.
    pub(super) fn of_client(&self, client_id: &str) -> Value {
        let allow =
            |action: &str, topic: &str| json!({ "permission": "allow", "action": action, "topic": topic });
        let mut rules =
            vec![json!({ "permission": "deny", "action": "publish", "topic": "#", "retain": true })];
        rules.push(allow("publish", &format!("{}/#", self.mailbox)));
        rules.push(allow("publish", &format!("eq {}", self.questions)));
        rules.extend(self.notices.iter().map(|topic| allow("subscribe", &format!("eq {topic}"))));
        rules.extend(self.answer(client_id).map(|topic| allow("subscribe", &format!("eq {topic}"))));
        // What a broker says of itself names those who are connected.
        rules.push(json!({ "permission": "deny", "action": "all", "topic": "$SYS/#" }));
        rules.push(json!({ "permission": "deny", "action": "all", "topic": "#" }));
        Value::Array(rules)
    }

    /// Whether a client that came in by a token may do this. Nobody says whether a publish is retained: the rules, which brokers
    /// that ask this look at first, refuse those.
    pub(super) fn allow(&self, act: &Act, client_id: &str) -> bool {
        match act {
            Act::Publish(topic) if topic.contains(['+', '#', '\0']) => false,
            Act::Publish(topic) => {
                let below = topic.strip_prefix(self.mailbox.as_str());
                *topic == self.questions || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            Act::Subscribe(filter) => {
                self.notices.contains(filter) || self.answer(client_id).is_some_and(|topic| topic == *filter)
            }
        }
    }

    /// A client's answers are under its own id; one that is no such id has none.
    fn answer(&self, client_id: &str) -> Option<String> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_name = client_id.len() == 32 && client_id.bytes().all(is_digit);
        is_name.then(|| format!("{}/{client_id}", self.answers))
    }
}
