use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;
use crate::board::trend::{HOURS, Hours, trend};

fn row(cells: &[u32]) -> [u32; COLUMNS] {
    let mut row = [0; COLUMNS];
    row.iter_mut().zip(cells).for_each(|(to, from)| *to = *from);
    row
}

fn said(table: &Table) -> String {
    let row = |row: &ShownRow| {
        let cells: Vec<_> = row.cells.iter().map(ToString::to_string).collect();
        format!("{} = {}", cells.join(" "), row.total)
    };
    let columns: Vec<_> = table.columns.iter().map(ToString::to_string).collect();
    format!(
        "{} | {} = {}",
        table.rows.iter().map(row).collect::<Vec<_>>().join("; "),
        columns.join(" "),
        table.total
    )
}

#[test]
fn what_is_said_of_a_table() {
    let rule = Rule::new(5);
    let table = rule.table(&[row(&[7, 5, 0, 2, 0]), row(&[3, 9, 0, 4, 0])]);
    // The red that is hidden is the only one, so its column's sum is not said; greens are two, and 6 is neither 2 nor 8.
    assert_eq!(said(&table), "7 5 0 <5 0 = ≥13; <5 9 0 <5 0 = ≥11 | ≥8 14 0 6 0 = ≥28");
    assert_eq!(said(&Rule::new(1).table(&[row(&[1, 2, 0])])), "1 2 0 0 0 = 3 | 1 2 0 0 0 = 3");
    assert_eq!(said(&rule.table(&[row(&[1])])), "<5 0 0 0 0 = <5 | <5 0 0 0 0 = ≥0");
    assert_eq!(said(&rule.table(&[])), " | 0 0 0 0 0 = 0");
}

/// Every table of so many zones and colours with counts up to `most`, one after the other.
fn each(cells: usize, most: u32, mut take: impl FnMut(&[u32])) {
    let mut counts = vec![0; cells];
    loop {
        take(&counts);
        let Some(at) = counts.iter().position(|count| *count < most) else { return };
        counts[..at].fill(0);
        counts[at] += 1;
    }
}

/// Among all tables that are published alike, a count that may not be known has two values at the least.
fn nothing_is_given_away<P: Eq + std::hash::Hash>(
    k: u32,
    cells: usize,
    most: u32,
    publish: impl Fn(&[u32]) -> P,
    counts: impl Fn(&[u32]) -> Vec<u32>,
) {
    let mut alike: HashMap<P, Vec<HashSet<u32>>> = HashMap::new();
    each(cells, most, |table| {
        let counts = counts(table);
        let seen = alike.entry(publish(table)).or_insert_with(|| vec![HashSet::new(); counts.len()]);
        seen.iter_mut().zip(counts).for_each(|(seen, count)| {
            seen.insert(count);
        });
    });
    assert!(alike.len() > 3, "different tables are published differently");
    for seen in alike.values().flatten() {
        let known = seen.iter().next().filter(|_| seen.len() == 1);
        assert!(known.is_none_or(|count| *count == 0 || *count >= k), "k = {k}: {known:?} can be told");
    }
}

/// Cells, sums of rows and columns, and the sum of all.
fn sums(table: &[u32], colours: usize) -> Vec<u32> {
    let rows = table.chunks(colours).map(|row| row.iter().sum());
    let columns = (0..colours).map(|colour| table.iter().skip(colour).step_by(colours).sum());
    table.iter().copied().chain(rows).chain(columns).chain([table.iter().sum()]).collect()
}

#[test]
fn no_table_gives_a_count_below_k_away_even_to_who_knows_the_rule() {
    for (k, zones, colours, most) in [
        (2, 3, 2, 4),
        (3, 2, 2, 8),
        (3, 3, 2, 5),
        (3, 5, 1, 5),
        (4, 3, 1, 12),
        (5, 2, 2, 9),
        (5, 4, 1, 9),
        (4, 2, 3, 5),
    ] {
        let publish = |table: &[u32]| {
            let rows: Vec<_> = table.chunks(colours).map(row).collect();
            Rule::new(k).table(&rows)
        };
        nothing_is_given_away(k, zones * colours, most, publish, |table| sums(table, colours));
    }
}

/// Two zones, two colours, two hours; everyone still waits, so that the table and the trend say as much of each other as they can.
#[test]
fn no_trend_completes_a_table() {
    let split = |table: &[u32]| -> (Vec<u32>, Vec<Hours>) {
        let cells = table.chunks(2).map(|hours| hours.iter().sum()).collect();
        let hours = table.chunks(4).map(|zone| {
            let mut hours = [0; HOURS];
            (hours[HOURS - 2], hours[HOURS - 1]) = (zone[0] + zone[2], zone[1] + zone[3]);
            hours
        });
        (cells, hours.collect())
    };
    for (k, most) in [(2, 3), (3, 4)] {
        let publish = |table: &[u32]| {
            let (cells, hours) = split(table);
            let rows: Vec<_> = cells.chunks(2).map(row).collect();
            let rule = Rule::new(k);
            let table = rule.table(&rows);
            let trends: Vec<_> =
                table.rows.iter().zip(&hours).map(|(row, hours)| trend(rule, row, hours)).collect();
            (table, trends)
        };
        let counts = |table: &[u32]| {
            let (cells, hours) = split(table);
            let mut counts = sums(&cells, 2);
            counts.extend(hours.iter().flatten());
            counts.extend((0..HOURS).map(|hour| hours.iter().map(|zone| zone[hour]).sum::<u32>()));
            counts
        };
        nothing_is_given_away(k, 8, most, publish, counts);
    }
}

proptest! {
    /// A larger table: whatever is hidden can be changed so that what is shown stays, cell by cell.
    #[test]
    fn what_is_hidden_can_be_another(
        rows in prop::collection::vec(prop::array::uniform5(0_u32..12), 1..8), k in 2_u32..7
    ) {
        let rule = Rule::new(k);
        let table = rule.table(&rows);
        for (column, sum) in table.columns.iter().enumerate() {
            let hidden: Vec<_> = rows.iter().map(|row| row[column]).filter(|count| rule.hides(*count)).collect();
            if let (Shown::Exact(sum), false) = (sum, hidden.is_empty()) {
                prop_assert_eq!(*sum, rows.iter().map(|row| row[column]).sum::<u32>());
                let (least, most) = (rule.least(), k - 1);
                let total: u32 = hidden.iter().sum();
                let others = u32::try_from(hidden.len()).unwrap() - 1;
                let (low, high) = (total.saturating_sub(others * most).max(least), (total - others * least).min(most));
                prop_assert!(low < high, "each of {:?} is {}", hidden, low);
            }
        }
        for (row, shown) in rows.iter().zip(&table.rows) {
            let is_hidden = row.iter().any(|count| rule.hides(*count));
            prop_assert_eq!(matches!(shown.total, Shown::Exact(_)), !is_hidden);
            prop_assert!(shown.total.least() <= row.iter().sum::<u32>());
        }
    }
}
