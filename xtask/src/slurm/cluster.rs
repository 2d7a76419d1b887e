//! A Slurm cluster of one node, which is this machine.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};
use std::thread::{available_parallelism, sleep};
use std::time::{Duration, Instant};

use crate::apt;
use crate::run::{refuse, succeeds};

/// Maximum length of the folder's path: a socket in it has a name of at most 107 bytes.
const LONGEST: usize = 64;
/// Time for the start and the end of the daemons.
const PATIENCE: Duration = Duration::from_mins(1);

/// Ensures that Slurm is there.
pub(super) fn set_up() -> Result<(), ExitCode> {
    let found = || {
        [("slurmctld", "-V"), ("slurmd", "-V"), ("sbatch", "--version"), ("munged", "--version")]
            .into_iter()
            .all(|(program, version)| succeeds(Command::new(program).arg(version)))
    };
    if !found() && apt::can_install() {
        apt::install(&["slurm-wlm", "munge"]);
    }
    if found() { Ok(()) } else { refuse("no Slurm: on Debian, install it with apt-get install slurm-wlm munge") }
}

/// Cluster that is running. Its end cancels all jobs and stops the daemons.
pub(super) struct Cluster {
    folder: PathBuf,
    user: String,
    daemons: Vec<Child>,
}

impl Cluster {
    /// Starts the daemons, whose files get into an empty folder.
    pub(super) fn start(folder: &Path) -> Result<Self, ExitCode> {
        if folder.as_os_str().len() > LONGEST {
            return refuse(&format!("{}: the path is too long for sockets; set CARGO_TARGET_DIR", folder.display()));
        }
        let name = |program: &str, flag: &str| said(Command::new(program).arg(flag));
        let (Some(host), Some(user)) = (name("uname", "-n"), name("id", "-un")) else {
            return refuse("the machine does not say its name and its user");
        };
        let host = host.split('.').next().unwrap_or_default();
        let cpus = available_parallelism().map_or(1, |cpus| cpus.get().min(2));
        let configuration = free_ports().map(|ports| configuration(folder, host, &user, ports, cpus));
        let written = configuration.and_then(|text| {
            fs::create_dir_all(folder.join("spool"))?;
            fs::create_dir_all(folder.join("state"))?;
            fs::write(folder.join("slurm.conf"), text)
        });
        if let Err(error) = written {
            return refuse(&format!("{}: cannot be written: {error}", folder.display()));
        }
        let mut cluster = Self { folder: folder.to_owned(), user, daemons: Vec::new() };
        cluster.start_daemons()?;
        until("a node that is ready", PATIENCE, || {
            said(cluster.client("sinfo").args(["--noheader", "--format=%T"])).filter(|state| state == "idle")
        })
        .inspect_err(|_| println!("   the daemons' messages are in {}", folder.display()))?;
        Ok(cluster)
    }

    /// Makes a command of Slurm that talks to this cluster.
    pub(super) fn client(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("SLURM_CONF", self.folder.join("slurm.conf"));
        command
    }

    fn start_daemons(&mut self) -> Result<(), ExitCode> {
        let at = |name: &str| self.folder.join(name).display().to_string();
        let (key, socket, configuration) = (at("munge.key"), at("munge.socket"), at("slurm.conf"));
        if said(Command::new("mungekey").args(["--create", "--keyfile", key.as_str()])).is_none() {
            return refuse("mungekey makes no key");
        }
        // A group may be allowed to write into the folder of builds, which munged refuses without --force.
        let mut munged = vec!["--foreground".to_owned(), "--force".to_owned(), format!("--socket={socket}")];
        munged.extend(
            ["key", "pid", "log", "seed"].map(|kind| format!("--{kind}-file={}", at(&format!("munge.{kind}")))),
        );
        self.start_daemon("munged", &munged)?;
        until("munged", PATIENCE, || Path::new(&socket).exists().then_some(()))?;
        let arguments = ["-D".to_owned(), "-f".to_owned(), configuration];
        self.start_daemon("slurmctld", &arguments)?;
        self.start_daemon("slurmd", &arguments)
    }

    fn start_daemon(&mut self, program: &str, arguments: &[String]) -> Result<(), ExitCode> {
        let log = File::create(self.folder.join(format!("{program}.out")));
        let started = log.and_then(|out| {
            let errors = out.try_clone()?;
            self.client(program).args(arguments).stdout(out).stderr(errors).spawn()
        });
        match started {
            Ok(child) => {
                self.daemons.push(child);
                Ok(())
            }
            Err(error) => refuse(&format!("cannot start {program}: {error}")),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Without the daemons, the processes of jobs would go on. A daemon that has ended already cannot do this.
        let mut cancel = self.client("timeout");
        if said(cancel.args(["20", "scancel", "--user", self.user.as_str()])).is_some() {
            let left = || said(self.client("squeue").arg("--noheader")).filter(String::is_empty);
            let _ = until("the end of cancelled jobs", PATIENCE, left);
        }
        for daemon in self.daemons.iter_mut().rev() {
            // Both fail only if it has ended already.
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

/// Returns the configuration of a cluster whose only node has some CPUs. It needs no control groups.
fn configuration(folder: &Path, host: &str, user: &str, ports: [u16; 2], cpus: usize) -> String {
    let (folder, [controller, node]) = (folder.display(), ports);
    // A task that was requeued waits until its earlier credential has expired.
    format!(
        "ClusterName=lambda\n\
         SlurmctldHost={host}(127.0.0.1)\n\
         SlurmctldPort={controller}\n\
         SlurmdPort={node}\n\
         SlurmUser={user}\n\
         SlurmdUser={user}\n\
         AuthType=auth/munge\n\
         CredType=cred/munge\n\
         AuthInfo=socket={folder}/munge.socket,cred_expire=5\n\
         StateSaveLocation={folder}/state\n\
         SlurmdSpoolDir={folder}/spool\n\
         SlurmctldPidFile={folder}/slurmctld.pid\n\
         SlurmdPidFile={folder}/slurmd.pid\n\
         ProctrackType=proctrack/linuxproc\n\
         TaskPlugin=task/none\n\
         MpiDefault=none\n\
         SelectType=select/cons_tres\n\
         SelectTypeParameters=CR_CPU\n\
         KillWait=10\n\
         NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN\n\
         PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP\n"
    )
}

/// Returns two ports that nobody uses.
fn free_ports() -> io::Result<[u16; 2]> {
    // Both are held at a time, so that they differ.
    let held = [TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?, TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?];
    Ok([held[0].local_addr()?.port(), held[1].local_addr()?.port()])
}

/// Runs a command and returns what it prints, without spaces around it; absent if it fails.
pub(super) fn said(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Waits for a value. That it does not come in time is an error.
pub(super) fn until<T>(awaited: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> Result<T, ExitCode> {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if began.elapsed() > limit {
            return refuse(&format!("{awaited} did not come within {} s", limit.as_secs()));
        }
        sleep(Duration::from_millis(200));
    }
}
