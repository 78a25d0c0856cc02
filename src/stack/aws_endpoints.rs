//! Where AWS requests are sent instead of to AWS: by the environment, and by the AWS configuration
//! file of the profile in use. The environment wins, as in every AWS tool. Also the region that
//! the profile names: the stack has its own, and a difference is worth a note.

use super::{Environment, Stack};
use crate::state_dir::input::{self, Links};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// An address that AWS requests are sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointOverride {
    /// What sets it: a variable, or a key of a file with its profile.
    pub name: String,
    /// The variable of the same meaning, such as `AWS_ENDPOINT_URL_LAMBDA`.
    pub variable: String,
    /// The address.
    pub url: String,
}

/// The key of every service.
const KEY: &str = "endpoint_url";
const VARIABLE: &str = "AWS_ENDPOINT_URL";

/// Every override in force.
pub fn endpoints(env: &Environment, stack: &Stack) -> Vec<EndpointOverride> {
    let is_true = |text: &String| text.eq_ignore_ascii_case("true");
    let ignored = env.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if ignored.is_some_and(is_true) {
        return Vec::new();
    }
    let variables = env.iter();
    let variables =
        variables.filter(|(name, value)| name.starts_with(VARIABLE) && !value.is_empty());
    let mut found: Vec<_> = variables
        .map(|(name, url)| EndpointOverride {
            name: name.clone(),
            variable: name.clone(),
            url: url.clone(),
        })
        .collect();
    let is_general = found.iter().any(|one| one.variable == VARIABLE);
    if !is_general {
        // A variable wins over the file for the service that it is of.
        let by_file = configured(env, stack).into_iter();
        let by_file: Vec<_> = by_file
            .filter(|one| !found.iter().any(|known| known.variable == one.variable))
            .collect();
        found.extend(by_file);
    }
    found
}

/// The region of the profile in use and the profile's name, where the profile names one that is
/// not the stack's and nothing else decides.
pub(super) fn other_region_of_profile(
    env: &Environment,
    stack: &Stack,
) -> Option<(String, String)> {
    let is_set = |name: &str| env.get(name).is_some_and(|value| !value.is_empty());
    if stack.is_practice || is_set("AWS_REGION") || is_set("AWS_DEFAULT_REGION") {
        return None;
    }
    let (profile, files) = files(env, stack);
    let mut regions = files.iter().filter_map(|(_, text, is_config)| {
        let sections = sections(text);
        section(&sections, &profile, *is_config)?
            .get("region")
            .cloned()
    });
    let region = regions.next()?;
    (region != stack.region.value).then_some((region, profile))
}

/// What the AWS files say for the profile in use.
fn configured(env: &Environment, stack: &Stack) -> Vec<EndpointOverride> {
    let (profile, files) = files(env, stack);
    let found = files
        .iter()
        .flat_map(|(path, text, is_config)| of_file(text, &profile, path, *is_config));
    found.collect()
}

/// An AWS file: its path, its text, and whether it is the configuration and not the credentials.
type AwsFile = (PathBuf, String, bool);

/// The profile in use, and the files that may say something of it. One that cannot be read says
/// nothing here; the search for credentials says why.
fn files(env: &Environment, stack: &Stack) -> (String, Vec<AwsFile>) {
    let set = |name: &str| env.get(name).filter(|value| !value.is_empty());
    let profile = match (&stack.profile, set("AWS_PROFILE")) {
        (Some(profile), _) => profile.value.clone(),
        (None, Some(profile)) => profile.clone(),
        (None, None) => "default".to_owned(),
    };
    let home = set("HOME").map(PathBuf::from);
    let file = |variable: &str, name: &str| {
        let named = set(variable).map(PathBuf::from);
        named.or_else(|| Some(home.as_ref()?.join(".aws").join(name)))
    };
    let files = [
        (file("AWS_CONFIG_FILE", "config"), true),
        (file("AWS_SHARED_CREDENTIALS_FILE", "credentials"), false),
    ];
    let mut read = Vec::new();
    for (path, is_config) in files {
        let Some(path) = path else { continue };
        if let Ok(text) = input::read_text(&path, Links::Follow, input::MAX_TEXT) {
            read.push((path, text, is_config));
        }
    }
    (profile, read)
}

