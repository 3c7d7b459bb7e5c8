//! Sessions in made-up time.

use super::*;

const PLACE: Place = Place { seat: SeatId(0), authority: false, reads: true };

fn sessions(sessions: usize) -> Sessions {
    Sessions::new(&ConsoleLimits { sessions, ..ConsoleLimits::default() })
}

#[test]
fn a_session_ends_when_nobody_asks_and_after_a_days_work() {
    let (all, start) = (sessions(4), Instant::now());
    let begin = || all.begin(PLACE, Language::French, start);
    let (idle, busy) = (begin(), begin());
    let at = |minutes| start + Duration::from_mins(minutes);
    assert_eq!(all.find(idle.text(), true, at(0)).unwrap().language, Language::French);
    // A page that looks by itself keeps nobody signed in.
    assert!(all.find(idle.text(), false, at(59)).is_some());
    assert!(all.find(idle.text(), true, at(60)).is_none());
    assert!(all.find(idle.text(), true, at(1)).is_none(), "what is over does not begin again");
    for minutes in (0..720).step_by(30) {
        assert!(all.find(busy.text(), true, at(minutes)).is_some());
    }
    assert!(all.find(busy.text(), true, at(720)).is_none());
}

#[test]
fn there_are_so_many_and_the_silent_one_makes_room() {
    let (all, start) = (sessions(2), Instant::now());
    let first = all.begin(PLACE, Language::English, start);
    let second = all.begin(PLACE, Language::English, start + Duration::from_secs(1));
    assert!(all.find(first.text(), true, start + Duration::from_secs(2)).is_some());
    let third = all.begin(PLACE, Language::English, start + Duration::from_secs(3));
    let is_there = |token: &Token| all.find(token.text(), true, start + Duration::from_secs(4)).is_some();
    assert_eq!((is_there(&first), is_there(&second), is_there(&third)), (true, false, true));
}

#[test]
fn ended_it_is_nobodys_and_others_are_untouched() {
    let (all, now) = (sessions(4), Instant::now());
    let (one, other) = (all.begin(PLACE, Language::English, now), all.begin(PLACE, Language::English, now));
    let session = all.find(one.text(), true, now).unwrap();
    assert!(all.is_open(&session, now));
    all.speak(&session, Language::Arabic);
    assert_eq!(all.find(one.text(), true, now).unwrap().language, Language::Arabic);
    all.end(&session);
    assert!(!all.is_open(&session, now) && all.find(one.text(), true, now).is_none());
    let other = all.find(other.text(), true, now).unwrap();
    assert_eq!(other.language, Language::English);
    assert!(!other.csrf.is(session.csrf.text()));
}

#[test]
fn the_cookie_of_this_console_is_found_among_others() {
    let mut headers = HeaderMap::new();
    headers.append(header::COOKIE, HeaderValue::from_static("cowl-1=a; cowl-12=b;cowl-2=c=d"));
    headers.append(header::COOKIE, HeaderValue::from_static("cowl-3=e"));
    let found = |name| said(&headers, name);
    assert_eq!((found("cowl-12"), found("cowl-2"), found("cowl-3")), (Some("b"), Some("c=d"), Some("e")));
    assert_eq!(found("cowl-"), None);
}

#[test]
fn a_browser_says_which_languages_it_knows() {
    let of = |text: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(text));
        language(&headers)
    };
    assert_eq!(of("de-CH,de;q=0.9,ht;q=0.8,en;q=0.7"), Language::HaitianCreole);
    assert_eq!((of("*"), of(""), of("ar-EG")), (Language::English, Language::English, Language::Arabic));
}

#[test]
fn streams_are_so_many_of_one_session_and_of_all() {
    let limits = ConsoleLimits { streams: 5, streams_of_one: 3, ..ConsoleLimits::default() };
    let (shared, now) = (server::tests::shared_with(false, 8377, limits), Instant::now());
    let session = || {
        let token = shared.sessions().begin(PLACE, Language::English, now);
        shared.sessions().find(token.text(), true, now).unwrap()
    };
    let (one, other) = (session(), session());
    let thousand = |session: &Session| (0..1_000).filter_map(|_| session.stream(&shared)).collect::<Vec<_>>();
    let held = thousand(&one);
    assert_eq!((held.len(), thousand(&other).len()), (3, 2));
    // The same session in another tab has no more; a place that is given up is free again.
    assert!(one.clone().stream(&shared).is_none());
    drop(held);
    assert_eq!(thousand(&other).len(), 3);
}

#[test]
fn what_a_page_asks_for_by_itself_keeps_no_session_alive() {
    let none = HeaderMap::new();
    assert!(is_asking(&none, "/operations") && is_asking(&none, "/operations/map"));
    assert!(!is_asking(&none, "/map/tiles/8/75/113"));
    let with = |name: &'static str, value: &'static str| {
        HeaderMap::from_iter([(header::HeaderName::from_static(name), HeaderValue::from_static(value))])
    };
    assert!(!is_asking(&with("x-cowl-refresh", "1"), "/operations/map"));
    assert!(!is_asking(&with("accept", "text/event-stream"), "/events"));
    assert!(is_asking(&with("accept", "text/html"), "/events"));
}
