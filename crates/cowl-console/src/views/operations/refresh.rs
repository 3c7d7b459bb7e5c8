//! What the script is told of changes: rows in words, counts as they may be shown, nothing that it would have to work out.

use serde_json::{Value, json};

use super::{row, row::Row, side};
use crate::{
    board::{CaseKey, Triage},
    feed,
    words::Words,
};

/// What changed.
pub(crate) struct Refresh<'a> {
    /// These cases, or they are gone.
    pub(crate) keys: &'a [CaseKey],
    /// Whether how the feed is is to be said too.
    pub(crate) with_health: bool,
    /// Unix seconds.
    pub(crate) now: u64,
}

/// The changes as one line of JSON.
pub(crate) fn refresh(view: &feed::View, words: &Words, what: &Refresh<'_>) -> String {
    let Refresh { keys, with_health, now } = *what;
    let (rows, gone, counts, oldest) = view.board.look(|board| {
        let (mut rows, mut gone) = (Vec::new(), Vec::new());
        for key in keys {
            match board.case(*key) {
                Some(case) => rows.push(Row::of(words, *key, case, now)),
                None => gone.push(key.text()),
            }
        }
        let oldest = board.oldest_red().map(|(key, case)| (key.text(), case.since));
        (rows, gone, board.counts(now), oldest)
    });
    let columns: Vec<_> = Triage::ALL.iter().map(|triage| counts.of_colour(*triage).to_string()).collect();
    let said =
        oldest.as_ref().map(|(key, since)| json!([key, since, row::age(words, now.saturating_sub(*since))]));
    let mut refresh = json!({
        "now": now,
        "rows": rows,
        "gone": gone,
        "columns": columns,
        "total": counts.total.to_string(),
        "zones": side::zones_json(words, &counts),
        "map": side::shades(words, &counts),
        "oldest": said.unwrap_or_else(|| json!(["", 0, words.say("operations-none")])),
    });
    if with_health && let Value::Object(members) = &mut refresh {
        members.insert("health".to_owned(), side::health_json(words, &view.health(), now));
    }
    refresh.to_string()
}
