//! A request sent to its group, and sent again while that is safe and the budget lasts.

use std::rc::Rc;

use http::{Method, Response, StatusCode, request};

use super::{
    attempt,
    body::Body,
    forward::Asked,
    h1::ClientConnection,
    ongoing::Ongoing,
    refusal::{Refusal, code},
    route::{self, Said},
    worker::Worker,
};
use crate::{
    decide::{Ask, Decision, chance},
    health::{Outcome, Pick},
};

/// A request with what was decided for it.
pub(super) struct Hop<'a> {
    pub(super) said: &'a Said,
    pub(super) decision: Decision<'a>,
    pub(super) ask: Ask<'a>,
}

impl Worker {
    /// Sends a request, and again while that is safe and allowed.
    pub(super) async fn tries(
        self: &Rc<Self>,
        hop: &Hop<'_>,
        parts: &mut request::Parts,
        body: Body,
        asked: &Asked,
        http1: Option<&Rc<ClientConnection>>,
    ) -> Result<Response<Body>, Refusal> {
        let replayable = matches!(body, Body::Empty) && is_idempotent(&parts.method);
        let mut body = Some(body);
        let mut attempts = 1;
        let mut pick = hop.pick(None)?;
        loop {
            hop.said.stamp(&mut parts.headers, &hop.decision, pick.address(), self);
            let failed = match attempt::run(self, &pick, parts, &mut body, asked, http1).await {
                Ok(mut response) => {
                    if hop.said.explain
                        && let Some(route) = route::explained(hop.decision.table(), &hop.ask, pick.address())
                    {
                        response.headers_mut().insert(route::ROUTE, route);
                    }
                    hold(&mut response, pick);
                    return Ok(response);
                }
                Err(failed) => failed,
            };
            // A kept connection that turns out to be closed says nothing about the endpoint, and costs it nothing.
            let stale = failed.was_stale();
            let safe = body.is_some() && failed.sent_nothing() || replayable && failed.is_transient();
            let again = safe && attempts < self.settings.retries.attempts && !self.is_draining();
            let refusal = failed.refusal(pick.address(), (hop.decision.service(), hop.decision.group()));
            let at = pick.index();
            if failed.tells_of_health() {
                pick.done(Outcome::Failure);
            }
            if !again || !(stale || self.may_retry()) {
                return Err(refusal);
            }
            attempts += 1;
            if replayable {
                body = Some(Body::Empty);
            }
            pick = hop.pick((!stale).then_some(at))?;
        }
    }

    fn may_retry(&self) -> bool {
        let may = self.budget.retry();
        self.meters.retry(may);
        may
    }
}

impl Hop<'_> {
    /// An endpoint of the group, another one than a try before went to.
    fn pick(&self, not: Option<usize>) -> Result<Pick, Refusal> {
        let decision = &self.decision;
        let pick = decision.cluster().pick(decision.balance(), decision.key(&self.ask), chance(), not);
        pick.ok_or_else(|| {
            let (service, group) = (decision.service(), decision.group());
            let text = format!("group {group} of {service} has no endpoint; write its address in the rules");
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, code::NO_ENDPOINT, text)
        })
    }
}

/// Has a call count as in flight until its response has ended.
fn hold(response: &mut Response<Body>, pick: Pick) {
    let ongoing = Ongoing::new(pick, response.status());
    match response.body_mut() {
        Body::Endpoint(exchange) => exchange.holds(ongoing),
        Body::Http2(_, held) => *held = Some(ongoing),
        Body::Empty | Body::Text(_) | Body::Client(_) => {}
    }
}

/// Methods that may be sent twice, RFC 9110 §9.2.2.
fn is_idempotent(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE)
}
