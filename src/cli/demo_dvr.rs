//! `monomi demo-dvr`: the built-in demo DVR on its own.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;

use super::signals::EndSignals;
use crate::demo::{DemoConfig, DemoDvr, DemoError};
use device::{Credentials, Password};

/// Serve moving test pictures over RTSP, like a recorder
#[derive(clap::Args)]
pub struct DemoDvrArgs {
    /// Address and port to listen on; port 0 takes any free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8554")]
    pub listen: SocketAddr,
    /// Number of channels
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub channels: u16,
    /// Ask for sign-in (Digest) with this user
    #[arg(long, value_name = "U", requires = "password")]
    pub user: Option<String>,
    /// The user's password
    #[arg(long, value_name = "P", requires = "user")]
    pub password: Option<String>,
}

impl std::fmt::Debug for DemoDvrArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DemoDvrArgs")
            .field("listen", &self.listen)
            .field("channels", &self.channels)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// Serves until SIGINT, SIGTERM or SIGHUP. Prints one line when clients can connect.
#[must_use]
pub fn run(args: DemoDvrArgs) -> ExitCode {
    match serve(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("monomi demo-dvr: {error}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(transparent)]
    Demo(#[from] DemoError),
    #[error("signals cannot be received: {0}")]
    Signals(#[source] std::io::Error),
}

fn serve(args: DemoDvrArgs) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ServeError::Signals)?;
    let credentials = args.user.zip(args.password).map(|(user, password)| Credentials {
        user,
        password: Password::new(password),
    });
    runtime.block_on(async {
        // The handlers are set before the line is printed, because its reader may send the signal at once.
        let mut end = EndSignals::new().map_err(ServeError::Signals)?;
        let channels = args.channels;
        let dvr = DemoDvr::start(DemoConfig {
            listen: args.listen,
            channels,
            credentials,
        })?;
        let last = if channels > 1 {
            format!(" .. /ch{channels}/main")
        } else {
            String::new()
        };
        // Standard output may be closed already, which is no reason to stop serving.
        let _ = writeln!(
            std::io::stdout().lock(),
            "demo DVR ready: {}{last} (sub streams: /ch1/sub)",
            dvr.url(1, true)
        );
        let _ = std::io::stdout().flush();
        end.recv().await;
        drop(dvr);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Cli {
        #[command(flatten)]
        args: DemoDvrArgs,
    }

    fn parse(line: &str) -> Result<DemoDvrArgs, clap::Error> {
        Cli::try_parse_from(line.split(' ')).map(|cli| cli.args)
    }

    #[test]
    fn bad_input_is_refused_where_it_stands() {
        assert!(parse("x --listen nonsense").is_err());
        assert!(parse("x --channels 0").is_err());
        assert!(parse("x --user admin").is_err());
        assert!(parse("x --listen [::1]:0 --channels 4").is_ok());
    }

    #[test]
    fn the_password_is_not_in_the_debug_output() {
        let args = parse("x --user admin --password hunter2").unwrap();
        assert!(!format!("{args:?}").contains("hunter2"));
    }
}
