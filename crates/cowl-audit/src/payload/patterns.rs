//! Identifiers inside sentences, and text inside binary data.

use crate::convert::occurrences;
use crate::payload::field::Kind;
use crate::payload::json;
use crate::payload::recognise::{self, exact};
use crate::payload::scan::Scan;

/// Printable run that is looked into. Random data has one per 7 million bytes, and one that also holds an address or reads like words
/// practically never.
const LEAST_RUN: usize = 16;
/// Run that is taken for words if nine in ten of its characters are letters, digits or spaces.
const LEAST_WORDS: usize = 20;

/// Looks for e-mail, network addresses, telephone numbers and coordinates in a text.
pub(crate) fn walk(scan: &mut Scan<'_>, text: &[u8], start: usize) {
    if !text.iter().any(|byte| byte.is_ascii_digit() || *byte == b'@') {
        return;
    }
    let mut before: Option<(usize, &[u8])> = None;
    let mut at = 0;
    for word in text.split(|byte| byte.is_ascii_whitespace() || b",;()<>[]{}\"'|/".contains(byte)) {
        let token = word.strip_suffix(b".").or_else(|| word.strip_suffix(b":")).unwrap_or(word);
        let token = token.strip_suffix(b"!").or_else(|| token.strip_suffix(b"?")).unwrap_or(token);
        // the whole text as one token was judged already
        if token.len() < text.len() && !token.is_empty() {
            if let Some(meaning) =
                recognise::strong_shape(token).filter(|meaning| meaning.kind != Kind::Phone)
            {
                scan.emit(meaning, None, token, start + at);
            } else if let Some((from, pair)) =
                before.and_then(|(from, _)| Some((from, text.get(from..at + token.len())?)))
                && let Some(meaning) = recognise::coordinate_pair(pair).filter(|_| pair.len() < text.len())
            {
                scan.emit(meaning, None, pair, start + from);
            }
        }
        if !token.is_empty() {
            before = Some((at, token));
        }
        at += word.len() + 1;
    }
    // in a single word such a number is rather part of a path or a code
    if text.contains(&b' ') || text.contains(&b'+') {
        telephones(scan, text, start);
    }
}

/// 8 to 15 digits with the separators of telephone numbers, that are no date, point in time or decimal number. In a sentence a
/// number of that length may also be another personal number; it is reported as a telephone number all the same.
fn telephones(scan: &mut Scan<'_>, text: &[u8], start: usize) {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let after_word = at > 0
            && text
                .get(at - 1)
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'_'));
        if !(byte.is_ascii_digit() || matches!(byte, b'+' | b'(')) || after_word {
            at += 1;
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        let length =
            rest.iter().take_while(|byte| byte.is_ascii_digit() || b"+-() ./".contains(byte)).count();
        let run = rest.get(..length).unwrap_or_default();
        let run = run
            .get(..run.iter().rposition(u8::is_ascii_digit).map_or(0, |last| last + 1))
            .unwrap_or_default();
        let digits = run.iter().filter(|byte| byte.is_ascii_digit()).count();
        let points = occurrences(run, b'.');
        let joined =
            rest.get(run.len()).is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b':' | b'_'));
        let other = recognise::by_shape(run)
            .is_some_and(|meaning| !matches!(meaning.kind, Kind::Number | Kind::Phone));
        let dated = run
            .get(..10)
            .and_then(recognise::by_shape)
            .is_some_and(|meaning| meaning.kind == Kind::Timestamp);
        if (8..=15).contains(&digits)
            && points != 1
            && !other
            && !(dated && run.contains(&b'-'))
            && !joined
            && run.len() < text.len()
        {
            scan.emit(exact(Kind::Phone), None, run, start + at);
        }
        at += length.max(1);
    }
}

/// Text inside binary data: long printable runs that hold JSON, an address, or words.
pub(crate) fn walk_binary(scan: &mut Scan<'_>, bytes: &[u8], start: usize) {
    let printable = |byte: &u8| (b' '..=b'~').contains(byte);
    let mut from = 0;
    // a run that is long enough reaches over the window's end: what lies before the last other byte need not be looked at
    while let Some(window) = bytes.get(from..from + LEAST_RUN) {
        if let Some(last) = window.iter().rposition(|byte| !printable(byte)) {
            from += last + 1;
            continue;
        }
        let rest = bytes.get(from..).unwrap_or_default();
        let length = rest.iter().position(|byte| !printable(byte)).unwrap_or(rest.len());
        embedded(scan, rest.get(..length).unwrap_or_default(), start + from);
        from += length + 1;
    }
}

fn embedded(scan: &mut Scan<'_>, run: &[u8], start: usize) {
    let object = run.windows(2).position(|pair| pair == b"{\"").and_then(|at| Some((at, run.get(at..)?)));
    if let Some((at, text)) = object.filter(|(_, text)| text.windows(2).any(|pair| pair == b"\":")) {
        json::walk(scan, text, start + at);
        return;
    }
    let fluent = run.iter().filter(|byte| byte.is_ascii_alphanumeric() || **byte == b' ').count();
    if run.len() >= LEAST_WORDS && fluent * 10 >= run.len() * 9 {
        scan.emit(exact(Kind::FreeText), None, run, start);
        walk(scan, run, start);
        return;
    }
    let mut at = start;
    for token in run.split(|byte| b" ,;()<>[]{}\"'|".contains(byte)) {
        let meaning = if token.len() >= 7 { recognise::strong_shape(token) } else { None };
        if let Some(meaning) = meaning {
            scan.emit(meaning, None, token, at);
        }
        at += token.len() + 1;
    }
}
