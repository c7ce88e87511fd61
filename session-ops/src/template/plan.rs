//! From a template to the plan of a session.

use std::path::{Path, PathBuf};

use bstr::BString;
use session_recovery::rebuild::{Difference, PanePlan, Plan, PlannedOption, WindowPlan, nearest};
use session_state::Size;
use tmux_core::layout::{MAX_CELLS, Orientation, Part, Parts, Rounding};
use tmux_core::{Layout, LayoutFault, LayoutName};

use super::error::TemplateError;
use super::options::{OptionOf, option_of};
use super::table::{PaneTable, Split, TemplateTable, WindowTable};
use crate::project::{Project, usable_directory};

/// tmux's own sizes of the large pane.
const MAIN_WIDTH: u32 = 80;
const MAIN_HEIGHT: u32 = 24;

/// Where a template is made into a session.
pub(crate) struct Site<'a> {
    pub(crate) project: &'a Project,
    pub(crate) session_name: String,
    /// The session's id.
    pub(crate) id: String,
    pub(crate) size: Size,
    /// What the first window is called if the template doesn't say.
    pub(crate) window_name: &'a str,
    /// The agent's kind and program; without one its pane has a shell.
    pub(crate) agent: Option<(String, Vec<BString>)>,
    /// For directories that begin with `~/`.
    pub(crate) home: Option<&'a Path>,
    /// The program of a pane in which a program runs, from that one's words.
    pub(crate) run: &'a dyn Fn(&[BString]) -> Vec<BString>,
    /// The program of a pane whose shell runs a line.
    pub(crate) shell: &'a dyn Fn(&str) -> Vec<BString>,
}

/// The plan of an expanded and checked template, and what about it the user wants to know.
///
/// What doesn't fit into the site's size is built larger: tmux shows a part of a window that is larger than its client.
///
/// # Errors
///
/// [`TemplateError`] for a layout that is none.
pub(crate) fn plan(
    name: &str,
    template: &TemplateTable,
    site: &Site<'_>,
) -> Result<(Plan, Vec<String>), TemplateError> {
    let one = [WindowTable::default()];
    let tables = match template.windows.as_slice() {
        [] => &one,
        windows => windows,
    };
    let invalid = |n: usize, key: &str, why: String| TemplateError::Invalid {
        template: name.to_owned(),
        place: format!("windows[{n}].{key}"),
        why,
    };
    let mut size = site.size;
    for (n, table) in tables.iter().enumerate() {
        let needed = needed(template, table, size).map_err(|why| invalid(n, "layout", why))?;
        size = Size {
            width: size.width.max(needed.width),
            height: size.height.max(needed.height),
        };
    }
    if size.width > MAX_CELLS || size.height > MAX_CELLS {
        return Err(invalid(
            0,
            "panes",
            format!("no window has room for it ({}x{})", size.width, size.height),
        ));
    }
    let mut notices = Vec::new();
    if size != site.size {
        let (wanted, had) = ((size.width, size.height), (site.size.width, site.size.height));
        notices.push(format!(
            "the template {name} needs {}x{} cells at least and is built so large; there are {}x{}",
            wanted.0, wanted.1, had.0, had.1
        ));
    }
    let focus = tables.iter().position(|table| table.focus).unwrap_or(0);
    let mut windows = Vec::new();
    for (n, table) in tables.iter().enumerate() {
        let mut panes = Vec::new();
        collect(&table.panes, &mut panes);
        if panes.is_empty() {
            panes.push(PaneTable::default());
        }
        let layout = layout(template, table, size).map_err(|why| invalid(n, "layout", why))?;
        let active = panes.iter().position(|pane| pane.focus).unwrap_or(0);
        let default_name = (n == 0).then(|| site.window_name.to_owned());
        windows.push(WindowPlan {
            index: None,
            name: table.name.clone().or(default_name).map(BString::from),
            layout: layout.filter(|_| panes.len() > 1),
            zoomed: table.zoomed,
            active: n == focus,
            last: false,
            panes: panes
                .into_iter()
                .enumerate()
                .map(|(n, pane)| pane_plan(&pane, table, site, n == active))
                .collect(),
        });
    }
    let plan = Plan {
        session_name: site.session_name.clone(),
        project: site.project.name.clone(),
        id: site.id.clone(),
        size: Some(size),
        resize: None,
        windows,
        environment: template
            .environment
            .iter()
            .map(|(name, value)| (name.as_str().into(), value.plain().into()))
            .collect(),
        options: options(template, tables),
        tmux: None,
    };
    Ok((plan, notices))
}

