//! Names compared as a tired person types them: `port de paix`, `PORT-DE-PAIX` and `Port‑de‑Paix` are one.

use alloc::string::String;

/// Lower case, without spaces, hyphens, apostrophes and full stops, and without the diacritics of the Latin
/// letters U+00C0 to U+017F, composed or combining.
pub(super) fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).filter(|c| !is_ignored(*c)).map(base).collect()
}

fn is_ignored(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '\'' | '.' | '’' | '‘' | '\u{2010}'..='\u{2015}' | '\u{300}'..='\u{36f}')
}

/// The letter under a diacritic; only lower case comes here.
fn base(c: char) -> char {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' | 'ð' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ĥ' | 'ħ' => 'h',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => 'i',
        'ĵ' => 'j',
        'ķ' => 'k',
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' => 's',
        'ţ' | 'ť' | 'ŧ' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ŵ' => 'w',
        'ý' | 'ÿ' | 'ŷ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_matter() {
        for text in ["Anse-à-Pître", "anse a pitre", "ANSE À PÎTRE", "Anse-a\u{300}-Pi\u{302}tre"] {
            assert_eq!(folded(text), "anseapitre");
        }
        assert_eq!(folded("Grand’Anse"), folded("GRAND'ANSE"));
        assert_eq!(folded("東京"), "東京");
    }
}
