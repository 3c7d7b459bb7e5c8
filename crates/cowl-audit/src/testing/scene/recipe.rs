//! What a made-up scene is like: who is in it, and what leaks.

use super::build;
use crate::attack::Scene;

/// How long a value stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// There is none.
    Absent,
    /// The same for everybody, always.
    Shared,
    /// New with every connection (in a payload: with every message).
    Fresh,
    /// One for each person in each epoch.
    Epoch,
    /// One for each person for ever.
    Person,
}

/// What a payload looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `temperature: 38, severity: low, …`, as in the study.
    Text,
    /// The same as JSON.
    Json,
    /// A Fernet token around the text, under a key that no view has: its clear time stamp is when the message was written.
    Fernet,
    /// This many random bytes.
    Random(usize),
}

/// What a text or JSON payload says of the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Nothing.
    Absent,
    /// Latitude and longitude, five decimals.
    Exact,
    /// Latitude and longitude, one decimal: about 11 km.
    Coarse,
    /// As coarse, with an altitude to the decimetre beside it, which differs from home to home.
    CoarseWithAltitude,
    /// The zone's name.
    Zone,
}

/// When messages go out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rhythm {
    /// One in every slot at a uniformly random instant in it; nothing to say is said with a cover message.
    Slots,
    /// One in every slot, normally distributed around an instant of the person's own in it, wrapping around. The number is the standard
    /// deviation in slots: at 0.3 two messages say next to nothing of one another, two sets of a hundred nearly all.
    Phase(f64),
    /// At random, the same rate for all (a Poisson process), without cover.
    Free,
    /// Each at a regular interval of the person's own, between a half and three times [`Recipe::interval`].
    Own,
}

/// What a holder of keys reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Nothing.
    Nothing,
    /// Severity and temperature.
    Needs,
    /// Those and the zone.
    Zone,
    /// Those, the exact position and the person's name.
    All,
}

/// What forged messages are like. They are of the role `triage` in the name of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forged {
    /// There are none.
    Absent,
    /// Made by the same process as the victim's own.
    Perfect,
    /// Their payload is 16 bytes shorter, and their text says `unsigned`.
    Tells,
}

/// How gateways send, if not as the messages come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mixing {
    /// As they come.
    None,
    /// One message in every slot of half a minute, urgent first, then in their order; covers that are nobody's in the others.
    Slots,
    /// The same, but each person has turns of her own: every so-manyth slot.
    Turns,
    /// The same as `Slots`, but real messages leave some milliseconds late, as long as it took to make them.
    Late,
    /// The same as `Slots`, but nothing is sent in a slot that has nothing to say.
    NoCover,
}

/// Topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topics {
    /// One for all.
    One,
    /// One for each zone.
    Zone,
    /// One for each person.
    Person,
}

