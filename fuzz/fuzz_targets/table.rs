//! Fuzz target of tables: every cell of a table that was read is found in it, with percentages and a rank; an error has
//! a line.

#![no_main]

use lambda_darts::benchmark::{Accuracies, Row, Table, TableError};
use lambda_darts::space::Genotype;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let lines = data.split(|&byte| byte == b'\n').count();
    match Table::parse(data, "table.csv") {
        Ok(table) => {
            assert!((1..data.len()).contains(&table.len()));
            for row in table.rows() {
                is_found(&table, row);
            }
        }
        Err(
            TableError::BadLine { line, .. } | TableError::BadNumber { line, .. } | TableError::Duplicate { line, .. },
        ) => assert!((1..=lines).contains(&line), "line {line} of {lines}"),
        Err(error) => assert!(error.to_string().starts_with("table.csv: "), "{error}"),
    }
});

fn is_found(table: &Table, row: &Row) {
    let cell = Genotype::parse(&row.arch).expect("a row has a cell");
    let found = table.look_up(&cell).expect("the table has its cells");
    assert_eq!((found.index, &found.arch, found.accuracies), (row.index, &row.arch, row.accuracies));
    assert!((1..=table.len()).contains(&found.rank), "{found:?}");
    assert!(table.equivalents(&cell).contains(&row));
    let Accuracies {
        cifar10_valid,
        cifar10_test,
        cifar100_valid,
        cifar100_test,
        imagenet16_120_valid,
        imagenet16_120_test,
    } = row.accuracies;
    for accuracy in
        [cifar10_valid, Some(cifar10_test), cifar100_valid, cifar100_test, imagenet16_120_valid, imagenet16_120_test]
    {
        assert!(accuracy.is_some_and(|accuracy| (0.0..=1.0).contains(&accuracy)), "{row:?}");
    }
    assert!(
        row.parameters_millions.is_none_or(f64::is_finite) && row.train_seconds.is_none_or(f64::is_finite),
        "{row:?}"
    );
}
