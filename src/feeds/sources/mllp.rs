//! Receives HL7 messages over the network (MLLP): frames in, one acknowledgment for each, optionally over TLS.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rustix::net::sockopt::{set_socket_keepalive, set_tcp_keepidle};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::config::feeds::MllpListener;
use crate::feeds::formats::hl7::{Frames, framed};
use crate::listener::accept::accept;
use crate::listener::tls::{self, UnusableCertificate};

/// Senders that may be connected at one time.
const CONNECTIONS: usize = 32;
/// The longest message, in bytes.
const LONGEST: usize = 1 << 20;
/// How long a connection may be silent between two messages: senders stay connected, but not for ever.
const SILENT: Duration = Duration::from_secs(24 * 3600);
/// How long a connection is silent before the system asks whether the other side is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(300);
/// How long a message that has begun may take to arrive, a handshake, and an acknowledgment to leave.
const WITHIN: Duration = Duration::from_secs(30);

/// What happens at a port.
#[derive(Debug)]
pub(crate) enum Arrived {
    /// A message was received. Its sender waits for the acknowledgment.
    Message {
        /// The message, without its frame.
        message: Vec<u8>,
        /// Takes the acknowledgment. If it is dropped, the connection ends, and the sender tries again.
        acknowledge: oneshot::Sender<Vec<u8>>,
    },
    /// A sender cannot be understood, or may not send. Why, in words.
    Fault(String),
}

/// Why a port does not receive messages.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    /// The port cannot be used.
    #[error("it cannot listen at {0}: {1}")]
    Bind(SocketAddr, io::Error),
    /// The certificate and the key cannot be used.
    #[error(transparent)]
    Certificate(#[from] UnusableCertificate),
}

/// Receives messages until the task is aborted. Returns the task and the address, whose port the system may have chosen.
pub(crate) async fn listen(
    listener: &MllpListener,
    deliver: mpsc::Sender<Arrived>,
) -> Result<(JoinHandle<()>, SocketAddr), ListenError> {
    let tls = listener.tls.as_ref().map(tls::acceptor).transpose()?;
    let bind = |error| ListenError::Bind(listener.address, error);
    let socket = TcpListener::bind(listener.address).await.map_err(bind)?;
    let address = socket.local_addr().map_err(bind)?;
    let settings = listener.clone();
    let faults = deliver.clone();
    let next = async move || {
        loop {
            let (stream, sender) = socket.accept().await?;
            if settings.allows(sender.ip()) {
                return Ok((stream, sender.ip()));
            }
            // The connection ends without a word: a port scan learns nothing.
            let _ =
                faults.try_send(Arrived::Fault(format!("{} tried to send and is not in `allow_from`", sender.ip())));
        }
    };
    let handle = move |(stream, sender): (TcpStream, IpAddr)| {
        let (deliver, tls) = (deliver.clone(), tls.clone());
        async move {
            let _ = stream.set_nodelay(true);
            // A sender that is gone without a word must not keep its place.
            let _ = set_socket_keepalive(&stream, true).and_then(|()| set_tcp_keepidle(&stream, KEEP_ALIVE));
            let faults = deliver.clone();
            let ended = match tls {
                None => converse(stream, deliver).await,
                Some(tls) => match timeout(WITHIN, tls.accept(stream)).await {
                    Ok(Ok(stream)) => converse(stream, deliver).await,
                    Ok(Err(error)) => Err(format!("there is no TLS with it ({error})")),
                    Err(_) => Err("it did not begin TLS".to_owned()),
                },
            };
            if let Err(why) = ended {
                let _ = faults.try_send(Arrived::Fault(format!("the connection from {sender} was closed: {why}")));
            }
        }
    };
    Ok((tokio::spawn(accept(CONNECTIONS, next, handle)), address))
}

/// Takes messages from a connection, one after the other, until it ends. `Err`: it broke a rule of the protocol.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    deliver: mpsc::Sender<Arrived>,
) -> Result<(), String> {
    let mut frames = Frames::new(LONGEST);
    let mut buffer = vec![0; 16 * 1024];
    loop {
        while let Some(frame) = frames.next() {
            let message = frame.map_err(|fault| fault.to_string())?;
            let (acknowledge, acknowledged) = oneshot::channel();
            if deliver.send(Arrived::Message { message, acknowledge }).await.is_err() {
                return Ok(());
            }
            let Ok(answer) = acknowledged.await else { return Ok(()) };
            let written = timeout(WITHIN, async {
                stream.write_all(&framed(&answer)).await?;
                stream.flush().await
            });
            if !matches!(written.await, Ok(Ok(()))) {
                return Ok(());
            }
        }
        let patience = if frames.is_between() { SILENT } else { WITHIN };
        match timeout(patience, stream.read(&mut buffer)).await {
            Ok(Ok(read)) if read > 0 => frames.push(buffer.get(..read).unwrap_or_default()),
            _ => return Ok(()),
        }
    }
}
