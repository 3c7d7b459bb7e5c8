//! What a person probably meant who wrote a word that is not known.

/// The known word that is nearest to one, if it is near: one letter off, and another for every four that were written. Letters are
/// compared without regard to case, and accents count.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let (distance, near) = known.into_iter().map(|other| (distance(word, other), other)).min()?;
    (distance <= 1 + word.chars().count() / 4).then_some(near)
}

/// Levenshtein distance in letters.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().flat_map(char::to_lowercase).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().flat_map(char::to_lowercase).enumerate() {
        let mut next = vec![i + 1];
        for ((r, diagonal), above) in right.iter().zip(&row).zip(row.iter().skip(1)) {
            let before = next.last().copied().unwrap_or_default();
            next.push((diagonal + usize::from(l != *r)).min(above + 1).min(before + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_count_and_their_case_does_not() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("ÉTÉ", "été"), 0);
        assert_eq!(distance("Île", "Ile"), 1);
    }

    #[test]
    fn the_nearest_is_what_was_meant_unless_it_is_far() {
        assert_eq!(nearest("medcal", ["triage", "medical"]), Some("medical"));
        assert_eq!(nearest("DÉPARTMENT", ["région", "département"]), Some("département"));
        assert_eq!(nearest("xyz", ["a", "b"]), None);
        assert_eq!(nearest("x", []), None);
    }
}
