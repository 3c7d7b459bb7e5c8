//! QR codes (ISO/IEC 18004) for terminals, paper and screens.
//!
//! Error correction is level M: a fifteenth of the code may be scratched, folded or smudged. A text of capitals and digits
//! takes five and a half bits a symbol, any other eight: what is to be a small code is written in capitals.

use std::fmt::Write as _;

use png::{BitDepth, ColorType, Encoder};
use qrcode::{Color, EcLevel, QrCode};

/// Light modules on each side, as the standard asks for.
const QUIET: usize = 4;
/// Picture points of a module in a PNG.
const SCALE: usize = 8;
/// Black on white, whatever the terminal's own colours are: of 256, the ones that no theme changes.
const BLACK_ON_WHITE: &str = "\u{1b}[38;5;16;48;5;231m";
const PLAIN: &str = "\u{1b}[0m";

/// A QR code.
pub struct Qr {
    width: usize,
    dark: Vec<bool>,
}

impl Qr {
    /// The smallest code of a text; `None` if it is too long for any.
    pub fn new(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let dark = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
        Some(Self { width: code.width(), dark })
    }

    /// Modules on a side, without the light border.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// For a terminal, two modules a character. With `colours` it is black on white everywhere. Without, it takes the
    /// terminal's own and is meant for light text on dark; on a dark-on-light terminal it comes out inverted, which most
    /// scanners read and some do not.
    pub fn to_terminal(&self, colours: bool) -> String {
        let mut text = String::new();
        let side = self.width + 2 * QUIET;
        for row in (0..side).step_by(2) {
            text.push_str(if colours { BLACK_ON_WHITE } else { "" });
            for column in 0..side {
                let (top, bottom) = (self.is_dark(column, row), self.is_dark(column, row + 1));
                // Ink is dark with colours, and light without.
                text.push(match (top == colours, bottom == colours) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            text.push_str(if colours { PLAIN } else { "" });
            text.push('\n');
        }
        text
    }

    /// As a picture of lines, a millimetre a module.
    pub fn to_svg(&self) -> String {
        let side = self.width + 2 * QUIET;
        let path = self.svg_path();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{side}mm\" height=\"{side}mm\" viewBox=\"0 0 {side} \
             {side}\" shape-rendering=\"crispEdges\"><rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path \
             d=\"{path}\" fill=\"#000\"/></svg>\n"
        )
    }

    /// As a picture of points, black on white; `None` should the encoder refuse.
    pub fn to_png(&self) -> Option<Vec<u8>> {
        let side = (self.width + 2 * QUIET) * SCALE;
        let pixels = u32::try_from(side).ok()?;
        let mut rows = Vec::with_capacity(side * side.div_ceil(8));
        for y in 0..side {
            // A byte is eight points, and a module is as wide: 1 is white.
            rows.extend(
                (0..side / SCALE).map(|column| if self.is_dark(column, y / SCALE) { 0 } else { 0xff }),
            );
        }
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, pixels, pixels);
        encoder.set_color(ColorType::Grayscale);
        encoder.set_depth(BitDepth::One);
        let mut writer = encoder.write_header().ok()?;
        writer.write_image_data(&rows).ok()?;
        writer.finish().ok()?;
        Some(bytes)
    }

    /// The dark modules as an SVG path, the border counted in.
    fn svg_path(&self) -> String {
        let mut path = String::new();
        for row in 0..self.width {
            let mut column = 0;
            while column < self.width {
                let run = (column..self.width)
                    .take_while(|column| self.is_dark(QUIET + column, QUIET + row))
                    .count();
                if run > 0 {
                    // Writing to a String cannot fail.
                    let _ = write!(path, "M{} {}h{run}v1h-{run}z", QUIET + column, QUIET + row);
                }
                column += run.max(1);
            }
        }
        path
    }

