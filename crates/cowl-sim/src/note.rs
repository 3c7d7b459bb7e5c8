//! What people write, in three languages.

use crate::dice::Dice;
use crate::report::Severity;

/// What a person writes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// Haitian Creole.
    Creole,
    /// French.
    French,
    /// English: visitors, and those who write to foreign helpers.
    English,
}

/// What a person lacks most. Weighed by the categories of the 2010 reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Need {
    /// Water (1,030 of the 2010 reports).
    Water,
    /// Food (338).
    Food,
    /// A doctor, medicine, or help at once (497: medical emergencies, supplies, emergencies).
    Medical,
    /// Someone is missing or looked for (206).
    Family,
    /// Shelter (161).
    Shelter,
    /// Under rubble or in a house about to fall (184: trapped, collapsed, unstable).
    Rubble,
    /// Threats and looting (66).
    Safety,
}

const NEEDS: [(Need, u32); 7] = [
    (Need::Water, 1_030),
    (Need::Food, 338),
    (Need::Medical, 497),
    (Need::Family, 206),
    (Need::Shelter, 161),
    (Need::Rubble, 184),
    (Need::Safety, 66),
];

impl Language {
    /// Creole is everyone's language, French a minority's (assumed 65, 25 and 10 %).
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let languages = [(Self::Creole, 65.0), (Self::French, 25.0), (Self::English, 10.0)];
        dice.weighted(&languages, |(_, weight)| *weight).map_or(Self::Creole, |(language, _)| *language)
    }
}

impl Need {
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        dice.weighted(&NEEDS, |(_, weight)| f64::from(*weight)).map_or(Self::Water, |(need, _)| *need)
    }
}

/// A note of somebody in this state; at most 96 bytes.
pub(crate) fn note(need: Need, severity: Severity, language: Language, dice: &mut Dice) -> String {
    let count = 2 + dice.below(9);
    let [creole, french, english] = sentences(need, severity);
    let pattern = match language {
        Language::Creole => creole,
        Language::French => french,
        Language::English => english,
    };
    pattern.replace('#', &count.to_string())
}

/// The same in Creole, French and English; `#` is a number.
const fn sentences(need: Need, severity: Severity) -> [&'static str; 3] {
    match (need, severity) {
        (Need::Rubble, Severity::High | Severity::Critical) => [
            "# moun anba dekonb yo, nou tande vwa yo",
            "# personnes sous les décombres, on entend leurs voix",
            "# people under the rubble, we hear them",
        ],
        (Need::Rubble, _) => [
            "kay la fann, nou pa ka antre, # moun deyò",
            "la maison est fissurée, # personnes dehors",
            "house is cracked, # of us stay outside",
        ],
        (Need::Medical, Severity::High | Severity::Critical) => [
            "li pèdi anpil san, # èdtan depi nou ap tann",
            "il perd beaucoup de sang, # heures d'attente",
            "losing blood, we have waited # hours",
        ],
        (Need::Medical, _) => [
            "nou bezwen medikaman pou # moun",
            "besoin de médicaments pour # personnes",
            "# of us need medicine",
        ],
        (Need::Water, _) => {
            ["pa gen dlo depi # jou", "pas d'eau potable depuis # jours", "no drinking water for # days"]
        }
        (Need::Food, _) => {
            ["# timoun pa manje depi yè", "# enfants sans manger depuis hier", "# children have not eaten"]
        }
        (Need::Family, _) => [
            "m ap chèche # moun nan fanmi m",
            "je cherche # membres de ma famille",
            "looking for # of my family",
        ],
        (Need::Shelter, _) => {
            ["# moun dòmi nan lari", "# personnes dorment dans la rue", "# of us sleep in the street"]
        }
        (Need::Safety, _) => {
            ["# nèg ap piye depo a", "# hommes pillent le dépôt", "# men are looting the store"]
        }
    }
}
