//! `cowl audit explain`: what a number means.

use clap::Args;
use cowl_audit::{
    report::explain::{introduction, plain, section, title},
    score::{AttackId, Category},
};

use crate::{exit::Exit, failure::Failure, printer::Printer};

/// The arguments of `cowl audit explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// An attack (L1, L2, I1, I2, N1, De1, De2, De3, DD1, DD2, U1, Nc1) or a category (linking, …) [default: how to read a scorecard]
    #[arg(value_name = "ID")]
    what: Option<String>,
}

impl Explain {
    pub(crate) fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let attacks = match &self.what {
            None => {
                print(introduction(), printer)?;
                printer.data("Attacks, each with a page of its own (`cowl audit explain L1`):")?;
                for attack in AttackId::ALL {
                    printer.data(format!("  {:<4} {}", format!("{attack:?}"), title(attack)))?;
                }
                Vec::new()
            }
            Some(name) => named(name)?,
        };
        for (index, attack) in attacks.into_iter().enumerate() {
            if index > 0 {
                printer.data("")?;
            }
            printer.data(format!("{attack:?}: {} ({})", title(attack), attack.category().name()))?;
            printer.data("")?;
            print(section(attack), printer)?;
        }
        printer.flush()?;
        Ok(Exit::Done)
    }
}

/// An attack by its id, in capitals or not; or all attacks of a category.
fn named(name: &str) -> Result<Vec<AttackId>, Failure> {
    let attack = AttackId::ALL.into_iter().find(|attack| format!("{attack:?}").eq_ignore_ascii_case(name));
    if let Some(attack) = attack {
        return Ok(vec![attack]);
    }
    let category = Category::ALL.into_iter().find(|category| category.name().eq_ignore_ascii_case(name));
    let category = category.ok_or_else(|| {
        let attacks: Vec<String> = AttackId::ALL.iter().map(|attack| format!("{attack:?}")).collect();
        let categories: Vec<&str> = Category::ALL.iter().map(|category| category.name()).collect();
        Failure::usage("no attack and no category is called that").hint(format!(
            "attacks: {}; categories: {}",
            attacks.join(", "),
            categories.join(", ")
        ))
    })?;
    Ok(AttackId::ALL.into_iter().filter(|attack| attack.category() == category).collect())
}

fn print(markdown: &str, printer: &mut Printer) -> Result<(), Failure> {
    let mut text = String::new();
    plain(markdown, &mut text).map_err(|_| Failure::internal("the explanation cannot be laid out"))?;
    printer.raw(text)
}
