//! A caller that keeps its connection, and sends what a dyed client sends.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use dyeline_router::dye::Roll;

/// A connection to an Envoy or a proxy.
pub struct Client {
    io: BufReader<TcpStream>,
}

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub fields: HashMap<String, String>,
    pub text: String,
}

impl Answer {
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// The service and group that answered, without the endpoint's number: `ledger:batch` of `ledger:batch/1`.
    pub fn group(&self) -> &str {
        self.text.split('/').next().unwrap()
    }
}

impl Client {
    pub fn of(address: SocketAddr) -> Self {
        let io = TcpStream::connect(address).unwrap();
        io.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        io.set_nodelay(true).unwrap();
        Self { io: BufReader::new(io) }
    }

    /// Calls a service with a dye, and the roll that a job's dye has beside it.
    pub fn call(&mut self, service: &str, dye: Option<&str>) -> Answer {
        let roll = dye.and_then(|dye| dye.split_once(':')).map(|(_, job)| Roll::of_job(job));
        let dye = dye.map(|dye| format!("x-dye: {dye}\r\nbaggage: a=b,dye={dye}\r\n")).unwrap_or_default();
        let roll = roll.map(|roll| format!("x-dye-roll: {roll}\r\n")).unwrap_or_default();
        self.send(service, &format!("{dye}{roll}"))
    }

    /// Calls a service with these fields.
    pub fn send(&mut self, service: &str, fields: &str) -> Answer {
        let request = format!("GET / HTTP/1.1\r\nHost: {service}\r\n{fields}\r\n");
        self.io.get_mut().write_all(request.as_bytes()).unwrap();
        self.answer()
    }

    fn answer(&mut self) -> Answer {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.io.read_line(&mut line).unwrap(), 0, "the connection ended: {lines:?}");
            match line.trim_end() {
                "" => break,
                text => lines.push(text.to_owned()),
            }
        }
        let status = lines[0].split(' ').nth(1).unwrap().parse().unwrap();
        let fields = lines[1..].iter().map(|line| line.split_once(": ").unwrap());
        let fields: HashMap<String, String> = fields.map(|(k, v)| (k.to_lowercase(), v.to_owned())).collect();
        let length = fields.get("content-length").expect("a response says how long it is").parse().unwrap();
        let mut text = vec![0; length];
        self.io.read_exact(&mut text).unwrap();
        Answer { status, fields, text: String::from_utf8(text).unwrap() }
    }
}
