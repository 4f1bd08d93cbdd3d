//! What the errors of clients mean for an attempt.

use std::error::Error as StdError;

use dyeline_router::decide::NoRoute;
use http::StatusCode;

use crate::contract::Class;

/// The class of an error, if it is one of a client.
pub(crate) fn class_of(error: &(dyn StdError + 'static)) -> Option<Class> {
    if error.is::<NoRoute>() {
        // The rules say no; the same call is refused until they change.
        return Some(Class::Fatal);
    }
    if let Some(error) = error.downcast_ref::<reqwest_middleware::Error>() {
        return match error {
            reqwest_middleware::Error::Reqwest(error) => Some(of_reqwest(error)),
            // What a middleware says is classed by its own causes.
            reqwest_middleware::Error::Middleware(error) => error.chain().find_map(class_of),
        };
    }
    if let Some(error) = error.downcast_ref::<reqwest::Error>() {
        return Some(of_reqwest(error));
    }
    #[cfg(feature = "grpc")]
    if let Some(class) = grpc::class_of(error) {
        return Some(class);
    }
    None
}

fn of_reqwest(error: &reqwest::Error) -> Class {
    if let Some(status) = error.status() {
        return of_status(status, None);
    }
    // What was sent or received only in part is a connection that broke; what does not read is not mended by sending
    // it again.
    let broken = error.is_timeout() || error.is_connect() || error.is_request() || error.is_body();
    if broken && !error.is_builder() { Class::Retryable } else { Class::Fatal }
}

/// What an answer with this status means, when it is not what was asked for.
pub(super) fn of_status(status: StatusCode, retry_after: Option<std::time::Duration>) -> Class {
    match status {
        StatusCode::TOO_MANY_REQUESTS => Class::Throttled { retry_after },
        // One that does not say when may be down for good, and must use up the retries.
        StatusCode::SERVICE_UNAVAILABLE if retry_after.is_some() => Class::Throttled { retry_after },
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY => Class::Retryable,
        // Nothing of the kind will be there on the next try.
        StatusCode::NOT_IMPLEMENTED | StatusCode::HTTP_VERSION_NOT_SUPPORTED => Class::Fatal,
        status if status.is_server_error() => Class::Retryable,
        _ => Class::Fatal,
    }
}

/// Errors of gRPC.
#[cfg(feature = "grpc")]
mod grpc {
    use std::error::Error as StdError;

    use dyeline_router::{client::GrpcError, decide::NoRoute};
    use tonic::Code;

    use crate::contract::Class;

    pub(super) fn class_of(error: &(dyn StdError + 'static)) -> Option<Class> {
        if error.is::<GrpcError>() {
            return Some(of_transport(error));
        }
        let status = error.downcast_ref::<tonic::Status>()?;
        // A status with a cause was made here, of a call that did not come to its end.
        if status.source().is_some() {
            return Some(of_transport(status));
        }
        Some(match status.code() {
            Code::Unavailable | Code::DeadlineExceeded | Code::Aborted => Class::Retryable,
            Code::ResourceExhausted => Class::Throttled { retry_after: None },
            _ => Class::Fatal,
        })
    }

    fn of_transport(error: &(dyn StdError + 'static)) -> Class {
        let mut cause = Some(error);
        while let Some(e) = cause {
            if e.is::<NoRoute>() {
                return Class::Fatal;
            }
            cause = e.source();
        }
        Class::Retryable
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn statuses_say_whether_trying_again_helps() {
        let second = Some(Duration::from_secs(1));
        for (status, class) in [
            (400, Class::Fatal),
            (404, Class::Fatal),
            (408, Class::Retryable),
            (421, Class::Fatal),
            (429, Class::Throttled { retry_after: second }),
            (500, Class::Retryable),
            (501, Class::Fatal),
            (502, Class::Retryable),
            (503, Class::Throttled { retry_after: second }),
            (504, Class::Retryable),
        ] {
            assert_eq!(of_status(StatusCode::from_u16(status).unwrap(), second), class, "{status}");
        }
    }

    #[test]
    fn a_service_that_does_not_say_when_it_is_back_uses_up_retries() {
        assert_eq!(of_status(StatusCode::SERVICE_UNAVAILABLE, None), Class::Retryable);
        assert_eq!(of_status(StatusCode::TOO_MANY_REQUESTS, None), Class::Throttled { retry_after: None });
    }

    #[test]
    fn a_call_that_the_rules_refuse_is_fatal_through_the_middleware_too() {
        let none = || NoRoute::UnknownService { file: "rules.toml".into(), to: "ledgr".into() };
        assert_eq!(class_of(&none()), Some(Class::Fatal));
        let wrapped = reqwest_middleware::Error::middleware(none());
        assert_eq!(class_of(&wrapped), Some(Class::Fatal));
        assert_eq!(class_of(&std::fmt::Error), None);
    }

    #[cfg(feature = "grpc")]
    #[test]
    fn codes_of_grpc_say_whether_trying_again_helps() {
        let of = |status: tonic::Status| class_of(&status);
        assert_eq!(of(tonic::Status::unavailable("down")), Some(Class::Retryable));
        assert_eq!(
            of(tonic::Status::resource_exhausted("slow")),
            Some(Class::Throttled { retry_after: None })
        );
        assert_eq!(of(tonic::Status::not_found("who")), Some(Class::Fatal));
        assert_eq!(of(tonic::Status::failed_precondition("not of this lane")), Some(Class::Fatal));
    }
}
