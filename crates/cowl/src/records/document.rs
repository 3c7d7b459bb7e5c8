//! What a record says, before it is written down in one form or another.

use cowl_core::{Preset, SignedManifest};
use serde::{Serialize, Serializer, ser::SerializeSeq as _};

use crate::consent::printable;

/// The version of the JSON form (`spec/records.schema.json`).
const VERSION: u32 = 1;

/// The kinds of records that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The record of processing activities: GDPR Article 30.
    Ropa,
    /// The data protection impact assessment, as a draft: GDPR Article 35(7).
    Dpia,
    /// What people are told: GDPR Article 13.
    Notice,
    /// The table of an Information Sharing Protocol: IASC Operational Guidance on Data Responsibility, OCHA.
    Isp,
    /// The privacy label: a page that everybody can read.
    Label,
    /// The notification of a personal data breach, as a draft: GDPR Article 33(3).
    Breach,
}

/// A record. Its JSON form is specified by `spec/records.schema.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    version: u32,
    kind: Kind,
    title: String,
    language: &'static str,
    direction: &'static str,
    operation: Origin,
    drawn_up: String,
    to_fill_in: usize,
    sections: Vec<Section>,
}

/// What a record was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Origin {
    name: String,
    id: String,
    authority: String,
    preset: &'static str,
    manifest: u32,
    policy: u32,
}

/// A part with a heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Section {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) blocks: Vec<Block>,
}

/// A piece of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Block {
    Paragraph(Text),
    /// What must not be overlooked.
    Warning(Text),
    List(Vec<Text>),
    /// Names, each with what is said of it.
    Facts(Vec<Fact>),
    /// One thing, and several lines about it.
    Item(Item),
    Table(Table),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) value: Text,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) lines: Vec<Text>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Text>>,
}

/// Words, with the places that a person must fill in. It carries no markup: a form escapes all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Text(pub(super) Vec<Span>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Span {
    Words(String),
    /// What is to be filled in here.
    ToFillIn(String),
}

impl Document {
    pub(super) fn new(kind: Kind, title: &str, manifest: &SignedManifest, drawn_up: u64) -> Self {
        Self {
            version: VERSION,
            kind,
            title: title.to_owned(),
            language: "en",
            direction: "ltr",
            operation: Origin {
                name: printable(&manifest.policy.name),
                id: manifest.operation.to_string(),
                authority: manifest.authority().fingerprint().to_string(),
                preset: manifest.preset.name(),
                manifest: manifest.version,
                policy: manifest.policy_version.0,
            },
            drawn_up: cowl_core::rfc3339(drawn_up),
            to_fill_in: 0,
            sections: Vec::new(),
        }
    }

    pub(super) const fn in_language(mut self, language: crate::consent::Language) -> Self {
        self.language = language.tag();
        self.direction = if language.is_right_to_left() { "rtl" } else { "ltr" };
        self
    }

    pub(super) fn push(&mut self, section: Section) {
        self.to_fill_in += section.to_fill_in();
        self.sections.push(section);
    }

    /// How many places a person must fill in.
    pub const fn to_fill_in(&self) -> usize {
        self.to_fill_in
    }

    /// What must not be overlooked in it, such as figures of another configuration.
    pub fn warnings(&self) -> Vec<String> {
        let blocks = self.sections.iter().flat_map(|section| &section.blocks);
        let words = |text: &Text| {
            let spans = text.0.iter().map(|span| match span {
                Span::Words(words) | Span::ToFillIn(words) => words.as_str(),
            });
            spans.collect()
        };
        let warning = |block: &Block| match block {
            Block::Warning(text) => Some(words(text)),
            _ => None,
        };
        blocks.filter_map(warning).collect()
    }

    /// As JSON (`spec/records.schema.json`), with a line's end.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }

    pub(super) const fn language(&self) -> &'static str {
        self.language
    }

    pub(super) const fn direction(&self) -> &'static str {
        self.direction
    }

    pub(super) fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// What it was made of, and when: stands at the end, so that everyone can tell two of them apart.
    pub(super) fn origin(&self) -> Vec<(&'static str, String)> {
        let Origin { name, id, authority, preset, manifest, policy } = &self.operation;
        vec![
            ("Operation", format!("{name} ({id})")),
            ("Authority", authority.clone()),
            ("Made from", format!("manifest {manifest}, policy {policy}, preset {preset}")),
            ("Drawn up", self.drawn_up.clone()),
        ]
    }
}

