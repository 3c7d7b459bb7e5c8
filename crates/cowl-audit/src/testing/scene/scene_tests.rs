use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::attack::{Absent, Scene};
use crate::view::{Adversary, Message, View};

fn broker(scene: &Scene) -> &View {
    scene.view(Adversary::Broker).unwrap()
}

/// Distinct values that each person shows.
fn values(scene: &Scene, value: impl Fn(&View, &Message) -> Vec<u8>) -> (usize, usize) {
    let view = broker(scene);
    let mut people: BTreeMap<u32, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for message in &view.messages {
        let person = scene.message(message.id).unwrap().person.unwrap();
        people.entry(person).or_default().insert(value(view, message));
    }
    let all: BTreeSet<_> = people.values().flatten().collect();
    (all.len(), people.values().map(BTreeSet::len).max().unwrap())
}

fn address(view: &View, message: &Message) -> Vec<u8> {
    let connection = &view.connections[message.connection.unwrap() as usize];
    connection.address.unwrap().to_string().into_bytes()
}

#[test]
fn same_recipe_same_scene() {
    let (one, other) = (Recipe::protected().build(), Recipe::protected().build());
    assert_eq!(broker(&one).bytes, broker(&other).bytes);
    assert_ne!(broker(&one).bytes, broker(&Recipe { seed: 2, ..Recipe::protected() }.build()).bytes);
}

#[test]
fn a_leaking_scene_leaks_and_a_protected_one_does_not() {
    let (loud, quiet) = (Recipe::leaking().build(), Recipe::protected().build());
    assert_eq!(values(&loud, address), (60, 1));
    assert_eq!(values(&quiet, address), (1, 1));
    let first = |view: &View, message: &Message| view.get(&message.payload)[..16].to_vec();
    assert_eq!(values(&quiet, first).0, broker(&quiet).messages.len());
    let text = String::from_utf8(broker(&loud).get(&broker(&loud).messages[0].payload).to_vec()).unwrap();
    assert!(text.contains("severity: ") && text.contains("lat: 1") && text.contains("userId: "), "{text}");
    let sizes: BTreeSet<_> = broker(&quiet).messages.iter().map(|message| message.size).collect();
    assert_eq!(sizes.len(), 1);
}

#[test]
fn each_leak_is_there_when_asked_for() {
    let hidden = Recipe { hidden_token: true, ..Recipe::protected() }.build();
    assert_eq!(values(&hidden, |view, message| view.get(&message.payload)[128..136].to_vec()), (60, 1));
    let zones = Recipe { topics: Topics::Zone, ..Recipe::protected() }.build();
    assert!(values(&zones, |view, message| view.get(&message.topic).to_vec()).0 > 5);
    let property = Recipe { property: Life::Person, ..Recipe::protected() }.build();
    assert_eq!(values(&property, |view, message| view.get(&message.properties).to_vec()), (60, 1));
    let epoch = Recipe { token: Life::Epoch, ..Recipe::protected() }.build();
    assert_eq!(values(&epoch, |view, message| view.get(&message.payload)[..16].to_vec()), (60 * 8, 8));
    let will = Recipe { will: true, ..Recipe::protected() }.build();
    assert!(broker(&will).get(&broker(&will).connections[0].will).starts_with(b"status\0Person"));
    for (telling, many) in [(true, true), (false, false)] {
        let scene = Recipe { length_tells: telling, ..Recipe::protected() }.build();
        let sizes: BTreeSet<_> = broker(&scene).messages.iter().map(|message| message.size).collect();
        assert_eq!(sizes.len() > 1, many);
    }
}

#[test]
fn slots_hide_urgent_hours_and_delay_shows_them() {
    let slot = 20 * 60_000_000;
    let early = |recipe: Recipe| {
        let scene = recipe.build();
        let (mut urgent, mut wrong) = (0, 0);
        for message in &broker(&scene).messages {
            let is_early = message.at % slot < slot / 10;
            urgent += u32::from(scene.message(message.id).unwrap().urgent);
            wrong += u32::from(is_early != scene.message(message.id).unwrap().urgent);
        }
        assert!(urgent > 100);
        wrong
    };
    assert_eq!(early(Recipe { delay_tells: true, ..Recipe::protected() }), 0);
    assert!(early(Recipe::protected()) > 500);
    let scene = Recipe::protected().build();
    assert_eq!(broker(&scene).messages.len(), 60 * 2 * 24 * 3);
}

#[test]
fn holders_of_keys_read_what_they_may() {
    let scene = Recipe { role: Reads::Zone, forged: Forged::Tells, ..Recipe::protected() }.build();
    assert_eq!(scene.view(Adversary::Insider).unwrap_err(), Absent::NoReader);
    let role = scene.view(Adversary::Role).unwrap();
    let opened = role.messages.iter().find(|message| !message.opened.is_empty()).unwrap();
    assert!(String::from_utf8_lossy(role.get(&opened.opened)).contains("zone: Z"));
    assert!(role.connections.is_empty() && opened.connection.is_none());
    let forged = scene.truth.messages.values().filter(|message| message.forged.is_some()).count();
    assert!((900..1300).contains(&forged), "{forged}");
}

#[test]
fn gateways_stand_between() {
    let scene = Recipe { gateways: 4, ..Recipe::leaking() }.build();
    let addresses: BTreeSet<_> = broker(&scene).connections.iter().filter_map(|one| one.address).collect();
    assert_eq!(addresses.len(), 4);
    let gateway = scene.view(Adversary::Gateway).unwrap();
    assert_eq!(gateway.messages.len(), broker(&scene).messages.len());
    assert!(gateway.connections.len() > broker(&scene).connections.len());
    assert_eq!(scene.view(Adversary::Relay).unwrap_err(), Absent::NoPoint);
}
