//! Leaving out corners that nobody sees (Ramer 1972; Douglas and Peucker 1973).

/// A closed ring without the corners that lie nearer than `tolerance` to the line that is left. At least a triangle stays.
pub(super) fn simplified(ring: &[(f64, f64)], tolerance: f64) -> Vec<(f64, f64)> {
    if ring.len() <= 4 {
        return ring.to_vec();
    }
    let Some(first) = ring.first() else { return Vec::new() };
    // A ring has no ends: it is cut at its first corner and at the one farthest from it.
    let distance = |(x, y): &(f64, f64)| (x - first.0).hypot(y - first.1);
    let farthest =
        ring.iter().enumerate().max_by(|(_, one), (_, other)| distance(one).total_cmp(&distance(other)));
    let middle = farthest.map_or(0, |(at, _)| at);
    let mut keep = vec![false; ring.len() + 1];
    let closed: Vec<_> = ring.iter().chain([first]).copied().collect();
    // By hand rather than by recursion: a coast may have many thousand corners.
    let mut parts = vec![(0, middle), (middle, ring.len())];
    while let Some((begin, end)) = parts.pop() {
        for at in [begin, end] {
            if let Some(keep) = keep.get_mut(at) {
                *keep = true;
            }
        }
        if let Some((at, away)) = farthest_between(&closed, begin, end)
            && away > tolerance
        {
            parts.extend([(begin, at), (at, end)]);
        }
    }
    let kept: Vec<_> = ring.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(corner, _)| *corner).collect();
    if kept.len() < 3 {
        ring.iter().step_by((ring.len() / 3).max(1)).take(3).copied().collect()
    } else {
        kept
    }
}

fn farthest_between(corners: &[(f64, f64)], begin: usize, end: usize) -> Option<(usize, f64)> {
    let (from, to) = (corners.get(begin)?, corners.get(end)?);
    let between = corners.iter().enumerate().take(end).skip(begin + 1);
    between.map(|(at, corner)| (at, away(*corner, *from, *to))).max_by(|one, other| one.1.total_cmp(&other.1))
}

/// How far a corner lies from a line between two.
fn away(corner: (f64, f64), from: (f64, f64), to: (f64, f64)) -> f64 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.mul_add(dx, dy * dy);
    let part =
        if length > 0.0 { ((corner.0 - from.0) * dx + (corner.1 - from.1) * dy) / length } else { 0.0 };
    let part = part.clamp(0.0, 1.0);
    (corner.0 - part.mul_add(dx, from.0)).hypot(corner.1 - part.mul_add(dy, from.1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn corners_on_a_line_go() {
        let square = [(0.0, 0.0), (5.0, 0.1), (10.0, 0.0), (10.0, 10.0), (5.0, 10.0), (0.0, 10.0)];
        assert_eq!(simplified(&square, 0.5), [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]);
    }

    proptest! {
        #[test]
        fn whatever_goes_lay_near_what_stays(ring in prop::collection::vec((0.0..100.0_f64, 0.0..100.0_f64), 3..60)) {
            let left = simplified(&ring, 2.0);
            prop_assert!(left.len() >= 3 && left.len() <= ring.len());
            for corner in &ring {
                let near = (0..left.len()).map(|at| away(*corner, left[at], left[(at + 1) % left.len()]));
                prop_assert!(near.fold(f64::INFINITY, f64::min) <= 2.0 + 1e-9 || left.len() == 3);
            }
        }
    }
}
