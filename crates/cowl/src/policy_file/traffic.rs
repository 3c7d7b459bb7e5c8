//! `[traffic]`: when messages leave nodes and phones, what that may cost, and which reports go first.

use cowl_core::policy::{Field, FieldKind, Traffic, Urgent, UrgentWhen, WhenFull};
use cowl_core::{Draft, FieldIndex, Layout};

use super::error::PolicyFileError;
use super::knobs::Knobs;
use super::reader::{Named, Node, Table, nearest};
use super::{Places, duration};

/// The slot of a policy that says none, unless its messages are so large that a longer one is needed.
const DEFAULT_SLOT_MS: u32 = 10_000;

/// What the file says, with the slot only if it says one.
pub(super) struct Said {
    traffic: Traffic,
    slot_ms: Option<u32>,
}

impl Said {
    /// Puts it into a draft that is complete otherwise: the slot that nobody wrote depends on the size of messages.
    pub(super) fn complete(self, draft: &mut Draft) {
        let Self { mut traffic, slot_ms } = self;
        traffic.slot_ms = slot_ms.unwrap_or_else(|| {
            let fits = traffic.shortest_slot_ms(&Layout::of(draft));
            DEFAULT_SLOT_MS.max(fits.next_multiple_of(1_000))
        });
        draft.traffic = traffic;
    }
}

pub(super) fn read(root: &Table<'_>, fields: &[Field], places: &mut Places) -> Result<Said, PolicyFileError> {
    let default = Traffic::default();
    let Some(table) = root.get("traffic") else { return Ok(Said { traffic: default, slot_ms: None }) };
    let table = table.table()?;
    let mut knobs = Knobs { table: &table, places };
    let slot_ms = knobs.get("slot", "slot", None, |node| slot(node).map(Some))?;
    let traffic = Traffic {
        slot_ms: 0,
        walk_in_slots: knobs.whole("walk_in_slots", default.walk_in_slots)?,
        phone_delay_seconds: knobs.duration("phone_delay", default.phone_delay_seconds)?,
        daily_bytes: knobs.whole("daily_bytes", default.daily_bytes)?,
        queue_bytes: knobs.whole("queue_bytes", default.queue_bytes)?,
        when_full: knobs.get("when_full", "when_full", default.when_full, when_full)?,
        urgent: knobs.get("urgent", "urgent", default.urgent, |node| urgent(node, fields))?,
    };
    table.finish()?;
    Ok(Said { traffic, slot_ms })
}

/// Milliseconds; 0 for `"off"`.
fn slot(node: &Node<'_>) -> Result<u32, PolicyFileError> {
    let text = node.text().ok();
    let milliseconds = match text {
        Some("off") => Some(0),
        text => text.and_then(duration::parse_ms),
    };
    milliseconds.and_then(|milliseconds| u32::try_from(milliseconds).ok()).ok_or_else(|| {
        node.error("this must be a duration in ms, s or min, or \"off\"", Some("for example \"10s\"".into()))
    })
}

fn when_full(node: &Node<'_>) -> Result<WhenFull, PolicyFileError> {
    match node.text()? {
        "refuse" => Ok(WhenFull::Refuse),
        "drop-routine" => Ok(WhenFull::DropRoutine),
        "drop-oldest" => Ok(WhenFull::DropOldest),
        other => Err(node.error(
            format!("a full queue cannot `{other}`"),
            nearest(other, ["refuse", "drop-routine", "drop-oldest"]),
        )),
    }
}

/// `{ severity = ["high"], trapped = true, temperature = { at_least = 39.5 } }`.
fn urgent(node: &Node<'_>, fields: &[Field]) -> Result<Vec<Urgent>, PolicyFileError> {
    let mut rules = Vec::new();
    for entry in node.table()?.named() {
        let found = (0_u8..).map(FieldIndex).zip(fields).find(|(_, field)| field.name == entry.name);
        let Some((index, field)) = found else {
            let known = fields.iter().map(|field| field.name.as_str());
            return Err(
                entry.error(format!("there is no field `{}`", entry.name), nearest(entry.name, known))
            );
        };
        rules.extend(of_field(&entry, field)?.into_iter().map(|when| Urgent { field: index, when }));
    }
    Ok(rules)
}

fn of_field(entry: &Named<'_>, field: &Field) -> Result<Vec<UrgentWhen>, PolicyFileError> {
    let Named { name, node, .. } = entry;
    match &field.kind {
        FieldKind::Choice { names, .. } => {
            let choice = |node: &Node<'_>| {
                let meant = node.text()?;
                let index = names.iter().position(|name| name == meant);
                index.and_then(|index| u16::try_from(index).ok()).ok_or_else(|| {
                    let known = names.iter().map(String::as_str);
                    node.error(format!("field `{name}` has no choice `{meant}`"), nearest(meant, known))
                })
            };
            Ok(vec![UrgentWhen::OneOf(node.list()?.iter().map(choice).collect::<Result<_, _>>()?)])
        }
        FieldKind::Flag => Ok(vec![UrgentWhen::Is(node.flag()?)]),
        FieldKind::Number { .. } => {
            let table = node.table()?;
            let bound = |key| table.get(key).map(|node| node.number()).transpose();
            let (least, most) = (bound("at_least")?, bound("at_most")?);
            table.finish()?;
            let rules: Vec<_> =
                least.map(UrgentWhen::AtLeast).into_iter().chain(most.map(UrgentWhen::AtMost)).collect();
            if rules.is_empty() {
                let hint = Some("for example { at_least = 39.5 }".into());
                return Err(node.error("this must name a bound, `at_least` or `at_most`", hint));
            }
            Ok(rules)
        }
        FieldKind::Text { .. } | FieldKind::Position | FieldKind::Time => Err(entry.error(
            format!("field `{name}` cannot be urgent"),
            Some("choices, flags and numbers can".into()),
        )),
    }
}
