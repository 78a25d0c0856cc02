use super::*;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::process::Command;

const WAIT: Duration = Duration::from_millis(200);

fn pipe(folder: &Path) -> PathBuf {
    let path = folder.join("pipe");
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo runs").success());
    path
}

#[test]
fn only_a_regular_file_within_its_limit_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    std::fs::write(&path, "12345").expect("written");
    let read = |path: &Path, limit| read_file(path, Links::Follow, limit);
    assert_eq!(read(&path, 5).expect("read"), b"12345");
    let error = read(&path, 4).expect_err("too large");
    assert_eq!(error.to_string(), "it is larger than 4 bytes");
    let link = folder.path().join("link");
    symlink(&path, &link).expect("linked");
    assert_eq!(read(&link, 5).expect("followed"), b"12345");
    let refused = read_file(&link, Links::Refuse, 5);
    assert!(matches!(refused, Err(InputError::Link)));
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("bound");
    for (path, word) in [
        (folder.path(), "a folder"),
        (&pipe(folder.path()), "a pipe"),
        (&socket, "a socket"),
        (Path::new("/dev/zero"), "a device"),
    ] {
        for links in [Links::Follow, Links::Refuse] {
            let error = read_file(path, links, 5).expect_err("refused");
            assert_eq!(
                error.to_string(),
                format!("it is {word}, not a regular file")
            );
        }
    }
    let missing = read(&folder.path().join("none"), 5).expect_err("missing");
    assert!(missing.is_missing());
}

/// The kernel gives no size for these; the limit holds all the same.
#[test]
fn a_file_without_a_size_is_bounded() {
    let read = read_file(Path::new("/proc/kallsyms"), Links::Follow, 1000);
    assert!(matches!(read, Err(InputError::TooLarge(1000))), "{read:?}");
}

#[test]
fn a_descriptor_is_read_to_its_end_and_no_longer_than_the_wait() {
    let (reader, mut writer) = io::pipe().expect("a pipe");
    let path = PathBuf::from(format!("/dev/fd/{}", reader.as_raw_fd()));
    writer.write_all(b"half").expect("written");
    let began = Instant::now();
    let read_now = || read(&path, 10, WAIT);
    assert!(matches!(read_now(), Err(InputError::TimedOut(WAIT))));
    assert!(began.elapsed() < Duration::from_secs(5));
    writer.write_all(b"whole").expect("written");
    drop(writer);
    assert_eq!(read_now().expect("read"), b"whole");
}

#[test]
fn an_endless_descriptor_is_too_large() {
    let zero = File::open("/dev/zero").expect("there");
    let path = PathBuf::from(format!("/proc/self/fd/{}", zero.as_raw_fd()));
    let read = read(&path, 1000, Duration::from_secs(5));
    assert!(matches!(read, Err(InputError::TooLarge(1000))));
}

#[test]
fn only_descriptor_paths_name_a_descriptor() {
    for path in ["-", "/dev/stdin", "/dev/fd/63", "/proc/self/fd/3"] {
        assert!(descriptor(Path::new(path)).is_some(), "{path}");
    }
    for path in [
        "./-",
        "/dev/fd",
        "/dev/fd/",
        "/dev/fd/x",
        "/dev/fd/3/x",
        "/proc/1/fd/3",
        "/dev/zero",
    ] {
        assert!(descriptor(Path::new(path)).is_none(), "{path}");
    }
}

#[test]
fn text_in_another_encoding_is_named() {
    let error = |bytes: &[u8]| as_text(bytes.to_vec()).expect_err("no text").to_string();
    assert_eq!(error(b"\xff\xfea\0"), "it is UTF-16, not UTF-8");
    assert_eq!(error(b"\xfe\xff\0a"), "it is UTF-16, not UTF-8");
    assert_eq!(error(b"a\xff"), "it is not UTF-8");
}