fn pane_plan(pane: &PaneTable, window: &WindowTable, site: &Site<'_>, active: bool) -> PanePlan {
    let mut differences = Vec::new();
    let wanted = directory(pane, window, site);
    let directory = if wanted == site.project.path || usable_directory(&wanted).is_ok() {
        wanted
    } else {
        differences.push(Difference::DirectoryMissing(wanted));
        site.project.path.clone()
    };
    let agent = site.agent.as_ref().filter(|_| pane.agent);
    let program = match (agent, &pane.shell) {
        (Some((_, program)), _) => program.clone(),
        (None, Some(line)) => (site.shell)(line),
        (None, None) if !pane.run.is_empty() => {
            let words: Vec<BString> = pane.run.iter().map(|word| BString::from(word.as_str())).collect();
            (site.run)(&words)
        }
        (None, None) => Vec::new(),
    };
    PanePlan {
        directory,
        title: pane
            .title
            .as_ref()
            .filter(|_| !pane.agent)
            .map(|title| title.as_str().into()),
        program,
        agent: agent.map(|(kind, _)| kind.clone()),
        active,
        differences,
    }
}

/// The pane's directory in the window's in the project's.
fn directory(pane: &PaneTable, window: &WindowTable, site: &Site<'_>) -> PathBuf {
    let mut directory = site.project.path.clone();
    for part in [&window.directory, &pane.directory].into_iter().flatten() {
        let part = Path::new(part);
        directory = match (part.strip_prefix("~"), site.home) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => directory.join(part),
        };
    }
    // `a/.` and `a/b/..` are what they are when tmux shows them.
    directory.canonicalize().unwrap_or(directory)
}

/// Whether a text is one of tmux's layouts by name, or one for about so many panes as tmux prints it.
pub(crate) fn is_layout(text: &str, panes: usize) -> bool {
    let plain = text.strip_suffix("-mirrored").unwrap_or(text);
    LayoutName::ALL.iter().any(|name| name.as_str() == plain) || nearest(text.as_bytes(), panes.max(1)).is_some()
}

fn collect(panes: &[PaneTable], found: &mut Vec<PaneTable>) {
    for pane in panes {
        if pane.panes.is_empty() {
            found.push(pane.clone());
        } else {
            collect(&pane.panes, found);
        }
    }
}

/// The size that a window needs to have its panes, of at least a cell each.
fn needed(template: &TemplateTable, window: &WindowTable, size: Size) -> Result<Size, String> {
    let found = match &window.layout {
        None => {
            let (width, height) = least(&parts(window.split, &window.panes, true));
            Size { width, height }
        }
        // Those of tmux are as large as they must be.
        Some(_) => match layout(template, window, size)? {
            Some(layout) => Size {
                width: layout.root.width,
                height: layout.root.height,
            },
            None => size,
        },
    };
    Ok(found)
}

