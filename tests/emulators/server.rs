//! The emulators themselves: they end with the process that started them.

use crate::support::emulator::{Emulator, Kind};
use std::net::TcpStream;

#[test]
fn an_emulator_ends_with_its_owner() {
    let emulator = Emulator::start(Kind::Ministack);
    let address = emulator.url().replace("http://", "");
    assert!(TcpStream::connect(&address).is_ok());
    drop(emulator);
    assert!(TcpStream::connect(&address).is_err(), "still there");
}
