//! Commands to a running process, through a socket in its data directory.
