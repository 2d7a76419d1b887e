//! `export`: the network of a run, for other programs.

mod format;
mod network;

use std::io::{Write, stderr};
use std::path::{Path, PathBuf};

use lambda_darts::device::Device;

use crate::args::{ExportArgs, RunArgs};
use crate::failure::Failure;
use crate::kind::is_search;
use crate::output::print;
use crate::start::start_threads;
use crate::text_file::{check_targets, write_all_new};
use network::Network;

pub(crate) use format::Format;

pub(crate) fn run(args: &ExportArgs) -> Result<(), Failure> {
    let is_search = is_search(&args.from);
    check(args, is_search)?;
    let files = args.format.files(&args.out)?;
    let paths: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    check_targets(&paths, args.force)?;
    let device = Device::named(args.hardware.device.as_deref().unwrap_or("auto"))?;
    start_threads(&RunArgs { threads: args.hardware.threads, ..RunArgs::default() })?;
    let network = if is_search { Network::of_search(args, &device) } else { Network::of_training(args, &device) }?;
    let contents = match args.format {
        Format::Onnx => vec![network.onnx(args.fold_norms)?],
        Format::Pytorch => vec![network.module()?, network.safetensors()?],
        #[cfg(feature = "burn")]
        Format::Burn => vec![network.record().map_err(|what| Failure::inside(&args.out, what))?],
        Format::Safetensors => vec![network.safetensors()?],
    };
    let written: Vec<(&Path, &[u8])> = paths.iter().copied().zip(contents.iter().map(Vec::as_slice)).collect();
    write_all_new(&written, args.force)?;
    // If stderr is closed, the message cannot be shown.
    let _ = writeln!(stderr(), "{}", network.images());
    paths.iter().try_for_each(|path| print(&path.display().to_string()))
}

/// Checks that the format has what is asked for.
fn check(args: &ExportArgs, is_search: bool) -> Result<(), Failure> {
    let onnx = args.format == Format::Onnx;
    let inside = |what: &str| Err(Failure::inside(&args.from, what.to_owned()));
    if args.fold_norms && !onnx {
        return Err(Failure::Unused { flag: "--fold-norms", reason: "the other formats keep batch norms" });
    }
    if args.auxiliary && onnx {
        return Err(Failure::Unused {
            flag: "--auxiliary",
            reason: "a model in ONNX has the one output of the classifier",
        });
    }
    if args.auxiliary && is_search {
        return inside("the run is a search, whose supernet has no auxiliary head");
    }
    #[cfg(feature = "burn")]
    if args.format == Format::Burn && is_search {
        return inside("the run is a search, and Burn's records are those of trained networks");
    }
    Ok(())
}
