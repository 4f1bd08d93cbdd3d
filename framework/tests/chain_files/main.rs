//! Chain files: what is wrong with them is said, what is right is resolved, planned and shown.

#[cfg(test)]
mod catalog;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod joins;
#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod registered;
#[cfg(test)]
mod resolved;
#[cfg(test)]
mod shown;