/// Keys of a section; of one that is indented, as `service.key`.
type Sections = BTreeMap<String, BTreeMap<String, String>>;

fn sections(text: &str) -> Sections {
    let mut sections = Sections::new();
    let (mut section, mut parent) = (String::new(), String::new());
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[') {
            let name = name.split(']').next().unwrap_or_default();
            let words: Vec<_> = name.split_whitespace().collect();
            section = words.join(" ");
            parent.clear();
            continue;
        }
        let Some((key, value)) = trimmed.split_once('=') else {
            continue;
        };
        let (key, value) = (key.trim().to_ascii_lowercase(), value.trim().to_owned());
        let key = match line.starts_with([' ', '\t']) && !parent.is_empty() {
            true => format!("{parent}.{key}"),
            false => {
                parent = if value.is_empty() {
                    key.clone()
                } else {
                    String::new()
                };
                key
            }
        };
        sections
            .entry(section.clone())
            .or_default()
            .insert(key, value);
    }
    sections
}

/// The section of a profile.
fn section<'a>(
    sections: &'a Sections,
    profile: &str,
    is_config: bool,
) -> Option<&'a BTreeMap<String, String>> {
    let name = match is_config && profile != "default" {
        true => format!("profile {profile}"),
        false => profile.to_owned(),
    };
    // The default profile may be written either way.
    let section = sections.get(&name);
    section.or_else(|| sections.get(&format!("profile {profile}")))
}

fn of_file(text: &str, profile: &str, path: &Path, is_config: bool) -> Vec<EndpointOverride> {
    let sections = sections(text);
    let Some(section) = section(&sections, profile, is_config) else {
        return Vec::new();
    };
    let ignored = section.get("ignore_configured_endpoint_urls");
    if ignored.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Vec::new();
    }
    let path = path.display();
    let general = section.get(KEY).map(|url| EndpointOverride {
        name: format!("{KEY} of profile {profile} in {path}"),
        variable: VARIABLE.to_owned(),
        url: url.clone(),
    });
    let services = section.get("services");
    let services = services.and_then(|name| sections.get(&format!("services {name}")));
    let of_service = services.into_iter().flatten().filter_map(|(key, url)| {
        let service = key.strip_suffix(&format!(".{KEY}"))?;
        let of = service.to_ascii_uppercase().replace([' ', '-'], "_");
        Some(EndpointOverride {
            name: format!("{KEY} of {service} of profile {profile} in {path}"),
            variable: format!("{VARIABLE}_{of}"),
            url: url.clone(),
        })
    });
    general.into_iter().chain(of_service).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# a comment
[default]
region = us-east-1
endpoint_url = http://127.0.0.1:1
[profile prod]
services = local
[profile quiet]
endpoint_url = http://127.0.0.1:2
ignore_configured_endpoint_urls = true
[services local]
lambda =
  endpoint_url = http://127.0.0.1:3
sesv2 =
  endpoint_url = http://127.0.0.1:4
";

    #[test]
    fn the_profile_in_use_decides_and_a_service_may_have_its_own() {
        let of = |profile: &str| -> Vec<(String, String)> {
            let found = of_file(FILE, profile, Path::new("/c"), true);
            let found = found.into_iter();
            found.map(|one| (one.variable, one.url)).collect()
        };
        let pair = |name: &str, url: &str| (name.to_owned(), url.to_owned());
        assert_eq!(of("default"), [pair(VARIABLE, "http://127.0.0.1:1")]);
        assert_eq!(
            of("prod"),
            [
                pair("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:3"),
                pair("AWS_ENDPOINT_URL_SESV2", "http://127.0.0.1:4"),
            ]
        );
        for none in ["quiet", "other", ""] {
            assert_eq!(of(none), [], "{none}");
        }
        let named = of_file(FILE, "default", Path::new("/c"), true);
        assert_eq!(named[0].name, "endpoint_url of profile default in /c");
    }
}
