//! What a survey found, for machines and for the pages that people read. Nothing in it is anybody's value: examples are masked.

use serde::Serialize;

use crate::payload::{Format, Kind, Source};

use super::findings::Leak;
pub use super::opaque::{ByteRange, OpaqueSize, RepeatedBytes};
use super::pace::Evenness;
use super::shape::Shape;
use super::spread::Distribution;

/// Everything that a trace says without ground truth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// What was read, and what is missing.
    pub about: About,
    /// What stands out, worst first.
    pub findings: Vec<Leak>,
    /// Every stable identifier.
    pub identifiers: Vec<Identifier>,
    /// What client ids are made of.
    pub client_id_shapes: Vec<(Shape, u64)>,
    /// How packet identifiers and ports go on from one connection to the next.
    pub sequences: Sequences,
    /// Every field recognised.
    pub fields: Fields,
    /// Encryption in use.
    pub encryption: Encryption,
    /// Sizes.
    pub sizes: SizesSeen,
    /// Rhythm.
    pub rhythm: RhythmSeen,
    /// What belongs together by equal identifiers alone.
    pub linking: Linking,
    /// Retained messages.
    pub retained: RetainedSeen,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct About {
    /// What made the trace, in words.
    pub observer: &'static str,
    /// The trace's own note.
    pub note: String,
    /// Microseconds since 1970 at which the trace's time is 0; 0 where unknown.
    pub start_us: u64,
    /// Microseconds from the first event to the last.
    pub length_us: u64,
    /// Connections.
    pub connections: u64,
    /// MQTT packets.
    pub packets: u64,
    /// Of these, PUBLISH to the server.
    pub sent: u64,
    /// Of these, PUBLISH to a client.
    pub delivered: u64,
    /// Messages that the rest of this is about: all that were sent, and deliveries of what was not seen being sent.
    pub messages: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// Messages whose topic and payload were those of an earlier one among the last 65,536, without being marked as duplicates.
    pub repeats: u64,
    /// TLS records.
    pub records: u64,
    /// Bytes of these.
    pub record_bytes: u64,
    /// Whether something is missing, so that the figures are too low.
    pub partial: bool,
    /// What is missing.
    pub losses: Vec<LossSeen>,
    /// What the reader of the file says is missing.
    pub remarks: Vec<String>,
    /// Packets that could not be read at all.
    pub unreadable: u64,
    /// Connections still open when the trace ended.
    pub unfinished: u64,
    /// Events of connections that were not followed, since more than 262,144 were open at once.
    pub unfollowed: u64,
}

impl Report {
    /// Something is missing that the events do not tell, such as the end of a damaged file.
    pub fn missing(&mut self, what: impl Into<String>) {
        self.about.partial = true;
        self.about.remarks.push(what.into());
    }
}

/// Bytes that are missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LossSeen {
    /// Why.
    pub cause: &'static str,
    /// How often.
    pub times: u64,
    /// How many bytes, as far as known.
    pub bytes: u64,
}

/// One identifier.
///
/// *Bits*: entropy of the value of a random message (of a random connection, where there are no messages). A lower bound where `at_least`.
///
/// *Survives reconnect*: a value that was seen on a connection is seen again on another that began after the first had ended. Says nothing
/// where no connection began after another had ended, or where the observer sees no connections.
///
/// *Survives rotation*: a value is seen on both sides of an instant at which identifiers are supposed to change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Identifier {
    /// Stable name for machines, such as `client-id`, `topic-level-2`, `payload:userId`.
    pub id: String,
    /// For people.
    pub name: String,
    /// Different values.
    pub distinct: u64,
    /// Whether there are more.
    pub at_least: bool,
    /// Entropy of the values, bits.
    pub bits: f64,
    /// log2 of `distinct`: what the entropy would be if all values were equally frequent.
    pub bits_most: f64,
    /// Median time from the first to the last sight of a value, microseconds; right to 3 %.
    pub lifetime_median_us: f64,
    /// Longest such time.
    pub lifetime_max_us: f64,
    /// Values that survive a reconnect.
    pub survives_reconnect: Survival,
    /// Values that survive a rotation.
    pub survives_rotation: Survival,
    /// Messages that carry it, on their own or by their connection.
    pub messages: u64,
    /// The same as a share of all messages.
    pub share_of_messages: f64,
    /// Connections that carry it; 0 for what goes with messages.
    pub connections: u64,
    /// Values that come back: in another message, or on another connection.
    pub repeated: u64,
    /// Values seen on two connections of which the older went on speaking after the newer had begun to: they stand for more than one client.
    pub shared: u64,
    /// Whether a value may be one client's own, and not only the software's or the operation's.
    pub personal: bool,
}

