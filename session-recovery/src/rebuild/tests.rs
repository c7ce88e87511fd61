//! What is planned of a record, and what tmux would be told.

use std::path::{Path, PathBuf};

use bstr::BString;
use proptest::prelude::*;
use session_state::{Agent, Geometry, Lifecycle, Pane, Saved, SessionState, Size, Window};
use tmux_core::{Command, ExactName, RowFormat};

use super::*;

fn pane(index: u32, cwd: &str, command: &[&str]) -> Pane {
    Pane {
        index,
        geometry: Geometry {
            left: 0,
            top: 0,
            width: 1,
            height: 1,
        },
        cwd: cwd.into(),
        title: "t".into(),
        command: command.iter().map(|word| BString::from(*word)).collect(),
        start_command: BString::default(),
        active: index == 0,
        history_size: 0,
        agent: None,
    }
}

fn window(index: u32, layout: &str, panes: Vec<Pane>) -> Window {
    Window {
        index,
        name: "main".into(),
        automatic_rename: false,
        layout: layout.into(),
        layout_json: None,
        zoomed: false,
        active: true,
        last: false,
        panes,
    }
}

fn record(windows: Vec<Window>) -> SessionState {
    SessionState {
        project: "todo".to_owned(),
        id: Some("old".to_owned()),
        session_name: "claude-todo".into(),
        working_dir: "/code/todo".into(),
        lifecycle: Lifecycle::Live,
        saved: Saved {
            at: 0,
            by: String::new(),
            reason: String::new(),
        },
        server: None,
        size: Some(Size { width: 80, height: 24 }),
        group: None,
        environment: Default::default(),
        options: Default::default(),
        windows,
        unknown: Vec::new(),
    }
}

fn planned(record: &SessionState, run: bool) -> Result<Plan, PlanError> {
    plan(
        record,
        &Policy {
            session_name: "claude-todo",
            id: "new",
            tmux: None,
            is_directory: &|path: &Path| path.starts_with("/code"),
            launch: &|agent: &Agent| Some(vec!["agent".into(), agent.kind.as_str().into()]),
            run: &|argv: &[BString]| run.then(|| [&[BString::from("run")], argv].concat()),
        },
    )
}

const TWO: &str = "98c5,80x24,0,0{69x24,0,0,0,10x24,70,0,1}";

#[test]
fn a_missing_directory_becomes_the_projects() {
    let plan = planned(
        &record(vec![window(
            0,
            TWO,
            vec![pane(0, "/gone", &[]), pane(1, "/code/x", &[])],
        )]),
        false,
    );
    let plan = plan.expect("a plan");
    let panes = &plan.windows[0].panes;
    assert_eq!(
        (panes[0].directory.as_path(), panes[1].directory.as_path()),
        (Path::new("/code/todo"), Path::new("/code/x"))
    );
    assert_eq!(
        panes[0].differences,
        [Difference::DirectoryMissing(PathBuf::from("/gone"))]
    );
    assert!(plan.windows[0].layout.is_some());
}

#[test]
fn programs_are_offered_and_agents_started() {
    let mut agent = pane(0, "/code", &[]);
    agent.agent = Some(Agent {
        kind: "claude".to_owned(),
        conversation: None,
        process: None,
    });
    let record = record(vec![window(0, TWO, vec![agent, pane(1, "/code", &["vi", "a b"])])]);
    let offered = planned(&record, false).expect("a plan");
    assert_eq!(offered.windows[0].panes[0].program, ["agent", "claude"]);
    assert_eq!(offered.windows[0].panes[1].program, Vec::<BString>::new());
    let argv: Vec<BString> = vec!["vi".into(), "a b".into()];
    let started = planned(&record, true).expect("a plan").windows[0].panes[1].clone();
    assert_eq!(started.program, ["run", "vi", "a b"]);
    assert_eq!(started.differences, [Difference::ProgramStarted(argv.clone())]);
    assert_eq!(
        offered.windows[0].panes[1].differences,
        [Difference::ProgramOffered(argv.clone())]
    );
}

