//! Fits the model's constants to a stream of reports, and says how well: `cargo run -p cowl-sim --example fit -- FILE`.
//!
//! FILE is CSV with the columns `time` (such as `2010-01-12T04:08`), `lat`, `lon`, `category_code` and `category`: the public reports of the Haiti
//! earthquake of January 2010 (Ushahidi). What is printed stands in `fitted.rs`, `town.rs` and `note.rs`.

use std::collections::BTreeMap;
use std::error::Error;
use std::f64::consts::TAU;
use std::io::{self, Write};

use cowl_sim::{Point, TOWNS, fitted};

/// One report.
struct Row {
    /// Days since the first of January 2010.
    day: i64,
    hour: usize,
    place: Point,
    category: String,
}

/// Hours with more than so many times the median are cut to it: bulk imports.
const CUT: f64 = 2.0;
/// Days from the peak on that the decay is fitted to.
const TAIL: i64 = 28;
/// Metres from a town's centre within which a report is the town's.
const TOWN_M: f64 = 10_000.0;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: fit FILE")?;
    let rows = read(&path)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{} reports", rows.len())?;
    hours(&rows, &mut out)?;
    decay(&rows, &mut out)?;
    towns(&rows, &mut out)?;
    categories(&rows, &mut out)?;
    Ok(())
}

fn read(path: &str) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for record in csv::Reader::from_path(path)?.records() {
        let record = record?;
        let cell = |place: usize| record.get(place).unwrap_or_default();
        let (date, time) = cell(0).split_once('T').ok_or("a time without a date")?;
        let mut date = date.splitn(3, '-').map(str::parse::<i64>);
        let mut next = || -> Result<i64, Box<dyn Error>> { Ok(date.next().ok_or("half a date")??) };
        let (year, month, day) = (next()?, next()?, next()?);
        rows.push(Row {
            day: days(year, month, day) - days(2010, 1, 1),
            hour: time.split(':').next().unwrap_or_default().parse()?,
            place: Point { latitude: cell(1).parse()?, longitude: cell(2).parse()? },
            category: cell(3).to_owned(),
        });
    }
    Ok(rows)
}

/// Days of the Gregorian calendar since its year 0 (Howard Hinnant, *chrono-compatible low-level date algorithms*).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, shifted) = (year.div_euclid(400), (month + 9) % 12);
    let of_era = year - era * 400;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * shifted + 2) / 5 + day - 1
}

/// Two periods of a day, by least squares over hours.
fn hours(rows: &[Row], out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let mut counts = [0.0_f64; 24];
    for row in rows {
        if let Some(count) = counts.get_mut(row.hour) {
            *count += 1.0;
        }
    }
    let mut sorted = counts;
    sorted.sort_by(f64::total_cmp);
    let (below, above) = (sorted.get(11).copied().unwrap_or(0.0), sorted.get(12).copied().unwrap_or(0.0));
    let most = CUT * f64::midpoint(below, above);
    let cut = counts.map(|count| count.min(most));
    let mean = cut.iter().sum::<f64>() / 24.0;
    let relative = cut.map(|count| count / mean);
    let middle = |hour: usize| Ok::<_, Box<dyn Error>>(f64::from(u32::try_from(hour)?) + 0.5);
    for periods in [1.0, 2.0] {
        let (mut cosine, mut sine) = (0.0, 0.0);
        for (hour, factor) in relative.iter().enumerate() {
            let angle = TAU * periods * middle(hour)? / 24.0;
            cosine += factor * libm::cos(angle) / 12.0;
            sine += factor * libm::sin(angle) / 12.0;
        }
        writeln!(out, "hour of day: {periods} period(s): cosine {cosine:.4}, sine {sine:.4}")?;
    }
    let (mut unexplained, mut all) = (0.0, 0.0);
    for (hour, factor) in relative.iter().enumerate() {
        unexplained += (factor - fitted::hour_factor(middle(hour)?)).powi(2);
        all += (factor - 1.0).powi(2);
    }
    writeln!(out, "hour of day: the shipped curve explains {:.2} of the variance", 1.0 - unexplained / all)?;
    Ok(())
}

