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
}

impl Topics {
    /// No topics: for a broker that serves devices and no operation.
    pub fn none() -> Self {
        Self { mailbox: TopicPrefix(String::new()), notices: Vec::new(), exchange: Vec::new() }
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
