//! `cowl enrol --ticket`: invites instead of writing credentials.

use std::path::{Path, PathBuf};

use clap::Args;
use cowl::{
    files::{self, Access, FileError},
    join::{Card, sheet, table, write_package},
    operation::{NewMember, Operation, OperationError},
    qr::Qr,
    random::SystemRng,
};
use cowl_core::{Epoch, NotAnAddress, ServiceAddress, Ticket, Token};

use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// The most members that are invited at once.
const MOST: i64 = 100_000;

/// The arguments of tickets.
#[derive(Debug, Args)]
#[command(next_help_heading = "Tickets")]
pub(crate) struct TicketArgs {
    /// Print a ticket instead, as a link and a QR code: it holds no key, and lets one machine join once
    #[arg(long, conflicts_with = "output")]
    ticket: bool,

    /// Where members will reach `cowl serve --http`: HOST or HOST:PORT, as they see it
    #[arg(long, value_name = "ADDRESS", requires = "tickets", value_parser = address)]
    at: Option<ServiceAddress>,

    /// How long the ticket is good: 12h, 7d, 4 weeks
    #[arg(long, value_name = "TIME", requires = "tickets", default_value = "7d", value_parser = duration)]
    valid: u64,

    /// Write the QR code as a picture too: FILE.png or FILE.svg
    #[arg(long, value_name = "FILE", requires = "ticket")]
    qr: Option<PathBuf>,

    /// Write the credential too, sealed, for a stick: whoever has it and the ticket can join, so hand them over apart. With
    /// --count a folder
    #[arg(long, value_name = "FILE", requires = "tickets", conflicts_with = "at")]
    package: Option<PathBuf>,

    /// Invite so many devices at once, called PREFIX-1, PREFIX-2, …
    #[arg(long, value_name = "N", requires_all = ["device", "prefix", "lists"], conflicts_with = "output",
          value_parser = clap::value_parser!(u32).range(1..=MOST))]
    count: Option<u32>,

    /// What their names begin with
    #[arg(long, value_name = "PREFIX", requires = "count", value_parser = super::enrol::name)]
    prefix: Option<super::enrol::Name>,

    /// Write cards to print on A4 and cut: an HTML page
    #[arg(long, value_name = "FILE", requires = "tickets")]
    cards: Option<PathBuf>,

    /// Write names and links as CSV
    #[arg(long, value_name = "FILE", requires = "tickets")]
    csv: Option<PathBuf>,
}

impl TicketArgs {
    /// Whether tickets are asked for.
    pub(crate) const fn are_wanted(&self) -> bool {
        self.ticket || self.count.is_some()
    }

    /// Invites `member`, or as many as --count says.
    pub(crate) fn run(
        &self,
        operation: &mut Operation,
        member: Option<NewMember>,
        printer: &mut Printer,
    ) -> Result<Exit, Failure> {
        if self.at.is_none() && self.package.is_none() {
            return Err(Failure::usage("a ticket says where to join, or goes with a package").hint(
                "--at HOST:PORT is where members reach `cowl serve DIR --http`; --package FILE is for a stick",
            ));
        }
        let members = self.members(member);
        let written = [&self.qr, &self.cards, &self.csv, &self.package];
        if let Some(taken) = written.into_iter().flatten().find(|path| path.exists()) {
            return Err(FileError::Exists(taken.clone()).into());
        }
        let picture = self.qr.as_deref().map(Picture::of).transpose()?;
        let mut rng = SystemRng::new();
        let now = operation.epoch_now(machine::now())?;
        operation.refresh(now, &mut rng)?;
        if operation.manifest().service.is_none() && self.package.is_none() {
            return Err(Failure::new(Exit::Keys, "the manifest has no room for the service's key")
                .hint("raise `manifest_size` in policy.toml"));
        }
        let until = machine::now().saturating_add(self.valid);
        let cards = match &self.package {
            Some(path) => self.pack(operation, &members, path, now, &mut rng)?,
            None => self.invite(operation, &members, until, now, &mut rng)?,
        };
        self.write_lists(operation, &cards)?;
        if let (Some(picture), Some(path), [card]) = (picture, &self.qr, &cards[..]) {
            files::create(path, &picture.draw(&card.ticket)?, Access::Owner)?;
        }
        self.explain(&cards, until, printer)?;
        Ok(Exit::Done)
    }

    fn members(&self, member: Option<NewMember>) -> Vec<NewMember> {
        let (Some(count), Some(prefix)) = (self.count, &self.prefix) else {
            return member.into_iter().collect();
        };
        let width = count.to_string().len();
        (1..=count).map(|n| NewMember::device(format!("{}-{n:0width$}", prefix.text()))).collect()
    }

    fn invite(
        &self,
        operation: &mut Operation,
        members: &[NewMember],
        until: u64,
        now: Epoch,
        rng: &mut SystemRng,
    ) -> Result<Vec<Card>, Failure> {
        let tokens = operation.invite(members, until, now, rng)?;
        let card = |(member, token)| self.card(operation, member, token, Some(until));
        Ok(members.iter().zip(tokens).map(card).collect())
    }

