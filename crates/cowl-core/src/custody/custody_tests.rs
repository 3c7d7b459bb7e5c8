//! From a message on the wire to what custodians opened of it, and everything that must not open.

use alloc::{sync::Arc, vec, vec::Vec};

use rand_core::{TryCryptoRng, TryRng};

use super::*;
use crate::{
    Authority, AuthorityKey, Body, Counter, DeviceKeys, Epoch, ErasureHandle, Header, Layout, Members, Mode,
    Opened, OperationId, Place, Policy, PolicyVersion, RawValue, Reading, Receiver, Report, ReportId,
    RoleIndex, Sealed, Secret, Surroundings, Value, WalkInSealer,
    policy::{self, Precision, Read, samples},
    schedule::RoleRoot,
};

const OPERATION: OperationId = OperationId([7; 16]);
const NOW: u64 = 1_800_000_000;
const EPOCH: Epoch = Epoch(10);

/// A generator for tests: the same numbers in every run.
struct Numbers(u64);

impl TryRng for Numbers {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|number| u32::try_from(number >> 32).unwrap())
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Ok(self.0 ^ (self.0 >> 29))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for byte in out {
            *byte = self.try_next_u64().unwrap().to_le_bytes()[7];
        }
        Ok(())
    }
}

impl TryCryptoRng for Numbers {}

/// An operation whose custodians get the exact position and the person.
struct World {
    policy: Policy,
    layout: Arc<Layout>,
    key: CustodyKey,
    shares: Vec<CustodyShare>,
    authority: AuthorityKey,
    rng: Numbers,
}

impl World {
    fn new() -> Self {
        let mut rng = Numbers(1);
        let Dealt { key, shares } = deal(2, 3, &mut rng).unwrap();
        let policy = draft().check().unwrap();
        let layout = Arc::new(Layout::of(&policy));
        Self { policy, layout, key, shares, authority: AuthorityKey::new(&Secret::new([9; 32])), rng }
    }

    fn report(&self, number: u8) -> Report {
        let mut members = Members::new();
        members.push("severity", RawValue::Text("high".into())).unwrap();
        members.push("position", RawValue::Text("18.54321,-72.33880".into())).unwrap();
        members.push("person", RawValue::Text("Marie".into())).unwrap();
        let reduced = self.policy.reduce(Reading::new(members), &Surroundings::default()).unwrap();
        Report::new(header(number), reduced)
    }

    fn device(&self, place: u32) -> DeviceKeys {
        let roots: Vec<_> = self
            .layout
            .roles()
            .map(|(role, _)| root(role).device(OPERATION, role, EPOCH, Place(place)))
            .collect();
        DeviceKeys::new(OPERATION, EPOCH, Arc::clone(&self.layout), &roots)
            .unwrap()
            .with_custodians(Some(&self.key))
    }

    fn message(&mut self, number: u8) -> Sealed {
        let report = self.report(number);
        self.device(number.into()).seal(Counter(0), &report, &mut self.rng).unwrap()
    }

    fn receive(&self, message: &[u8]) -> Result<Opened, crate::Refused> {
        let policy = &self.policy;
        let versions = vec![PolicyVersion(3)];
        let (role, layout) = (samples::MEDICAL, Arc::clone(&self.layout));
        let mut receiver =
            Receiver::new(OPERATION, role, layout, policy.windows, policy.walk_in.limits, versions);
        receiver.hold(EPOCH, &root(role), 16, |_| true);
        receiver.enter(EPOCH);
        let mut reports = Vec::new();
        receiver.receive(message, 0, &mut reports).map(|_| reports.remove(0))
    }

    fn envelope(&mut self, number: u8) -> CustodyEnvelope {
        let message = self.message(number);
        self.receive(message.bytes()).unwrap().custody.clone().unwrap()
    }

    fn request(&self, envelope: CustodyEnvelope) -> SignedRequest {
        let request = request(envelope, &self.key);
        let bytes = request.sign(&self.authority).unwrap().bytes().to_vec();
        SignedRequest::verify(&bytes, self.authority.public()).unwrap()
    }

    fn answer(&mut self, number: usize, request: &SignedRequest) -> Partial {
        let made = self.shares[number - 1].answer(request, &self.key, NOW, &mut self.rng).unwrap();
        let read = Partial::from_bytes(&made.to_bytes()).unwrap();
        assert_eq!(read, made);
        read
    }
}

