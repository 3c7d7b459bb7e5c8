//! What came of the runs.

use std::fmt::Write as _;

use super::work::Run;

/// One line for each run, below their names.
pub(super) fn render<'a>(runs: impl Iterator<Item = (&'a str, &'a Run)>) -> String {
    let mut text = format!(
        "{:<20} {:>10} {:>12} {:>13} {:>13} {:>8}\n",
        "configuration", "messages", "connections", "bytes up", "bytes down", "seconds"
    );
    for (name, Run { summary, took }) in runs {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{name:<20} {:>10} {:>12} {:>13} {:>13} {:>8.1}",
            summary.messages,
            summary.connections,
            summary.sent,
            summary.received,
            took.as_secs_f64()
        );
    }
    text
}
