//! The table of all presets, and what it says in words.

use cowl_audit::Verdict;
use cowl_core::{Notice, Preset};
use serde_json::Value;

use super::{
    columns::grouped,
    document::Document,
    findings::Findings,
    show::{point, rule},
};
use crate::{failure::Failure, printer::Printer};

/// Prints it.
pub(super) fn print(document: &Document, printer: &mut Printer) -> Result<(), Failure> {
    measured(document, printer)?;
    printer.data("")?;
    how(document, printer)?;
    printer.data("")?;
    words(document, printer)?;
    printer.data("")?;
    printer.data("How fields are counted:")?;
    rule(cowl_audit::counting_rule(), printer)
}

fn measured(document: &Document, printer: &mut Printer) -> Result<(), Failure> {
    let counted = format!("people counted of {}", grouped(document.crisis.reporters));
    printer.data(format!(
        "{:<17}{:<22}{counted:<24}{:>5}  {:>9}",
        "", "fields a message", "bytes", "µs median"
    ))?;
    printer.data(format!(
        "{:<17}{:>5} {:>6} {:>6}   {:<13}{:<9} {:>6} {:>5} {:>5}",
        "PRESET", "exact", "coarse", "around", "# listener", "broker", "", "send", "read"
    ))?;
    for findings in &document.presets {
        let broker = findings.people.broker.as_ref();
        let broker = broker.map_or_else(|| "cannot".to_owned(), |closest| number(closest.values));
        let (fields, times) = (&findings.fields, &findings.microseconds);
        let around = format!("{:.0}+{:.0}", fields.around_exact, fields.around_coarse);
        printer.data(format!(
            "{:<17}{:>5.1} {:>6.1} {around:>6}   {:<13}{broker:<9} {:>6.0} {:>5.1} {:>5.1}",
            findings.preset,
            fields.payload_exact,
            fields.payload_coarse,
            listener(&findings.people.subscriber),
            findings.bytes.mean,
            times.protect.median,
            times.open.median,
        ))?;
    }
    Ok(())
}

/// By what people are counted, what came through, what it takes to try all keys.
fn how(document: &Document, printer: &mut Printer) -> Result<(), Failure> {
    printer.data(format!(
        "{:<17}{:<21}{:<14}{:>9}  {:>7} {:>8}",
        "", "people are counted", "", "planted", "years", "a key"
    ))?;
    printer.data(format!(
        "{:<17}{:<21}{:<14}{:>9}  {:>7} {:>8}",
        "PRESET", "by # listener", "by broker", "found", "to try", "opens"
    ))?;
    for findings in &document.presets {
        let by_listener = match &findings.people.subscriber {
            Verdict::Counted { by, .. } | Verdict::Guessed { by, .. } => brief(by),
            _ => "nothing repeats",
        };
        let by_broker = findings.people.broker.as_ref().map_or("nothing", |closest| brief(&closest.by));
        let (years, opens) = match &findings.key {
            None => ("no key".to_owned(), "all".to_owned()),
            Some(key) => (format!("{:.1e}", key.years), grouped(key.opens_at_most)),
        };
        printer.data(format!(
            "{:<17}{by_listener:<21}{by_broker:<16}{:>7}  {years:>7} {opens:>8}",
            findings.preset,
            grouped(findings.planted.found),
        ))?;
    }
    Ok(())
}

fn words(document: &Document, printer: &mut Printer) -> Result<(), Failure> {
    point(
        "fields: what an extractor that knows nothing of Cowl reads in a payload without a key, on average; around: in \
         topic, client id, user name and source address, exact+coarse. # listener: one who may subscribe to everything. \
         broker: sees connections, too; of all its identifiers the one that comes closest.",
        printer,
    )?;
    point(&study(document), printer)?;
    let needles = document.presets.first().map_or(0, |findings| findings.planted.needles);
    point(
        &format!(
            "planted: of {} names, numbers, addresses and coordinates of the people, those that were found in the bytes, in \
             clear, hex, base64 or binary. All are put in under every preset; coordinates that are spelled alike to some \
             decimals are found as one.",
            grouped(needles)
        ),
        printer,
    )?;
    let mut priced: Vec<_> =
        document.presets.iter().filter_map(|findings| findings.key.as_ref()).map(|key| &key.text).collect();
    priced.dedup();
    point(
        &format!(
            "keys: {}. The rate is the one that the study's figure implies.",
            priced.into_iter().map(String::as_str).collect::<Vec<_>>().join("; ")
        ),
        printer,
    )?;
    point(&harvest(document), printer)?;
    if let Some(cowl) = document.presets.iter().find(|findings| findings.preset == Preset::Cowl.name()) {
        point(&coarsened(cowl), printer)?;
        point(&not_hidden(cowl), printer)?;
    }
    point(
        "simulated: people, places and times. The phones share one credential file with an identity each, and connect from \
         loopback addresses of their own. What the broker sees is read from the bytes that they sent.",
        printer,
    )?;
    point(&format!("this took {:.1} s.", document.seconds), printer)
}