fn draft() -> policy::Draft {
    let mut draft = samples::draft();
    draft.walk_in.suite = crate::WalkInSuite::X25519;
    draft.sizes.custody = 190;
    draft.custody = Some(policy::Custody {
        threshold: 2,
        custodians: 3,
        purpose: "Find a person in acute danger".into(),
        reads: vec![
            Read { field: samples::PERSON, precision: Precision::Exact },
            Read { field: samples::POSITION, precision: Precision::Decimals(5) },
        ],
    });
    draft
}

fn root(role: RoleIndex) -> RoleRoot {
    RoleRoot::new(Secret::new([role.0 + 1; 32]))
}

fn header(number: u8) -> Header {
    Header { report: ReportId([number; 16]), handle: ErasureHandle::NONE, policy: PolicyVersion(3) }
}

fn request(envelope: CustodyEnvelope, key: &CustodyKey) -> GlassRequest {
    GlassRequest {
        envelope,
        custodians: key.public(),
        about: "V-1B30-J8ZR".into(),
        requester: "Rescue, team 4".into(),
        reason: "Does not answer; the river rises".into(),
        made: NOW - 10,
        expires: NOW + 3_600,
        number: [5; 16],
    }
}

#[test]
fn two_of_three_open_one_message_and_see_what_the_policy_says() {
    let mut world = World::new();
    let envelope = world.envelope(1);
    let request = world.request(envelope);
    for pair in [[1, 2], [3, 1], [2, 3]] {
        let partials = pair.map(|number| world.answer(number, &request));
        let combined = request.combine(&world.key, &partials, NOW).unwrap();
        assert_eq!(combined.custodians(), pair.map(|number| u8::try_from(number).unwrap()));
        let opened = combined.open().unwrap();
        assert_eq!(opened.policy, PolicyVersion(3));
        let body = Body::decode_custody(&world.policy, &opened.body).unwrap();
        assert_eq!(body.iter().count(), 2);
        assert_eq!(body.get(samples::PERSON), Some(&Value::Text("Marie".into())));
        let Some(Value::Exact(position)) = body.get(samples::POSITION) else { panic!("no exact position") };
        assert_eq!((position.latitude.scaled, position.longitude.scaled), (1_854_321, -7_233_880));
    }
    let all = [1, 2, 3].map(|number| world.answer(number, &request));
    assert!(request.combine(&world.key, &all, NOW).unwrap().open().is_ok());
}

#[test]
fn too_few_custodians_open_nothing() {
    let mut world = World::new();
    let envelope = world.envelope(1);
    let request = world.request(envelope);
    let one = world.answer(2, &request);
    let few = |partials: &[Partial]| request.combine(&world.key, partials, NOW).unwrap_err();
    assert_eq!(few(&[]), CombineError::TooFew { have: 0, need: 2 });
    assert_eq!(few(core::slice::from_ref(&one)), CombineError::TooFew { have: 1, need: 2 });
    assert_eq!(few(&[one.clone(), one]), CombineError::Twice(2));
}

#[test]
fn a_wrong_answer_is_named() {
    let mut world = World::new();
    let (first, second) = (world.envelope(1), world.envelope(2));
    let (request, other) = (world.request(first), world.request(second));
    let good = world.answer(1, &request);
    let refused = |world: &World, partial: Partial| {
        request.combine(&world.key, &[good.clone(), partial], NOW).unwrap_err()
    };
    // His answer to another request.
    let to_other = world.answer(2, &other);
    assert_eq!(refused(&world, to_other), CombineError::OtherRequest(2));
    // Made with another share than his own.
    let borrowed = CustodyShare::new(3, world.shares[2].secret().clone(), &world.key).unwrap();
    assert_eq!(borrowed.number(), 3);
    assert!(CustodyShare::new(2, world.shares[2].secret().clone(), &world.key).is_none());
    let strangers = deal(2, 3, &mut Numbers(99)).unwrap();
    let stranger = strangers.shares[1].answer(&request, &world.key, NOW, &mut Numbers(3)).unwrap();
    assert_eq!(refused(&world, stranger), CombineError::Forged(2));
    // Every byte of it altered.
    let mine = world.answer(2, &request).to_bytes();
    for index in 0..mine.len() {
        let mut altered = mine.clone();
        altered[index] ^= 1;
        if let Ok(partial) = Partial::from_bytes(&altered) {
            assert!(
                matches!(
                    refused(&world, partial),
                    CombineError::Forged(2 | 3)
                        | CombineError::OtherRequest(2)
                        | CombineError::NoCustodian(_)
                ),
                "byte {index}"
            );
        }
    }
}

