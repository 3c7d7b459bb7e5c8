//! What a person is told before anything leaves: made from the policy that runs, so it cannot say something else.

use cowl_core::{
    Draft, Fingerprint, NoticeHash, Preset, SignedManifest,
    policy::{Field, FieldKind, Precision, Read, RoleKind},
};

use super::{Language, language::Messages, own_words};
use crate::log::Digest;

/// A notice in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    language: Language,
    pub(crate) blocks: Vec<Block>,
    untranslated: Vec<String>,
}

/// A piece of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    Title(String),
    Heading(String),
    Line(String),
    /// Something that is sent or someone who reads, and what is said of it.
    Item(String, Vec<String>),
}

impl Notice {
    /// The notice of a signed manifest.
    pub fn of(manifest: &SignedManifest, language: Language) -> Self {
        Self::of_policy(&manifest.policy, manifest.preset, manifest.authority().fingerprint(), language)
    }

    /// The same of what a manifest will be made of.
    pub fn of_policy(policy: &Draft, preset: Preset, authority: Fingerprint, language: Language) -> Self {
        let blocks = Vec::new();
        let notice = Self { language, blocks, untranslated: Vec::new() };
        let mut writer = Writer { policy, messages: Messages::of(language), notice };
        writer.head(preset, authority);
        writer.fields();
        writer.readers();
        writer.custody();
        writer.choice();
        writer.ask();
        writer.notice
    }

    /// Its language.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The policy's own texts that there is no translation of: they stand there as they are.
    pub fn untranslated(&self) -> &[String] {
        &self.untranslated
    }

    /// SHA-256 of the text: what a receipt names and a manifest signs.
    pub fn hash(&self) -> Digest {
        Digest::of(self.to_text().as_bytes())
    }

    /// Whether the authority signed this very text, in this language, with its manifest. Not so where the manifest is of
    /// another version of the program, or of one that signed no notices.
    pub fn is_confirmed_by(&self, manifest: &SignedManifest) -> bool {
        let hash = self.hash();
        manifest.notices.iter().any(|known| known.language == self.language.tag() && known.hash == hash.0)
    }
}

/// The hashes of the notices in all languages: what goes into a manifest.
pub fn notice_hashes(policy: &Draft, preset: Preset, authority: Fingerprint) -> Vec<NoticeHash> {
    let hash = |language: Language| NoticeHash {
        language: language.tag().to_owned(),
        hash: Notice::of_policy(policy, preset, authority, language).hash().0,
    };
    Language::ALL.into_iter().map(hash).collect()
}

struct Writer<'a> {
    policy: &'a Draft,
    messages: Messages,
    notice: Notice,
}