fn layout(template: &TemplateTable, window: &WindowTable, size: Size) -> Result<Option<Layout>, String> {
    let Size { width, height } = size;
    let panes = u32::try_from(window.panes.len().max(1)).unwrap_or(u32::MAX);
    let Some(text) = &window.layout else {
        let of = |minima| Layout::of_parts(&parts(window.split, &window.panes, minima), width, height);
        // Where there is no room for the minima, every pane gets the cell that it must have.
        return of(true).or_else(|_| of(false)).map(Some).map_err(fault);
    };
    let main = |name: &str, whole: u32, default: u32| {
        let text = window.options.get(name).or_else(|| template.options.get(name));
        let text = text.map(super::table::Word::text).unwrap_or_default();
        let percent = text.strip_suffix('%').and_then(|text| text.parse::<u32>().ok());
        match (percent, text.parse()) {
            (Some(percent), _) => whole.saturating_mul(percent.min(100)) / 100,
            (None, Ok(cells)) => cells,
            (None, Err(_)) => default,
        }
    };
    let rounding = Rounding::Last;
    let found = match text.as_str() {
        "even-horizontal" => Layout::even(Orientation::LeftRight, panes, width, height, rounding),
        "even-vertical" => Layout::even(Orientation::TopBottom, panes, width, height, rounding),
        "main-horizontal" | "main-horizontal-mirrored" => {
            let main = main("main-pane-height", height, MAIN_HEIGHT);
            Layout::main(Orientation::TopBottom, panes, width, height, main, rounding)
        }
        "main-vertical" | "main-vertical-mirrored" => {
            let main = main("main-pane-width", width, MAIN_WIDTH);
            Layout::main(Orientation::LeftRight, panes, width, height, main, rounding)
        }
        "tiled" => Layout::tiled(panes, width, height),
        printed => {
            let found = nearest(printed.as_bytes(), window.panes.len().max(1));
            let found = found.ok_or_else(|| format!("{printed:?} is no layout of tmux's"))?;
            // As large as that was, if there is room.
            return Ok(Some(found.resized(width, height)));
        }
    };
    found.map(Some).map_err(fault)
}

#[expect(clippy::needless_pass_by_value, reason = "it takes the error of a result")]
fn fault(fault: LayoutFault) -> String {
    fault.to_string()
}

/// With `minima` a part has what the template says it has at least, else only what it must have.
fn parts(split: Option<Split>, panes: &[PaneTable], minima: bool) -> Parts {
    if panes.is_empty() {
        return Parts::Pane;
    }
    let orientation = match split {
        Some(Split::Rows) => Orientation::TopBottom,
        Some(Split::Columns) | None => Orientation::LeftRight,
    };
    // One that says nothing has what the others have on average.
    let given: Vec<u32> = panes.iter().filter_map(|pane| pane.share).collect();
    let sum: u64 = given.iter().copied().map(u64::from).sum();
    let average = sum.checked_div(given.len() as u64).unwrap_or(1).max(1);
    let average = u32::try_from(average).unwrap_or(1);
    let part = |pane: &PaneTable| {
        let content = parts(pane.split, &pane.panes, minima);
        let (width, height) = least(&content);
        let least = match orientation {
            Orientation::LeftRight => width,
            Orientation::TopBottom => height,
        };
        Part {
            share: pane.share.unwrap_or(average),
            minimum: pane.minimum.filter(|_| minima).unwrap_or(1).max(least),
            content,
        }
    };
    Parts::Split(orientation, panes.iter().map(part).collect())
}

/// The smallest size in which every pane has a cell.
fn least(parts: &Parts) -> (u32, u32) {
    let Parts::Split(orientation, parts) = parts else {
        return (1, 1);
    };
    let sizes: Vec<(u32, u32)> = parts.iter().map(|part| least(&part.content)).collect();
    let borders = u32::try_from(sizes.len()).unwrap_or(u32::MAX).saturating_sub(1);
    let along = |side: fn(&(u32, u32)) -> u32| sizes.iter().map(side).fold(borders, u32::saturating_add);
    let across = |side: fn(&(u32, u32)) -> u32| sizes.iter().map(side).max().unwrap_or(1);
    match orientation {
        Orientation::LeftRight => (along(|size| size.0), across(|size| size.1)),
        Orientation::TopBottom => (across(|size| size.0), along(|size| size.1)),
    }
}

fn options(template: &TemplateTable, tables: &[WindowTable]) -> Vec<PlannedOption> {
    let mut planned = Vec::new();
    let mut push = |window: Option<usize>, name: &str, value: String| {
        planned.push(PlannedOption {
            window,
            name: name.into(),
            value: value.into(),
        });
    };
    for (name, value) in &template.options {
        match option_of(name) {
            Some(OptionOf::Session) => push(None, name, value.text()),
            Some(OptionOf::Window) => (0..tables.len()).for_each(|n| push(Some(n), name, value.text())),
            None => {}
        }
    }
    for (n, table) in tables.iter().enumerate() {
        for (name, value) in &table.options {
            match option_of(name) {
                Some(OptionOf::Session) => push(None, name, value.text()),
                Some(OptionOf::Window) => push(Some(n), name, value.text()),
                None => {}
            }
        }
    }
    planned
}
