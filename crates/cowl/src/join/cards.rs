//! Cards to hand out: a sheet to print and cut, and a table for whoever makes their own.

use std::fmt::Write as _;

use cowl_core::{Fingerprint, Ticket, rfc3339};
use zeroize::Zeroizing;

use crate::{operation::Kind, qr::Qr};

/// A ticket and what its holder is told.
#[derive(Debug)]
pub struct Card {
    /// What the authority calls the member. It stands on the card so that the right person gets it.
    pub name: String,
    /// What it will be.
    pub kind: Kind,
    /// What it holds.
    pub ticket: Ticket,
    /// Until when, in Unix seconds; `None`: it goes with a package, which opens at any time.
    pub until: Option<u64>,
}

impl Card {
    fn link(&self) -> Zeroizing<String> {
        self.ticket.to_link()
    }

    fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Device => "device",
            Kind::Responder => "responder",
            Kind::Gateway => "gateway",
            Kind::Relay => "relay",
        }
    }

    fn until(&self) -> Option<String> {
        let text = rfc3339(self.until?);
        Some(format!("{} UTC", text.get(..16).unwrap_or(&text).replacen('T', " ", 1)))
    }
}

/// Eight cards a page of A4, cut along the lines: one file that needs nothing from anywhere. `None` if a link were too long for
/// a QR code, which none is.
pub fn sheet(operation: &str, cards: &[Card]) -> Option<Zeroizing<String>> {
    let mut page = Zeroizing::new(String::with_capacity(4_096 + cards.len() * 8_192));
    let title = escaped(operation);
    page.push_str(HEAD);
    let _ = write!(page, "<title>{title}: cards</title>\n<style>{STYLE}</style>\n");
    for cards in cards.chunks(8) {
        page.push_str("<section>\n");
        for card in cards {
            write_card(&mut page, &title, card)?;
        }
        page.push_str("</section>\n");
    }
    Some(page)
}

/// The same as CSV (RFC 4180): name, kind, link, and until when.
pub fn table(cards: &[Card]) -> Result<Zeroizing<Vec<u8>>, csv::Error> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 + cards.len() * 256));
    let mut writer = csv::Writer::from_writer(&mut *bytes);
    writer.write_record(["name", "kind", "link", "until"])?;
    for card in cards {
        let until = card.until.map(rfc3339).unwrap_or_default();
        writer.write_record([&plain(&card.name), card.kind(), card.link().as_str(), until.as_str()])?;
    }
    writer.flush()?;
    drop(writer);
    Ok(bytes)
}

fn write_card(page: &mut String, title: &str, card: &Card) -> Option<()> {
    let (link, name, kind) = (card.link(), escaped(&card.name), card.kind());
    let qr = Qr::new(&link)?.to_svg();
    let until = card.until().map_or_else(String::new, |until| format!("<p>Good until <b>{until}</b>.</p>"));
    let how = if card.ticket.address.is_some() {
        "<li>Connect to the operation's network.<li>Scan the code, or type: <code>cowl join -</code> and then the line \
         below."
    } else {
        "<li>Put in the stick that you are given.<li>Scan the code, or type: <code>cowl join - --from FOLDER</code> and \
         then the line below."
    };
    let fingerprint = shown(card.ticket.authority);
    // Writing to a String cannot fail.
    let _ = writeln!(
        page,
        "<article><div class=\"qr\">{qr}</div><div><h1>{name}</h1><h2>{kind} · {title}</h2><ol>{how}</ol>{until}<p>Works \
         once. Whoever has this card can join in your place: guard it like a key. If it was used already, tell whoever \
         gave it to you.</p></div><p class=\"link\">{}</p><p class=\"of\">authority {fingerprint}</p></article>",
        *grouped(&link)
    );
    Some(())
}

/// In groups of five, as it is easiest to type; what reads it skips spaces.
fn grouped(link: &str) -> Zeroizing<String> {
    let (scheme, rest) = link.split_at_checked(5).unwrap_or((link, ""));
    let mut text = Zeroizing::new(String::with_capacity(link.len() * 2));
    text.push_str(scheme);
    for (index, symbol) in rest.chars().enumerate() {
        if index % 5 == 0 && index > 0 {
            text.push(' ');
        }
        text.push(symbol);
    }
    text
}

fn shown(authority: Fingerprint) -> String {
    authority.to_string()
}

/// Safe inside an element's text. Marks that turn the direction of text are shown as what they are.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for symbol in text.chars() {
        match symbol {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            turns if is_invisible(turns) => {
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(turns));
            }
            other => safe.push(other),
        }
    }
    safe
}

