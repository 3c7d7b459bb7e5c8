//! The names of places: the most important ones, none over another, none cut off by its tile's edge.

use std::fmt::Write as _;

/// Names of a tile.
const MOST: usize = 8;
/// Candidates at the most; a tile of a city has some hundred.
const CANDIDATES: usize = 4_096;
/// Letters of a name at the most.
const LONGEST: usize = 36;
/// A letter's height, and about its width, in the drawing's units.
const LETTER: (i32, i32) = (190, 105);
const SIDE: i32 = 4_096;

#[derive(Default)]
pub(super) struct Labels<'a>(Vec<(f64, (i32, i32), &'a str)>);

impl<'a> Labels<'a> {
    /// What lies outside is named on the next tile.
    pub(super) fn add(&mut self, importance: f64, at: (i32, i32), name: &'a str) {
        let is_inside = |part| (0..SIDE).contains(&part);
        if is_inside(at.0) && is_inside(at.1) && self.0.len() < CANDIDATES {
            self.0.push((importance, at, name));
        }
    }

    pub(super) fn write(mut self, svg: &mut String) {
        self.0.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.2.cmp(other.2)));
        let mut drawn: Vec<Frame> = Vec::new();
        for (_, at, name) in self.0 {
            let name: String = name.chars().filter(|symbol| is_shown(*symbol)).take(LONGEST).collect();
            let letters = i32::try_from(name.chars().count()).unwrap_or(0);
            let frame = Frame::around(at, letters * LETTER.1 / 2);
            if letters == 0 || frame.is_wide() || drawn.iter().any(|other| other.meets(&frame)) {
                continue;
            }
            if drawn.is_empty() {
                let _ = write!(
                    svg,
                    r##"<g font-family="system-ui,sans-serif" font-size="{}" text-anchor="middle" fill="#333c45" stroke="#f8f7f4" stroke-width="40" stroke-linejoin="round" paint-order="stroke">"##,
                    LETTER.0
                );
            }
            let _ = write!(
                svg,
                r#"<circle cx="{}" cy="{}" r="26"/><text x="{}" y="{}">{}</text>"#,
                at.0,
                at.1,
                frame.x,
                frame.y,
                escaped(&name)
            );
            drawn.push(frame);
            if drawn.len() == MOST {
                break;
            }
        }
        if !drawn.is_empty() {
            svg.push_str("</g>");
        }
    }
}

/// Where a name stands: the middle of its line, and half its width.
struct Frame {
    x: i32,
    y: i32,
    half: i32,
}

impl Frame {
    /// Below the place's dot, or above it at the lower edge.
    fn around(at: (i32, i32), half: i32) -> Self {
        let below = at.1 + LETTER.0 + 30;
        let y = if below > SIDE - LETTER.0 / 3 { at.1 - 70 } else { below };
        let half = half.max(LETTER.1);
        let x = if half * 2 < SIDE { at.0.clamp(half, SIDE - half) } else { at.0 };
        Self { x, y, half }
    }

    const fn is_wide(&self) -> bool {
        self.half * 2 >= SIDE
    }

    const fn meets(&self, other: &Self) -> bool {
        (self.x - other.x).abs() < self.half + other.half && (self.y - other.y).abs() < LETTER.0 * 3 / 2
    }
}

/// What XML may hold, and nothing that turns a line's direction.
fn is_shown(symbol: char) -> bool {
    !symbol.is_control()
        && !matches!(symbol, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        && !matches!(symbol, '\u{fffe}' | '\u{ffff}')
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
