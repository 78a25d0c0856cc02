//! Claim: what names the stack is never guessed.

use super::*;

#[test]
fn an_empty_variable_that_says_which_stack_is_meant_is_refused() {
    for name in NAMING {
        let env = |asked: &str| (asked == name).then(String::new);
        let refused = Settings::resolve(&Flags::default(), &env).expect_err(name);
        let said = refused.to_string();
        assert!(
            said.starts_with(&format!("{name} is empty\nunset it, or use ")),
            "{said}"
        );
    }
    let empty = |_: &str| Some(String::new());
    let flags = Flags {
        stack: Some("prod".to_owned()),
        api_url: Some("http://127.0.0.1:9".to_owned()),
        ..Flags::default()
    };
    // What a flag says is not asked of the environment, and all others count as unset.
    let settings = Settings::resolve(&flags, &empty).expect("settings");
    assert_eq!(settings.deadline.origin, Origin::BuiltIn);
    let unset = Settings::resolve(&Flags::default(), &|_| None).expect("settings");
    assert_eq!(unset.stack.api_url.value.as_str(), API_URL);
}

#[test]
fn a_practice_stack_on_another_machine_is_refused() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join(".config/duckops");
    std::fs::create_dir_all(&folder).expect("a folder");
    let config = "[stack.prod]\npractice = true\napi_url = \"https://example.invalid\"\n";
    std::fs::write(folder.join("config.toml"), config).expect("written");
    let own = home.path().to_str().expect("text");
    let env = |name: &str| (name == "HOME").then(|| own.to_owned());
    let refused = Settings::resolve(&Flags::default(), &env).expect_err("refused");
    assert!(refused.to_string().contains("of this machine"), "{refused}");
}