fn is_invisible(symbol: char) -> bool {
    symbol.is_control()
        || matches!(symbol, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A name that a spreadsheet does not take for a formula.
fn plain(name: &str) -> String {
    if name.starts_with(['=', '+', '-', '@']) { format!("'{name}") } else { name.to_owned() }
}

const HEAD: &str = "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" \
                    content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<meta name=\"robots\" \
                    content=\"noindex\">\n";

const STYLE: &str = "
@page { size: A4; margin: 8mm }
* { box-sizing: border-box; margin: 0; padding: 0 }
body { font: 7.6pt/1.22 system-ui, sans-serif; color: #000; background: #fff }
section { width: 194mm; height: 280mm; margin: 0 auto; display: grid; grid-template: repeat(4, 70mm) / repeat(2, 97mm);
  break-after: page; overflow: hidden }
section:last-of-type { break-after: auto }
article { border: 0.2mm dashed #999; padding: 3mm 4mm; display: grid; grid-template: 1fr auto auto / 38mm 1fr;
  gap: 1mm 3mm; break-inside: avoid; overflow: hidden }
.qr svg { width: 38mm; height: 38mm; display: block }
h1 { font-size: 12pt; line-height: 1.15; overflow-wrap: anywhere; max-height: 2.3em; overflow: hidden }
h2 { font-size: 8pt; font-weight: 600; overflow-wrap: anywhere; max-height: 2.6em; overflow: hidden }
ol { margin: 1mm 0 1mm 4mm }
p { margin-top: 1mm }
code, .link { font-family: ui-monospace, monospace }
.link { grid-column: 1 / 3; font-size: 7.2pt; overflow-wrap: anywhere }
.of { grid-column: 1 / 3; font-size: 6.5pt; color: #444 }
";

#[cfg(test)]
mod tests {
    use cowl_core::Token;

    use super::*;

    fn card(name: &str, address: Option<&str>) -> Card {
        let ticket = Ticket {
            address: address.map(|address| address.parse().unwrap()),
            authority: Fingerprint::from_bytes([0x3f; 16]),
            lowest: 3,
            token: Token::new([9; 16]),
        };
        Card { name: name.to_owned(), kind: Kind::Device, ticket, until: address.map(|_| 1_800_000_000) }
    }

    #[test]
    fn a_sheet_holds_every_card_and_loads_nothing() {
        let cards: Vec<_> = (0..20).map(|n| card(&format!("phone-{n}"), Some("10.0.0.1:8080"))).collect();
        let page = sheet("Flood & Co", &cards).unwrap();
        assert_eq!(page.matches("<article>").count(), 20);
        assert_eq!(page.matches("<section>").count(), 3);
        assert_eq!(page.matches("<svg ").count(), 20);
        assert!(
            page.contains("phone-19")
                && page.contains("2027-01-15 08:00 UTC")
                && page.contains("Flood &amp; Co")
        );
        let outside = page.replace("http://www.w3.org/2000/svg", "");
        for loaded in ["http:", "https:", "src=", "url(", "@import", "<script", "<link"] {
            assert!(!outside.contains(loaded), "{loaded}");
        }
    }

    #[test]
    fn what_stands_on_a_card_is_the_ticket() {
        let card = card("phone", Some("10.0.0.1:8080"));
        let page = sheet("x", std::slice::from_ref(&card)).unwrap();
        let typed = page.split("class=\"link\">").nth(1).unwrap().split('<').next().unwrap();
        assert_eq!(Ticket::parse(typed).unwrap().id(), card.ticket.id());
        assert!(page.contains(&Qr::new(&card.link()).unwrap().to_svg()));
    }

    #[test]
    fn hostile_names_stay_names() {
        let name = "</h1><script>alert(1)</script>\u{202e}gnp\u{1b}[2J";
        let page = sheet(name, &[card(name, None)]).unwrap();
        assert!(!page.contains("<script") && !page.contains('\u{202e}') && !page.contains('\u{1b}'));
        assert!(page.contains("&lt;script&gt;") && page.contains("\\u{202e}"));
        assert!(page.contains("--from FOLDER") && !page.contains("Good until"));
    }

    #[test]
    fn a_table_is_read_back() {
        let cards = [card("=cmd()", Some("10.0.0.1:8080")), card("a, \"b\"\nc", None)];
        let bytes = table(&cards).unwrap();
        let mut reader = csv::Reader::from_reader(&bytes[..]);
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!((&rows[0][0], &rows[0][1], &rows[0][3]), ("'=cmd()", "device", "2027-01-15T08:00:00Z"));
        assert_eq!((&rows[1][0], &rows[1][3]), ("a, \"b\"\nc", ""));
        assert_eq!(Ticket::parse(&rows[1][2]).unwrap().id(), cards[1].ticket.id());
    }
}
