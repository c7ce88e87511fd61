//! `tsm man`: the manual, from the same definitions as the help.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_mangen::Man as Page;
use session_ops::Error;
use session_ops::manual::{ManualPage, write_pages};

use crate::args::{Args, Man};
use crate::output::Output;

pub(crate) fn run(args: Man, output: &Output) -> Result<ExitCode, Error> {
    let pages = pages(Args::command()).map_err(Error::Generate)?;
    match &args.directory {
        None => output.plain(&pages.first().map(|page| page.text.clone()).unwrap_or_default()),
        Some(directory) => {
            for file in write_pages(directory, &pages)? {
                output.line(&file.display().to_string());
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The page of the program, and one for each verb that isn't hidden: `tsm.1`, `tsm-switch.1`.
fn pages(mut command: clap::Command) -> std::io::Result<Vec<ManualPage>> {
    command.build();
    let mut pages = vec![page(&command, command.get_name())?];
    let name = command.get_name().to_owned();
    for verb in command.get_subcommands() {
        if verb.is_hide_set() || verb.get_name() == "help" {
            continue;
        }
        pages.push(page(verb, &format!("{name}-{}", verb.get_name()))?);
    }
    Ok(pages)
}

fn page(command: &clap::Command, name: &str) -> std::io::Result<ManualPage> {
    let mut text = Vec::new();
    Page::new(command.clone()).manual("User commands").render(&mut text)?;
    Ok(ManualPage {
        name: name.to_owned(),
        text: String::from_utf8_lossy(&text).into_owned(),
    })
}