#[test]
fn layouts_that_do_not_fit_are_tiled() {
    for layout in ["", "zzzz", "5a63,4294967295x4294967295,0,0,0", "#(touch x)", "[[["] {
        let panes = vec![pane(0, "/code", &[]), pane(1, "/code", &[])];
        let plan = planned(&record(vec![window(0, layout, panes)]), false).expect("a plan");
        assert_eq!(plan.windows[0].layout, None);
        assert_eq!(
            plan.windows[0].panes[0].differences,
            [Difference::LayoutRefused],
            "{layout}"
        );
    }
}

#[test]
fn a_layout_for_other_panes_gives_the_nearest_one() {
    for layout in ["b25d,80x24,0,0,0", "0000,80x24,0,0{69x24,0,0,0,10x24,70,0,1}"] {
        let panes = vec![pane(0, "/code", &[]), pane(1, "/code", &[])];
        let plan = planned(&record(vec![window(0, layout, panes)]), false).expect("a plan");
        assert!(
            plan.windows[0]
                .layout
                .as_ref()
                .is_some_and(|layout| layout.check(2).is_ok())
        );
        assert_eq!(
            plan.windows[0].panes[1].differences,
            [Difference::LayoutNearest],
            "{layout}"
        );
    }
}

#[test]
fn an_absurd_size_is_not_given_to_tmux() {
    for (width, height) in [(0, 24), (80, 0), (10_001, 24), (80, u32::MAX)] {
        let size = Some(Size { width, height });
        let record = SessionState {
            size,
            ..record(vec![window(0, "", vec![pane(0, "/code", &[])])])
        };
        let plan = planned(&record, false).expect("a plan");
        assert_eq!(plan.size, None);
        assert_eq!(plan.windows[0].panes[0].differences, [Difference::SizeRefused]);
    }
}

#[test]
fn what_cannot_be_built_is_refused() {
    assert!(matches!(planned(&record(vec![]), false), Err(PlanError::Empty { .. })));
    assert!(matches!(
        planned(&record(vec![window(0, "", vec![])]), false),
        Err(PlanError::Empty { .. })
    ));
    let many = (0..10_000).map(|n| pane(n, "/code", &[])).collect();
    assert!(matches!(
        planned(&record(vec![window(0, "", many)]), false),
        Err(PlanError::TooManyPanes { .. })
    ));
    let gone = SessionState {
        working_dir: "/gone".into(),
        ..record(vec![window(0, "", vec![pane(0, "/code", &[])])])
    };
    assert!(matches!(planned(&gone, false), Err(PlanError::NoDirectory { .. })));
}

/// What tmux would be told, a command a line.
fn told(plan: &Plan) -> String {
    let name = ExactName::new("claude-todo").expect("a name");
    let created = RowFormat::new(["session_id"]);
    let commands = commands::commands(plan, &name, &created).expect("commands");
    let lines = |commands: &[Command]| -> String {
        let lines = commands
            .iter()
            .map(|command| command.to_line().to_string().replace('"', ""));
        lines.collect::<Vec<String>>().join("\n")
    };
    lines(&commands).replace(&created.format(), "CREATED")
}

