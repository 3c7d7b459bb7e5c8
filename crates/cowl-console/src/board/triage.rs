//! The four colours, and which value of the operation's policy means which.

use cowl_core::{
    Policy, RoleIndex,
    policy::{Field, FieldKind},
};

/// A triage category by its START/JumpSTART name. Their order is the queue's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Triage {
    /// Red.
    Immediate,
    /// Yellow.
    Delayed,
    /// None was said: before green, because whoever was not looked at may be anything.
    Untriaged,
    /// Green.
    Minor,
    /// Black: expectant or deceased.
    Expectant,
}

impl Triage {
    /// All, in the queue's order.
    pub(crate) const ALL: [Self; 5] =
        [Self::Immediate, Self::Delayed, Self::Untriaged, Self::Minor, Self::Expectant];

    /// Its place in the queue and in a row of counts, from 0.
    pub(crate) const fn column(self) -> usize {
        self as usize
    }

    /// Its name in addresses, styles and messages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::Delayed => "delayed",
            Self::Untriaged => "untriaged",
            Self::Minor => "minor",
            Self::Expectant => "expectant",
        }
    }

    /// The category of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|triage| triage.name() == name)
    }

    /// The letter on the tag; never without the shape beside it.
    pub(crate) const fn letter(self) -> &'static str {
        match self {
            Self::Immediate => "I",
            Self::Delayed => "D",
            Self::Untriaged => "?",
            Self::Minor => "M",
            Self::Expectant => "X",
        }
    }

    /// What a word of the policy means, in any case of letters: START's colours and names, and no others.
    fn of_word(word: &str) -> Option<Self> {
        let is = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(word));
        if is(&["red", "immediate"]) {
            Some(Self::Immediate)
        } else if is(&["yellow", "delayed"]) {
            Some(Self::Delayed)
        } else if is(&["green", "minor"]) {
            Some(Self::Minor)
        } else if is(&["black", "expectant", "deceased"]) {
            Some(Self::Expectant)
        } else {
            None
        }
    }
}

/// Which choices of which field mean which colour. The policy decides, by its own words:
///
/// - The field is the first of the role's whose choices, or other words for them (`also`), name at least one of START's colours or
///   categories. A policy without one has no triage, and everybody is untriaged.
/// - A choice has the colour that it or one of its other words names; of several the most urgent.
/// - A choice without one, between two that have one in a list that goes one way, has the more urgent of its neighbours' colours:
///   rather too urgent than too late. (In the policy that comes with Cowl: `low` is green, `high` is yellow, and so is `moderate`
///   between them.) Any other is untriaged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Scale {
    field: String,
    choices: Vec<(String, Triage)>,
}

impl Scale {
    /// What a policy says to a role.
    pub(crate) fn of(policy: &Policy, role: RoleIndex) -> Self {
        let reads = policy.role(role).map(|role| role.reads.as_slice()).unwrap_or_default();
        let mut fields = reads.iter().filter_map(|read| policy.field(read.field));
        fields.find_map(Self::of_field).unwrap_or_default()
    }

    /// The field that holds it; empty if there is none.
    pub(crate) fn field(&self) -> &str {
        &self.field
    }

    /// The colour of a choice.
    pub(crate) fn of_choice(&self, choice: &str) -> Triage {
        let found = self.choices.iter().find(|(name, _)| name == choice);
        found.map_or(Triage::Untriaged, |(_, triage)| *triage)
    }

    fn of_field(field: &Field) -> Option<Self> {
        let FieldKind::Choice { names, also } = &field.kind else { return None };
        let said: Vec<Option<Triage>> = (0_u16..)
            .zip(names)
            .map(|(index, name)| {
                let others =
                    also.iter().filter(|alias| alias.choice == index).map(|alias| alias.word.as_str());
                std::iter::once(name.as_str()).chain(others).filter_map(Triage::of_word).min()
            })
            .collect();
        if said.iter().all(Option::is_none) {
            return None;
        }
        let goes_one_way = {
            let known: Vec<_> = said.iter().flatten().collect();
            known.is_sorted() || known.is_sorted_by(|one, next| one >= next)
        };
        let colour = |index: usize| {
            let own = said.get(index).copied().flatten();
            let before = said.iter().take(index).rev().find_map(|said| *said);
            let after = said.iter().skip(index + 1).find_map(|said| *said);
            own.or_else(|| {
                goes_one_way.then(|| before.zip(after).map(|(one, other)| one.min(other))).flatten()
            })
        };
        let choices = names
            .iter()
            .enumerate()
            .map(|(index, name)| (name.clone(), colour(index).unwrap_or(Triage::Untriaged)))
            .collect();
        Some(Self { field: field.name.clone(), choices })
    }
}

#[cfg(test)]
mod tests {
    use cowl_core::policy::Alias;

    use super::*;

    fn choice(names: &[&str], also: &[(&str, u16)]) -> Option<Scale> {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let also =
            also.iter().map(|(word, choice)| Alias { word: (*word).to_owned(), choice: *choice }).collect();
        let mut field = default_field();
        field.kind = FieldKind::Choice { names, also };
        Scale::of_field(&field)
    }

    fn default_field() -> Field {
        let policy = crate::board::testing::policy();
        policy.fields.iter().find(|field| field.name == "severity").unwrap().clone()
    }

    #[test]
    fn the_policy_that_comes_with_cowl() {
        let policy = crate::board::testing::policy();
        for role in ["triage", "medical", "rescue"] {
            let scale = Scale::of(&policy, policy.role_index(role).unwrap());
            assert_eq!(scale.field(), "severity", "{role}");
            let colours =
                ["low", "moderate", "high", "critical", "", "red"].map(|name| scale.of_choice(name));
            assert_eq!(
                colours,
                [
                    Triage::Minor,
                    Triage::Delayed,
                    Triage::Delayed,
                    Triage::Immediate,
                    Triage::Untriaged,
                    Triage::Untriaged
                ]
            );
        }
        // It reads no severity.
        let census = Scale::of(&policy, policy.role_index("census").unwrap());
        assert_eq!((census.field(), census.of_choice("critical")), ("", Triage::Untriaged));
    }

    #[test]
    fn only_start_s_own_words_name_a_colour() {
        assert_eq!(choice(&["low", "high", "critical"], &[]), None);
        let start = choice(&["Immediate", "DELAYED", "minor", "deceased"], &[]).unwrap();
        let colours = ["Immediate", "DELAYED", "minor", "deceased"].map(|name| start.of_choice(name));
        assert_eq!(colours, [Triage::Immediate, Triage::Delayed, Triage::Minor, Triage::Expectant]);
    }

    #[test]
    fn what_stands_between_takes_the_more_urgent_and_what_stands_outside_none() {
        let scale = choice(&["none", "a", "b", "c", "d"], &[("green", 1), ("red", 3)]).unwrap();
        let colours = ["none", "a", "b", "c", "d"].map(|name| scale.of_choice(name));
        assert_eq!(
            colours,
            [Triage::Untriaged, Triage::Minor, Triage::Immediate, Triage::Immediate, Triage::Untriaged]
        );
        // A list that goes to and fro says nothing of what stands between.
        let mixed = choice(&["red", "x", "green", "y", "yellow"], &[]).unwrap();
        assert_eq!(["x", "y"].map(|name| mixed.of_choice(name)), [Triage::Untriaged; 2]);
        // Two colours for one choice: the more urgent.
        let both = choice(&["a", "b"], &[("green", 0), ("yellow", 0)]).unwrap();
        assert_eq!(both.of_choice("a"), Triage::Delayed);
    }
}