#[test]
fn an_answer_to_one_request_serves_no_other_for_the_same_message() {
    let mut world = World::new();
    let envelope = world.envelope(1);
    let first = world.request(envelope.clone());
    let again = GlassRequest { reason: "Curious".into(), ..request(envelope, &world.key) };
    let again = again.sign(&world.authority).unwrap();
    assert_ne!(first.id(), again.id());
    let partials = [1, 2].map(|number| world.answer(number, &first));
    assert_eq!(again.combine(&world.key, &partials, NOW).unwrap_err(), CombineError::OtherRequest(1));
}

#[test]
fn a_request_ends() {
    let mut world = World::new();
    let envelope = world.envelope(1);
    let request = world.request(envelope);
    let partials = [1, 2].map(|number| world.answer(number, &request));
    let late = request.expires;
    let refused = world.shares[0].answer(&request, &world.key, late, &mut Numbers(1)).unwrap_err();
    assert_eq!(refused, AnswerError::Expired);
    assert!(matches!(
        request.combine(&world.key, &partials, late).unwrap_err(),
        CombineError::Request(AnswerError::Expired)
    ));
    assert!(request.combine(&world.key, &partials, late - 1).is_ok());
    // A clock that fell back to 1970 would let it live for ever.
    let refused = world.shares[0].answer(&request, &world.key, 0, &mut Numbers(1)).unwrap_err();
    assert_eq!(refused, AnswerError::ClockBehind);
}

#[test]
fn an_altered_or_unsigned_request_is_refused() {
    let mut world = World::new();
    let envelope = world.envelope(1);
    let signed = world.request(envelope.clone());
    let bytes = signed.bytes();
    for index in 0..bytes.len() {
        let mut altered = bytes.to_vec();
        altered[index] ^= 1;
        assert!(SignedRequest::verify(&altered, world.authority.public()).is_err(), "byte {index}");
    }
    assert!(SignedRequest::verify(bytes, Authority([3; 32])).is_err());
    let draft = request(envelope.clone(), &world.key).to_draft().unwrap();
    assert!(GlassRequest::is_draft(&draft));
    assert_eq!(SignedRequest::verify(&draft, world.authority.public()), Err(RequestError::NotARequest));
    assert_eq!(GlassRequest::from_draft(&draft).unwrap(), request(envelope.clone(), &world.key));
    for (field, text) in
        [("about", ""), ("reason", " "), ("reason", "a\u{1b}[2J"), ("requester", "a\u{202e}b")]
    {
        let mut unclear = request(envelope.clone(), &world.key);
        *match field {
            "about" => &mut unclear.about,
            "reason" => &mut unclear.reason,
            _ => &mut unclear.requester,
        } = text.into();
        assert_eq!(unclear.to_draft(), Err(RequestError::Words));
    }
    let endless = GlassRequest { expires: NOW + 31 * 86_400, ..request(envelope, &world.key) };
    assert_eq!(endless.check(), Err(RequestError::Life));
}

#[test]
fn a_part_is_of_one_message_of_one_operation_and_epoch() {
    let mut world = World::new();
    let envelope = world.envelope(1);
    assert!(envelope.is_proven());
    let (mut elsewhere, mut later) = (envelope.clone(), envelope);
    elsewhere.operation = OperationId([8; 16]);
    later.epoch = EPOCH.plus(1);
    for moved in [elsewhere, later] {
        assert!(!moved.is_proven());
        let request = world.request(moved);
        let refused = world.shares[0].answer(&request, &world.key, NOW, &mut Numbers(1)).unwrap_err();
        assert_eq!(refused, AnswerError::NotProven);
    }
}

