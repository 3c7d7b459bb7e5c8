//! The console's pages: one file a view, with its routes.

pub(crate) mod export;
pub(crate) mod glass;
mod log;
pub(crate) mod operations;
pub(crate) mod people;
mod privacy;
mod seat;
mod sides;

use axum::Router;

use crate::shared::Shared;

/// The routes of all views.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .merge(operations::routes())
        .merge(sides::routes())
        .merge(people::routes())
        .merge(log::routes())
        .merge(glass::routes())
        .merge(export::routes())
        .merge(privacy::routes())
        .merge(seat::routes())
}
