//! Scorecards that `cowl audit score --json` wrote.

use std::path::{Path, PathBuf};

use cowl::{
    files::{self, FileError},
    records::{AUDIT_LIMIT, Audit, RecordsError, Scorecard},
};

/// Scorecards of one console at the most.
const MOST: usize = 64;

/// Why scorecards cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum CardsError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// What stands in it.
    #[error("{0}")]
    Audit(String),
    /// More than a page holds.
    #[error("{0} scorecards: {MOST} at the most")]
    TooMany(usize),
}

/// One configuration's scorecard.
#[derive(Debug)]
pub(crate) struct Card {
    /// The file's name, for people.
    pub(crate) file: String,
    pub(crate) card: Scorecard,
}

/// All scorecards, before first.
#[derive(Debug)]
pub(crate) struct Cards(Vec<Card>);

impl Cards {
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, CardsError> {
        let mut cards = Vec::new();
        for path in paths {
            let name = name(path);
            let bytes = files::read(path, AUDIT_LIMIT)?;
            cards.extend(parse(&bytes, &name)?.into_iter().map(|card| Card { file: name.clone(), card }));
        }
        if cards.len() > MOST {
            return Err(CardsError::TooMany(cards.len()));
        }
        Ok(Self(cards))
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[Card] {
        &self.0
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Card> {
        self.0.get(index)
    }
}

fn parse(bytes: &[u8], name: &str) -> Result<Vec<Scorecard>, CardsError> {
    let error = |error: RecordsError| CardsError::Audit(error.to_string());
    Ok(Audit::parse(bytes, name).map_err(error)?.scorecards)
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use cowl::records::{Adversary, Category, Cell};

    use super::*;

    /// What an auditor wrote, of a small simulated operation.
    const CARD: &str = include_str!("../../../cowl/src/records/golden/scorecard.json");

    #[test]
    fn a_scorecard_is_read_with_its_evidence() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card.json");
        std::fs::write(&path, CARD).unwrap();
        let cards = Cards::read(&[path.clone(), path]).unwrap();
        let names: Vec<&str> = cards.all().iter().map(|card| card.card.configuration.as_str()).collect();
        assert_eq!(names, ["cowl", "cowl"]);
        let card = &cards.get(1).unwrap().card;
        assert!(matches!(
            card.cell(Category::Linking, Adversary::Broker),
            Cell::Measured { .. } | Cell::NotMeasured { .. }
        ));
        assert!(card.findings(Category::Linking, Adversary::Broker).count() > 0);
        assert!(Cards::read(&[]).unwrap().all().is_empty());
    }

    #[test]
    fn what_is_no_scorecard_is_refused_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card.json");
        for (text, says) in [("{", "card.json:1:1"), ("{\"version\":2}", ""), ("[]", "")] {
            std::fs::write(&path, text).unwrap();
            let refused = Cards::read(std::slice::from_ref(&path)).unwrap_err().to_string();
            assert!(refused.contains("card.json") && refused.contains(says), "{refused}");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(Cards::read(&[path]), Err(CardsError::File(_))));
    }
}