#[test]
fn a_part_in_another_message_asks_for_nothing() {
    let mut world = World::new();
    let victim = world.message(1).into_bytes();
    let mut mine = world.message(2).into_bytes();
    let custody = world.layout.sealed_custody(Mode::Enrolled).unwrap();
    mine[custody.clone()].copy_from_slice(&victim[custody.clone()]);
    // Receivers refuse it, since every part is bound to the custody part …
    assert!(world.receive(&mine).is_err());
    // … and who holds a role's keys and could seal his part anew gets no answer from custodians.
    let spliced =
        CustodyEnvelope::of(OPERATION, EPOCH, &world.layout, Mode::Enrolled, &mine, &header(2)).unwrap();
    assert!(!spliced.is_proven());
    for index in custody {
        let mut altered = victim.clone();
        altered[index] ^= 1;
        let altered =
            CustodyEnvelope::of(OPERATION, EPOCH, &world.layout, Mode::Enrolled, &altered, &header(1))
                .unwrap();
        assert!(!altered.is_proven(), "byte {index}");
    }
}

#[test]
fn custodians_alone_do_not_open_what_was_not_asked_for() {
    // The report id is in the key: without a responder who opened a part nobody has it.
    let mut world = World::new();
    let message = world.message(1).into_bytes();
    let guess =
        CustodyEnvelope::of(OPERATION, EPOCH, &world.layout, Mode::Enrolled, &message, &header(2)).unwrap();
    let request = world.request(guess);
    let partials = [1, 2].map(|number| world.answer(number, &request));
    let combined = request.combine(&world.key, &partials, NOW).unwrap();
    assert_eq!(combined.open().unwrap_err(), CombineError::NotAuthentic);
}

#[test]
fn walk_ins_have_the_part_too_and_it_is_bound_both_ways() {
    let mut world = World::new();
    let readers: Vec<_> = world
        .layout
        .roles()
        .filter(|(_, part)| part.walk_in)
        .map(|(role, _)| root(role).walk_in_key(OPERATION, role, EPOCH, world.layout.suite()).unwrap())
        .collect();
    let report = world.report(4);
    let seal = |custody| {
        let sealer = WalkInSealer {
            operation: OPERATION,
            epoch: EPOCH,
            policy: PolicyVersion(3),
            layout: &world.layout,
            keys: &readers,
            custody,
        };
        sealer.seal(&report, &mut Numbers(6)).unwrap().into_bytes()
    };
    let (message, nobodys) = (seal(Some(&world.key)), seal(None));
    let opened = world.receive(&message).unwrap();
    let envelope = opened.custody.clone().unwrap();
    assert!(envelope.is_walk_in() && envelope.is_proven());
    let request = world.request(envelope);
    let partials = [1, 3].map(|number| world.answer(number, &request));
    let text = request.combine(&world.key, &partials, NOW).unwrap().open().unwrap();
    assert_eq!(Body::decode_custody(&world.policy, &text.body).unwrap().iter().count(), 2);
    for index in world.layout.sealed_custody(Mode::WalkIn).unwrap() {
        let mut altered = message.clone();
        altered[index] ^= 1;
        assert_eq!(world.receive(&altered), Err(crate::Refused::NotAuthentic));
    }
    // Before there are custodians: the same length, and nothing that tells.
    assert_eq!(nobodys.len(), message.len());
    assert!(world.receive(&nobodys).unwrap().custody.clone().unwrap().is_proven());
}

#[test]
fn cover_and_reports_without_custodians_look_alike() {
    let mut world = World::new();
    let report = world.message(1).into_bytes();
    let cover = Report::cover(header(2), world.layout.role_count());
    let cover = world.device(2).seal(Counter(0), &cover, &mut world.rng).unwrap().into_bytes();
    assert_eq!(cover.len(), report.len());
    let opened = world.receive(&cover).unwrap();
    assert!(opened.is_cover());
    let envelope = opened.custody.clone().unwrap();
    assert!(envelope.is_proven());
    let request = world.request(envelope);
    let partials = [1, 2].map(|number| world.answer(number, &request));
    assert!(request.combine(&world.key, &partials, NOW).unwrap().open().unwrap().body.is_empty());
    let to_nobody = world.device(3).with_custodians(None).seal(Counter(0), &world.report(3), &mut world.rng);
    let envelope = world.receive(to_nobody.unwrap().bytes()).unwrap().custody.clone().unwrap();
    assert!(envelope.is_proven());
    let request = world.request(envelope);
    let partials = [1, 2].map(|number| world.answer(number, &request));
    let combined = request.combine(&world.key, &partials, NOW).unwrap();
    assert_eq!(combined.open().unwrap_err(), CombineError::NotAuthentic);
}

