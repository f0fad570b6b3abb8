//! Connections that can be cut from inside a request, as a crash or a proxy cuts
//! them: the client gets a reset, and no answer.

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What a request uses to cut its own connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Cut(Arc<State>);

#[derive(Debug, Default)]
struct State {
    is_cut: AtomicBool,
    told: Notify,
}

impl Cut {
    /// Never comes back: the connection, and with it the request, is dropped.
    pub(super) async fn cut<T>(&self) -> T {
        self.0.is_cut.store(true, Ordering::Release);
        self.0.told.notify_one();
        std::future::pending().await
    }
}

/// A listener whose connections can be cut.
pub(super) struct Connections(pub(super) TcpListener);

impl Listener for Connections {
    type Io = Connection;
    type Addr = (SocketAddr, Cut);

    async fn accept(&mut self) -> (Connection, (SocketAddr, Cut)) {
        loop {
            match self.0.accept().await {
                Ok((stream, address)) => {
                    let cut = Cut::default();
                    let connection = Connection::new(stream, cut.clone());
                    return (connection, (address, cut));
                }
                // Too many open files, and the like: some close.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<(SocketAddr, Cut)> {
        Ok((self.0.local_addr()?, Cut::default()))
    }
}

impl Connected<IncomingStream<'_, Connections>> for Cut {
    fn connect_info(stream: IncomingStream<'_, Connections>) -> Cut {
        stream.remote_addr().1.clone()
    }
}

/// One connection.
pub(super) struct Connection {
    stream: TcpStream,
    cut: Cut,
    told: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Connection {
    fn new(stream: TcpStream, cut: Cut) -> Connection {
        let state = cut.0.clone();
        let told = Box::pin(async move { state.told.notified().await });
        Connection { stream, cut, told }
    }

    /// Whether it is cut; if not, who asks is woken when it is.
    fn is_cut(&mut self, context: &mut Context<'_>) -> bool {
        let is_told = self.told.as_mut().poll(context).is_ready();
        let is_cut = is_told || self.cut.0.is_cut.load(Ordering::Acquire);
        if is_cut {
            // What was sent so far, if anything, is thrown away as well.
            let _ = self.stream.set_zero_linger();
        }
        is_cut
    }
}

fn reset<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_cut(context) {
            return reset();
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.cut.0.is_cut.load(Ordering::Acquire) {
            return reset();
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
