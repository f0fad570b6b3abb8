//! The checkout's own server, on ports that are free.

use super::checkout::Checkout;
use super::pages::{Page, Port};
use crate::{root, steps};
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const FOLDER: &str = "target/wpt";
const HOST: &str = "web-platform.test";
const LONGEST_START: Duration = Duration::from_secs(90);
const LONGEST_END: Duration = Duration::from_secs(10);
/// `./wpt`, which ends its own processes when it is interrupted: when we are done, or gone.
const SERVE: &str = "
import _thread, runpy, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), _thread.interrupt_main()), daemon=True).start()
runpy.run_path('wpt', run_name='__main__')
";

pub(super) struct Server {
    child: Child,
    http: u16,
    https: u16,
    h2: u16,
    pub(super) hosts: Vec<String>,
    config: PathBuf,
    /// What it says.
    log: PathBuf,
}

impl Server {
    /// Starts it, and waits until it answers.
    pub(super) fn start(checkout: &Checkout) -> Result<Server> {
        steps::note("starting the checkout's server");
        let hosts = checkout.hosts()?;
        let [http, https, h2, other_http, other_https, ws, wss] = free_ports()?;
        let config = json!({
            // The names are known to the browsers only.
            "server_host": "127.0.0.1",
            "check_subdomains": false,
            "ports": {
                "http": [http, other_http], "https": [https, other_https], "h2": [h2],
                "ws": [ws], "wss": [wss],
                "http-local": ["auto"], "http-public": ["auto"],
                "https-local": ["auto"], "https-public": ["auto"],
            },
            "aliases": [{
                "url-path": "/resources/testharnessreport.js",
                "local-dir": root::path("xtask/js/wpt"),
            }],
        });
        let folder = root::path(FOLDER);
        std::fs::create_dir_all(&folder)?;
        // Another run may be under way.
        let [file, log] = ["config.json", "server.log"]
            .map(|name| folder.join(format!("{}-{name}", std::process::id())));
        std::fs::write(&file, config.to_string())?;
        let mut python = checkout.python();
        python.args(["-c", SERVE, "serve", "--config"]).arg(&file);
        let said = File::create(&log)?;
        python.stdin(Stdio::piped()).stderr(said.try_clone()?).stdout(said);
        let child = python.spawn().context("Python cannot be started")?;
        let mut server = Server { child, http, https, h2, hosts, config: file, log };
        server.wait()?;
        Ok(server)
    }

    /// Where it has a page.
    pub(super) fn url(&self, page: &Page) -> String {
        let (scheme, port) = match page.port {
            Port::Http => ("http", self.http),
            Port::Https => ("https", self.https),
            Port::H2 => ("https", self.h2),
        };
        format!("{scheme}://{HOST}:{port}/{}", page.path)
    }

    fn wait(&mut self) -> Result<()> {
        let end = Instant::now() + LONGEST_START;
        while Instant::now() < end {
            let ended = self.child.try_wait()?.is_some();
            if !ended && answers(self.http) {
                return Ok(());
            }
            if ended {
                break;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        bail!("the checkout's server did not start:\n{}", said.trim_end())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let end = Instant::now() + LONGEST_END;
        while Instant::now() < end && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        for file in [&self.config, &self.log] {
            let _ = std::fs::remove_file(file);
        }
    }
}

/// Ports that nobody has just now.
fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let mut held = Vec::new();
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// Whether it serves what tells us of outcomes.
fn answers(port: u16) -> bool {
    let ask = || -> Result<bool, std::io::Error> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(
            stream,
            "GET /resources/testharnessreport.js HTTP/1.0\r\nHost: {HOST}:{port}\r\n\r\n"
        )?;
        let mut head = [0; 12];
        match stream.read_exact(&mut head) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
            read => read.map(|()| head.ends_with(b" 200")),
        }
    };
    ask().unwrap_or(false)
}