#[test]
fn a_generator_that_repeats_itself_gives_no_secret_number_twice() {
    let world = World::new();
    let part = |number: u8| {
        let sealed =
            world.device(number.into()).seal(Counter(0), &world.report(number), &mut Numbers(1)).unwrap();
        sealed.bytes()[world.layout.sealed_custody(Mode::Enrolled).unwrap()].to_vec()
    };
    assert_ne!(part(1)[..32], part(2)[..32]);
}

#[test]
fn a_dealer_deals_only_what_makes_sense() {
    for (threshold, custodians) in [(0, 3), (1, 3), (4, 3), (2, 1), (2, 17)] {
        assert_eq!(deal(threshold, custodians, &mut Numbers(1)).unwrap_err(), DealError);
    }
    let Dealt { key, shares } = deal(16, 16, &mut Numbers(1)).unwrap();
    assert_eq!((key.threshold(), key.custodians(), shares.len()), (16, 16, 16));
    let bytes = minicbor::to_vec(&key).unwrap();
    assert_eq!(minicbor::decode::<CustodyKey>(&bytes).unwrap(), key);
    let identity = [[0; 32], key.public()];
    assert!(CustodyKey::new(3, &identity).is_none());
}

/// The other implementation of sharing: what ours dealt, `vsss-rs` combines, and what it dealt, ours accepts.
#[test]
fn shares_are_those_of_another_library() {
    use curve25519_dalek::{RistrettoPoint, Scalar};
    use vsss_rs::{DefaultShare, IdentifierPrimeField, ReadableShareSet as _, ShareVerifierGroup, feldman};
    type Share = DefaultShare<IdentifierPrimeField<Scalar>, IdentifierPrimeField<Scalar>>;

    let Dealt { key, shares } = deal(3, 5, &mut Numbers(4)).unwrap();
    let theirs = |share: &CustodyShare| Share {
        identifier: IdentifierPrimeField(Scalar::from(share.number())),
        value: IdentifierPrimeField(*share.scalar().unwrap()),
    };
    let secret = [&shares[4], &shares[0], &shares[2]].map(theirs).combine().unwrap();
    assert_eq!(RistrettoPoint::mul_base(&secret.0).compress().0, key.public());
    let few = [&shares[4], &shares[0]].map(theirs).combine().unwrap();
    assert_ne!(RistrettoPoint::mul_base(&few.0).compress().0, key.public());

    let secret = IdentifierPrimeField(Scalar::from(12_345_u64));
    let (shares, verifiers) =
        feldman::split_secret::<Share, ShareVerifierGroup<RistrettoPoint>>(3, 5, &secret, None, Numbers(5))
            .unwrap();
    // Their first verifier is the generator.
    let commitments: Vec<_> = verifiers.iter().skip(1).map(|point| point.0.compress().0).collect();
    let key = CustodyKey::new(5, &commitments).unwrap();
    assert_eq!(key.public(), RistrettoPoint::mul_base(&secret.0).compress().0);
    for (number, share) in (1_u8..).zip(&shares) {
        assert!(CustodyShare::new(number, Secret::new(share.value.0.to_bytes()), &key).is_some());
    }
}

#[test]
fn a_custodians_file_comes_back_and_a_damaged_one_is_refused() {
    let world = World::new();
    let Dealt { key, mut shares } = deal(2, 3, &mut Numbers(1)).unwrap();
    let file = CustodianShare::new(
        OPERATION,
        "Test".into(),
        world.authority.public(),
        "Anna".into(),
        key,
        shares.remove(1),
    );
    let bytes = file.to_bytes();
    let read = CustodianShare::from_bytes(&bytes).unwrap();
    assert_eq!((read.number(), read.name.as_str()), (2, "Anna"));
    assert_eq!(*read.to_bytes(), *bytes);
    assert_eq!(CustodianShare::from_bytes(b"cowl credential 1\n").unwrap_err(), ShareError::NotAShare);
    for length in 0..bytes.len() {
        assert!(CustodianShare::from_bytes(&bytes[..length]).is_err(), "{length} bytes");
    }
    let mut altered = bytes.to_vec();
    *altered.last_mut().unwrap() ^= 1;
    assert_eq!(CustodianShare::from_bytes(&altered).unwrap_err(), ShareError::Malformed);
}
