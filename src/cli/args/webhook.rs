//! The arguments of the commands about webhooks.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(in crate::cli) struct WebhookArgs {
    #[command(subcommand)]
    pub(in crate::cli) action: WebhookAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum WebhookAction {
    /// Send one signed test delivery
    ///
    /// One POST over HTTP/1.1, never repeated, along no redirect and through no proxy, to an
    /// address that was judged when the name was resolved. X-Space-Duck-Delivery is a header of
    /// duckops' own: by its id a receiver's log can be searched.
    ///
    /// Ends 0 accepted (2xx); 1 not sent, or answered and not accepted; 3 sent and not answered,
    /// or answered by something in between that does not know (408, 502, 504, 520, 524); 64 usage;
    /// 130, 143 interrupted before anything was sent.
    Send {
        #[command(flatten)]
        delivery: DeliveryArgs,
        #[command(flatten)]
        target: Target,
    },
    /// Test each stage of a delivery: DNS to receiver answer
    ///
    /// Sends one test delivery and, where that is accepted, a second one with a wrong signature,
    /// which a receiver has to refuse. Ends as triage does: 0 ok, 1 warning, 2 critical, 3 unknown.
    Diagnose {
        #[command(flatten)]
        target: Target,
        /// The event that is sent: duck.bonded, duck.pulse or duck.unpecked
        #[arg(long, value_name = "EVENT", default_value = "duck.pulse")]
        event: String,
        #[command(flatten)]
        secret: SecretFile,
    },
    /// Verify the signature of a body
    ///
    /// Compared in constant time, over the raw bytes. Where a common mistake can be proven to be
    /// the reason, it is named. Ends 0 right; 2 wrong, digits in upper case included, because
    /// receivers compare the text; 64 where the text cannot be a signature at all.
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
    /// Write a replay bundle: body, headers, a curl command
    ///
    /// Sends nothing, so the URL may lead anywhere. The secret is in none of the files: they
    /// are searched for it, raw and encoded, and removed if it is there.
    Bundle {
        #[command(flatten)]
        delivery: DeliveryArgs,
        /// Where it would be sent
        #[arg(long, value_name = "URL")]
        url: String,
        /// The folder to make
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Run a local receiver that verifies, prints and answers deliveries
    ///
    /// On 127.0.0.1 only, whatever the path. Answers 200 to a right signature and 401 to any
    /// other. The content of a body is not printed. With --output json each delivery is one document on
    /// one line. Ends 130 with Ctrl-C and 143 when asked to end.
    Listen {
        /// The port on 127.0.0.1; 0 is any
        #[arg(long, value_name = "N", default_value_t = 8787)]
        port: u16,
        #[command(flatten)]
        secret: SecretFile,
        /// Fail on purpose: status-500 (or another code), hang, reset, slow, redirect
        #[arg(long, value_name = "MODE")]
        fail: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct DeliveryArgs {
    /// duck.bonded, duck.pulse or duck.unpecked
    #[arg(value_name = "EVENT")]
    pub(in crate::cli) event: String,
    #[command(flatten)]
    pub(in crate::cli) secret: SecretFile,
    /// A recorded body, sent byte for byte [default: a generated one]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Target {
    /// The receiver
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) url: String,
    /// Allow this machine and private networks as receivers
    #[arg(long)]
    pub(in crate::cli) allow_private: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SecretFile {
    /// File with the shared secret; one line break at its end does not count
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) secret_file: PathBuf,
}
