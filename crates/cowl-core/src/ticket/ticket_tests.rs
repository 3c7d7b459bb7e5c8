//! Tickets are read as they are written, and nothing else is read as one.

use alloc::{format, string::ToString as _, vec};

use proptest::prelude::*;

use super::*;
use crate::AuthorityKey;

fn ticket(address: Option<&str>) -> Ticket {
    Ticket {
        address: address.map(|address| address.parse().unwrap()),
        authority: AuthorityKey::new(&Secret::new([1; 32])).public().fingerprint(),
        lowest: 7,
        token: Token::new([0xa5; 16]),
    }
}

/// The same text with the check made anew: what a forger would write.
fn forged(content: &[u8]) -> String {
    let mut bytes = content.to_vec();
    bytes.extend_from_slice(&check(content));
    let mut text = SCHEME.to_string();
    base32::encode(&bytes, &mut text);
    text
}

fn content(address: &[u8]) -> Vec<u8> {
    let mut bytes = vec![FORM];
    bytes.extend_from_slice(&[7; 36]);
    bytes.extend_from_slice(address);
    bytes
}

#[test]
fn a_ticket_is_read_as_it_is_written() {
    let longest = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(61));
    let addresses = [
        None,
        Some("10.0.0.1:8080"),
        Some("http://192.168.178.201"),
        Some("http://[fe80::1]:9000/"),
        Some("operation.local:8080"),
        Some(longest.as_str()),
    ];
    for address in addresses {
        let ticket = ticket(address);
        let link = ticket.to_link();
        for text in [link.to_string(), link.to_lowercase(), format!(" {}\n", link.replace('A', "a-"))] {
            let read = Ticket::parse(&text).unwrap();
            assert_eq!(read.address, ticket.address);
            assert_eq!((read.authority, read.lowest), (ticket.authority, 7));
            assert_eq!(read.token.expose(), ticket.token.expose());
            assert_eq!(*read.to_link(), *link);
        }
        let small = |symbol: char| symbol.is_ascii_uppercase() || symbol.is_ascii_digit() || symbol == ':';
        assert!(link.chars().all(small), "what a QR code's small alphabet holds");
    }
    assert_eq!(ticket(Some("10.0.0.1:8080")).to_link().len(), 82);
}

/// Spec §10.1's example: the form of tickets is fixed by it.
#[test]
fn the_form_of_tickets_does_not_change() {
    let link = "COWL:04T7A3WRQNCZSZ4MDPJ5NANYJCXTB9D5MPJTB9D5MPJTB9D5MPJTA000003G22G0000HZ450HSNZ2";
    assert_eq!(*ticket(Some("http://10.0.0.1:8080")).to_link(), link);
}

#[test]
fn what_is_cut_off_or_changed_is_told_from_what_nobody_knows() {
    let link = ticket(Some("10.0.0.1:8080")).to_link();
    for end in 5..link.len() {
        assert_eq!(Ticket::parse(&link[..end]).unwrap_err(), TicketError::Damaged, "{end}");
    }
    for end in 0..5 {
        assert_eq!(Ticket::parse(&link[..end]).unwrap_err(), TicketError::NotATicket);
    }
    for index in 5..link.len() {
        let mut text = link.to_string();
        let other = if &text[index..=index] == "7" { "8" } else { "7" };
        text.replace_range(index..=index, other);
        assert_eq!(Ticket::parse(&text).unwrap_err(), TicketError::Damaged, "{index}");
    }
    assert_eq!(Ticket::parse(&format!("{}0", *link)).unwrap_err(), TicketError::Damaged);
    assert_eq!(Ticket::parse(&link.replacen(':', ":U", 1)).unwrap_err(), TicketError::Damaged);
    let mut later = content(&[0]);
    later[0] = 2;
    assert_eq!(Ticket::parse(&forged(&later)).unwrap_err(), TicketError::UnknownForm);
}

#[test]
fn hostile_addresses_are_refused() {
    let named = |name: &str| {
        let mut address = vec![3, u8::try_from(name.len()).unwrap()];
        address.extend_from_slice(name.as_bytes());
        address.extend_from_slice(&[0x1f, 0x90]);
        Ticket::parse(&forged(&content(&address)))
    };
    assert!(named("operation.local").is_ok());
    let bad = [
        "",
        "a b",
        "a\n",
        "\u{1b}[2Ja",
        "a\u{202e}moc.elgoog",
        "Operation.local",
        "10.0.0.1",
        "a/../b",
        "a@b",
        "a:1",
        "-a",
        "a..b",
        "a.",
        "127.1",
        "0x7f.1",
        "%00",
    ];
    for name in bad {
        assert_eq!(named(name).unwrap_err(), TicketError::Address(NotAnAddress), "{name:?}");
        assert!(name.is_empty() || format!("http://{name}/x").parse::<ServiceAddress>().is_err());
    }
    let tails: [&[u8]; 7] = [
        &[],
        &[0, 0],
        &[1, 1, 2, 3, 4, 0],
        &[1, 1, 2, 3, 4, 5, 0, 80],
        &[2, 0, 80],
        &[4, 0, 80],
        &[3, 9, 65, 0, 80],
    ];
    for tail in tails {
        assert_eq!(Ticket::parse(&forged(&content(tail))).unwrap_err(), TicketError::Damaged, "{tail:?}");
    }
    let no_port = Ticket::parse(&forged(&content(&[1, 1, 2, 3, 4, 0, 0])));
    assert_eq!(no_port.unwrap_err(), TicketError::Address(NotAnAddress));
    let long = format!("COWL:{}", "A".repeat(64 << 10));
    assert_eq!(Ticket::parse(&long).unwrap_err(), TicketError::NotATicket);
    for text in
        ["https://a", "ftp://a", "a:0", "a:65536", "a:+80", "a:", "[::1", "[::1]80", "a/b", "a?b", "é", "::1"]
    {
        assert!(text.parse::<ServiceAddress>().is_err(), "{text}");
    }
}

