//! What a person is told before she is asked, what she chooses, and the receipt that she gets.

use std::{env, path::PathBuf};

use clap::Args;
use cowl::{
    consent::{Answer, Asked, Language, Messages, Notice, Receipt, WithdrawalCode},
    files::{self, Access},
    random::SystemRng,
};
use cowl_core::{FieldIndex, Policy, SignedManifest};

use super::{confirm::Terminal, reducer::Reducer, send::Voice};
use crate::{commands::withdraw::read_code, exit::Exit, failure::Failure, machine};

/// What people are told and choose.
#[derive(Debug, Args)]
#[command(next_help_heading = "Notice and consent")]
pub(super) struct ConsentArgs {
    #[arg(
        long,
        value_name = "LANGUAGE",
        help = "Language of what --confirm shows: en, fr, ht, es or ar [default: that of LC_ALL, LC_MESSAGES or LANG]"
    )]
    pub(super) language: Option<String>,

    /// Send this field too, of those that are off by default, because the person said so; may be repeated. --confirm asks for
    /// each
    #[arg(long, value_name = "FIELD")]
    pub(super) share: Vec<String>,

    /// Write a receipt of what she was told and chose, and show the twelve words by which she takes it back
    #[arg(long, value_name = "FILE")]
    pub(super) receipt: Option<PathBuf>,

    /// Report under a withdrawal code that she has already: a file with its twelve words. `cowl withdraw` takes them back
    #[arg(long, value_name = "FILE", conflicts_with = "receipt")]
    pub(super) withdrawal: Option<PathBuf>,

    /// Keep in this file what finds that help is coming to these reports; `cowl await-help` looks, and so does each `cowl pub` with
    /// the file. Who has it and a role's reports can tell which are hers: delete it when it is not needed any more
    #[arg(long, value_name = "FILE")]
    pub(super) await_help: Option<PathBuf>,

    /// Someone else answers for her, and the receipt says so
    #[arg(long, requires = "receipt", requires = "confirm")]
    pub(super) on_behalf: bool,

    /// She could not be asked: nothing that is off by default is sent, and the receipt says so
    #[arg(long, requires = "receipt", conflicts_with_all = ["confirm", "on_behalf", "share"])]
    pub(super) could_not_ask: bool,
}

/// What was settled before the first report: what may go, and by which code it can be taken back.
#[derive(Debug)]
pub(super) struct Consent {
    notice: Notice,
    messages: Messages,
    chosen: Vec<FieldIndex>,
    asked: Asked,
    code: Option<WithdrawalCode>,
    receipt: Option<PathBuf>,
    /// That there is no notice in the machine's language.
    fallen_back: Option<String>,
}

impl Consent {
    /// What the command line says, by the manifest at hand.
    pub(super) fn of(
        arguments: &ConsentArgs,
        confirm: bool,
        manifest: &SignedManifest,
    ) -> Result<Self, Failure> {
        if arguments.receipt.is_some() && !confirm && !arguments.could_not_ask {
            return Err(Failure::usage("--receipt is of an answer, and nobody is asked")
                .hint("use --confirm, or --could-not-ask where that is so"));
        }
        if let Some(path) = arguments.receipt.as_ref().filter(|path| path.exists()) {
            return Err(files::FileError::Exists(path.clone()).into());
        }
        let (language, fallen_back) = language(arguments.language.as_deref())?;
        let messages = Messages::of(language);
        let notice = Notice::of(manifest, language);
        let chosen =
            arguments.share.iter().map(|name| choice(&manifest.policy, name)).collect::<Result<_, _>>()?;
        let asked = match (arguments.could_not_ask, arguments.on_behalf) {
            (true, _) => Asked::NotPossible,
            (false, true) => Asked::SomeoneElse,
            (false, false) => Asked::Herself,
        };
        let code = match &arguments.withdrawal {
            Some(path) => Some(read_code(path)?),
            None => arguments.receipt.is_some().then(|| WithdrawalCode::draw(&mut SystemRng::new())),
        };
        Ok(Self { notice, messages, chosen, asked, code, receipt: arguments.receipt.clone(), fallen_back })
    }

    /// What reports are made with.
    pub(super) fn apply(&self, reducer: &mut Reducer) {
        reducer.choose(&self.chosen, self.code.as_ref().map(WithdrawalCode::seed));
    }

