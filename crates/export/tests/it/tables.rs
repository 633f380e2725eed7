//! Tables.

use rushes_export::{COLUMNS, Clip};

use crate::support::{SECOND, asset, clip, csv, text_of};

#[test]
fn a_table_has_a_head_and_a_line_for_each_moment() {
    let mut film = asset("night-ferry-s01e01", Some("25"), Some("10:00:00:00"));
    film.series = Some("The Night Ferry".into());
    (film.season, film.episode) = (Some(1), Some(1));
    film.title = Some("Cast \"Off\", twice".into());
    let labels = ["Mara".to_owned(), "galley".to_owned()];
    let lines = ["Could you pass the salt?".to_owned()];
    let clip = Clip { lines: &lines, ..clip(&film, 40_140_000_000, 67_160_000_000, &labels) };
    let table = csv(&[clip]);
    let text = text_of(&table);
    let rows: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(rows[0].split(',').count(), COLUMNS.len());
    assert_eq!(
        rows[1],
        "1,night-ferry-s01e01,ferry,The Night Ferry,1,1,\"Cast \"\"Off\"\", twice\",10:00:40:03,10:01:07:04,\
         40.140000000,67.160000000,27.020000000,25/1,,0.950000,\"Mara; galley\",Could you pass the salt?,,\
         40140000000,67160000000"
    );
    assert_eq!((rows[2], rows.len(), table.written), ("", 3, 1));
}

#[test]
fn no_field_of_a_table_is_a_formula() {
    for bad in ["=1+1", "+A1", "-2", "@x", "\t=1", " =1", "\"=1", "\r\n=1", "＝1"] {
        let mut film = asset("a", None, None);
        film.title = Some(bad.to_owned());
        film.reel = Some(bad.to_owned());
        let labels = [bad.to_owned()];
        let table = csv(&[clip(&film, 0, SECOND, &labels)]);
        let text = text_of(&table);
        let row = text.split_once("\r\n").unwrap().1;
        assert_eq!(row.matches('\'').count(), 3, "{bad:?}: {row}");
    }
    assert!(text_of(&csv(&[])).starts_with("number,"));
}