    /// Whether a module is dark, the border counted in.
    fn is_dark(&self, column: usize, row: usize) -> bool {
        let inside = |at: usize| at.checked_sub(QUIET).filter(|at| *at < self.width);
        let (Some(column), Some(row)) = (inside(column), inside(row)) else { return false };
        self.dark.get(row * self.width + column).copied().unwrap_or(false)
    }
}

impl std::fmt::Debug for Qr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What is in it may be as good as a key.
        f.debug_struct("Qr").field("width", &self.width).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rqrr::PreparedImage;

    use super::*;

    const TEXT: &str = "COWL:04TYKJJB6F1CFR0XP4FJBRA8JTMTB9D5MPJTB9D5MPJTB9D5M000003G4500003PY3HJYH5C01234";

    /// What another reader sees in points: `light(x, y)`.
    fn scanned(width: usize, height: usize, light: impl Fn(usize, usize) -> bool) -> String {
        let mut image =
            PreparedImage::prepare_from_greyscale(width, height, |x, y| if light(x, y) { 255 } else { 0 });
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1);
        grids[0].decode().unwrap().1
    }

    #[test]
    fn a_png_is_read_by_another_reader() {
        for text in [TEXT, "a", &"long ".repeat(100)] {
            let bytes = Qr::new(text).unwrap().to_png().unwrap();
            let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
            decoder.set_transformations(png::Transformations::EXPAND);
            let mut reader = decoder.read_info().unwrap();
            let mut points = vec![0; reader.output_buffer_size().unwrap()];
            let info = reader.next_frame(&mut points).unwrap();
            let (width, height) = (info.width.try_into().unwrap(), info.height.try_into().unwrap());
            assert_eq!(scanned(width, height, |x, y| points[y * width + x] > 127), text);
        }
    }

    #[test]
    fn a_terminal_shows_what_another_reader_reads_dark_or_light() {
        let code = Qr::new(TEXT).unwrap();
        for colours in [true, false] {
            let text = code.to_terminal(colours);
            let rows: Vec<Vec<char>> = text
                .lines()
                .map(|line| line.replace(BLACK_ON_WHITE, "").replace(PLAIN, "").chars().collect())
                .collect();
            assert_eq!(text.contains('\u{1b}'), colours);
            let side = code.width() + 2 * QUIET;
            assert!(rows.len() == side.div_ceil(2) && rows.iter().all(|row| row.len() == side));
            let ink = |x: usize, y: usize| match rows[y / 2][x] {
                '█' => true,
                '▀' => y.is_multiple_of(2),
                '▄' => !y.is_multiple_of(2),
                _ => false,
            };
            // On white paper with black ink, or on a black screen with light ink.
            assert_eq!(scanned(side * 4, side * 4, |x, y| ink(x / 4, y / 4) != colours), TEXT);
        }
    }

    #[test]
    fn an_svg_holds_the_same_modules() {
        let code = Qr::new(TEXT).unwrap();
        let svg = code.to_svg();
        let path = svg.split("d=\"").nth(1).unwrap().split('"').next().unwrap();
        let side = code.width() + 2 * QUIET;
        let mut dark = vec![false; side * side];
        for run in path.split_terminator('z') {
            let numbers: Vec<usize> = run
                .split(|symbol: char| !symbol.is_ascii_digit())
                .filter_map(|number| number.parse().ok())
                .collect();
            let [x, y, length, ..] = numbers[..] else { panic!("{run}") };
            (x..x + length).for_each(|x| dark[y * side + x] = true);
        }
        assert_eq!(scanned(side * 4, side * 4, |x, y| !dark[y / 4 * side + x / 4]), TEXT);
    }

    #[test]
    fn a_ticket_for_an_address_of_four_numbers_makes_a_small_code() {
        assert_eq!(TEXT.len(), 82);
        assert_eq!(Qr::new(TEXT).unwrap().width(), 33);
        assert!(Qr::new(&"a".repeat(8_000)).is_none());
    }
}