/// What to make. Change what a test is about, then [`Recipe::build`]; the same recipe makes the same scene.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a leak that is there or not, in any combination")]
pub struct Recipe {
    /// Seed of everything.
    pub seed: u64,
    /// People who use the service, numbered from 0.
    pub people: u32,
    /// People who do not, numbered after them.
    pub controls: u32,
    /// Length in days.
    pub days: u32,
    /// Zones: a grid, 0.2 degrees apart.
    pub zones: u32,
    /// People share this many gateways; 0: each has a connection of her own to the broker.
    pub gateways: u32,
    /// Whether the gateways are relays: they see addresses and sizes, and no content.
    pub relays: bool,
    /// How the gateways send.
    pub mixing: Mixing,
    /// Minutes from one message of a person to her next, on average; a slot's length.
    pub interval: u32,
    /// When messages go out.
    pub rhythm: Rhythm,
    /// Share of a person's hours with something urgent.
    pub urgent_share: f64,
    /// Extra messages in such an hour.
    pub urgent_extra: u32,
    /// Share of messages that are lost before anybody sees them.
    pub loss: f64,
    /// Minutes that a connection lasts; 0: a connection for each message.
    pub session: u32,
    /// Hours of an epoch; 0: pseudonyms never change.
    pub epoch: u32,
    /// Source address.
    pub address: Life,
    /// Client identifier.
    pub client_id: Life,
    /// User name.
    pub user_name: Life,
    /// Keep-alive: [`Life::Person`] gives each one of 20, else 60 s for all.
    pub keep_alive: Life,
    /// A user property `device=…` in PUBLISH.
    pub property: Life,
    /// A will that says the person's name.
    pub will: bool,
    /// Topics.
    pub topics: Topics,
    /// The payload.
    pub form: Form,
    /// In a text: `userId`. In random bytes: 16 bytes at the front.
    pub token: Life,
    /// 8 bytes in the middle of a random payload that are the person's for ever, whatever the token does.
    pub hidden_token: bool,
    /// 4 bytes at the end of a random payload that count the person's messages, from a start of her own.
    pub counter: bool,
    /// The place in a text.
    pub position: Position,
    /// Whether the payload is 24 bytes longer for each step of severity.
    pub length_tells: bool,
    /// Whether urgent messages go out in the first tenth of a slot (and so soon after their connection opens), others in the rest.
    pub delay_tells: bool,
    /// Whether messages are retained.
    pub retain: bool,
    /// What the role `triage` reads.
    pub role: Reads,
    /// What the insider with the keys of person 0 reads, of all people.
    pub insider: Reads,
    /// What whoever takes the phone of person 0 at the end reads, of her own messages.
    pub stolen: Reads,
    /// Forgeries, one for eight real messages.
    pub forged: Forged,
}

impl Recipe {
    /// The study's first preset: text in clear, own addresses and names, a rhythm of one's own, one more message in an urgent hour.
    pub const fn leaking() -> Self {
        Self {
            seed: 1,
            people: 60,
            controls: 30,
            days: 2,
            zones: 12,
            gateways: 0,
            relays: false,
            mixing: Mixing::None,
            interval: 20,
            rhythm: Rhythm::Own,
            urgent_share: 0.08,
            urgent_extra: 1,
            loss: 0.2,
            session: 360,
            epoch: 0,
            address: Life::Person,
            client_id: Life::Person,
            user_name: Life::Absent,
            keep_alive: Life::Shared,
            property: Life::Absent,
            will: false,
            topics: Topics::One,
            form: Form::Text,
            token: Life::Person,
            hidden_token: false,
            counter: false,
            position: Position::Exact,
            length_tells: false,
            delay_tells: false,
            retain: false,
            role: Reads::All,
            insider: Reads::All,
            stolen: Reads::All,
            forged: Forged::Absent,
        }
    }

    /// Nothing leaks: random bytes of one size in constant slots, one address and a fresh name for each connection, a connection for each message,
    /// keys that open needs only.
    pub const fn protected() -> Self {
        let mut recipe = Self::leaking();
        recipe.rhythm = Rhythm::Slots;
        recipe.urgent_extra = 0;
        recipe.loss = 0.0;
        recipe.session = 0;
        recipe.epoch = 6;
        recipe.address = Life::Shared;
        recipe.client_id = Life::Fresh;
        recipe.form = Form::Random(256);
        recipe.token = Life::Fresh;
        recipe.position = Position::Absent;
        recipe.role = Reads::Needs;
        recipe.insider = Reads::Nothing;
        recipe.stolen = Reads::Nothing;
        recipe
    }

    /// People with rhythms of their own behind two gateways that send in slots: nothing leaks inside of one.
    pub const fn behind_gateways() -> Self {
        let mut recipe = Self::protected();
        recipe.rhythm = Rhythm::Own;
        recipe.urgent_extra = 1;
        recipe.people = 48;
        recipe.days = 1;
        recipe.gateways = 2;
        recipe.mixing = Mixing::Slots;
        recipe
    }

    /// The scene: truth, and a view for each adversary whom it has.
    pub fn build(&self) -> Scene {
        build::scene(self)
    }
}
