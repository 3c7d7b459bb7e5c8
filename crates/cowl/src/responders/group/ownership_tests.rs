use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

const SHARDS: u16 = 8;

fn id(number: u8) -> MemberId {
    MemberId([number; 8])
}

/// What members say, as the local broker passes it on: in one order for all.
#[derive(Debug, Clone, Copy)]
enum Word {
    Claim(u16, Claim),
    Release(u16, Claim),
    Member(MemberId, bool),
}

/// A local broker and an uplink's broker, in one place and with time that a test turns.
#[derive(Default)]
struct World {
    now: Duration,
    nodes: BTreeMap<u8, Node>,
    retained: BTreeMap<u16, Claim>,
    /// Whose connection each shard's session has.
    sessions: BTreeMap<u16, u8>,
    evictions: usize,
}

struct Node {
    ownership: Ownership,
    inbox: VecDeque<Word>,
    /// Hears and says nothing: the process hangs.
    is_frozen: bool,
}

impl World {
    fn start(&mut self, number: u8) {
        let mut ownership = Ownership::new(id(number), SHARDS);
        for (shard, claim) in &self.retained {
            ownership.claim(*shard, *claim, self.now);
        }
        for other in self.nodes.keys() {
            ownership.member(id(*other), true);
        }
        ownership.join();
        self.nodes.insert(number, Node { ownership, inbox: VecDeque::new(), is_frozen: false });
        self.say(Word::Member(id(number), true));
    }

    fn kill(&mut self, number: u8) {
        if self.nodes.remove(&number).is_some() {
            self.sessions.retain(|_, owner| *owner != number);
            self.say(Word::Member(id(number), false));
        }
    }

    fn say(&mut self, word: Word) {
        if let Word::Claim(shard, claim) = word {
            self.retained.insert(shard, claim);
        }
        self.nodes.values_mut().for_each(|node| node.inbox.push_back(word));
    }

    fn act(&mut self, number: u8) {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(&number).filter(|node| !node.is_frozen) else { return };
        let mut actions = Vec::new();
        while let Some(word) = node.inbox.pop_front() {
            match word {
                Word::Claim(shard, claim) => actions.extend(node.ownership.claim(shard, claim, now)),
                Word::Release(shard, claim) => node.ownership.released(shard, claim, now),
                Word::Member(member, is_there) => node.ownership.member(member, is_there),
            }
        }
        actions.extend(node.ownership.decide(now));
        for action in actions {
            match action {
                Action::Claim { shard, claim } => self.say(Word::Claim(shard, claim)),
                Action::Release { shard, claim } => self.say(Word::Release(shard, claim)),
                Action::Connect { shard } => {
                    if let Some(before) =
                        self.sessions.insert(shard, number).filter(|before| *before != number)
                    {
                        self.evictions += 1;
                        let node = self.nodes.get_mut(&before).unwrap();
                        node.ownership.evicted(shard, now);
                    }
                }
                Action::Leave { shard } => {
                    self.sessions.remove(&shard);
                    let release = self.nodes.get_mut(&number).unwrap().ownership.left(shard);
                    if let Some(Action::Release { shard, claim }) = release {
                        self.say(Word::Release(shard, claim));
                    }
                }
            }
        }
    }

    /// Time passes until nobody has anything left to say.
    fn settle(&mut self) {
        for _ in 0..200 {
            let numbers: Vec<_> = self.nodes.keys().copied().collect();
            for number in numbers {
                self.act(number);
            }
            self.now += Duration::from_millis(100);
        }
    }

    fn shares(&self) -> Vec<usize> {
        let share = |number: &u8| self.sessions.values().filter(|owner| *owner == number).count();
        self.nodes.keys().map(share).collect()
    }

    fn check(&self) {
        assert_eq!(self.sessions.len(), usize::from(SHARDS), "every shard is read");
        for (shard, owner) in &self.sessions {
            for (number, node) in &self.nodes {
                assert_eq!(node.ownership.holds(*shard), number == owner, "{shard} {number}");
            }
        }
    }
}

#[test]
fn shares_are_even_and_move_without_anyone_being_thrown_out() {
    let mut world = World::default();
    for (number, most) in [(1, 8), (2, 4), (3, 3), (4, 2)] {
        world.start(number);
        world.settle();
        world.check();
        // Who held less than an even share before keeps it, and nobody has more than one.
        assert!(
            world.shares().into_iter().all(|share| share <= most.max(8 / usize::from(number))),
            "{:?}",
            world.shares()
        );
    }
    for number in [2, 1, 4] {
        world.kill(number);
        world.settle();
        world.check();
    }
    assert_eq!((world.shares(), world.evictions), (vec![8], 0));
}

