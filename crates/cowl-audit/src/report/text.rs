//! Words and numbers as the reports write them.

use crate::score::{Category, Cell, Control, Figure, Interval, Outcome, Unit};
use crate::view::Adversary;

/// Columns of a terminal report.
pub(crate) const WIDTH: usize = 80;

/// A category as a heading.
pub(super) const fn category(category: Category) -> &'static str {
    match category {
        Category::Linking => "Linking",
        Category::Identifying => "Identifying",
        Category::NonRepudiation => "Non-repudiation",
        Category::Detecting => "Detecting",
        Category::DataDisclosure => "Data disclosure",
        Category::Unawareness => "Unawareness",
        Category::NonCompliance => "Non-compliance",
    }
}

/// An adversary in at most five columns.
pub(super) const fn short(adversary: Adversary) -> &'static str {
    match adversary {
        Adversary::Network => "net",
        Adversary::NetworkTls => "tls",
        Adversary::Broker => "brokr",
        Adversary::Subscriber => "#",
        Adversary::Relay => "relay",
        Adversary::Gateway => "gate",
        Adversary::Insider => "insid",
        Adversary::Role => "role",
        Adversary::BrokerRole => "br+ro",
        Adversary::RelayRole => "re+ro",
        Adversary::StolenPhone => "phone",
    }
}

/// An adversary in at most seven columns.
pub(super) const fn brief(adversary: Adversary) -> &'static str {
    match adversary {
        Adversary::Network => "network",
        Adversary::NetworkTls => "net+TLS",
        Adversary::Broker => "broker",
        Adversary::Gateway => "gateway",
        Adversary::Insider => "insider",
        Adversary::BrokerRole => "br+role",
        Adversary::RelayRole => "re+role",
        other => short(other),
    }
}

/// An adversary in at most twelve columns.
pub(super) const fn medium(adversary: Adversary) -> &'static str {
    match adversary {
        Adversary::Network => "network",
        Adversary::NetworkTls => "network/TLS",
        Adversary::Broker => "broker",
        Adversary::Subscriber => "# subscriber",
        Adversary::Relay => "relay",
        Adversary::Gateway => "gateway",
        Adversary::Insider => "insider",
        Adversary::Role => "one role",
        Adversary::BrokerRole => "broker+role",
        Adversary::RelayRole => "relay+role",
        Adversary::StolenPhone => "stolen phone",
    }
}

/// An adversary in words.
pub(crate) const fn adversary(adversary: Adversary) -> &'static str {
    match adversary {
        Adversary::Network => "network without TLS",
        Adversary::NetworkTls => "network with TLS",
        Adversary::Broker => "broker",
        Adversary::Subscriber => "# subscriber",
        Adversary::Relay => "relay",
        Adversary::Gateway => "gateway",
        Adversary::Insider => "insider with one device's keys",
        Adversary::Role => "curious responder of one role",
        Adversary::BrokerRole => "broker and one role",
        Adversary::RelayRole => "relay and one role",
        Adversary::StolenPhone => "stolen phone",
    }
}

/// How bad a cell is, told by the upper bound, as a sign that needs no colour.
pub(super) const fn sign(cell: &Cell<'_>) -> char {
    match cell {
        Cell::Measured { figure, .. } => match figure.advantage.high {
            high if high >= 0.5 => '■',
            high if high > 0.1 => '▲',
            _ => '·',
        },
        Cell::NotMeasured { .. } => '?',
        Cell::NoMechanism { .. } => '○',
        Cell::NotApplicable => '–',
    }
}

/// A cell in at most five columns: sign and advantage.
pub(super) fn cell(cell: &Cell<'_>) -> String {
    let sign = sign(cell);
    match cell {
        Cell::Measured { figure, .. } | Cell::NotMeasured { leak: Some((_, figure)), .. } => {
            format!("{sign}{}", advantage(figure.advantage.value))
        }
        Cell::NotMeasured { .. } | Cell::NoMechanism { .. } | Cell::NotApplicable => sign.to_string(),
    }
}

