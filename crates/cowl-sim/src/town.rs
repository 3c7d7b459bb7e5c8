//! Where people live.

use crate::dice::Dice;
use crate::geo::Point;

/// A town, and how the people who report live around its centre.
///
/// Fitted to the public reports of the Haiti earthquake of January 2010 (Ushahidi; 3,580 with a place and a time). `share` is the
/// number of those that lie within 10 km of the centre and nearest to it. Their distance from it is close to exponential: with all
/// towns together, 10, 25, 50, 75 and 90 % lie within 0.28, 0.53, 1.36, 2.46 and 4.53 km, an exponential of the same median gives
/// 0.21, 0.56, 1.36, 2.72 and 4.52 km. `median_m` is each town's own. People who report are not residents: the fit follows where
/// help was asked for.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Town {
    /// Its name.
    pub name: &'static str,
    /// Its centre.
    pub centre: Point,
    /// Reports of 2010 within 10 km.
    pub share: u32,
    /// Median of their distance from the centre, in metres.
    pub median_m: f64,
    /// The direction away from the sea, in degrees clockwise from north: homes lie in that half of the circle. `None` inland.
    pub inland: Option<u16>,
}

/// The share of people who live beyond 10 km from every centre: 9.8 % of the reports of 2010.
pub const HINTERLAND: f64 = 0.098;
/// How far out they live, in metres. The reports of 2010 reach further (their median is 24 km), but then the next coast is near.
const HINTERLAND_M: (f64, f64) = (10_000.0, 22_000.0);
/// No home of a town is further out.
const TOWN_M: f64 = 10_000.0;

/// The towns, most reports first.
pub const TOWNS: [Town; 20] = [
    town("Port-au-Prince", 18.5425, -72.3386, 803, 1_220.0, Some(110)),
    town("Delmas", 18.5447, -72.3028, 641, 1_640.0, Some(110)),
    town("Carrefour", 18.5344, -72.4069, 380, 1_340.0, Some(180)),
    town("Croix-des-Bouquets", 18.5750, -72.2250, 310, 4_380.0, None),
    town("Pétion-Ville", 18.5125, -72.2852, 306, 1_200.0, None),
    town("Léogâne", 18.5108, -72.6335, 186, 1_030.0, Some(160)),
    town("Cité Soleil", 18.5833, -72.3333, 130, 2_700.0, Some(90)),
    town("Jacmel", 18.2342, -72.5347, 117, 440.0, Some(0)),
    town("Gressier", 18.5431, -72.5267, 62, 630.0, Some(180)),
    town("Gonaïves", 19.4475, -72.6892, 50, 300.0, Some(60)),
    town("Petit-Goâve", 18.4314, -72.8670, 47, 610.0, Some(180)),
    town("Les Cayes", 18.1943, -73.7501, 46, 470.0, Some(330)),
    town("Cap-Haïtien", 19.7578, -72.2044, 35, 590.0, Some(200)),
    town("Saint-Marc", 19.1082, -72.6938, 28, 910.0, Some(90)),
    town("Grand-Goâve", 18.4289, -72.7708, 26, 330.0, Some(180)),
    town("Miragoâne", 18.4458, -73.0896, 20, 7_040.0, Some(190)),
    town("Port-de-Paix", 19.9398, -72.8304, 16, 170.0, Some(180)),
    town("Mirebalais", 18.8333, -72.1053, 11, 200.0, None),
    town("Hinche", 19.1500, -72.0167, 9, 1_050.0, None),
    town("Jérémie", 18.6500, -74.1167, 6, 590.0, Some(180)),
];

impl Town {
    /// A town, as likely as people report from it.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let [first, ..] = TOWNS;
        dice.weighted(&TOWNS, |town| f64::from(town.share)).copied().unwrap_or(first)
    }

    /// A home in it, or in the villages behind it.
    pub(crate) fn home(&self, dice: &mut Dice) -> Point {
        if dice.chance(HINTERLAND) {
            return self.village(dice);
        }
        let metres = self.town_distance(dice);
        self.centre.towards(self.direction(dice), metres)
    }

    /// A place near its centre: a camp, a clinic.
    pub(crate) fn public_place(&self, dice: &mut Dice) -> Point {
        let metres = dice.between(200.0, 1_500.0);
        self.centre.towards(self.direction(dice), metres)
    }

    /// Beyond 10 km from every centre, not only from this one.
    fn village(&self, dice: &mut Dice) -> Point {
        let mut draw = || {
            let metres = dice.between(HINTERLAND_M.0, HINTERLAND_M.1);
            self.centre.towards(self.direction(dice), metres)
        };
        let first = draw();
        let remote = |home: &Point| TOWNS.iter().all(|town| town.centre.distance_m(*home) > TOWN_M);
        std::iter::repeat_with(draw).take(64).find(remote).unwrap_or(first)
    }

    fn town_distance(&self, dice: &mut Dice) -> f64 {
        let mean = self.median_m / core::f64::consts::LN_2;
        // Cut off, not cut short: a heap of homes at exactly 10 km would be no town.
        (0..64).map(|_| dice.exponential(mean)).find(|metres| *metres < TOWN_M).unwrap_or(self.median_m)
    }

    fn direction(&self, dice: &mut Dice) -> f64 {
        match self.inland {
            Some(inland) => (f64::from(inland) + dice.between(-90.0, 90.0)).to_radians(),
            None => dice.between(0.0, core::f64::consts::TAU),
        }
    }
}

const fn town(
    name: &'static str,
    latitude: f64,
    longitude: f64,
    share: u32,
    median_m: f64,
    inland: Option<u16>,
) -> Town {
    Town { name, centre: Point { latitude, longitude }, share, median_m, inland }
}