impl Section {
    pub(super) fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self { id: id.into(), title: title.into(), blocks: Vec::new() }
    }

    pub(super) fn say(&mut self, text: impl Into<Text>) {
        self.blocks.push(Block::Paragraph(text.into()));
    }

    pub(super) fn warn(&mut self, text: impl Into<Text>) {
        self.blocks.push(Block::Warning(text.into()));
    }

    pub(super) fn list(&mut self, items: impl IntoIterator<Item = Text>) {
        let items: Vec<_> = items.into_iter().collect();
        if !items.is_empty() {
            self.blocks.push(Block::List(items));
        }
    }

    pub(super) fn facts<N: Into<String>>(&mut self, facts: impl IntoIterator<Item = (N, Text)>) {
        let facts = facts.into_iter().map(|(name, value)| Fact { name: name.into(), value });
        self.blocks.push(Block::Facts(facts.collect()));
    }

    pub(super) fn item(&mut self, name: &str, lines: impl IntoIterator<Item = Text>) {
        self.blocks.push(Block::Item(Item { name: name.to_owned(), lines: lines.into_iter().collect() }));
    }

    pub(super) fn table<const N: usize>(
        &mut self,
        columns: [&str; N],
        rows: impl IntoIterator<Item = [Text; N]>,
    ) {
        let columns = columns.map(str::to_owned).to_vec();
        let rows = rows.into_iter().map(Vec::from).collect();
        self.blocks.push(Block::Table(Table { columns, rows }));
    }

    fn to_fill_in(&self) -> usize {
        let texts = |texts: &[Text]| texts.iter().map(Text::to_fill_in).sum::<usize>();
        let of = |block: &Block| match block {
            Block::Paragraph(text) | Block::Warning(text) => text.to_fill_in(),
            Block::List(items) => texts(items),
            Block::Facts(facts) => facts.iter().map(|fact| fact.value.to_fill_in()).sum(),
            Block::Item(item) => texts(&item.lines),
            Block::Table(table) => table.rows.iter().map(|row| texts(row)).sum(),
        };
        self.blocks.iter().map(of).sum()
    }
}

impl Text {
    /// A place that a person must fill in.
    pub(super) fn fill_in(what: impl Into<String>) -> Self {
        Self(vec![Span::ToFillIn(what.into())])
    }

    /// The operator's words, or a place for them.
    pub(super) fn own_or(own: Option<&str>, what: &str) -> Self {
        own.filter(|own| !own.trim().is_empty())
            .map_or_else(|| Self::fill_in(what), |own| printable(own).into())
    }

    #[must_use]
    pub(super) fn and(mut self, other: impl Into<Self>) -> Self {
        self.0.extend(other.into().0);
        self
    }

    #[must_use]
    pub(super) fn and_fill_in(self, what: impl Into<String>) -> Self {
        self.and(Self::fill_in(what))
    }

    pub(super) fn to_fill_in(&self) -> usize {
        self.0.iter().filter(|span| matches!(span, Span::ToFillIn(_))).count()
    }
}

impl From<String> for Text {
    fn from(words: String) -> Self {
        Self(vec![Span::Words(words)])
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Self {
        words.to_owned().into()
    }
}

/// A string, `{"to_fill_in": …}`, or a list of these.
impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [] => serializer.serialize_str(""),
            [one] => one.serialize(serializer),
            all => {
                let mut list = serializer.serialize_seq(Some(all.len()))?;
                all.iter().try_for_each(|span| list.serialize_element(span))?;
                list.end()
            }
        }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Words(words) => serializer.serialize_str(words),
            Self::ToFillIn(what) => serializer.collect_map([("to_fill_in", what)]),
        }
    }
}

/// What a preset that does not protect people makes of every record.
pub(super) fn warn_of(preset: Preset, section: &mut Section) {
    if let Some(warning) = crate::dangerous::warning(preset) {
        section.warn(format!(
            "This operation runs without protection, so who reads what holds for its own programs only: {warning}."
        ));
    }
}
