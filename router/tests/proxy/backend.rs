//! An endpoint that records every request it gets, byte for byte, and answers as a test says.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

/// The longest a test waits for anything.
pub const LIMIT: Duration = Duration::from_secs(10);

/// A request as it arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// The head, with the empty line.
    pub head: String,
    /// The body, without its coding.
    pub body: Vec<u8>,
    /// The trailers, one line each.
    pub trailers: String,
}

impl Received {
    /// The first line.
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// The values of a field, in order.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .filter(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v)
            .collect()
    }

    /// The value of a field that is there at most once.
    pub fn field(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(all.len() < 2, "{name} is there more than once:\n{}", self.head);
        all.first().copied()
    }
}

/// A server that answers each request with bytes of the test's choice.
pub struct Backend {
    pub address: SocketAddr,
    received: Receiver<Received>,
    connections: Arc<AtomicUsize>,
    all: Arc<Mutex<Vec<Received>>>,
}

impl Backend {
    /// Answers with `answer`; the connection goes on unless it gives `None`.
    pub fn new(answer: impl Fn(&Received, &mut TcpStream) -> Option<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, received) = channel();
        let connections = Arc::new(AtomicUsize::new(0));
        let all = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(answer);
        let (count, record) = (Arc::clone(&connections), Arc::clone(&all));
        thread::spawn(move || {
            for io in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let (sender, record, answer) = (sender.clone(), Arc::clone(&record), Arc::clone(&answer));
                thread::spawn(move || serve(io, &sender, &record, &*answer));
            }
        });
        Self { address, received, connections, all }
    }

    /// Answers every request with the same bytes.
    pub fn fixed(response: &'static str) -> Self {
        Self::new(move |_, io| io.write_all(response.as_bytes()).ok())
    }

    /// The next request, which has to come.
    pub fn next(&self) -> Received {
        self.received.recv_timeout(LIMIT).expect("no request came")
    }

    /// Everything that has come so far.
    pub fn all(&self) -> Vec<Received> {
        self.all.lock().unwrap().clone()
    }

    /// Connections taken so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn serve(
    mut io: TcpStream,
    sender: &Sender<Received>,
    record: &Mutex<Vec<Received>>,
    answer: &(impl Fn(&Received, &mut TcpStream) -> Option<()> + ?Sized),
) {
    let mut buffer = Vec::new();
    while let Some(received) = request(&mut io, &mut buffer) {
        record.lock().unwrap().push(received.clone());
        let _ = sender.send(received.clone());
        if answer(&received, &mut io).is_none() {
            return;
        }
    }
}

/// Reads a request. What a proxy sends is plain, so this is too: whatever is odd fails a test by not being understood.
fn request(io: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Received> {
    let end = until(io, buffer, b"\r\n\r\n")?;
    let head = String::from_utf8(buffer.drain(..end).collect()).expect("a head is ASCII");
    let mut received = Received { head, ..Received::default() };
    if received.field("transfer-encoding").is_some() {
        assert_eq!(received.field("content-length"), None, "{}", received.head);
        chunks(io, buffer, &mut received)?;
    } else if let Some(length) = received.field("content-length") {
        received.body = exactly(io, buffer, length.parse().expect("a length"))?;
    }
    Some(received)
}

fn chunks(io: &mut TcpStream, buffer: &mut Vec<u8>, received: &mut Received) -> Option<()> {
    loop {
        let end = until(io, buffer, b"\r\n")?;
        let line = String::from_utf8(buffer.drain(..end).collect()).unwrap();
        let size = usize::from_str_radix(line.trim_end(), 16).expect("a plain chunk size");
        if size == 0 {
            break;
        }
        received.body.extend(exactly(io, buffer, size)?);
        assert_eq!(exactly(io, buffer, 2)?, b"\r\n");
    }
    loop {
        let end = until(io, buffer, b"\r\n")?;
        let line: Vec<u8> = buffer.drain(..end).collect();
        if line == b"\r\n" {
            return Some(());
        }
        received.trailers.push_str(&String::from_utf8(line).unwrap());
    }
}

fn until(io: &mut TcpStream, buffer: &mut Vec<u8>, end: &[u8]) -> Option<usize> {
    loop {
        if let Some(at) = buffer.windows(end.len()).position(|window| window == end) {
            return Some(at + end.len());
        }
        more(io, buffer)?;
    }
}

fn exactly(io: &mut TcpStream, buffer: &mut Vec<u8>, n: usize) -> Option<Vec<u8>> {
    while buffer.len() < n {
        more(io, buffer)?;
    }
    Some(buffer.drain(..n).collect())
}

fn more(io: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    let mut piece = [0; 16 << 10];
    match io.read(&mut piece) {
        Ok(n) if n > 0 => {
            buffer.extend_from_slice(&piece[..n]);
            Some(())
        }
        _ => None,
    }
}