/// How many values survive something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "answer")]
pub enum Survival {
    /// The trace cannot say.
    Unknown,
    /// None does.
    No,
    /// Some do.
    Yes {
        /// How many values.
        values: u64,
        /// Of how many.
        of: u64,
    },
}

/// How numbers go on from one connection of a client to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sequences {
    /// Connections that use packet identifiers.
    pub numbered: u64,
    /// Of these, those that begin with 1.
    pub from_one: u64,
    /// Those whose identifiers go up by one.
    pub sequential: u64,
    /// Those of a client (by client id, else by address) that was there before.
    pub returning: u64,
    /// Of these, those that begin at most 16 after the end of the last connection.
    pub continued: u64,
    /// Connections from an address that was there before.
    pub ports: u64,
    /// Of these, those from the same port.
    pub same_port: u64,
    /// Those from a port at most 16 higher.
    pub next_port: u64,
}

/// The fields recognised.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fields {
    /// In payloads, per message, by [`counting_rule`](crate::counting_rule).
    pub payload: Means,
    /// In topics and user properties.
    pub metadata: Means,
    /// Each place where one was recognised.
    pub places: Vec<FieldSeen>,
    /// Fields at further places than 512, which are only counted.
    pub elsewhere: u64,
}

/// Fields per message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Means {
    /// Mean number of exact fields.
    pub exact: f64,
    /// Mean number of coarse fields.
    pub coarse: f64,
    /// Mean number of values, latitude and longitude as two.
    pub values: f64,
    /// Most fields of one message.
    pub most: u32,
    /// Messages with a field.
    pub messages: u64,
}

/// A place where a field was recognised.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldSeen {
    /// What it says.
    pub kind: Kind,
    /// Where.
    pub source: Source,
    /// Under which key, if there is one.
    pub key: Option<String>,
    /// Whether it is the clear part of an encryption header.
    pub of_envelope: bool,
    /// Whether it says something about a person, or leads to one.
    pub personal: bool,
    /// Messages that hold it; for client ids, user names and wills: connections.
    pub messages: u64,
    /// Values that say it exactly.
    pub exact: u64,
    /// Values that say it coarsely.
    pub coarse: u64,
    /// Whether it is a counter.
    pub counter: Counter,
    /// The first value met, masked.
    pub example: String,
}

/// Whether a number counts up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Counter {
    /// No, or there are too few messages of a connection to tell.
    No,
    /// On four in five connections with nine messages or more.
    Counts,
    /// It does, and at least half of the connections begin where an earlier one ended.
    Continues,
}

/// Encryption in use.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Encryption {
    /// Connections by what carries them.
    pub carriers: Vec<(&'static str, u64)>,
    /// Share of the connections that sent something whose MQTT packets anybody on the path can read.
    pub clear_share: f64,
    /// TLS handshakes seen.
    pub handshakes: u64,
    /// By version.
    pub tls_versions: Vec<(String, u64)>,
    /// By cipher suite.
    pub ciphers: Vec<(String, u64)>,
    /// By key exchange group.
    pub groups: Vec<(String, u64)>,
    /// Handshakes with a post-quantum key exchange.
    pub post_quantum: u64,
    /// Handshakes that offered to resume an earlier session, which links them.
    pub resumed: u64,
    /// Handshakes that named the server in the clear.
    pub named: u64,
    /// Messages by the form of their payload, most frequent first.
    pub formats: Vec<(Format, u64)>,
    /// Share of the messages with bytes in which a known encryption was recognised.
    pub known_envelopes: f64,
    /// Share that is opaque: of no known form, or text that holds such.
    pub opaque: f64,
    /// Share that can be read.
    pub readable: f64,
    /// Opaque payloads by size, most frequent first.
    pub opaque_sizes: Vec<OpaqueSize>,
}

