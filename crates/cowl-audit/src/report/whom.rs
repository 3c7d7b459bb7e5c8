//! What can whom do: the first thing that a reader of a scorecard wants to know.

use super::text;
use crate::score::{Category, Cell, Interval, Scorecard};
use crate::view::Adversary;

/// How the words of [`Reach`] are to be taken.
pub(super) const REACHES: &str = "Numbers are advantages: 0 is guessing, 1 is certainty. \"can\": shown, 0.5 and more; \"can in part\": shown, less; \"not excluded\": the \
     interval reaches above 0.1; \"hardly\": all of it is at most 0.1.";

/// How far an adversary gets, from best to worst shown. It is told by the whole interval: what was not shown is not called a fact, what was not
/// excluded is not called safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// An advantage of half and more, clearly above 0.1.
    Can,
    /// Clearly above 0.1.
    Partly,
    /// Perhaps above 0.1: the trace is too small, or the case too close, to tell.
    Perhaps,
    /// Not above 0.1.
    Hardly,
    /// A control failed.
    NotMeasured,
    /// What would be measured does not exist.
    NoMechanism,
}

impl Reach {
    /// All, in the order of reports.
    pub(super) const ALL: [Self; 6] =
        [Self::Can, Self::Partly, Self::Perhaps, Self::Hardly, Self::NotMeasured, Self::NoMechanism];

    /// In a word or three.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Can => "can",
            Self::Partly => "can in part",
            Self::Perhaps => "not excluded",
            Self::Hardly => "hardly",
            Self::NotMeasured => "not measured",
            Self::NoMechanism => "no mechanism",
        }
    }

    fn of(cell: &Cell<'_>) -> Option<Self> {
        let shown = |advantage: &Interval| match advantage {
            one if one.low > 0.1 && one.value >= 0.5 => Self::Can,
            one if one.low > 0.1 => Self::Partly,
            one if one.high > 0.1 => Self::Perhaps,
            _ => Self::Hardly,
        };
        match cell {
            Cell::Measured { figure, .. } => Some(shown(&figure.advantage)),
            // What was found is a fact; what was not found is not, since one of the attacks did not run as it must.
            Cell::NotMeasured { leak: Some((_, figure)), .. } => match shown(&figure.advantage) {
                found @ (Self::Can | Self::Partly) => Some(found),
                _ => Some(Self::NotMeasured),
            },
            Cell::NotMeasured { leak: None, .. } => Some(Self::NotMeasured),
            Cell::NoMechanism { .. } => Some(Self::NoMechanism),
            Cell::NotApplicable => None,
        }
    }
}

/// What an adversary can do who succeeds in a category, to be read after "can".
pub(super) const fn deed(category: Category) -> &'static str {
    match category {
        Category::Linking => "tell that messages are of one person",
        Category::Identifying => "find out who or where a sender is",
        Category::NonRepudiation => "prove to others that a person sent a message",
        Category::Detecting => "notice an emergency, or who uses the service",
        Category::DataDisclosure => "read what messages say",
        Category::Unawareness => "receive what no notice or consent covers",
        Category::NonCompliance => "still open what is erased or expired",
    }
}

/// Everybody in a category by how far he gets, with his advantage, and what it was before where it was another.
pub(super) fn whom(
    before: Option<&Scorecard>,
    card: &Scorecard,
    category: Category,
) -> Vec<(Reach, Vec<String>)> {
    let everybody = Adversary::ALL.map(|adversary| {
        let cell = card.cell(category, adversary);
        let old = before.map(|before| before.cell(category, adversary));
        (Reach::of(&cell), told(adversary, &cell, old.as_ref()))
    });
    let of = |wanted: Reach| -> Vec<String> {
        let those = everybody.iter().filter(|(reach, _)| *reach == Some(wanted));
        those.map(|(_, told)| told.clone()).collect()
    };
    Reach::ALL.into_iter().map(|reach| (reach, of(reach))).filter(|(_, those)| !those.is_empty()).collect()
}

fn told(adversary: Adversary, cell: &Cell<'_>, before: Option<&Cell<'_>>) -> String {
    let name = text::medium(adversary);
    let value = |cell: &Cell<'_>| match cell {
        Cell::Measured { figure, .. } | Cell::NotMeasured { leak: Some((_, figure)), .. } => {
            Some(text::advantage(figure.advantage.value))
        }
        _ => None,
    };
    let up_to = match cell {
        Cell::Measured { figure, .. } if Reach::of(cell) == Some(Reach::Perhaps) => {
            format!(" (at most {})", text::advantage(figure.advantage.high))
        }
        _ => String::new(),
    };
    let now = value(cell).filter(|_| Reach::of(cell) != Some(Reach::NotMeasured));
    match (now, before.and_then(value)) {
        (Some(now), Some(was)) if was != now => format!("{name} {was} → {now}{up_to}"),
        (Some(now), _) => format!("{name} {now}{up_to}"),
        (None, _) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_interval_is_neither_a_fact_nor_safety() {
        let card = super::super::tests::measured_by_broker(0.0, 0.3, 0.7);
        let found = whom(None, &card, Category::Linking);
        assert_eq!(found, [(Reach::Perhaps, vec!["broker 0.30 (at most 0.70)".to_owned()])]);
        let card = super::super::tests::measured_by_broker(0.4, 0.5, 0.7);
        assert_eq!(whom(None, &card, Category::Linking)[0].0, Reach::Can);
        let card = super::super::tests::measured_by_broker(-0.1, 0.0, 0.1);
        assert_eq!(whom(None, &card, Category::Linking)[0].0, Reach::Hardly);
    }
}