#[test]
fn an_owner_that_hangs_is_thrown_out_once_and_rests() {
    let mut world = World::default();
    world.start(1);
    world.settle();
    world.nodes.get_mut(&1).unwrap().is_frozen = true;
    world.start(2);
    world.settle();
    world.settle();
    assert_eq!(world.shares(), [4, 4]);
    assert_eq!(world.evictions, 4);
    world.nodes.get_mut(&1).unwrap().is_frozen = false;
    world.settle();
    world.check();
    assert_eq!((world.shares(), world.evictions), (vec![4, 4], 4));
}

/// Two local brokers and one credential: nobody hears the other.
#[test]
fn members_that_do_not_see_each_other_take_turns_ever_more_slowly() {
    let (mut first, mut second) = (Ownership::new(id(1), 1), Ownership::new(id(2), 1));
    first.join();
    second.join();
    let mut takeovers = 0;
    let mut owner = None;
    for second_passed in 0..3_600 {
        let now = Duration::from_secs(second_passed);
        for number in [1, 2] {
            let (mine, other) =
                if number == 1 { (&mut first, &mut second) } else { (&mut second, &mut first) };
            for _ in 0..3 {
                for action in mine.decide(now) {
                    match action {
                        Action::Claim { shard, claim } => assert!(mine.claim(shard, claim, now).is_none()),
                        Action::Connect { shard }
                            if owner.replace(number).is_some_and(|before| before != number) =>
                        {
                            other.evicted(shard, now);
                            takeovers += 1;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    assert!((5..50).contains(&takeovers), "{takeovers}");
}

#[test]
fn nothing_is_claimed_before_all_is_heard_and_a_loser_is_overruled() {
    let mut ownership = Ownership::new(id(5), 1);
    assert!(ownership.decide(Duration::ZERO).is_empty());
    ownership.join();
    let claim = Claim { number: 1, member: id(5) };
    assert_eq!(ownership.decide(Duration::ZERO), [Action::Claim { shard: 0, claim }]);
    assert_eq!(ownership.claim(0, claim, Duration::ZERO), None);
    assert_eq!(ownership.decide(Duration::ZERO), [Action::Connect { shard: 0 }]);
    let lower = Claim { number: 1, member: id(4) };
    let again = Claim { number: 2, member: id(5) };
    assert_eq!(ownership.claim(0, lower, Duration::ZERO), Some(Action::Claim { shard: 0, claim: again }));
    assert!(ownership.holds(0));
    // A claim that never comes back is made again.
    let mut alone = Ownership::new(id(5), 1);
    alone.join();
    assert_eq!(alone.decide(Duration::ZERO).len(), 1);
    assert!(alone.decide(Duration::from_secs(4)).is_empty());
    alone.decide(ECHO);
    assert_eq!(alone.decide(ECHO).len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_happens_every_shard_has_one_owner_in_the_end(
        steps in prop::collection::vec((0_u8..5, 1_u8..6, 0_u8..30), 1..40),
    ) {
        let mut world = World::default();
        for (step, number, passes) in steps {
            match step {
                0 | 1 if !world.nodes.contains_key(&number) => world.start(number),
                2 => world.kill(number),
                3 => if let Some(node) = world.nodes.get_mut(&number) { node.is_frozen = true },
                4 => if let Some(node) = world.nodes.get_mut(&number) { node.is_frozen = false },
                _ => {}
            }
            for _ in 0..passes {
                let numbers: Vec<_> = world.nodes.keys().copied().collect();
                for number in numbers {
                    world.act(number);
                }
                world.now += Duration::from_millis(100);
            }
        }
        world.nodes.values_mut().for_each(|node| node.is_frozen = false);
        if world.nodes.is_empty() {
            world.start(9);
        }
        world.settle();
        world.settle();
        world.check();
    }
}

#[test]
fn who_never_had_a_shard_or_has_it_no_more_is_not_waited_for() {
    let claim = |number, member| Claim { number, member: id(member) };
    let mut late = Ownership::new(id(1), 1);
    late.member(id(2), true);
    late.join();
    // Its own last word, of before it was started again.
    late.claim(0, claim(4, 1), Duration::ZERO);
    let released = late.claim(0, claim(5, 2), Duration::ZERO);
    assert_eq!(released, Some(Action::Release { shard: 0, claim: claim(5, 2) }));

    let mut between = Ownership::new(id(1), 1);
    for other in [2, 3] {
        between.member(id(other), true);
    }
    between.join();
    between.shards[0].claim = Some(claim(1, 2));
    between.shards[0].hold = Hold::Claimed { claim: claim(2, 1), since: Duration::ZERO };
    assert_eq!(between.claim(0, claim(2, 1), Duration::ZERO), None);
    assert_eq!(between.claim(0, claim(3, 3), Duration::ZERO), None);
    assert_eq!(between.decide(Duration::ZERO), [], "the owner before them has not let go");
    between.released(0, claim(2, 1), Duration::ZERO);
    assert_eq!(between.decide(Duration::ZERO), [Action::Release { shard: 0, claim: claim(3, 3) }]);
    assert!(!between.holds(0));
}
