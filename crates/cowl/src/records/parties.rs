//! Who is responsible, who is asked, and where data go: `organisation.toml`, or places to fill in.

use super::{
    Records,
    document::{Section, Text},
    organisation::{ActsAs, Body, Line},
};
use crate::consent::printable;

impl Records<'_> {
    /// The controller and whoever stands beside it (Articles 13(1)(a), (b), 30(1)(a), 33(3)(b)).
    pub(super) fn parties(&self, section: &mut Section) {
        let organisation = &self.organisation;
        let this = Body {
            name: organisation.name.clone(),
            address: organisation.address.clone(),
            contact: organisation.contact.clone(),
        };
        let mut facts = Vec::new();
        match organisation.acts_as {
            ActsAs::Controller => {
                facts.push(("Controller".to_owned(), said(Some(&this), "the controller")));
                let joint = organisation.controller.iter();
                facts.extend(
                    joint.map(|one| ("Joint controller".to_owned(), said(Some(one), "the joint controller"))),
                );
            }
            ActsAs::Processor => {
                facts.push(("Processor".to_owned(), said(Some(&this), "the processor")));
                let controllers = organisation.controller.iter();
                facts.extend(
                    controllers.map(|one| ("On behalf of".to_owned(), said(Some(one), "the controller"))),
                );
                if organisation.controller.is_empty() {
                    facts.push(("On behalf of".to_owned(), said(None, "each controller")));
                }
            }
        }
        facts.push(("Representative in the Union".to_owned(), self.representative()));
        facts.push(("Data protection officer".to_owned(), self.officer()));
        section.facts(facts);
    }

    /// The representative in the Union.
    pub(super) fn representative(&self) -> Text {
        self.organisation.representative.as_ref().map_or_else(
            || Text::fill_in("name and contact of the representative (Art. 27), or that none is needed"),
            |body| said(Some(body), "the representative"),
        )
    }

    /// The data protection officer.
    pub(super) fn officer(&self) -> Text {
        self.organisation.dpo.as_ref().map_or_else(
            || {
                Text::fill_in(
                    "name and contact of the data protection officer (Art. 37), or that there is none",
                )
            },
            |body| said(Some(body), "the data protection officer"),
        )
    }

    /// Whoever answers for the data, in a line.
    pub(super) fn controller(&self) -> Text {
        let organisation = &self.organisation;
        match (organisation.acts_as, organisation.controller.as_slice()) {
            (ActsAs::Processor, []) => said(None, "the controller"),
            (ActsAs::Processor, controllers) => {
                let mut texts = controllers.iter().map(|one| said(Some(one), "the controller"));
                let first = texts.next().unwrap_or_default();
                texts.fold(first, |all, one| all.and("; ").and(one))
            }
            (ActsAs::Controller, _) => {
                let this = Body {
                    name: organisation.name.clone(),
                    address: organisation.address.clone(),
                    contact: organisation.contact.clone(),
                };
                said(Some(&this), "the controller")
            }
        }
    }

    /// The authority to complain to and to notify.
    pub(super) fn supervisor(&self) -> Text {
        let body = self.organisation.supervisory_authority.as_ref();
        said(body, "the supervisory authority")
    }

    /// Whoever runs the broker.
    pub(super) fn broker(&self) -> Text {
        let broker = self.organisation.broker.clone().unwrap_or_default();
        let or = |line: &Option<Line>, what: &str| Text::own_or(line.as_ref().map(Line::as_str), what);
        or(&broker.run_by, "who runs the machine of the broker")
            .and(", in ")
            .and(or(&broker.country, "in which country"))
    }

    /// Transfers to third countries or international organisations (Articles 13(1)(f), 30(1)(e)).
    pub(super) fn transfers(&self) -> Vec<Text> {
        if self.organisation.no_transfers {
            return vec!["none, says the operator".into()];
        }
        if self.organisation.transfer.is_empty() {
            return vec![Text::fill_in(
                "transfers to other countries or international organisations with their safeguards, or that there are none",
            )];
        }
        let or = |line: &Option<Line>, what: &str| Text::own_or(line.as_ref().map(Line::as_str), what);
        let transfers = self.organisation.transfer.iter();
        transfers
            .map(|one| {
                or(&one.recipient, "the recipient")
                    .and(", ")
                    .and(or(&one.country, "the country or organisation"))
                    .and("; safeguards: ")
                    .and(or(&one.safeguards, "the safeguards (Art. 46) or the adequacy decision"))
            })
            .collect()
    }
}

/// Name, address, contact; what is missing is to be filled in. An address is asked for nowhere: a contact does.
fn said(body: Option<&Body>, who: &str) -> Text {
    let Some(body) = body else { return Text::fill_in(format!("name and contact of {who}")) };
    let line = |line: &Option<Line>| {
        line.as_ref().map(|line| printable(line.as_str())).filter(|line| !line.trim().is_empty())
    };
    let (name, address, contact) = (line(&body.name), line(&body.address), line(&body.contact));
    let mut text = match (&name, &contact) {
        (None, None) => return Text::fill_in(format!("name and contact of {who}")),
        (None, Some(_)) => Text::fill_in(format!("name of {who}")),
        (Some(name), _) => name.as_str().into(),
    };
    if let Some(address) = address {
        text = text.and(", ").and(address);
    }
    match contact {
        Some(contact) => text.and(", ").and(contact),
        None => text.and(", ").and_fill_in(format!("contact of {who}")),
    }
}