    /// Enrols at once, and seals each credential under the token of its ticket.
    fn pack(
        &self,
        operation: &mut Operation,
        members: &[NewMember],
        path: &Path,
        now: Epoch,
        rng: &mut SystemRng,
    ) -> Result<Vec<Card>, Failure> {
        if self.count.is_some() {
            files::private_folder(path)?;
        }
        let all = operation.enrol_all(members, now, rng)?;
        let tokens: Vec<_> = members.iter().map(|_| Token::random(rng)).collect();
        let card = |(member, token)| self.card(operation, member, token, None);
        let cards: Vec<_> = members.iter().zip(tokens).map(card).collect();
        let written = cards.iter().zip(all).zip(1_u32..).try_for_each(|((card, enrolled), n)| {
            // Names of files name nobody.
            let path =
                if self.count.is_some() { path.join(format!("{n:06}.package")) } else { path.to_owned() };
            write_package(&path, &card.ticket, enrolled)
        });
        if let Err(error) = written {
            members.iter().try_for_each(|member| operation.retract(&member.name))?;
            return Err(OperationError::into(error));
        }
        Ok(cards)
    }

    fn card(&self, operation: &Operation, member: &NewMember, token: Token, until: Option<u64>) -> Card {
        let manifest = operation.manifest();
        let authority = manifest.authority().fingerprint();
        let ticket = Ticket { address: self.at.clone(), authority, lowest: manifest.version, token };
        Card { name: member.name.clone(), kind: member.kind, ticket, until }
    }

    fn write_lists(&self, operation: &Operation, cards: &[Card]) -> Result<(), Failure> {
        if let Some(path) = &self.cards {
            let page = sheet(&operation.manifest().policy.name, cards)
                .ok_or_else(|| Failure::internal("a ticket does not fit a QR code"))?;
            files::create(path, page.as_bytes(), Access::Owner)?;
        }
        if let Some(path) = &self.csv {
            let table = table(cards)
                .map_err(|error| Failure::internal("the table cannot be written").because(&error))?;
            files::create(path, &table, Access::Owner)?;
        }
        Ok(())
    }

    fn explain(&self, cards: &[Card], until: u64, printer: &mut Printer) -> Result<(), Failure> {
        let what = if cards.len() == 1 { "a ticket".to_owned() } else { format!("{} tickets", cards.len()) };
        if let Some(package) = &self.package {
            printer.note(&format!("made {what}, and the sealed credentials in {}", package.display()));
            printer.note(
                "whoever has both can join: hand them over apart; once joined, destroy every copy of the package",
            );
        } else {
            printer.note(&format!("made {what}, good once until {}", machine::date(until)));
            printer.note("whoever has one can join in its holder's place: hand it over as you would a key");
        }
        for path in [&self.cards, &self.csv].into_iter().flatten() {
            printer.note(&format!(
                "written, to be destroyed when the tickets are handed out: {}",
                path.display()
            ));
        }
        if let (true, [card]) = (self.ticket, cards) {
            let link = card.ticket.to_link();
            if let (true, Some(code)) = (Printer::is_watched(), Qr::new(&link)) {
                printer.picture(&code);
            }
            let from = if self.package.is_some() { " --from PACKAGE" } else { "" };
            printer.note(&format!("the member types: cowl join LINK{from}"));
            printer.data(link.as_bytes())?;
            printer.flush()?;
        }
        Ok(())
    }
}

/// A form of pictures.
#[derive(Debug, Clone, Copy)]
enum Picture {
    Png,
    Svg,
}

impl Picture {
    fn of(path: &Path) -> Result<Self, Failure> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("png") => Ok(Self::Png),
            Some("svg") => Ok(Self::Svg),
            _ => Err(Failure::usage("--qr writes FILE.png or FILE.svg")),
        }
    }

    fn draw(self, ticket: &Ticket) -> Result<Vec<u8>, Failure> {
        let code = Qr::new(&ticket.to_link());
        let picture = code.and_then(|code| match self {
            Self::Png => code.to_png(),
            Self::Svg => Some(code.to_svg().into_bytes()),
        });
        picture.ok_or_else(|| Failure::internal("a ticket does not fit a QR code"))
    }
}

/// Where a service answers.
pub(super) fn address(text: &str) -> Result<ServiceAddress, NotAnAddress> {
    text.parse()
}

/// Seconds, of a number and a unit.
fn duration(text: &str) -> Result<u64, &'static str> {
    let wrong = "a number and s, min, h, d or weeks";
    let end = text.find(|symbol: char| !symbol.is_ascii_digit()).ok_or(wrong)?;
    let (number, unit) = text.split_at_checked(end).ok_or(wrong)?;
    let seconds: u64 = match unit.trim() {
        "s" => 1,
        "min" => 60,
        "h" => 3_600,
        "d" | "day" | "days" => 86_400,
        "w" | "week" | "weeks" => 604_800,
        _ => return Err(wrong),
    };
    let number: u64 = number.parse().map_err(|_| wrong)?;
    number.checked_mul(seconds).filter(|seconds| *seconds > 0).ok_or(wrong)
}
