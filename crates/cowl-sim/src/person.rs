//! Who there is.

use std::net::Ipv4Addr;

use crate::dice::Dice;
use crate::geo::Point;
use crate::names;
use crate::note::{Language, Need};
use crate::scenario::Scenario;
use crate::town::Town;

/// A person's number in a crisis, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonId(pub u32);

/// A person, as far as it does not change.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Person {
    /// Its number.
    pub id: PersonId,
    /// An invented name, different for everyone.
    pub name: String,
    /// An invented telephone number, different for everyone.
    pub phone: String,
    /// The address that the phone's app writes into its reports; from a range set aside for tests.
    pub address: Ipv4Addr,
    /// The number under which the app knows its user, different for everyone.
    pub user: u32,
    /// The nearest town.
    pub town: &'static str,
    /// Where it lived before.
    pub home: Point,
    /// Where it sleeps now: at home, or in a camp.
    pub base: Point,
    /// Where it goes for help.
    pub aid: Point,
    /// What it writes in.
    pub language: Language,
    /// What it lacks most.
    pub need: Need,
}

/// Half of the people sleep in camps; the government counted 1.3 million in camps of 3 million affected in 2010, more in the towns.
const DISPLACED: f64 = 0.5;
/// Camps of a town, and places where help is given.
const PLACES: u64 = 4;
/// The first user number.
const FIRST_USER: u32 = 970;
/// Streams of random numbers that are not a person's begin here.
const PLACES_STREAM: u64 = 1 << 40;
/// The stream that gives out names, numbers and addresses.
const REGISTRY_STREAM: u64 = 1 << 41;
/// Streams of what happens to people, after those of who they are.
pub(crate) const LIFE_STREAM: u64 = 1 << 42;

/// Everyone of a scenario.
pub(crate) fn all(scenario: &Scenario, count: u32) -> Vec<Person> {
    let mut registry = Dice::new(scenario.seed, REGISTRY_STREAM);
    let order = registry.shuffled(count);
    (0..).zip(&order).map(|(id, number)| draw(scenario.seed, PersonId(id), *number)).collect()
}

fn draw(seed: u64, id: PersonId, number: u32) -> Person {
    let mut dice = Dice::new(seed, u64::from(id.0));
    let town = Town::draw(&mut dice);
    let home = town.home(&mut dice);
    let mut public = |kind: u64| {
        let nth = u64::from(dice.below(4)) % PLACES;
        let mut places = Dice::new(seed, PLACES_STREAM + place_of(&town) * 2 * PLACES + kind * PLACES + nth);
        town.public_place(&mut places)
    };
    let (camp, clinic) = (public(0), public(1));
    // Who lives far out finds a camp and a clinic of his own village.
    let far = home.distance_m(town.centre) > 8_000.0;
    let (camp, aid) =
        if far { (home.moved(300.0, 200.0), home.moved(-500.0, 300.0)) } else { (camp, clinic) };
    let base = if dice.chance(DISPLACED) {
        // A tent has its own place in the camp.
        camp.moved(dice.normal() * 60.0, dice.normal() * 60.0)
    } else {
        home
    };
    Person {
        id,
        name: names::name(number),
        phone: names::phone(number),
        address: names::address(number),
        user: FIRST_USER + number,
        town: town.name,
        home,
        base,
        aid,
        language: Language::draw(&mut dice),
        need: Need::draw(&mut dice),
    }
}

fn place_of(town: &Town) -> u64 {
    crate::town::TOWNS.iter().take_while(|known| known.name != town.name).count() as u64
}