/// Reports a day from the peak on: Poisson regression with a logarithmic link, by iterated weighted least squares.
fn decay(rows: &[Row], out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let mut counts: BTreeMap<i64, f64> = BTreeMap::new();
    for row in rows {
        *counts.entry(row.day).or_default() += 1.0;
    }
    let peak = counts.iter().max_by(|one, other| one.1.total_cmp(other.1)).map_or(0, |(day, _)| *day);
    let days: Vec<(f64, f64)> = (0..TAIL)
        .map(|day| Ok((f64::from(i32::try_from(day)?), counts.get(&(peak + day)).copied().unwrap_or(0.0))))
        .collect::<Result<_, Box<dyn Error>>>()?;
    let (mut level, mut slope) = (5.0, -0.1);
    for _ in 0..100 {
        let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (day, count) in &days {
            let expected = libm::exp(level + slope * day);
            g0 += count - expected;
            g1 += (count - expected) * day;
            h00 += expected;
            h01 += expected * day;
            h11 += expected * day * day;
        }
        let determinant = h00 * h11 - h01 * h01;
        level += (h11 * g0 - h01 * g1) / determinant;
        slope += (h00 * g1 - h01 * g0) / determinant;
    }
    let (mut deviance, mut null) = (0.0, 0.0);
    let mean = days.iter().map(|(_, count)| count).sum::<f64>() / f64::from(i32::try_from(TAIL)?);
    for (day, count) in &days {
        let against = |expected: f64| {
            let logarithm = if *count > 0.0 { count * libm::log(count / expected) } else { 0.0 };
            2.0 * (logarithm - (count - expected))
        };
        deviance += against(libm::exp(level + slope * day));
        null += against(mean);
    }
    writeln!(
        out,
        "decay: to 1/e in {:.2} days from day {peak} on; explains {:.2} of the deviance over {TAIL} days",
        -1.0 / slope,
        1.0 - deviance / null
    )?;
    Ok(())
}

/// Reports within 10 km of each town's centre and nearest to it, and the median of their distance.
fn towns(rows: &[Row], out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let mut near: Vec<Vec<f64>> = vec![Vec::new(); TOWNS.len()];
    for row in rows {
        let distances = TOWNS.iter().map(|town| town.centre.distance_m(row.place)).enumerate();
        let Some((town, metres)) = distances.min_by(|one, other| one.1.total_cmp(&other.1)) else { continue };
        if let Some(distances) = near.get_mut(town).filter(|_| metres <= TOWN_M) {
            distances.push(metres);
        }
    }
    let inside: usize = near.iter().map(Vec::len).sum();
    let remote = rows.len() - inside;
    writeln!(out, "towns: {remote} of {} reports are beyond {TOWN_M} m from every centre", rows.len())?;
    for (town, mut distances) in TOWNS.iter().zip(near) {
        distances.sort_by(f64::total_cmp);
        let median = distances.get(distances.len() / 2).copied().unwrap_or(0.0);
        // Kolmogorov and Smirnov's distance from the exponential of this median.
        let count = f64::from(u32::try_from(distances.len().max(1))?);
        let mut worst = 0.0_f64;
        for (rank, metres) in (0_u32..).zip(&distances) {
            let model = 1.0 - libm::exp(-metres * std::f64::consts::LN_2 / median.max(1.0));
            worst = worst.max((model - f64::from(rank) / count).abs());
        }
        writeln!(
            out,
            "towns: {:<20} {:>4} reports (shipped {:>4}), median {median:>6.0} m (shipped {:>5.0}), exponential off by {worst:.2}",
            town.name,
            distances.len(),
            town.share,
            town.median_m
        )?;
    }
    Ok(())
}

/// Reports of each category: the needs in `note.rs` are sums of these.
fn categories(rows: &[Row], out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for row in rows {
        *counts.entry(row.category.as_str()).or_default() += 1;
    }
    for (category, count) in counts {
        writeln!(out, "category {category:<4} {count}")?;
    }
    Ok(())
}
