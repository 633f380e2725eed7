//! `rushes serve`: the server, until Ctrl-C.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::Context;
use rushes_archive::Archive;
use rushes_serve::{ServeConfig, check_listen};
use tokio::net::TcpListener;

use crate::args::Serve;
use crate::client::{OpenedArchive, open};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::interrupt::{self, InterruptGuard};
use crate::output;

/// Runs the command.
pub fn run(mut config: Config, args: &Serve, quiet: bool) -> Outcome {
    if config.server.is_some() {
        return Err(Failure::Usage(
            "a server serves a folder: name it with --archive, without --server".to_owned(),
        ));
    }
    if let Some(listen) = args.listen {
        config.flag("listen", |s| s.listen = listen);
    }
    if !args.hosts.is_empty() {
        config.flag("hosts", |s| s.hosts.clone_from(&args.hosts));
    }
    if !args.roles.is_empty() {
        config.flag("roles", |s| s.roles.clone_from(&args.roles));
    }
    crate::roles::check(&config.settings.roles, config.engines.choice()).map_err(Failure::Usage)?;
    if !args.media_roots.is_empty() {
        config.flag("media_roots", |s| s.media_roots.clone_from(&args.media_roots));
    }
    let interrupt_guard = InterruptGuard::begin();
    let archive = match open(&config.dir, &config.serve_options())? {
        OpenedArchive::Archive(archive) => archive,
        OpenedArchive::Elsewhere(server) => {
            return Err(Failure::because(format!(
                "the server at {} (process {}) has the archive `{}` open; use that one, or stop it first",
                server.url,
                server.pid,
                config.dir.display()
            )));
        }
    };
    let served = until_asked(&archive, config.serve_config(), args.no_open, quiet);
    archive.close();
    drop(interrupt_guard);
    served
}

/// Serves an archive until somebody asks to end.
pub fn until_asked(archive: &Arc<Archive>, config: ServeConfig, no_open: bool, quiet: bool) -> Outcome {
    check_listen(&config, !archive.tokens().list().is_empty())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = bind(config.listen).await?;
        let address = listener.local_addr()?;
        let mut reach = address;
        if address.ip().is_unspecified() {
            reach.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        let url = format!("http://{reach}");
        output::line(&url);
        if !quiet {
            output::warn("serving until Ctrl-C");
        }
        if !no_open {
            open_browser(&url);
        }
        rushes_serve::serve(listener, Arc::clone(archive), config, interrupt::asked()).await?;
        Ok(())
    })
}

async fn bind(listen: SocketAddr) -> Outcome<TcpListener> {
    TcpListener::bind(listen).await.map_err(|e| match e.kind() {
        std::io::ErrorKind::AddrInUse => Failure::because(format!(
            "another program listens on `{listen}`; choose another address with --listen (port 0: one that is free)"
        )),
        _ => Failure::Failed(anyhow::Error::new(e).context(format!("listening on `{listen}`"))),
    })
}

/// Can the server listen there?
pub fn is_free(listen: SocketAddr) -> bool {
    std::net::TcpListener::bind(listen).is_ok()
}

/// Opens the page where there is a desktop to open it on; a browser that does not start is no failure.
fn open_browser(url: &str) {
    let remote = std::env::var_os("SSH_CONNECTION").is_some() || !std::io::stdout().is_terminal();
    let desktop = cfg!(target_os = "macos")
        || std::env::var_os("DISPLAY").is_some()
        || std::env::var_os("WAYLAND_DISPLAY").is_some();
    if remote || !desktop {
        return;
    }
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let started = Command::new(program)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Err(error) = started.with_context(|| format!("starting `{program}`")) {
        tracing::debug!(%error, "no browser was opened");
    }
}
