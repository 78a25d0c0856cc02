//! `duckops webhook listen`: a receiver on this machine.

use super::secret;
use crate::cli::args::SecretFile;
use crate::cli::fail::Failure;
use crate::cli::format::Format;
use crate::cli::{Context, interrupted, now, out};
use crate::exit;
use crate::fact::instant;
use crate::text::words_of;
use crate::webhook::listen::{FailureMode, Receiver};
use crate::webhook::received::{ReceivedDelivery, SignatureCheck};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) async fn main(
    context: &Context,
    port: u16,
    secret_file: &SecretFile,
    fail: Option<&str>,
) -> Result<u8, Failure> {
    let secret = secret(context, secret_file)?;
    let fail = fail.map(|mode| {
        mode.parse::<FailureMode>()
            .map_err(|known| Failure::usage(format!("--fail: {known}")))
    });
    let fail = fail.transpose()?;
    let receiver = Receiver::bind(port).await;
    let receiver = receiver.map_err(|error| {
        Failure::own(format!(
            "port {port} of 127.0.0.1 cannot be used: {}\nuse another one: --port 8080",
            words_of(&error)
        ))
    })?;
    let address = receiver
        .address()
        .map_err(|error| Failure::own(error.to_string()))?;
    out::warn(&format!(
        "# receives on http://{address}/webhooks/spaceduck; ends with Ctrl-C"
    ));
    out::warn(&format!(
        "# try it: duckops webhook send duck.pulse --url http://{address}/webhooks/spaceduck --secret-file {} --allow-private",
        super::named(secret_file)
    ));
    let tally: Arc<[(SignatureCheck, AtomicU64); 4]> =
        Arc::new(SignatureCheck::ALL.map(|s| (s, AtomicU64::new(0))));
    let (printer, env, counts) = (context.out.clone(), context.env.clone(), Arc::clone(&tally));
    let tell = move |delivery: ReceivedDelivery| {
        for (signed, count) in counts.iter() {
            count.fetch_add(u64::from(*signed == delivery.signed), Ordering::Relaxed);
        }
        if printer.is_quiet() && delivery.signed == SignatureCheck::Right {
            return;
        }
        let at = instant(now(&env).unix_timestamp());
        let text = match printer.format {
            Format::Json => delivery.document(&at).json(false),
            _ => delivery.document(&at).text,
        };
        printer.print(&text, exit::OK);
    };
    let serving = receiver.serve(secret.expose().to_owned(), fail, tell);
    let code = tokio::select! {
        never = serving => match never {},
        code = interrupted() => code,
    };
    let tally: Vec<_> = tally
        .iter()
        .map(|(signed, count)| format!("{} {}", count.load(Ordering::Relaxed), signed.word()))
        .collect();
    out::warn(&format!("# ended; signatures: {}", tally.join(", ")));
    Ok(code)
}
