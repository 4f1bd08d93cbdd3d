//! How a request is known to be of a lane: by `x-dye`, else by the `dye` member of `baggage`.

use crate::{
    export::{
        Document,
        document::{list, map},
    },
    propagate::header,
};

/// The characters of a version, and of a job, in a class of a regular expression.
const VERSION: &str = "A-Za-z0-9._-";
const JOB: &str = "A-Za-z0-9._:@-";

/// Requests of every lane.
pub(super) fn any() -> Document {
    map([("prefix", "/".into())])
}

/// Requests whose `x-dye` is of an iteration, or of a chain in any version; `with_job` only those that name a job.
pub(super) fn dyed(iteration: &str, with_job: bool) -> Document {
    let job = format!("(:[{JOB}]+){}", if with_job { "" } else { "?" });
    any().with([("headers", list([matches(header::DYE.as_str(), &format!("{}{job}", lane(iteration)))]))])
}

/// Requests whose `baggage` has a dye of it, and that have no `x-dye` that can be read.
pub(super) fn mirrored(iteration: &str) -> Document {
    // Whoever passed it on may have encoded the signs between its parts.
    let dye = lane(iteration).replace('@', "(@|%40)");
    let member = format!("(.*,)?[ \\t]*dye[ \\t]*=[ \\t]*{dye}((:|%3[Aa])[%{JOB}]+)?[ \\t]*([,;].*)?");
    let readable = format!("[a-z0-9-]+(@[{VERSION}]+)?(:[{JOB}]+)?");
    let none = matches(header::DYE.as_str(), &readable)
        .with([("invert_match", true.into()), ("treat_missing_header_as_empty", true.into())]);
    any().with([("headers", list([none, matches(header::BAGGAGE.as_str(), &member)]))])
}

/// An iteration, or a chain in any version, as a regular expression.
fn lane(iteration: &str) -> String {
    // Of what names may have, only the dot means something else there.
    let name = iteration.replace('.', "\\.");
    if iteration.contains('@') { name } else { format!("{name}(@[{VERSION}]+)?") }
}

/// A field whose whole value matches.
fn matches(field: &str, regex: &str) -> Document {
    let regex = map([("regex", regex.into())]);
    map([("name", field.into()), ("string_match", map([("safe_regex", regex)]))])
}
