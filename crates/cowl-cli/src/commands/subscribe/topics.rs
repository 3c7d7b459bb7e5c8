//! Which reports are asked for, by the topic that travelled inside them.

use cowl::transport::Filter;
use cowl_core::{
    FieldIndex, Policy, RoleIndex,
    policy::{Input, Source},
};

use crate::failure::Failure;

/// `-t` and `-T`.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    with: Vec<Filter>,
    without: Vec<Filter>,
}

impl Wanted {
    pub(super) fn new(with: &[Filter], without: &[Filter]) -> Self {
        Self { with: with.to_vec(), without: without.to_vec() }
    }

    /// Whether a report is to be printed. One without a topic fits no filter.
    pub(super) fn takes(&self, topic: Option<&str>) -> bool {
        let any =
            |filters: &[Filter]| topic.is_some_and(|topic| filters.iter().any(|filter| fits(filter, topic)));
        (self.with.is_empty() || any(&self.with)) && !any(&self.without)
    }

    /// Refuses filters where the role never learns a topic.
    pub(super) fn check(&self, policy: &Policy, role: RoleIndex) -> Result<(), Failure> {
        if (self.with.is_empty() && self.without.is_empty()) || topic_field(policy, role).is_some() {
            return Ok(());
        }
        let readers = policy.role_indices().filter(|(index, _)| topic_field(policy, *index).is_some());
        let readers: Vec<_> = readers.map(|(_, role)| role.name.as_str()).collect();
        let hint = if readers.is_empty() {
            "the operation's policy has no field for the topic (from = \"$topic\")".to_owned()
        } else {
            format!("by the operation's policy it is read by: {}", readers.join(", "))
        };
        Err(Failure::usage("-t and -T ask for a report's topic, which this role does not read").hint(hint))
    }
}

/// The field that holds the whole topic, if the role reads it.
pub(super) fn topic_field(policy: &Policy, role: RoleIndex) -> Option<FieldIndex> {
    let role = policy.role(role)?;
    let mut reads = role.reads.iter().map(|read| read.field);
    reads.find(|index| {
        let from = policy.field(*index).map(|field| field.from.as_slice()).unwrap_or_default();
        from.contains(&Input::One(Source::Topic(None)))
    })
}

/// MQTT 5 §4.7: `+` is one level, `#` all that follow and their parent; neither begins a match with `$`.
fn fits(filter: &Filter, topic: &str) -> bool {
    let mut wanted = filter.as_str().split('/');
    let mut levels = topic.split('/');
    if topic.starts_with('$') && filter.as_str().starts_with(['+', '#']) {
        return false;
    }
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
    use super::*;

    fn fit(filter: &str, topic: &str) -> bool {
        fits(&Filter::new(filter).unwrap(), topic)
    }

    /// The examples of MQTT 5 §4.7.1 and §4.7.2.
    #[test]
    fn wildcards_as_the_standard_says() {
        for (filter, topic) in [
            ("sport/tennis/player1/#", "sport/tennis/player1"),
            ("sport/tennis/player1/#", "sport/tennis/player1/ranking"),
            ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"),
            ("sport/#", "sport"),
            ("#", "a"),
            ("sport/tennis/+", "sport/tennis/player1"),
            ("+/+", "/finance"),
            ("/+", "/finance"),
            ("sport/+", "sport/"),
            ("$SYS/#", "$SYS/a"),
            ("$SYS/monitor/+", "$SYS/monitor/Clients"),
        ] {
            assert!(fit(filter, topic), "{filter} {topic}");
        }
        for (filter, topic) in [
            ("sport/tennis/+", "sport/tennis/player1/ranking"),
            ("sport/+", "sport"),
            ("+", "/finance"),
            ("#", "$SYS/a"),
            ("+/monitor/Clients", "$SYS/monitor/Clients"),
            ("sport", "Sport"),
        ] {
            assert!(!fit(filter, topic), "{filter} {topic}");
        }
    }

    #[test]
    fn with_and_without() {
        let filter = |text: &str| Filter::new(text).unwrap();
        let wanted = Wanted::new(&[filter("a/#")], &[filter("a/b")]);
        assert!(wanted.takes(Some("a/c")) && !wanted.takes(Some("a/b")) && !wanted.takes(None));
        assert!(Wanted::default().takes(None));
        assert!(Wanted::new(&[], &[filter("a")]).takes(None));
    }
}