impl Writer<'_> {
    fn head(&mut self, preset: Preset, authority: Fingerprint) {
        self.push(Block::Title(self.messages.say("title")));
        let name = own_words::printable(&self.policy.name);
        self.line("operation", &[("name", name.into())]);
        self.line("fingerprint", &[("fingerprint", authority.to_string().into())]);
        if preset.is_dangerous() {
            self.line("warning-dangerous", &[]);
        }
    }

    fn fields(&mut self) {
        self.heading("what-heading");
        self.line("what-only", &[]);
        for (at, field) in self.policy.fields.iter().enumerate() {
            let mut lines = vec![self.own_line("field-purpose", "purpose", &field.purpose)];
            lines.extend(self.reads(at));
            let off = self.is_choice(at);
            let may = match (off, field.optional) {
                (true, _) => "field-choice",
                (false, true) => "field-optional",
                (false, false) => "field-required",
            };
            lines.push(self.messages.say(may));
            lines.push(self.own_line("field-basis", "basis", &field.basis));
            let label = self.own(&field.name);
            self.push(Block::Item(label, lines));
        }
    }

    /// Who reads a field, at which precision.
    fn reads(&mut self, at: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let is_it = |read: &&Read| usize::from(read.field.0) == at;
        for role in self.policy.roles.iter().filter(|role| role.kind == RoleKind::Reports) {
            let Some(read) = role.reads.iter().find(is_it) else { continue };
            let name = self.own(&role.name);
            let precision = self.precision(read);
            lines
                .push(self.messages.with("reads", &[("role", name.into()), ("precision", precision.into())]));
        }
        if lines.is_empty() && !self.is_counted(at) && !self.is_custody(at) {
            lines.push(self.messages.say("field-nobody"));
        }
        lines
    }

    fn readers(&mut self) {
        self.heading("readers-heading");
        for role in &self.policy.roles {
            let (name, purpose) = (self.own(&role.name), self.own(&role.purpose));
            let head = self.messages.with("reader", &[("role", name.into()), ("purpose", purpose.into())]);
            let kept = self.messages.duration(role.retention_seconds.into());
            let mut lines = vec![self.messages.with("reader-kept", &[("duration", kept.into())])];
            if role.kind == RoleKind::Census {
                lines.insert(0, self.messages.say("reader-census"));
            }
            self.push(Block::Item(head, lines));
        }
        self.line("readers-others", &[]);
        self.line("readers-outside", &[]);
    }

    fn custody(&mut self) {
        let Some(custody) = &self.policy.custody else { return };
        self.heading("custody-heading");
        let fields: Vec<_> = custody
            .reads
            .iter()
            .map(|read| {
                let label = self.label(usize::from(read.field.0));
                let precision = self.precision(read);
                format!("{label} ({precision})")
            })
            .collect();
        let fields = fields.join(self.notice.language.separator());
        let (m, n) = (u64::from(custody.threshold), u64::from(custody.custodians));
        self.line("custody", &[("m", m.into()), ("n", n.into()), ("fields", fields.into())]);
        let purpose = self.own_line("custody-purpose", "purpose", &custody.purpose);
        self.push(Block::Line(purpose));
    }

    fn choice(&mut self) {
        self.heading("choice-heading");
        self.line("choice-help", &[]);
        let all = 0..self.policy.fields.len();
        let optional = |field: &Field| field.optional;
        let may: Vec<_> = all
            .clone()
            .filter(|at| self.policy.fields.get(*at).is_some_and(optional) && !self.is_choice(*at))
            .collect();
        let off: Vec<_> = all.filter(|at| self.is_choice(*at)).collect();
        for (id, fields) in [("choice-optional", may), ("choice-off", off)] {
            if !fields.is_empty() {
                let labels: Vec<_> = fields.into_iter().map(|at| self.label(at)).collect();
                let labels = labels.join(self.notice.language.separator());
                self.line(id, &[("fields", labels.into())]);
            }
        }
        self.line("choice-withdraw", &[]);
        self.line("choice-undone", &[]);
    }

    fn ask(&mut self) {
        self.heading("ask-heading");
        let contact = self.policy.notice.as_ref().map(|notice| notice.contact.as_str()).unwrap_or_default();
        if contact.is_empty() {
            self.line("ask-nobody", &[]);
        } else {
            let line = self.own_line("ask-contact", "contact", contact);
            self.push(Block::Line(line));
        }
        self.line("ask-rights", &[]);
        if !self.notice.untranslated.is_empty() {
            self.line("untranslated", &[]);
        }
    }

    fn precision(&self, read: &Read) -> String {
        precision_words(self.policy, &self.messages, read)
    }

    fn is_choice(&self, at: usize) -> bool {
        self.policy.notice.iter().flat_map(|notice| &notice.choice).any(|field| usize::from(field.0) == at)
    }

    fn is_custody(&self, at: usize) -> bool {
        self.policy
            .custody
            .iter()
            .flat_map(|custody| &custody.reads)
            .any(|read| usize::from(read.field.0) == at)
    }

    /// The census gets the zone of every position.
    fn is_counted(&self, at: usize) -> bool {
        self.policy.fields.get(at).is_some_and(|field| field.kind == FieldKind::Position)
            && self.policy.roles.iter().any(|role| role.kind == RoleKind::Census)
    }

    fn label(&mut self, at: usize) -> String {
        let name = self.policy.fields.get(at).map(|field| field.name.as_str()).unwrap_or_default();
        self.own(name)
    }

    /// The policy's own words in the notice's language, if there is a translation.
    fn own(&mut self, text: &str) -> String {
        let (words, translated) = own_words::translate(text, self.policy, &self.messages);
        if !translated && !self.notice.untranslated.contains(&words) {
            self.notice.untranslated.push(words.clone());
        }
        words
    }

    fn own_line(&mut self, id: &str, variable: &'static str, text: &str) -> String {
        let words = self.own(text);
        self.messages.with(id, &[(variable, words.into())])
    }

    fn heading(&mut self, id: &str) {
        self.push(Block::Heading(self.messages.say(id)));
    }

    fn line(&mut self, id: &str, variables: &[(&'static str, fluent_bundle::FluentValue<'_>)]) {
        self.push(Block::Line(self.messages.with(id, variables)));
    }

    fn push(&mut self, block: Block) {
        self.notice.blocks.push(block);
    }
}

/// How precisely a field is read, in the messages' language.
pub fn precision_words(policy: &Draft, messages: &Messages, read: &Read) -> String {
    let say = |id, variables: &[(&'static str, fluent_bundle::FluentValue<'_>)]| messages.with(id, variables);
    let kind = policy.fields.get(usize::from(read.field.0)).map(|field| &field.kind);
    let place = matches!(kind, Some(FieldKind::Position));
    match read.precision {
        Precision::Exact if place => say("precision-place-exact", &[]),
        Precision::Exact => say("precision-exact", &[]),
        Precision::Decimals(decimals) if place => {
            say("precision-place-decimals", &[("decimals", u64::from(decimals).into())])
        }
        Precision::Decimals(decimals) => {
            say("precision-decimals", &[("decimals", u64::from(decimals).into())])
        }
        Precision::Step { step, decimals } => {
            let unit = match kind {
                Some(FieldKind::Number { unit, .. }) => own_words::printable(unit),
                _ => String::new(),
            };
            let step = format!("{} {unit}", cowl_core::Decimal { scaled: step, decimals });
            say("precision-step", &[("step", step.trim_end().to_owned().into())])
        }
        Precision::Level { level, anonymous } => {
            let zone = policy.zones.levels().get(usize::from(level.0));
            let zone = zone.map_or_else(String::new, |level| own_words::printable(&level.name));
            if anonymous {
                let k = u64::from(policy.anonymity.k);
                say("precision-zone", &[("zone", zone.into()), ("k", k.into())])
            } else {
                say("precision-zone-always", &[("zone", zone.into())])
            }
        }
        Precision::Grain(seconds) => {
            let duration = messages.duration(seconds.into());
            say("precision-grain", &[("duration", duration.into())])
        }
    }
}

#[cfg(test)]
#[path = "notice_tests.rs"]
mod tests;
