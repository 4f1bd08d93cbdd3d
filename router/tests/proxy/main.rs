//! The proxy from outside: raw sockets in front of it, recording endpoints behind it.

#[cfg(test)]
mod backend;
#[cfg(test)]
mod defences;
#[cfg(test)]
mod floods;
#[cfg(test)]
mod flow;
#[cfg(test)]
mod http2;
#[cfg(test)]
mod lanes;
#[cfg(test)]
mod plain;
#[cfg(test)]
mod raw;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod served;
#[cfg(test)]
mod upgrade;
