//! `docs/drills.md` as steps: who types what when, and what it prints.

use std::{fs, path::Path};

/// One command of the document.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its drill.
    pub drill: u32,
    /// Its line in the document, for messages.
    pub line: usize,
    /// When, if the document says.
    pub when: Option<When>,
    /// The folder in which it runs.
    pub machine: String,
    /// The year that the machine's clock says, if it is wrong.
    pub clock: Option<u32>,
    /// As typed.
    pub command: String,
    /// Lines that it prints; `…` stands for anything.
    pub prints: Vec<String>,
    /// How it ends.
    pub code: i32,
}

/// A change of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The same time of day on this day; the first is 1.
    Day(u64),
    /// So many seconds later.
    Later(u64),
}

/// All steps, in the order of the document.
pub fn steps() -> Vec<Step> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/drills.md");
    let text = fs::read_to_string(&path).unwrap();
    let (mut drill, mut is_open, mut steps) = (0, false, Vec::<Step>::new());
    for (index, line) in text.lines().enumerate() {
        if let Some(title) = line.strip_prefix("## ") {
            drill = title.split(' ').next().unwrap().parse().unwrap_or(0);
        } else if line.starts_with("```") {
            is_open = line == "```console";
        } else if !is_open {
        } else if let Some(step) = typed(line, drill, index + 1) {
            steps.push(step);
        } else {
            let step = steps.last_mut().unwrap_or_else(|| panic!("line {}: output of nothing", index + 1));
            assert_eq!(step.drill, drill, "line {}: output of nothing", index + 1);
            match line.strip_prefix("exit code ") {
                Some(code) => step.code = code.parse().unwrap(),
                None if line == "…" => {}
                None => step.prints.push(line.to_owned()),
            }
        }
    }
    steps
}

/// `day 3, phone, clock 1970$ cowl …`
fn typed(line: &str, drill: u32, number: usize) -> Option<Step> {
    let (prompt, command) = line.split_once("$ ")?;
    let mut step = Step {
        drill,
        line: number,
        when: None,
        machine: String::new(),
        clock: None,
        command: command.to_owned(),
        prints: Vec::new(),
        code: 0,
    };
    for part in prompt.split(", ") {
        match part.split(' ').collect::<Vec<_>>()[..] {
            ["day", day] => step.when = Some(When::Day(day.parse().ok()?)),
            [minutes, "min", "later"] => step.when = Some(When::Later(60 * minutes.parse::<u64>().ok()?)),
            [hours, "h", "later"] => step.when = Some(When::Later(3_600 * hours.parse::<u64>().ok()?)),
            ["clock", year] => step.clock = Some(year.parse().ok()?),
            [machine] if machine.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') => {
                machine.clone_into(&mut step.machine);
            }
            _ => return None,
        }
    }
    Some(step).filter(|step| !step.machine.is_empty())
}

/// Whether a printed line is what the document says.
pub fn fits(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(before) = last.replace(part) {
            let Some((_, after)) = rest.split_once(before) else { return false };
            rest = after;
        }
    }
    last.map_or(rest.is_empty(), |end| rest.ends_with(end))
}
