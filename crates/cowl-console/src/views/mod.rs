//! The console's pages: one file a view, with its routes.

mod seat;

use axum::Router;

use crate::shared::Shared;

/// The routes of all views.
pub(crate) fn routes() -> Router<Shared> {
    Router::new().merge(seat::routes())
}