#[test]
fn one_group_of_commands_makes_the_session() {
    let mut second = window(7, "b25d,80x24,0,0,0", vec![pane(0, "/code/#(touch x)", &[])]);
    second.active = false;
    second.last = true;
    let mut first = window(3, TWO, vec![pane(0, "/code", &[]), pane(1, "/code", &[])]);
    first.zoomed = true;
    let plan = planned(&record(vec![first, second]), false).expect("a plan");
    let text = told(&plan);
    insta::assert_snapshot!(text, @r#"
    new-session -d -s claude-todo -c /code -n main -x 80 -y 24 -e TSM_SESSION=new -P -F CREATED
    set-option -t =claude-todo: -- @tsm_id new
    if-shell -F -t =claude-todo: -- #{!=:#{window_index},3} \042move-window\042 \042-d\042 \042-s\042 \042=claude-todo:\042 \042-t\042 \042=claude-todo:3\042
    select-pane -t =claude-todo:3 -T t
    split-window -h -t =claude-todo:3 -c /code
    select-pane -t =claude-todo:3 -T t
    select-layout -t =claude-todo:3 -- 7f7f,80x24,0,0{69x24,0,0,10x24,70,0}
    select-pane -t =claude-todo:3.+1
    resize-pane -Z -t =claude-todo:3
    new-window -d -t =claude-todo:7 -c /code/##(touch x) -n main
    select-pane -t =claude-todo:7 -T t
    select-window -t =claude-todo:7
    select-window -t =claude-todo:3
    set-option -t =claude-todo: -- @tsm_project todo
    "#);
}

proptest! {
    #[test]
    fn every_plan_has_the_panes_of_its_record(
        windows in proptest::collection::btree_map(0_u32..50, (0_usize..9, "[a-z0-9,x{}\\[\\]]{0,30}"), 0..6),
    ) {
        let windows: Vec<Window> = windows
            .into_iter()
            .map(|(index, (panes, layout))| {
                let panes = (0..panes).map(|n| pane(u32::try_from(n).unwrap(), "/code", &[])).collect();
                window(index, &layout, panes)
            })
            .collect();
        let record = record(windows);
        let counts = |panes: Vec<usize>| panes;
        match planned(&record, false) {
            Ok(plan) => prop_assert_eq!(
                counts(plan.windows.iter().map(|window| window.panes.len()).collect()),
                counts(record.windows.iter().map(|window| window.panes.len()).collect()),
            ),
            Err(PlanError::Empty { .. }) => {
                prop_assert!(record.windows.is_empty() || record.windows.iter().any(|window| window.panes.is_empty()));
            }
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}

/// Two panes beside each other, and a third above them; as tmux 3.8 prints it with `pane-base-index` 1.
const FLOATING: &str = r#"{"V":2,"L":{"t":"h","w":120,"h":40,"x":0,"y":0,"c":[{"t":"p","w":60,"h":40,"x":0,"y":0,"l":0,"i":1,"I":"%0"},{"t":"p","w":59,"h":40,"x":61,"y":0,"a":true,"i":2,"I":"%1"},{"t":"p","w":48,"h":8,"x":5,"y":3,"i":3,"z":0,"I":"%2"}]}}"#;

fn floating_plan(tmux: &str) -> Plan {
    let panes = (1..4).map(|index| pane(index, "/code", &[])).collect();
    let mut window = window(0, "49a9,120x40,0,0{60x40,0,0,59x40,61,0}", panes);
    window.layout_json = Some(FLOATING.into());
    let record = record(vec![window]);
    let version = Version::parse(tmux);
    let policy = Policy {
        session_name: "claude-todo",
        id: "new",
        tmux: Some(&version),
        is_directory: &|_| true,
        launch: &|_| None,
        run: &|_| None,
    };
    plan(&record, &policy).expect("a plan")
}

#[test]
fn what_floats_floats_where_tmux_can_be_told() {
    let plan = floating_plan("3.8");
    let layout = plan.windows[0].layout.as_ref().expect("a layout");
    assert_eq!((layout.panes().len(), layout.floating.len()), (2, 1));
    assert_eq!(layout.floating[0].pane.index, Some(2));
    assert!(plan.panes().all(|(_, _, pane)| pane.differences.is_empty()));
    let told = told(&plan);
    assert_eq!(
        told.matches("z:0").count() + told.matches(r#"\042z\042:0"#).count(),
        1,
        "{told}"
    );
    assert!(
        !told.contains("select-pane -t =claude-todo:0.+"),
        "the layout says which is active: {told}"
    );
}

#[test]
fn what_floated_is_tiled_and_told_where_tmux_cannot() {
    for tmux in ["3.7", "3.3a"] {
        let plan = floating_plan(tmux);
        let layout = plan.windows[0].layout.as_ref().expect("a layout");
        assert_eq!((layout.panes().len(), layout.floating.len()), (3, 0));
        let tiled: Vec<usize> = plan
            .panes()
            .filter(|(_, _, pane)| pane.differences.contains(&Difference::FloatingTiled))
            .map(|(_, place, _)| place)
            .collect();
        assert_eq!(tiled, [2]);
    }
}
