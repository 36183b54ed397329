//! A connection's bytes, with or without TLS.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

pub enum Wire {
    Plain(TcpStream),
    Tls(Box<rustls::StreamOwned<rustls::ServerConnection, TcpStream>>),
}

impl Wire {
    /// TLS with the certificate of `config`.
    pub fn tls(stream: TcpStream, config: Arc<rustls::ServerConfig>) -> Self {
        let connection = rustls::ServerConnection::new(config).expect("a TLS server");
        Self::Tls(Box::new(rustls::StreamOwned::new(connection, stream)))
    }

    pub fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref(),
        }
    }

    /// Waits `wait` at most.
    pub fn read(&mut self, bytes: &mut [u8], wait: Duration) -> io::Result<usize> {
        self.tcp().set_read_timeout(Some(wait))?;
        match self {
            Self::Plain(stream) => stream.read(bytes),
            Self::Tls(stream) => stream.read(bytes),
        }
    }

    pub fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes),
            Self::Tls(stream) => {
                stream.write_all(bytes)?;
                stream.flush()
            }
        }
    }
}
