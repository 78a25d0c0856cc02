//! The arguments of the commands about webhooks.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(in crate::cli) struct Webhook {
    #[command(subcommand)]
    pub(in crate::cli) action: WebhookAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum WebhookAction {
    /// Send one signed test delivery. Ends 0 accepted, 1 not accepted or nothing sent, 3 no answer
    Send {
        #[command(flatten)]
        delivery: Delivery,
        #[command(flatten)]
        target: Target,
    },
    /// Find out why deliveries fail: name, connection, TLS, tunnel, signature, clock, answer
    Diagnose {
        #[command(flatten)]
        target: Target,
        /// The event that is sent: duck.bonded, duck.pulse or duck.unpecked
        #[arg(long, value_name = "EVENT", default_value = "duck.pulse")]
        event: String,
        #[command(flatten)]
        secret: SecretFile,
    },
    /// Is a signature that of a body? Ends 0 right, 2 wrong
    Verify {
        /// The body, byte for byte as it came; - is standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// What the header held: sha256= and 64 hexadecimal digits
        #[arg(long, value_name = "SIGNATURE")]
        signature: String,
        #[command(flatten)]
        secret: SecretFile,
    },
    /// Write a delivery down for somebody else: body, headers, a curl command. Contacts nobody
    Bundle {
        #[command(flatten)]
        delivery: Delivery,
        /// Where it would be sent
        #[arg(long, value_name = "URL")]
        url: String,
        /// The folder to make
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Receive deliveries on this machine: verify, tell and answer them, until interrupted
    Listen {
        /// The port on 127.0.0.1; 0 is any
        #[arg(long, value_name = "N", default_value_t = 8787)]
        port: u16,
        #[command(flatten)]
        secret: SecretFile,
        /// Answer wrongly on purpose: status-500 (or another code), hang, reset, slow, redirect
        #[arg(long, value_name = "MODE")]
        fail: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Delivery {
    /// duck.bonded, duck.pulse or duck.unpecked
    #[arg(value_name = "EVENT")]
    pub(in crate::cli) event: String,
    #[command(flatten)]
    pub(in crate::cli) secret: SecretFile,
    /// A recorded body, sent byte for byte; without it, one like the stack's is made
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Target {
    /// The receiver
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) url: String,
    /// Also to this machine and private networks
    #[arg(long)]
    pub(in crate::cli) allow_private: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SecretFile {
    /// A file that holds the shared secret; one line break at its end is no part of it
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) secret_file: PathBuf,
}
