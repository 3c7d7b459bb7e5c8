//! Which reports keep the topic for which they were sent.

use super::CONTROL;
use crate::transport::{Filter, Topic};

/// Levels of a topic at the most: brokers limit them too.
const LEVELS: usize = 16;
/// Bytes of a topic at the most.
const LENGTH: usize = 512;

/// The original topics that may be published to unchanged. None by default: a report is data from outside, and a topic
/// can be a command (`zigbee2mqtt/bridge/request/…`), or speak for a trusted device.
///
/// Never, whatever the filters say: `$…`, wildcards, empty levels, control characters, and the gateway's own topics.
#[derive(Debug, Clone, Default)]
pub struct Originals {
    filters: Vec<Filter>,
    reserved: Vec<String>,
    walk_ins: bool,
}

impl Originals {
    /// Topics that fit any of `filters`. `walk_ins`: also for reports of people who are not enrolled, so unverified.
    pub fn new(filters: Vec<Filter>, walk_ins: bool) -> Self {
        Self { filters, reserved: vec![CONTROL.to_owned()], walk_ins }
    }

    /// Keeps reports away from everything below `prefix` too.
    #[must_use]
    pub fn except(mut self, prefix: impl Into<String>) -> Self {
        self.reserved.push(prefix.into());
        self
    }

    /// Whether no report keeps its topic.
    pub fn is_none(&self) -> bool {
        self.filters.is_empty()
    }

    /// The topic itself, if it may be used as it is.
    pub(super) fn allow(&self, topic: &str, is_walk_in: bool) -> Option<Topic> {
        let is_sound = topic.len() <= LENGTH
            && topic.split('/').count() <= LEVELS
            && topic.split('/').all(|level| !level.is_empty())
            && !topic.starts_with('$')
            && !topic.contains(['+', '#'])
            && !topic.chars().any(|char| char.is_control() || is_format(char));
        let is_reserved = self.reserved.iter().any(|prefix| {
            topic.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        let is_wanted =
            (self.walk_ins || !is_walk_in) && self.filters.iter().any(|filter| fits(filter, topic));
        if is_sound && !is_reserved && is_wanted { Topic::new(topic).ok() } else { None }
    }
}

/// Characters that change how what follows is shown, and those that are none.
fn is_format(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(u32::from(char) & 0xffff, 0xfffe | 0xffff)
        || matches!(u32::from(char), 0xfdd0..=0xfdef | 0xe000..=0xf8ff | 0xe0000..=0xe0fff)
}

/// MQTT 5 §4.7: `+` is one level, `#` all that follow and their parent; neither begins a match with `$`.
fn fits(filter: &Filter, topic: &str) -> bool {
    if topic.starts_with('$') && filter.as_str().starts_with(['+', '#']) {
        return false;
    }
    let mut wanted = filter.as_str().split('/');
    let mut levels = topic.split('/');
    loop {
        match (wanted.next(), levels.next()) {
            (Some("#"), _) | (None, None) => return true,
            (Some("+"), Some(_)) => {}
            (Some(want), Some(level)) if want == level => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn originals(filters: &[&str], walk_ins: bool) -> Originals {
        let filters = filters.iter().map(|filter| Filter::new(*filter).unwrap()).collect();
        Originals::new(filters, walk_ins).except("homeassistant")
    }

    #[test]
    fn nothing_is_allowed_unless_it_is_named() {
        assert!(Originals::default().allow("sensors/1", false).is_none());
        let some = originals(&["sensors/#", "owntracks/+/+"], false);
        for (topic, is_allowed) in [
            ("sensors/1/temperature", true),
            ("sensors", true),
            ("owntracks/u/d", true),
            ("owntracks/u/d/cmd", false),
            ("zigbee2mqtt/bridge/request/permit_join", false),
        ] {
            assert_eq!(some.allow(topic, false).is_some(), is_allowed, "{topic}");
            assert!(some.allow(topic, true).is_none(), "{topic}: a walk-in's");
        }
        assert!(originals(&["sensors/#"], true).allow("sensors/1", true).is_some());
    }

    #[test]
    fn not_even_everything_is_everything() {
        let all = originals(&["#", "$SYS/#", "+/+"], true);
        assert!(all.allow("anything/at all/é", false).is_some());
        for topic in [
            "$SYS/broker",
            "$share/a/b",
            "a/+/b",
            "a/#",
            "a\0b",
            "a\nb",
            "a//b",
            "/a",
            "a/",
            "",
            "homeassistant/light/x/config",
            "homeassistant",
            CONTROL,
            &format!("{CONTROL}/x/owner/00"),
            "a/\u{202e}b",
            &"a/".repeat(17),
            &"a".repeat(513),
        ] {
            assert!(all.allow(topic, false).is_none(), "{topic:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_allowed_is_plain_and_below_what_was_named(
            topic in prop_oneof![".{0,40}", "(sensors|\\$SYS|cowl|homeassistant|[+#/\\x00])(/[a-z+#$]{0,3}){0,6}"],
            is_walk_in: bool,
        ) {
            let all = originals(&["#"], true);
            if let Some(allowed) = all.allow(&topic, is_walk_in) {
                prop_assert_eq!(allowed.as_str(), topic.as_str());
                prop_assert!(!topic.starts_with('$') && !topic.contains(['+', '#', '\0']));
                let own = topic.strip_prefix(CONTROL).is_some_and(|rest| rest.starts_with('/'));
                prop_assert!(!topic.starts_with("homeassistant/") && !own);
            }
            let some = originals(&["sensors/#"], false);
            if let Some(allowed) = some.allow(&topic, is_walk_in) {
                prop_assert!(!is_walk_in);
                prop_assert!(allowed.as_str() == "sensors" || allowed.as_str().starts_with("sensors/"));
            }
        }
    }
}
