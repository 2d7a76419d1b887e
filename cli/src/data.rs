//! `data fetch`: the download of a data set.

use crate::args::FetchArgs;
use crate::failure::Failure;
use crate::fetch::fetch;
use crate::output::print;

pub(crate) fn run(args: &FetchArgs) -> Result<(), Failure> {
    let data = fetch(args.set, &args.data_dir, args.url.as_deref())?;
    print(&data.display().to_string())
}