/// The study's figure, and what its own message exposes here.
fn study(document: &Document) -> String {
    let one = |findings: &Findings| {
        let message = &findings.study_message;
        let kinds =
            if message.kinds.is_empty() { String::new() } else { format!(" ({})", message.kinds.join(", ")) };
        format!("{} {}{kinds}", findings.preset, message.exact + message.coarse)
    };
    let all: Vec<_> = document.presets.iter().map(one).collect();
    let study = &document.study;
    let word = |agrees: Option<bool>| match agrees {
        Some(true) => "agrees in number",
        Some(false) => "does not agree",
        None => "was not run",
    };
    format!(
        "the study says {} fields before, {} after. Its own message exposes here: {}. Before: plain {}. After: minimised {}, \
         both {}.",
        study.fields_before,
        study.fields_after,
        all.join("; "),
        word(study.agrees_before),
        word(study.agrees_after_minimised),
        word(study.agrees_after_both),
    )
}

fn harvest(document: &Document) -> String {
    let all =
        document.presets.iter().flat_map(|findings| findings.roles.iter().map(move |role| (findings, role)));
    let short: Vec<_> = all
        .filter(|(_, role)| role.read != role.sent)
        .map(|(findings, role)| format!("{} {} {} of {}", findings.preset, role.role, role.read, role.sent))
        .collect();
    if short.is_empty() {
        format!(
            "every role read all {} reports under every preset; none was lost.",
            grouped(document.crisis.reports)
        )
    } else {
        format!("REPORTS WERE LOST: {}.", short.join("; "))
    }
}

/// What hiding in a crowd costs the roles.
fn coarsened(cowl: &Findings) -> String {
    let times = |notice: Notice| cowl.left_out.get(notice.name()).and_then(Value::as_u64).unwrap_or(0);
    format!(
        "zones, under cowl: a role gets the zone that it asked for only where enough people report from it (k in policy.toml). \
         Of {} zones for the roles {} were coarser for that, {} were withheld.",
        grouped(cowl.messages * cowl.roles.len()),
        number(times(Notice::RaisedZone)),
        number(times(Notice::TooFew) + times(Notice::OutsideZones)),
    )
}

/// What the numbers of preset `cowl` themselves say against it.
fn not_hidden(cowl: &Findings) -> String {
    let counted = cowl.people.broker.as_ref().map_or_else(
        || "who connects when".to_owned(),
        |closest| {
            format!(
                "the {} of each phone, which alone tells {} of {} people apart",
                closest.by,
                number(closest.values),
                grouped(cowl.people.truth)
            )
        },
    );
    format!(
        "NOT HIDDEN by preset cowl alone: {counted}, and the times at which each phone sends. Whoever sees the \
         connections (the broker, a network provider) has both. Put a gateway or a relay between people and broker, and it \
         sees that one's address instead, sending at a constant rate (`cowl plan`)."
    )
}

fn listener(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Counted { people, .. } => number(*people),
        Verdict::Guessed { values, .. } => format!("guesses {}", number(*values)),
        _ => "cannot tell".to_owned(),
    }
}

/// `"contact"` of `key "contact" in the payload`.
fn brief(by: &str) -> &str {
    by.strip_suffix(" in the payload").and_then(|by| by.strip_prefix("key ")).unwrap_or(by)
}

fn number(value: u64) -> String {
    grouped(usize::try_from(value).unwrap_or(usize::MAX))
}
