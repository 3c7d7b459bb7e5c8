//! Topic filters, as the access rules for devices need them.

use crate::error::ConfigError;

/// The longest filter, in bytes. Costs nothing; MQTT itself allows 65,535.
pub const MAX_FILTER_LEN: usize = 256;

/// An MQTT topic filter (MQTT 5 §4.7): `+` for one level, `#` at the end for any number.
///
/// As in MQTT, a filter that begins with a wildcard matches no topic that begins with `$`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicFilter(String);

impl TopicFilter {
    /// Takes a filter.
    ///
    /// # Errors
    /// [`ConfigError::BadTopic`] if it is empty, longer than [`MAX_FILTER_LEN`], has a NUL, a leading `$` or a wildcard
    /// that is not a level of its own, or a `#` that is not the last.
    pub fn new(filter: impl Into<String>) -> Result<Self, ConfigError> {
        let filter = filter.into();
        let fits = filter.len() <= MAX_FILTER_LEN && !filter.starts_with('$') && is_filter(&filter);
        if fits { Ok(Self(filter)) } else { Err(ConfigError::BadTopic) }
    }

    /// The filter itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it matches `topic`, which has no wildcards.
    pub fn matches(&self, topic: &str) -> bool {
        is_topic(topic) && self.covers(topic)
    }

    /// Whether it matches every topic that `other` matches. A topic is a filter that matches itself only.
    pub(crate) fn covers(&self, other: &str) -> bool {
        if other.starts_with('$') || !is_filter(other) {
            return false;
        }
        // Both match whatever there is; only as texts does one have a level more.
        if self.0 == "+/#" {
            return true;
        }
        let mut theirs = other.split('/');
        for mine in self.0.split('/') {
            if mine == "#" {
                return true;
            }
            match (mine, theirs.next()) {
                // `#` stands for the level above it too, which `+` and a name below it do not.
                (_, None | Some("#")) => return false,
                ("+", Some(_)) => {}
                (name, Some(level)) if name == level => {}
                _ => return false,
            }
        }
        theirs.next().is_none()
    }
}

/// Whether a publish may name this topic: not empty, no wildcard, no NUL (MQTT 5 §3.3.2.1, §1.5.4).
pub(crate) fn is_topic(topic: &str) -> bool {
    !topic.is_empty() && !topic.contains(['+', '#', '\0'])
}

fn is_filter(filter: &str) -> bool {
    let mut levels = filter.split('/').rev();
    let last = levels.next().unwrap_or_default();
    let plain = |level: &str| level == "+" || !level.contains(['+', '#', '\0']);
    !filter.is_empty() && (last == "#" || plain(last)) && levels.all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_filter_is_refused() {
        let long = "x".repeat(MAX_FILTER_LEN + 1);
        for bad in ["", "#/a", "a#", "a/#/b", "a+", "+a/b", "$SYS/#", "$share/g/a", "a\0", long.as_str()] {
            assert!(TopicFilter::new(bad).is_err(), "{bad:?}");
        }
        for good in ["#", "+", "a/#", "/a", "a//b", "+/b/+/#"] {
            assert_eq!(TopicFilter::new(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn a_filter_matches_as_mqtt_says() {
        let pairs = [
            ("#", "a/b", true),
            ("#", "/a", true),
            ("#", "$SYS/a", false),
            ("+/a", "$SYS/a", false),
            ("a/#", "a", true),
            ("a/#", "a/", true),
            ("a/#", "ab", false),
            ("a/+", "a", false),
            ("a/+", "a/", true),
            ("a/+", "a/b/c", false),
            ("a/+/c", "a/b/c", true),
            ("+/+", "/a", true),
            ("/+", "/a", true),
            ("+", "/a", false),
            ("a/b", "a/b", true),
            ("a/b", "a/B", false),
            ("a", "a\0", false),
            ("#", "a/+", false),
            ("#", "", false),
        ];
        for (filter, topic, expected) in pairs {
            assert_eq!(TopicFilter::new(filter).unwrap().matches(topic), expected, "{filter} {topic}");
        }
    }

    #[test]
    fn a_filter_covers_a_narrower_one_only() {
        let pairs = [
            ("#", "a/#", true),
            ("#", "+/b", true),
            ("#", "$share/g/a", false),
            ("#", "a/#/b", false),
            ("a/#", "a/+/c", true),
            ("a/#", "a/#", true),
            ("a/#", "#", false),
            ("a/#", "+/b", false),
            ("a/+", "a/+", true),
            ("a/+", "a/#", false),
            ("a/+", "a/b", true),
            ("a/b", "a/+", false),
            ("a/b", "a/b/#", false),
            ("+/+/#", "a/#", false),
            ("+/#", "a/#", true),
        ];
        for (filter, narrower, expected) in pairs {
            assert_eq!(TopicFilter::new(filter).unwrap().covers(narrower), expected, "{filter} {narrower}");
        }
    }

    /// `covers` against its meaning, on every filter and topic of up to three levels from a small alphabet.
    #[test]
    fn covering_means_matching_at_least_as_much() {
        let levels = ["", "a", "+", "#"];
        let mut all: Vec<String> = levels.iter().map(|level| (*level).to_owned()).collect();
        for _ in 0..2 {
            let longer: Vec<String> =
                all.iter().flat_map(|start| levels.map(|level| format!("{start}/{level}"))).collect();
            all.extend(longer);
        }
        let filters: Vec<TopicFilter> =
            all.iter().filter_map(|text| TopicFilter::new(text.as_str()).ok()).collect();
        // One level and one name more than any filter has, so that a filter that matches more shows it.
        let mut topics: Vec<String> = ["", "a", "c"].map(str::to_owned).to_vec();
        for _ in 0..3 {
            let longer: Vec<String> = topics
                .iter()
                .flat_map(|start| ["", "a", "c"].map(|level| format!("{start}/{level}")))
                .collect();
            topics.extend(longer);
        }
        for wide in &filters {
            for narrow in &filters {
                let contained = topics.iter().all(|topic| !narrow.matches(topic) || wide.matches(topic));
                // `/#` also stands for the empty topic, which MQTT does not have; that it is covered less is safe.
                if narrow.as_str() != "/#" || !contained {
                    assert_eq!(wide.covers(narrow.as_str()), contained, "{wide:?} {narrow:?}");
                }
            }
        }
    }
}
