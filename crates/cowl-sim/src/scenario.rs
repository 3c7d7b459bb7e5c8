//! What a crisis is drawn from.

/// Seconds of an hour.
pub const HOUR: u64 = 3_600;
/// The most people: their telephone numbers and addresses run out after that.
pub const MAX_PEOPLE: u32 = 20_000;

/// What a crisis is drawn from. The default is the second day of an earthquake, with a strong aftershock in the afternoon.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// How many people there are, at most [`MAX_PEOPLE`].
    pub people: u32,
    /// How long it lasts, in hours.
    pub hours: u32,
    /// The local hour of day at which it begins, 0 to 23.
    pub first_hour: u32,
    /// How many reports a person with a light wound sends in a day without an aftershock, on average.
    pub reports_a_day: f64,
    /// When the earth shakes again, in seconds since the beginning, ascending.
    pub aftershocks: Vec<u64>,
}

impl Scenario {
    /// When it is over, in seconds since the beginning.
    pub fn end(&self) -> u64 {
        u64::from(self.hours) * HOUR
    }
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            seed: 2010,
            people: 300,
            hours: 24,
            first_hour: 0,
            reports_a_day: 12.0,
            aftershocks: vec![14 * HOUR + 1_980],
        }
    }
}
