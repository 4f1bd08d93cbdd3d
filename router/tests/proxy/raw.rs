//! A client that sends what it is told, and reads responses one at a time.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
};

use crate::backend::LIMIT;

/// A connection to the proxy.
pub struct Raw {
    pub io: TcpStream,
    buffer: Vec<u8>,
}

/// A response as it arrived.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
    pub trailers: String,
}

impl Answer {
    pub fn field(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v).next()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Raw {
    pub fn to(address: SocketAddr) -> Self {
        let io = TcpStream::connect(address).unwrap();
        io.set_read_timeout(Some(LIMIT)).unwrap();
        io.set_nodelay(true).unwrap();
        Self { io, buffer: Vec::new() }
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.io.write_all(bytes.as_ref()).unwrap();
        self
    }

    /// Sends as far as the other side takes it.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.io.write_all(bytes.as_ref()).is_ok()
    }

    pub fn end(&mut self) -> &mut Self {
        self.io.shutdown(Shutdown::Write).unwrap();
        self
    }

    /// Sends a request and reads its response.
    pub fn ask(&mut self, request: impl AsRef<[u8]>) -> Answer {
        self.send(request).answer().expect("no response came")
    }

    /// The next response with a body; `None` if the connection ends.
    pub fn answer(&mut self) -> Option<Answer> {
        let mut answer = self.head()?;
        let bodiless = answer.status < 200 || matches!(answer.status, 204 | 304);
        if !bodiless {
            self.body(&mut answer)?;
        }
        Some(answer)
    }

    /// The next response's head alone, as to a HEAD request.
    pub fn head(&mut self) -> Option<Answer> {
        let end = self.until(b"\r\n\r\n")?;
        let head = String::from_utf8(self.buffer.drain(..end).collect()).unwrap();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line");
        Some(Answer { status, head, ..Answer::default() })
    }

    fn body(&mut self, answer: &mut Answer) -> Option<()> {
        if answer.field("transfer-encoding") == Some("chunked") {
            loop {
                let end = self.until(b"\r\n")?;
                let line = String::from_utf8(self.buffer.drain(..end).collect()).unwrap();
                let size = usize::from_str_radix(line.trim_end(), 16).unwrap();
                if size == 0 {
                    break;
                }
                answer.body.extend(self.exactly(size)?);
                self.exactly(2)?;
            }
            loop {
                let end = self.until(b"\r\n")?;
                let line: Vec<u8> = self.buffer.drain(..end).collect();
                if line == b"\r\n" {
                    return Some(());
                }
                answer.trailers.push_str(&String::from_utf8(line).unwrap());
            }
        }
        answer.body = match answer.field("content-length") {
            Some(length) => self.exactly(length.parse().unwrap())?,
            None => self.rest(),
        };
        Some(())
    }

    /// Everything until the connection ends.
    pub fn rest(&mut self) -> Vec<u8> {
        while self.more().is_some() {}
        std::mem::take(&mut self.buffer)
    }

    /// Whether the other side has ended the connection, with nothing more to read.
    pub fn is_ended(&mut self) -> bool {
        self.buffer.is_empty() && self.more().is_none()
    }

    pub fn exactly(&mut self, n: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < n {
            self.more()?;
        }
        Some(self.buffer.drain(..n).collect())
    }

    fn until(&mut self, end: &[u8]) -> Option<usize> {
        loop {
            if let Some(at) = self.buffer.windows(end.len()).position(|window| window == end) {
                return Some(at + end.len());
            }
            self.more()?;
        }
    }

    fn more(&mut self) -> Option<()> {
        let mut piece = [0; 16 << 10];
        match self.io.read(&mut piece) {
            Ok(n) if n > 0 => {
                self.buffer.extend_from_slice(&piece[..n]);
                Some(())
            }
            Ok(_) => None,
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("nothing came: {error}"),
        }
    }
}