    /// Shows the notice and asks for what is off by default.
    pub(super) fn ask(&mut self, policy: &Policy, terminal: &mut Terminal) -> Result<(), Failure> {
        let mut text = self.notice.to_text();
        for (at, field) in (0_u8..).map(FieldIndex).zip(&policy.fields) {
            if !policy.is_choice(at) || self.chosen.contains(&at) {
                continue;
            }
            let label = cowl::consent::own_words(&field.name, policy, &self.messages);
            let question = self.messages.with("question-share", &[("field", label.into())]);
            if terminal.ask_in(&text, &question, &self.messages).map_err(|error| asked_in_vain(&error))? {
                self.chosen.push(at);
            }
            text.clear();
        }
        if !text.is_empty() {
            terminal.show(&text).map_err(|error| asked_in_vain(&error))?;
        }
        Ok(())
    }

    /// In which words to ask.
    pub(super) const fn messages(&self) -> &Messages {
        &self.messages
    }

    /// Says what a person cannot see: that words are missing in her language.
    pub(super) fn warn(&self, voice: &mut Voice<'_>) {
        if let Some(note) = &self.fallen_back {
            voice.note(note);
        }
        let missing = self.notice.untranslated().len();
        if missing > 0 {
            let language = self.notice.language().tag();
            voice.note(&format!(
                "not translated into `{language}`, of the policy's own texts: {missing}; add them under [notice.translations.{language}]"
            ));
        }
    }

    /// Writes the receipt, before anything is sent under its code, and shows the code.
    pub(super) fn write_receipt(
        &self,
        manifest: &SignedManifest,
        terminal: Option<&mut Terminal>,
        voice: &mut Voice<'_>,
    ) -> Result<(), Failure> {
        let (Some(path), Some(code)) = (&self.receipt, &self.code) else { return Ok(()) };
        let answer = Answer {
            asked: self.asked,
            chosen: &self.chosen,
            code: Some(code),
            unix_seconds: machine::now(),
        };
        let receipt = Receipt::new(manifest, &self.notice, &answer, &mut SystemRng::new());
        files::create(path, receipt.to_json().as_bytes(), Access::Owner)?;
        if !receipt.says_confirmed() {
            voice.note("the organisation has not confirmed this text yet, and the receipt says so");
        }
        let words = code.to_words();
        match terminal {
            Some(terminal) => {
                let text = zeroize::Zeroizing::new(format!(
                    "{}\n\n    {}\n",
                    self.messages.say("receipt-code"),
                    &*words
                ));
                terminal.show(&text).map_err(|error| asked_in_vain(&error))
            }
            None => voice.data(&words),
        }
    }
}

/// The language that was named, or the machine's; English where there is no notice in that, which is said.
pub(in crate::commands) fn language(named: Option<&str>) -> Result<(Language, Option<String>), Failure> {
    if let Some(named) = named {
        let known = Language::of(named).ok_or_else(|| {
            Failure::usage("there is no notice in that language").hint("en, fr, ht, es or ar")
        });
        return known.map(|language| (language, None));
    }
    let settings = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| env::var(name).ok());
    let setting = settings.into_iter().find(|setting| !setting.is_empty()).unwrap_or_default();
    let primary = setting.split(['_', '.', '@', '-']).next().unwrap_or_default();
    let known = Language::of(&setting);
    let missing = known.is_none() && !["", "C", "POSIX"].contains(&primary) && primary.is_ascii();
    let note = missing
        .then(|| format!("there is no notice in `{}`: this is the English one", primary.escape_default()));
    Ok((known.unwrap_or(Language::English), note))
}

fn choice(policy: &Policy, name: &str) -> Result<FieldIndex, Failure> {
    let field = policy.field_index(name).filter(|field| policy.is_choice(*field));
    field.ok_or_else(|| {
        let fields = policy.notice.iter().flat_map(|notice| &notice.choice);
        let names: Vec<_> = fields.filter_map(|field| Some(policy.field(*field)?.name.as_str())).collect();
        let hint =
            if names.is_empty() { "none is".to_owned() } else { format!("these are: {}", names.join(", ")) };
        Failure::usage("--share names a field that is not off by default").hint(hint)
    })
}

fn asked_in_vain(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Storage, format!("cannot ask on the terminal: {error}"))
}
