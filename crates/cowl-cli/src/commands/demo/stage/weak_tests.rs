use std::collections::HashSet;

use cowl::policy_file::PolicyFile;
use cowl_core::{ErasureHandle, Header, PolicyVersion, ReportId};

use super::*;

const LINES: [&str; 3] = [
    r#"{"severity":"high","lat":18.5401,"lon":-72.3402,"person":"Marie","contact":"+509 3000 0000","note":"two under the roof","battery":41}"#,
    r#"{"severity":"low","lat":18.5402,"lon":-72.3403,"battery":80}"#,
    r#"{"temperature":36.6}"#,
];
/// Senders; the last one sends cover.
const PEOPLE: [usize; 4] = [0, 1, 1, 7];

struct Sent {
    topic: String,
    payload: Vec<u8>,
    parts: Option<Parts>,
}

fn weak() -> Weak {
    Weak::new(&PolicyFile::default_policy().unwrap().policy).unwrap()
}

/// Three reports of two people, and cover.
fn send(weak: &mut Weak, layers: Layers) -> Vec<Sent> {
    let mut id = 0;
    let mut header = || {
        id += 1;
        Header { report: ReportId([id; 16]), handle: ErasureHandle::NONE, policy: PolicyVersion(1) }
    };
    let mut reports: Vec<Report> = LINES
        .iter()
        .map(|line| formats::parse(line.as_bytes()).unwrap())
        .map(|reading| weak.reduce(layers, reading, &Surroundings::default()).unwrap())
        .map(|reduced| Report::new(header(), reduced))
        .collect();
    reports.push(Report::cover(header(), weak.usual.roles.len()));
    let mut sent = Vec::new();
    for (person, report) in PEOPLE.into_iter().zip(&reports) {
        let Made { publication, clue } = weak.make(layers, person, report).unwrap();
        let payload = publication.payload.to_vec();
        let parts = weak.read(layers, &clue, &payload);
        sent.push(Sent { topic: publication.topic.as_str().to_owned(), payload, parts });
    }
    sent
}

fn sizes(sent: &[Sent]) -> HashSet<usize> {
    sent.iter().map(|sent| sent.payload.len()).collect()
}

fn beginnings(sent: &[Sent]) -> HashSet<&[u8]> {
    sent.iter().map(|sent| &sent.payload[..16]).collect()
}

fn topics(sent: &[Sent]) -> HashSet<&str> {
    sent.iter().map(|sent| sent.topic.as_str()).collect()
}

fn says(sent: &Sent, text: &str) -> bool {
    sent.payload.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn each_layer_keeps_flat_what_it_is_for_and_nothing_else() {
    let mut weak = weak();
    let all = send(&mut weak, Layers::ALL);
    // With everything on it is as long as the operation's own messages are.
    assert_eq!(sizes(&all), HashSet::from([Layout::of(&weak.usual).enrolled_len()]));
    for (name, _) in Layers::ALL.named() {
        let mut layers = Layers::ALL;
        *layers.layer(name).unwrap() = false;
        let sent = send(&mut weak, layers);
        let one_size = name != "padding";
        assert_eq!(sizes(&sent).len(), if one_size { 1 } else { 4 }, "{name}");
        assert_eq!(topics(&sent).len(), if name == "topics" { 3 } else { 1 }, "{name}");
        // Two reports are of one sender.
        assert_eq!(beginnings(&sent).len(), if name == "tags" { 3 } else { 4 }, "{name}");
        assert_eq!(says(&sent[0], "Marie"), name == "sealing", "{name}");
        let longer = sent[0].payload.len() > all[0].payload.len();
        assert_eq!(longer, ["reducing", "sealing"].contains(&name), "{name}");
        assert_eq!(layers.leave_messages_alone(), name == "slots");
    }
    let mut all = Layers::ALL;
    assert!(all.layer("epochs").is_none());
}

#[test]
fn what_goes_out_is_read_by_each_role_and_cover_by_none() {
    let mut weak = weak();
    for choice in 0..64_u8 {
        let mut layers = Layers::ALL;
        for (bit, (name, _)) in (0..).zip(Layers::ALL.named()) {
            *layers.layer(name).unwrap() = (choice >> bit) & 1 == 0;
        }
        let sent = send(&mut weak, layers);
        let of = |sent: &Sent, role: &str| -> Map<String, Value> {
            let parts = sent.parts.as_ref().unwrap();
            parts.iter().find(|(name, _)| name == role).unwrap().1.clone()
        };
        for role in ["triage", "medical", "rescue"] {
            assert_eq!(of(&sent[0], role)["severity"], "high", "{layers:?}");
            let named = of(&sent[0], role).contains_key("person");
            assert_eq!(named, role == "rescue" || !layers.reducing, "{layers:?}");
            let exact = of(&sent[0], role).get("position").is_some_and(|place| place["lat"] == 18.5401);
            assert_eq!(exact, !layers.reducing, "{layers:?}");
        }
        assert!(sent[3].parts.is_none(), "{layers:?}");
    }
}

#[test]
fn without_a_seal_the_padding_still_hides_which_is_cover() {
    let mut weak = weak();
    let clear = Layers { sealing: false, ..Layers::ALL };
    assert_eq!(sizes(&send(&mut weak, clear)), HashSet::from([CLEAR_ROOM]));
    let tight = send(&mut weak, Layers { padding: false, ..clear });
    assert_eq!(sizes(&tight).len(), 4);
    // Tags still change, or stand still, in clear as well.
    assert_eq!(beginnings(&tight).len(), 4);
    assert_eq!(beginnings(&send(&mut weak, Layers { tags: false, ..clear })).len(), 3);
}
