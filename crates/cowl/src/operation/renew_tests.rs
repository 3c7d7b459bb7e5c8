use super::*;

/// Every identity and epoch once, in some part.
fn covers(cut: &Cut, identities: u32, epochs: u32) -> bool {
    let mut seen = vec![0; usize::try_from(identities * epochs).unwrap()];
    for part in 0..cut.parts {
        let (members, chunk) = cut.part(part, identities, epochs).unwrap();
        for (member, epoch) in members.flat_map(|member| chunk.clone().map(move |epoch| (member, epoch))) {
            seen[usize::try_from(member * epochs + epoch).unwrap()] += 1;
        }
    }
    seen.into_iter().all(|times| times == 1) && cut.part(cut.parts, identities, epochs).is_none()
}

#[test]
fn every_key_comes_in_one_part() {
    for (identities, epochs, roles) in
        [(1, 113, 4), (1, 1, 1), (10, 113, 4), (3, 3_000, 8), (1, 5_000, 20), (33, 30, 2), (700, 113, 4)]
    {
        let cut = Cut::of(identities, epochs, roles);
        assert!(covers(&cut, identities, epochs), "{identities} {epochs} {roles} {cut:?}");
    }
    // The default policy: a device's keys are one answer.
    assert_eq!(Cut::of(1, 113, 4).parts, 1);
}
