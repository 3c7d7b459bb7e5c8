//! The four colours of START triage, of grown-ups and children, and which of a policy's words means which.

use cowl_core::{
    FieldIndex, Policy,
    policy::{Field, FieldKind},
};

/// A triage category, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Triage {
    /// Immediate.
    Red,
    /// Delayed.
    Yellow,
    /// Minor.
    Green,
    /// Dead, or beyond help (START: deceased; SALT: expectant).
    Black,
}

impl Triage {
    /// All, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Red, Self::Yellow, Self::Green, Self::Black];

    /// The colour's name, for machines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Yellow => "yellow",
            Self::Green => "green",
            Self::Black => "black",
        }
    }

    /// The colour that a word means by itself, as protocols and responders write it, whatever its case.
    fn meant_by(word: &str) -> Option<Self> {
        let known = [
            (Self::Red, ["red", "immediate"]),
            (Self::Yellow, ["yellow", "delayed"]),
            (Self::Green, ["green", "minor"]),
            (Self::Black, ["black", "expectant"]),
        ];
        let is = |words: &[&str; 2]| words.iter().any(|known| word.eq_ignore_ascii_case(known));
        let spelt = known.into_iter().find(|(_, words)| is(words)).map(|(triage, _)| triage);
        spelt.or_else(|| word.eq_ignore_ascii_case("deceased").then_some(Self::Black))
    }
}

/// The field of a policy that holds the triage category, and what its choices mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriageField {
    /// Which field.
    pub field: FieldIndex,
    /// What the policy calls it.
    pub name: String,
    /// Its choices with their colours; `None`: one that means no colour.
    pub choices: Vec<(String, Option<Triage>)>,
}

impl TriageField {
    /// The first choice field of which a choice, or a word that stands for one, is a colour or name of triage. A
    /// choice without a colour between two with one counts as the more urgent of them: `moderate` between green and yellow is
    /// yellow.
    pub fn of(policy: &Policy) -> Option<Self> {
        (0..).map(FieldIndex).zip(&policy.fields).find_map(|(field, definition)| {
            let choices = choices(definition)?;
            let coloured = choices.iter().any(|(_, triage)| triage.is_some());
            coloured.then(|| Self { field, name: definition.name.clone(), choices: between(choices) })
        })
    }

    /// The colour of a choice, as reports write it.
    pub fn colour(&self, choice: &str) -> Option<Triage> {
        self.choices.iter().find(|(name, _)| name == choice)?.1
    }
}

fn choices(field: &Field) -> Option<Vec<(String, Option<Triage>)>> {
    let FieldKind::Choice { names, also } = &field.kind else { return None };
    let colour = |(index, name): (usize, &String)| {
        let aliases = also.iter().filter(|alias| usize::from(alias.choice) == index);
        let triage = Triage::meant_by(name)
            .or_else(|| aliases.map(|alias| alias.word.as_str()).find_map(Triage::meant_by));
        (name.clone(), triage)
    };
    Some(names.iter().enumerate().map(colour).collect())
}

fn between(mut choices: Vec<(String, Option<Triage>)>) -> Vec<(String, Option<Triage>)> {
    let given: Vec<Option<Triage>> = choices.iter().map(|(_, triage)| *triage).collect();
    for (index, (_, triage)) in choices.iter_mut().enumerate() {
        let before = given.iter().take(index).rev().find_map(|triage| *triage);
        let after = given.iter().skip(index + 1).find_map(|triage| *triage);
        *triage = triage.or_else(|| Some(before?.min(after?)));
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy_file::{DEFAULT_POLICY, PolicyFile, shipped};

    #[test]
    fn the_default_policys_severity_is_triage() {
        let policy = PolicyFile::default_policy().unwrap().policy;
        let field = TriageField::of(&policy).unwrap();
        assert_eq!(field.name, "severity");
        let colours = ["low", "moderate", "high", "critical", "no such"].map(|choice| field.colour(choice));
        let [green, yellow, red] = [Triage::Green, Triage::Yellow, Triage::Red].map(Some);
        assert_eq!(colours, [green, yellow, yellow, red, None]);
    }

    #[test]
    fn what_has_no_colours_is_no_triage() {
        let line = DEFAULT_POLICY.lines().find(|line| line.starts_with("also = {")).unwrap();
        let text = DEFAULT_POLICY.replace(line, "");
        let without = PolicyFile::parse(&text, "policy.toml", &shipped).unwrap();
        assert_eq!(TriageField::of(&without.policy), None);
    }
}
