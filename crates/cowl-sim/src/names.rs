//! Invented names, numbers and addresses: plausible to read, and nobody's.

use std::net::Ipv4Addr;

/// First names as they are common.
const FIRST: [&str; 30] = [
    "Roselène",
    "Jean-Robert",
    "Wideline",
    "Mackenson",
    "Marie-Ange",
    "Fritznel",
    "Guerda",
    "Evens",
    "Nadège",
    "Wilner",
    "Islande",
    "Jocelyn",
    "Mirlande",
    "Dieuseul",
    "Yolette",
    "Ricardo",
    "Natacha",
    "Frantz",
    "Loudie",
    "Emmanuel",
    "Rose-Laure",
    "Junior",
    "Magalie",
    "Pierre-Louis",
    "Sherline",
    "Kervens",
    "Ginette",
    "Lesly",
    "Fabiola",
    "Anel",
];

/// Family names that nobody has: made of words for what is invented.
const FAMILY: [&str; 30] = [
    "Fictilus",
    "Inventeau",
    "Exemplaire",
    "Modélus",
    "Testimé",
    "Démostène-Faux",
    "Imaginat",
    "Simulès",
    "Fabliau-Tel",
    "Contéus",
    "Légendor",
    "Rêvéus",
    "Chimérat",
    "Prétendu",
    "Supposil",
    "Hypothès",
    "Personat",
    "Anonymil",
    "Quidamé",
    "Untelus",
    "Figurat",
    "Nomfeint",
    "Pseudonis",
    "Masquelor",
    "Ombrelus",
    "Essayeur",
    "Maquettus",
    "Fantômat",
    "Semblantès",
    "Échantil",
];

/// The name of a number; different for all below 30 × 30 × 26.
pub(crate) fn name(number: u32) -> String {
    let (first, rest) = (number % 30, number / 30);
    // The family moves on with each round of first names, so that neighbours in number share neither.
    let (family, round) = ((rest + first * 7) % 30, rest / 30);
    let word = |list: &[&'static str; 30], place: u32| {
        usize::try_from(place).ok().and_then(|place| list.get(place)).copied().unwrap_or_default()
    };
    let (first, family) = (word(&FIRST, first), word(&FAMILY, family));
    match u8::try_from(round).ok().filter(|round| (1..=26).contains(round)) {
        Some(round) => format!("{first} {}. {family}", char::from(b'A' + round - 1)),
        None => format!("{first} {family}"),
    }
}

/// A telephone number in a block that no operator has given out: +509 5550 0000 and on.
pub(crate) fn phone(number: u32) -> String {
    format!("+509 {} {:04}", 5_550 + number / 10_000, number % 10_000)
}

/// An address from 198.18.0.0/15, which is set aside for tests of networks (RFC 2544).
pub(crate) fn address(number: u32) -> Ipv4Addr {
    let [_, high, middle, low] = (number + 1).to_be_bytes();
    Ipv4Addr::new(198, 18 + (high & 1), middle, low)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::scenario::MAX_PEOPLE;

    #[test]
    fn nobody_shares_a_name_a_number_or_an_address() {
        let people = 0..MAX_PEOPLE;
        let all = people.len();
        assert_eq!(people.clone().map(name).collect::<HashSet<_>>().len(), all);
        assert_eq!(people.clone().map(phone).collect::<HashSet<_>>().len(), all);
        assert_eq!(people.map(address).collect::<HashSet<_>>().len(), all);
        assert_eq!(phone(123), "+509 5550 0123");
    }
}
