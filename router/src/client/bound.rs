//! Calls of a client that is bound to a lane.

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next, Result};

use crate::{dye::Lane, scope::scope};

/// Makes every call in a lane, whatever task it is made in.
pub(super) struct Bound(pub Lane);

#[async_trait::async_trait]
impl Middleware for Bound {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        scope(self.0.clone(), next.run(request, extensions)).await
    }
}
