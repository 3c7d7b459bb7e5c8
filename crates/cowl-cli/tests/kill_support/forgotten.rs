//! What the broker forgot: by its own log it handed a message to a subscriber and was not told that it arrived, died, and in its
//! next life did not hand it over again.

use std::collections::{BTreeSet, HashMap};

/// The line with which each life begins.
const LIFE: &str = " starting";

/// How many messages of `QoS` 1 a broker forgot over all its lives, by the log that mosquitto writes (`log_type all`). The last life's
/// are not forgotten: it was not asked again.
pub(crate) fn forgotten(log: &str) -> usize {
    let mut forgotten = 0;
    let mut before = HashMap::new();
    for life in log.split(LIFE).skip(1) {
        let Life { open, again } = Life::of(life);
        let is_gone = |client: &str, id: &str| !again.contains(&(client, id));
        forgotten += open_ids(&before).filter(|(client, id)| is_gone(client, id)).count();
        before = open;
    }
    forgotten
}

/// What one life of the broker did.
struct Life<'a> {
    /// Handed to a client and not acknowledged by it.
    open: HashMap<&'a str, BTreeSet<&'a str>>,
    /// Handed over again (DUP), by client.
    again: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Life<'a> {
    fn of(log: &'a str) -> Self {
        let mut life = Self { open: HashMap::new(), again: BTreeSet::new() };
        for line in log.lines() {
            let Some((_, what)) = line.split_once(": ") else { continue };
            if let Some(sent) = what.strip_prefix("Sending PUBLISH to ") {
                let mut words = sent.split([' ', ',', '(']).filter(|word| !word.is_empty());
                let (Some(client), Some(dup), Some("q1"), Some(_), Some(id)) =
                    (words.next(), words.next(), words.next(), words.next(), words.next())
                else {
                    continue;
                };
                let id = id.trim_start_matches('m');
                life.open.entry(client).or_default().insert(id);
                if dup == "d1" {
                    life.again.insert((client, id));
                }
            } else if let Some(heard) = what.strip_prefix("Received PUBACK from ")
                && let Some((client, id)) = heard.split_once(" (Mid: ")
                && let Some((id, _)) = id.split_once([',', ')'])
                && let Some(open) = life.open.get_mut(client)
            {
                open.remove(id);
            }
        }
        life
    }
}

fn open_ids<'a, 's>(
    open: &'s HashMap<&'a str, BTreeSet<&'a str>>,
) -> impl Iterator<Item = (&'a str, &'a str)> + 's {
    open.iter().flat_map(|(client, ids)| ids.iter().map(|id| (*client, *id)))
}
