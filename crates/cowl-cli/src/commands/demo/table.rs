//! The table of all presets, and what it says in words.

use cowl_audit::Verdict;
use cowl_core::Preset;

use super::{
    columns::grouped,
    document::Document,
    findings::Findings,
    show::{paragraph, point},
};
use crate::{failure::Failure, printer::Printer};

/// Prints it.
pub(super) fn print(document: &Document, printer: &mut Printer) -> Result<(), Failure> {
    let truth = document.crisis.reporters;
    let counted = format!("people counted of {}", grouped(truth));
    printer.data(format!("{:<17}{:<22}{:<23}{:>5}  {}", "", "fields a message", counted, "bytes", "µs, median"))?;
    printer.data(format!(
        "{:<17}{:>5} {:>6} {:>6}   {:<12}{:<11}{:>5}  {:>5} {:>5}",
        "preset", "exact", "coarse", "around", "# listener", "broker", "", "send", "read"
    ))?;
    for findings in &document.presets {
        printer.data(row(findings))?;
    }
    printer.data("")?;
    printer.data("In words")?;
    words(document, printer)?;
    printer.data("")?;
    printer.data("How fields are counted")?;
    cowl_audit::counting_rule().lines().try_for_each(|line| {
        let (number, rest) = line.split_at_checked(3).unwrap_or((line, ""));
        if number.trim().is_empty() { paragraph(rest, printer) } else { paragraph(line, printer) }
    })
}

fn row(findings: &Findings) -> String {
    let listener = match &findings.people.subscriber {
        Verdict::Counted { people, .. } => grouped(usize::try_from(*people).unwrap_or(usize::MAX)),
        _ => "cannot tell".to_owned(),
    };
    let broker = findings.people.broker.as_ref();
    let broker = broker.map_or_else(
        || "cannot tell".to_owned(),
        |closest| grouped(usize::try_from(closest.values).unwrap_or(usize::MAX)),
    );
    let (fields, times) = (&findings.fields, &findings.microseconds);
    format!(
        "{:<17}{:>5.1} {:>6.1} {:>6.1}   {listener:<12}{broker:<11}{:>5.0}  {:>5.1} {:>5.1}",
        findings.preset,
        fields.payload_exact,
        fields.payload_coarse,
        fields.around,
        findings.bytes.mean,
        times.protect.median,
        times.open.median,
    )
}

fn words(document: &Document, printer: &mut Printer) -> Result<(), Failure> {
    point(
        "fields: what an extractor that knows nothing of Cowl reads in the payload without a key, on average; around: \
         what it reads in topic, client id, user name and source address.",
        printer,
    )?;
    point(&study(document), printer)?;
    for findings in &document.presets {
        point(&people(findings), printer)?;
    }
    for findings in &document.presets {
        point(&key(findings), printer)?;
    }
    point(&harvest(document), printer)?;
    for findings in &document.presets {
        point(&planted(findings), printer)?;
    }
    if let Some(cowl) = document.presets.iter().find(|findings| findings.preset == Preset::Cowl.name()) {
        point(&not_hidden(cowl), printer)?;
    }
    point(
        "people, towns and times are simulated; the phones share one credential file with an identity each, and connect \
         from loopback addresses of their own. What the broker sees is read from the bytes that they sent.",
        printer,
    )?;
    point(&format!("this took {:.1} s.", document.seconds), printer)
}

/// The study's figure, and what its own message exposes here.
fn study(document: &Document) -> String {
    let one = |findings: &Findings| {
        let message = &findings.study_message;
        let kinds = if message.kinds.is_empty() { String::new() } else { format!(" ({})", message.kinds.join(", ")) };
        format!("{} {}{kinds}", findings.preset, message.exact + message.coarse)
    };
    let all: Vec<_> = document.presets.iter().map(one).collect();
    let study = &document.study;
    let word = |agrees: Option<bool>| match agrees {
        Some(true) => "agrees",
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

fn people(findings: &Findings) -> String {
    let people = &findings.people;
    let broker = match &people.broker {
        Some(closest) => format!("the broker counts {} by {}", grouped(usize::try_from(closest.values).unwrap_or(usize::MAX)), closest.by),
        None => "the broker cannot tell".to_owned(),
    };
    format!("{}: a # listener: {}; {broker}.", findings.preset, people.subscriber)
}

fn key(findings: &Findings) -> String {
    match &findings.key {
        None => format!("{}: no key is needed to read it.", findings.preset),
        Some(key) => format!(
            "{}: {}. One such key opens up to {} of these {} reports.",
            findings.preset,
            key.text,
            grouped(key.opens_at_most),
            grouped(findings.messages),
        ),
    }
}

fn harvest(document: &Document) -> String {
    let all = document.presets.iter().flat_map(|findings| findings.roles.iter().map(move |role| (findings, role)));
    let short: Vec<_> = all
        .filter(|(_, role)| role.read != role.sent)
        .map(|(findings, role)| format!("{} {} {} of {}", findings.preset, role.role, role.read, role.sent))
        .collect();
    if short.is_empty() {
        format!("every role read all {} reports under every preset; none was lost.", grouped(document.crisis.reports))
    } else {
        format!("REPORTS WERE LOST: {}.", short.join("; "))
    }
}

fn planted(findings: &Findings) -> String {
    let planted = &findings.planted;
    let verdict = if planted.leaked { "came through in clear" } else { "came through: no more than chance makes" };
    format!(
        "{}: of {} names, numbers, addresses and coordinates, {} {verdict}.",
        findings.preset,
        grouped(planted.needles),
        grouped(planted.found),
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
                grouped(usize::try_from(closest.values).unwrap_or(usize::MAX)),
                grouped(cowl.people.truth)
            )
        },
    );
    format!(
        "NOT HIDDEN YET, under cowl either: {counted}, and the times at which each phone sends. Whoever sees the \
         connections (the broker, a network provider) has both. Put a gateway between people and broker, and it sees the \
         gateway's address instead; sending at a constant rate is later work."
    )
}
