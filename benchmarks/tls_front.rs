//! A TLS front for `benchmarks/compare.py --tls`: it stands before the practice stack, one port for
//! each host that a run speaks to, and waits one round trip each for a connection, for a handshake
//! and for a request.
//!
//! `tls-front MILLISECONDS CHAIN.PEM KEY.PEM API_ADDRESS AWS_ADDRESS PORTS` prints the port of the
//! API and then those of AWS, one a line, and serves until it is ended. Loopback only.

#![allow(
    clippy::print_stdout,
    reason = "what it prints is read by the benchmark"
)]

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

type Failed = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [wait, chain, key, api, aws, ports] = arguments.as_slice() else {
        return Err("usage: tls-front MILLISECONDS CHAIN KEY API AWS PORTS".into());
    };
    let wait = Duration::from_millis(wait.parse()?);
    let chain: Vec<_> = CertificateDer::pem_file_iter(chain)?.collect::<Result<_, _>>()?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (api, aws): (SocketAddr, SocketAddr) = (api.parse()?, aws.parse()?);
    let ports: usize = ports.parse()?;
    let mut serving = tokio::task::JoinSet::new();
    for upstream in std::iter::once(api).chain(std::iter::repeat_n(aws, ports)) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("{}", listener.local_addr()?.port());
        serving.spawn(serve(listener, acceptor.clone(), upstream, wait));
    }
    println!("ready");
    while let Some(ended) = serving.join_next().await {
        ended??;
    }
    Ok(())
}

async fn serve(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    upstream: SocketAddr,
    wait: Duration,
) -> Result<(), Failed> {
    loop {
        let (client, _) = listener.accept().await?;
        let acceptor = acceptor.clone();
        // A client that goes away is no failure of the front.
        tokio::spawn(async move { relay(client, acceptor, upstream, wait).await.ok() });
    }
}

async fn relay(
    client: TcpStream,
    acceptor: TlsAcceptor,
    upstream: SocketAddr,
    wait: Duration,
) -> Result<(), Failed> {
    client.set_nodelay(true)?;
    // The connection and the handshake.
    tokio::time::sleep(wait * 2).await;
    let (mut from, mut to) = tokio::io::split(acceptor.accept(client).await?);
    let stack = TcpStream::connect(upstream).await?;
    stack.set_nodelay(true)?;
    let (mut answers, mut requests) = stack.into_split();
    let back = tokio::spawn(async move {
        tokio::io::copy(&mut answers, &mut to).await?;
        to.shutdown().await
    });
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut bytes).await?;
        if length == 0 {
            break;
        }
        tokio::time::sleep(wait).await;
        requests
            .write_all(bytes.get(..length).unwrap_or_default())
            .await?;
    }
    drop(requests);
    back.await??;
    Ok(())
}
