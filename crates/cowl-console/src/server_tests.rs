//! Which host a request may name.

use super::*;
use crate::config::ConsoleLimits;

fn shared(exposed: bool, port: u16) -> Shared {
    shared_with(exposed, port, ConsoleLimits::default())
}

pub(crate) fn shared_with(exposed: bool, port: u16, limits: ConsoleLimits) -> Shared {
    let folder = tempfile::tempdir().unwrap();
    let seats = Seat::all(&["medic".to_owned()], Vec::new(), false);
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let links = Links::draw(address, folder.path(), &seats, false, limits.link).unwrap();
    let streams = Arc::new(Semaphore::new(limits.streams));
    Shared::new(Inner {
        port,
        exposed,
        seats,
        feeds: Vec::new(),
        tickets: Brief::new(TICKET_SHOWN),
        opened: Brief::new(OPENED_SHOWN),
        made: Brief::few(Duration::from_mins(export::KEPT_MINUTES), export::KEPT),
        exporting: Semaphore::new(1),
        state: folder.path().to_owned(),
        operation: None,
        privacy: Privacy::new(&[], None).unwrap(),
        base_map: None,
        sides: None,
        limits,
        sessions: Sessions::new(&limits),
        links,
        streams,
    })
}

#[test]
fn only_this_machines_own_names_are_answered() {
    let own = shared(false, 8377);
    for good in ["127.0.0.1:8377", "localhost:8377", "LOCALHOST:8377", "[::1]:8377", "127.0.0.9:8377"] {
        assert!(is_own_host(&own, good), "{good}");
    }
    for bad in [
        "",
        ":",
        "8377",
        "localhost",
        "127.0.0.1",
        "127.0.0.1:80",
        "evil.example:8377",
        "localhost.evil.example:8377",
        "127.0.0.1.evil.example:8377",
        "192.0.2.1:8377",
        "[2001:db8::1]:8377",
        "localhost:8377:8377",
        "user@localhost:8377",
    ] {
        assert!(!is_own_host(&own, bad), "{bad}");
    }
    let exposed = shared(true, 8377);
    assert!(is_own_host(&exposed, "192.0.2.1:8377") && is_own_host(&exposed, "[2001:db8::1]:8377"));
    assert!(!is_own_host(&exposed, "evil.example:8377") && !is_own_host(&exposed, "192.0.2.1:1"));
    let usual = shared(false, 80);
    assert!(
        is_own_host(&usual, "localhost") && is_own_host(&usual, "127.0.0.1") && is_own_host(&usual, "[::1]")
    );
}
