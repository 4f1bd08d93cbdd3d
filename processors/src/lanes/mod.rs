//! Calling services from processors, in the lane of the job: clients, and what their errors mean for an attempt.
//!
//! ```no_run
//! # use dyeline_processors::{Result, contract::Context, lanes::Successful};
//! # async fn price(cx: &Context) -> Result<String> {
//! let answer = cx.http().get("http://ledger/prices/7").send().await?.successful().await?;
//! Ok(answer.text().await?)
//! # }
//! ```
//!
//! `?` classes what goes wrong: a connection that is not made, or breaks, and a service that is down are
//! [retryable](crate::contract::Class::Retryable), so that the task tries again until the service is back; 429, and 503
//! with a `Retry-After`, are [throttled](crate::contract::Class::Throttled); an answer that says the call was wrong, and a call that the rules
//! leave no way to go, are [fatal](crate::contract::Class::Fatal).

mod class;
mod successful;

#[cfg(feature = "grpc")]
pub use dyeline_router::client::{Grpc, GrpcError};
pub use dyeline_router::{
    client::{Clients, Connections, Http},
    scope::current,
};
pub use successful::Successful;

pub(crate) use class::class_of;