/// What the signs mean.
pub(super) const LEGEND: &str = "Each number is an advantage, the worst of the category's attacks: 0 is guessing, 1 is certainty. Signs judge the \
     interval's upper bound: ■ 0.5 and more, ▲ over 0.1, · at most 0.1, ? not measured (a control failed; a number after it is a leak that was \
     found nevertheless), ○ no mechanism, – not in this trace, or not asked.";

/// An advantage with two digits; what rounds to nothing has no minus.
pub(super) fn advantage(value: f64) -> String {
    format!("{:.2}", if value < 0.005 && value > -0.005 { 0.0 } else { value }).replace('-', "−")
}

/// An interval of advantages.
pub(super) fn bounds(interval: &Interval) -> String {
    format!("{} [{}, {}]", advantage(interval.value), advantage(interval.low), advantage(interval.high))
}

/// A change with its sign.
pub(super) fn change(interval: &Interval) -> String {
    let one = |value: f64| {
        if value.abs() < 0.005 { "0.00".to_owned() } else { format!("{value:+.2}").replace('-', "−") }
    };
    format!("{} [{}, {}]", one(interval.value), one(interval.low), one(interval.high))
}

/// A number in a unit.
pub(super) fn amount(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Auc | Unit::Share => format!("{value:.2}"),
        Unit::Bits => format!("{value:.2} bit"),
        Unit::Metres if value >= 10_000.0 => format!("{:.1} km", value / 1e3),
        Unit::Metres => format!("{value:.0} m"),
        Unit::Hours => format!("{value:.1} h"),
        Unit::Seconds => seconds(value),
        Unit::Count => format!("{value:.1}"),
    }
}

/// What a unit's number is of.
pub(super) const fn measure(unit: Unit) -> &'static str {
    match unit {
        Unit::Auc => "AUC ",
        _ => "",
    }
}

/// A time that people read.
pub(crate) fn seconds(value: f64) -> String {
    match value {
        _ if value < 0.1 => format!("{:.0} ms", value * 1e3),
        _ if value < 120.0 => format!("{value:.1} s"),
        _ if value < 7_200.0 => format!("{:.0} min", value / 60.0),
        _ => format!("{:.1} h", value / 3_600.0),
    }
}

/// A count with its thousands apart.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What came of an attack, in a few words.
pub(super) fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Measured(figure) => format!(
            "{}{} [{}, {}], chance {}",
            measure(figure.unit),
            amount(figure.estimate.value, figure.unit),
            amount(figure.estimate.low, figure.unit),
            amount(figure.estimate.high, figure.unit),
            amount(figure.chance, figure.unit)
        ),
        Outcome::NotMeasured { reason, .. } => format!("not measured: {reason}"),
        Outcome::NoMechanism { reason } => format!("no mechanism: {reason}"),
        Outcome::NotApplicable { reason } => format!("not applicable: {reason}"),
    }
}

/// What the two controls found.
pub(super) fn controls(figure: &Figure) -> String {
    let one = |control: &Control| {
        let word = if control.passed { "as it must be" } else { "FAILED" };
        format!(
            "{:.2} [{:.2}, {:.2}], {word}",
            control.measured.value, control.measured.low, control.measured.high
        )
    };
    format!("planted leak {}; shuffled labels {}", one(&figure.positive), one(&figure.negative))
}

/// A text in lines of at most `width` characters, each after `indent` spaces.
pub(crate) fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let margin = " ".repeat(indent);
    let mut lines = Vec::new();
    let mut line = margin.clone();
    let mut blank = true;
    for word in text.split_whitespace() {
        let used = line.chars().count() + usize::from(!blank);
        if !blank && used + word.chars().count() > width {
            lines.push(std::mem::replace(&mut line, margin.clone()));
            blank = true;
        }
        if !blank {
            line.push(' ');
        }
        line.push_str(word);
        blank = false;
    }
    if !blank {
        lines.push(line);
    }
    lines
}
