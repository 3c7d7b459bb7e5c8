//! The topics of an operation, as the access rules need to know them.

use crate::error::ConfigError;

/// The longest prefix, in bytes. Costs nothing; MQTT itself allows 65,535.
pub const MAX_PREFIX_LEN: usize = 256;

/// A topic that stands for itself and for everything below it.
///
/// `a/b` covers `a/b` and `a/b/c`, not `a/bc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicPrefix(String);

impl TopicPrefix {
    /// Takes a topic without wildcards, empty levels or a leading `$`.
    ///
    /// # Errors
    /// [`ConfigError::BadTopic`] otherwise, or when it is longer than [`MAX_PREFIX_LEN`].
    pub fn new(topic: impl Into<String>) -> Result<Self, ConfigError> {
        let topic = topic.into();
        let fits = topic.len() <= MAX_PREFIX_LEN
            && !topic.starts_with('$')
            && !topic.contains(['+', '#', '\0'])
            && topic.split('/').all(|level| !level.is_empty());
        if fits { Ok(Self(topic)) } else { Err(ConfigError::BadTopic) }
    }

    /// The topic itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `topic` is this one or lies below it.
    ///
    /// For a filter the answer holds for every topic that it matches: the prefix has no wildcard, so a filter that
    /// starts with it can only match below it.
    pub(crate) fn covers(&self, topic: &str) -> bool {
        !self.0.is_empty()
            && topic.strip_prefix(self.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Where an operation publishes what.
#[derive(Debug, Clone)]
pub struct Topics {
    /// The mailbox of all reports; its shards lie below it.
    pub mailbox: TopicPrefix,
    /// Manifest and beacon: retained, published by the operator, read by everyone who may read.
    pub notices: Vec<TopicPrefix>,
    /// What nodes send one another besides reports, such as sealed bundles and prekeys. Empty if there is nothing.
    pub exchange: Vec<TopicPrefix>,
    /// Where members ask the operation's service; `None`: nowhere.
    pub service: Option<ServiceTopics>,
}

/// Where members ask the operation's service, which is the operator's, and where it answers: devices and nodes publish
/// `questions` itself and nothing below it, and subscribe one topic below `answers` that nobody can guess.
#[derive(Debug, Clone)]
pub struct ServiceTopics {
    /// Requests: published by members, read by the operator.
    pub questions: TopicPrefix,
    /// Answers lie one level below it, each under a name of 32 lower-case hexadecimal digits that its reader drew.
    pub answers: TopicPrefix,
}

impl ServiceTopics {
    fn is_question(&self, topic: &str) -> bool {
        topic == self.questions.as_str()
    }

    fn is_answer(&self, filter: &str) -> bool {
        let name = filter.strip_prefix(self.answers.as_str()).and_then(|rest| rest.strip_prefix('/'));
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        name.is_some_and(|name| name.len() == 32 && name.bytes().all(is_digit))
    }
}

impl Topics {
    /// No topics: for a broker that serves devices and no operation.
    pub fn none() -> Self {
        Self { mailbox: TopicPrefix(String::new()), notices: Vec::new(), exchange: Vec::new(), service: None }
    }

    pub(crate) fn is_question(&self, topic: &str) -> bool {
        self.service.as_ref().is_some_and(|service| service.is_question(topic))
    }

    pub(crate) fn is_answer(&self, filter: &str) -> bool {
        self.service.as_ref().is_some_and(|service| service.is_answer(filter))
    }

    pub(crate) fn in_mailbox(&self, topic: &str) -> bool {
        self.mailbox.covers(topic)
    }

    pub(crate) fn in_notices(&self, topic: &str) -> bool {
        self.notices.iter().any(|prefix| prefix.covers(topic))
    }

    pub(crate) fn in_exchange(&self, topic: &str) -> bool {
        self.exchange.iter().any(|prefix| prefix.covers(topic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_covers_whole_levels() {
        let prefix = TopicPrefix::new("a/b").unwrap();
        for inside in ["a/b", "a/b/", "a/b/c", "a/b/#", "a/b/+/d"] {
            assert!(prefix.covers(inside), "{inside}");
        }
        for outside in ["a", "a/", "a/bc", "a/+", "a/#", "+/b", "#", "", "/a/b", "$share/g/a/b"] {
            assert!(!prefix.covers(outside), "{outside}");
        }
    }

    #[test]
    fn an_answer_is_one_topic_that_nobody_can_guess() {
        let topic = |topic: &str| TopicPrefix::new(topic).unwrap();
        let service = Some(ServiceTopics { questions: topic("op/q"), answers: topic("op/a") });
        let topics = Topics { service, ..Topics::none() };
        assert!(topics.is_question("op/q") && topics.is_answer("op/a/00112233445566778899aabbccddeeff"));
        for bad in ["op/q/", "op/q/x", "op/q/#", "op", "op/+", "op/qq"] {
            assert!(!topics.is_question(bad), "{bad}");
        }
        for bad in [
            "op/a",
            "op/a/",
            "op/a/+",
            "op/a/#",
            "op/a/00112233445566778899aabbccddeef+",
            "op/a/00112233445566778899AABBCCDDEEFF",
            "op/a/00112233445566778899aabbccddeeff0",
            "op/a/00112233445566778899aabbccddeeff/x",
            "op/a/0011223344556677/8899aabbccddeef",
            "+/a/00112233445566778899aabbccddeeff",
        ] {
            assert!(!topics.is_answer(bad), "{bad}");
        }
    }

    #[test]
    fn no_topics_cover_nothing() {
        for topic in ["", "/", "/a", "a", "#"] {
            assert!(!Topics::none().in_mailbox(topic), "{topic}");
        }
    }

    #[test]
    fn what_is_no_plain_topic_is_refused() {
        let long = "x".repeat(MAX_PREFIX_LEN + 1);
        for bad in ["", "/a", "a/", "a//b", "a/+", "#", "$SYS", "a\0", long.as_str()] {
            assert!(TopicPrefix::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!(TopicPrefix::new("srv/temperature").unwrap().as_str(), "srv/temperature");
    }
}
