//! A server before the practice stack: it answers some requests by itself and passes the rest on.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

/// A request as it arrived.
pub(crate) struct FrontRequest {
    /// The request line and the headers.
    pub(crate) head: String,
    /// What follows them.
    pub(crate) body: Vec<u8>,
}

impl FrontRequest {
    /// The access key that the request is signed with.
    pub(crate) fn key(&self) -> Option<&str> {
        let (_, key) = self.head.split_once("Credential=")?;
        key.split('/').next()
    }
}

/// Starts it before `practice`; `answer` is whole, or `None` for what is passed on. It lasts until
/// the test ends. Yields its URL.
pub(crate) fn before(
    practice: String,
    answer: impl Fn(&FrontRequest) -> Option<Vec<u8>> + Clone + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (practice, answer) = (practice.clone(), answer.clone());
            // A caller that goes away is the caller's affair.
            std::thread::spawn(move || drop(pass_on(&stream, &practice, &answer)));
        }
    });
    format!("http://{address}")
}

fn pass_on(
    mut stream: &TcpStream,
    practice: &str,
    answer: &impl Fn(&FrontRequest) -> Option<Vec<u8>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    let request = FrontRequest { head, body };
    if let Some(answer) = answer(&request) {
        return stream.write_all(&answer);
    }
    let mut stack = TcpStream::connect(practice.trim_start_matches("http://"))?;
    stack.write_all(format!("{}connection: close\r\n\r\n", request.head).as_bytes())?;
    stack.write_all(&request.body)?;
    let mut answer = Vec::new();
    stack.read_to_end(&mut answer)?;
    stream.write_all(&answer)
}
