//! What `cowl gateway` and `cowl relay` have in common: where devices connect (`listen`), who may (`logins`), where messages go
//! (`way`), what they connect with where the policy has tokens (`tokens`), and what is said meanwhile (`teller`).

mod at;
mod listen;
mod logins;
mod teller;
mod tokens;
mod way;

pub(crate) use at::At;
pub(crate) use listen::{ListenArgs, listening, not_started};
pub(crate) use logins::LoginArgs;
pub(crate) use teller::{Teller, dropped};
pub(crate) use tokens::NodeTokens;
pub(crate) use way::UplinkArgs;