#[test]
fn what_a_token_hashes_to_belongs_to_one_authority() {
    let token = Token::new([3; 16]);
    let [one, two] = [1, 2].map(|seed| AuthorityKey::new(&Secret::new([seed; 32])).public().fingerprint());
    assert_ne!(token.id(one), token.id(two));
    assert_ne!(token.proof(one).expose(), token.proof(two).expose());
    assert_ne!(token.id(one), token.proof(one).expose()[..16]);
}

/// Spec §10.2's example, computed by Python's `cryptography`.
#[test]
fn what_a_token_hashes_to_does_not_change() {
    let ticket = ticket(None);
    assert_eq!(hex::encode(ticket.id()), "509be0fde65f64169e9ee9f3832e37e1");
    let proof = "fc51b6931b13d9fa39f7b44bdd9991388452911f11918ae24a021f935f7b3bba";
    assert_eq!(hex::encode(ticket.proof().expose()), proof);
    let key = "17e16e2c9bd125e4b671964a20150eb6e56a4f241782fb9829606c6aecb3945e";
    assert_eq!(hex::encode(schedule::package_key(ticket.token.expose(), ticket.authority).expose()), key);
}

#[test]
fn debug_shows_no_token() {
    let shown = format!("{:?}", ticket(Some("10.0.0.1:8080")));
    assert!(shown.contains("Token(…)") && shown.contains("http://10.0.0.1:8080"), "{shown}");
}

proptest! {
    #[test]
    fn any_text_is_a_ticket_or_none(text in "(?i:cowl:)?\\PC{0,120}") {
        let _ = Ticket::parse(&text);
    }

    #[test]
    fn any_bytes_are_a_ticket_or_none(content in prop::collection::vec(any::<u8>(), 0..120)) {
        if let Ok(read) = Ticket::parse(&forged(&content)) {
            prop_assert_eq!(&*read.to_link(), &forged(&content));
        }
    }

    #[test]
    fn any_address_is_read_as_it_is_written(form in 1_u8..=1, rest in prop::collection::vec(any::<u8>(), 36), tail in prop::collection::vec(any::<u8>(), 0..24)) {
        let mut content = vec![form];
        content.extend(rest);
        content.extend(tail);
        if let Ok(read) = Ticket::parse(&forged(&content)) {
            prop_assert_eq!(&*read.to_link(), &forged(&content));
            if let Some(address) = &read.address {
                prop_assert_eq!(&address.to_string().parse::<ServiceAddress>().unwrap(), address);
            }
        }
    }

    #[test]
    fn any_text_is_an_address_or_none(text in "(http://)?[a-zA-Z0-9.:\\[\\]/@-]{0,40}") {
        if let Ok(address) = text.parse::<ServiceAddress>() {
            prop_assert_eq!(address.to_string().parse::<ServiceAddress>().unwrap(), address);
        }
    }
}

#[test]
fn what_is_asked_and_answered_is_read_as_it_is_written() {
    let asked = JoinRequest { token: Token::new([1; 16]), machine: Zeroizing::new([2; 32]) };
    let read = JoinRequest::from_bytes(&asked.to_bytes()).unwrap();
    assert_eq!((read.token.expose(), *read.machine), (&[1; 16], [2; 32]));
    assert_eq!(format!("{read:?}"), "JoinRequest(…)");
    let granted = JoinAnswer::Granted(vec![1, 2, 3].into());
    for answer in [granted, JoinAnswer::Used, JoinAnswer::Expired, JoinAnswer::Revoked, JoinAnswer::Full] {
        let bytes = answer.to_bytes();
        assert_eq!(JoinAnswer::from_bytes(&[&bytes[..], &[0]].concat()), None);
        assert_eq!(JoinAnswer::from_bytes(&bytes), Some(answer));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_question_or_answer_or_none(
        bytes in prop::collection::vec(any::<u8>(), 0..80),
        at in 0_usize..52,
        by in 1_u8..,
    ) {
        let _ = (JoinRequest::from_bytes(&bytes), JoinAnswer::from_bytes(&bytes));
        let asked = JoinRequest { token: Token::new([1; 16]), machine: Zeroizing::new([2; 32]) };
        let mut changed = asked.to_bytes().to_vec();
        prop_assert_eq!(changed.len(), 52);
        changed[at] ^= by;
        if let Some(read) = JoinRequest::from_bytes(&changed) {
            prop_assert_eq!(read.to_bytes().to_vec(), changed);
        }
    }
}
