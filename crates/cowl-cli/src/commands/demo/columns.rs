//! Text in 80 columns: wrapped, and side by side.

/// Columns of the whole.
pub(super) const WIDTH: usize = 80;
/// Columns between two columns of text.
const GAP: usize = 3;
/// Columns of each.
pub(super) const HALF: usize = (WIDTH - GAP) / 2;

/// A text in lines of at most `width` characters, broken at spaces where there are any; lines after the first are indented.
pub(super) fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut word = word;
        loop {
            let blank = line.chars().all(|letter| letter == ' ');
            let used = line.chars().count() + usize::from(!blank);
            if used + word.chars().count() <= width {
                if !blank {
                    line.push(' ');
                }
                line.push_str(word);
                break;
            }
            if blank {
                // A word longer than a line is cut.
                let room = width.saturating_sub(line.chars().count()).max(1);
                let cut = word.char_indices().nth(room).map_or(word.len(), |(at, _)| at);
                let (head, rest) = word.split_at(cut);
                line.push_str(head);
                word = rest;
            }
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
        }
    }
    if line.chars().any(|letter| letter != ' ') {
        lines.push(line);
    }
    lines
}

/// Two columns beside each other.
pub(super) fn beside(left: &[String], right: &[String]) -> Vec<String> {
    let rows = left.len().max(right.len());
    let cell = |column: &[String], row: usize| column.get(row).cloned().unwrap_or_default();
    (0..rows)
        .map(|row| {
            let (left, right) = (cell(left, row), cell(right, row));
            let pad = (HALF + GAP).saturating_sub(left.chars().count());
            format!("{left}{}{right}", " ".repeat(pad)).trim_end().to_owned()
        })
        .collect()
}

/// A heading that fills the line.
pub(super) fn heading(name: &str, what: &str) -> String {
    let text = format!("── {name} ── {what} ");
    let rule = WIDTH.saturating_sub(text.chars().count());
    format!("{text}{}", "─".repeat(rule))
}

/// A number with its thousands apart: `3,041`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_never_too_long_and_lose_nothing() {
        let text = "severity high · a-word-that-is-far-too-long-for-any-line-of-this-width · é";
        for width in 8..40 {
            let lines = wrap(text, width, 2);
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{lines:?}");
            let all: String = lines.concat().chars().filter(|letter| *letter != ' ').collect();
            assert_eq!(all, text.replace(' ', ""));
        }
        assert!(wrap("", 10, 2).is_empty());
    }

    #[test]
    fn columns_stand_beside_each_other() {
        let rows = beside(&["a".into(), "b".into()], &["c".into()]);
        assert_eq!(rows, [format!("a{}c", " ".repeat(HALF + GAP - 1)), "b".to_owned()]);
        assert_eq!(heading("cowl", "x").chars().count(), WIDTH);
        assert_eq!([0, 12, 999, 1_000, 1_234_567].map(grouped), ["0", "12", "999", "1,000", "1,234,567"]);
    }
}