/// Sizes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SizesSeen {
    /// Of payloads, or of TLS records to the server where there are no messages.
    pub of_records: bool,
    /// Smallest.
    pub min: u64,
    /// Median.
    pub median: u64,
    /// Largest.
    pub max: u64,
    /// Different sizes.
    pub distinct: u64,
    /// Entropy of the size, bits: what a size tells.
    pub bits: f64,
    /// The most frequent sizes, with their numbers.
    pub frequent: Vec<(u64, u64)>,
    /// Senders with two messages or more.
    pub senders: u64,
    /// Of these, those with one size.
    pub senders_of_one_size: u64,
    /// Topics with two messages or more.
    pub topics: u64,
    /// Of these, those with one size.
    pub topics_of_one_size: u64,
    /// Median over these topics of the largest size less the smallest.
    pub topic_range: f64,
}

/// Rhythm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RhythmSeen {
    /// Seconds between a sender's messages.
    pub gaps_s: Distribution,
    /// The most frequent gap in seconds, and the share of gaps within 10 % of it.
    pub usual_gap_s: Option<(f64, f64)>,
    /// Senders with nine messages or more, by how even their gaps are.
    pub evenness: Vec<(Evenness, u64)>,
    /// Mean gap of these senders, seconds.
    pub means_s: Distribution,
    /// Messages by hour of the day (UTC), where the date is known and the trace lasts a day.
    pub by_hour_of_day: Option<[u64; 24]>,
    /// Share of messages in the eight quietest hours in a row: 0.33 if day and night are alike.
    pub quiet_third: Option<f64>,
    /// Messages per hour.
    pub messages_per_hour: f64,
    /// Most messages in an hour.
    pub busiest_hour: u64,
    /// Connects per hour.
    pub connects_per_hour: f64,
    /// Most connects in an hour.
    pub busiest_connects: u64,
    /// Seconds that a connection lasts.
    pub sessions_s: Distribution,
    /// Messages per connection, of those with one.
    pub per_session: Distribution,
}

/// Connections joined by equal identifiers, without truth: two that have an address or a token in common may still be of two people, and one
/// person may be in two groups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Linking {
    /// What is grouped: `connections`, or `topics` where the observer sees no senders.
    pub of: &'static str,
    /// How many there are.
    pub nodes: u64,
    /// Groups that all usable identifiers together make of them.
    pub groups: u64,
    /// Groups of two or more.
    pub chains: u64,
    /// Connections (or topics) of the largest group.
    pub largest: u64,
    /// Seconds from the first beginning to the last end in a group of two or more.
    pub chain_s: Distribution,
    /// Each identifier that joins something, alone: most joining first.
    pub by: Vec<LinkedBy>,
}

/// What one identifier joins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkedBy {
    /// Its name.
    pub name: String,
    /// Groups that it makes alone.
    pub groups: u64,
    /// Whether it was used: not if more than a tenth of the values that come back stand for several clients at work at once, or if one
    /// group would hold more than half of all.
    pub used: bool,
}

/// Retained messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RetainedSeen {
    /// Topics on which one was stored or delivered.
    pub topics: u64,
    /// Of these, those with something about a person in it.
    pub personal_topics: u64,
    /// Deliveries out of the store.
    pub delivered: u64,
    /// Topics whose retained message was erased by an empty one.
    pub erased: u64,
    /// Topics on which one was delivered more than two seconds after it had been erased.
    pub haunting_topics: u64,
    /// Such deliveries.
    pub haunting: u64,
}
