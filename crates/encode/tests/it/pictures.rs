use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use rushes_encode::{PICTURE_BYTES_MAX, picture_bytes};
use rushes_types::ErrorKind;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

#[test]
fn base64_is_taken_bare_and_in_a_data_url() {
    let bare = STANDARD.encode(PNG);
    assert_eq!(picture_bytes(&format!(" {bare}\n")).unwrap(), PNG);
    assert_eq!(picture_bytes(&format!("data:image/png;base64,{bare}")).unwrap(), PNG);
    assert_eq!(picture_bytes(&format!("DATA:;BASE64,{bare}")).unwrap(), PNG);
}

#[test]
fn what_is_no_picture_is_refused_with_the_mend() {
    let gif = STANDARD.encode(b"GIF89a");
    for wrong in ["", "data:", "data:image/png,abc", "data:é", "%%%", &gif, "https://example.org/a.png"] {
        let error = picture_bytes(wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{wrong}");
        assert!(error.message().contains("base64"), "{wrong}");
    }
    let huge = "A".repeat(PICTURE_BYTES_MAX / 3 * 4 + 8);
    assert_eq!(picture_bytes(&huge).unwrap_err().kind(), ErrorKind::TooLarge);
}

proptest! {
    #[test]
    fn no_text_is_a_panic(text in "\\PC*", data in "(data:)?[a-z/;,é64=]{0,40}") {
        let _ = (picture_bytes(&text), picture_bytes(&data));
    }
}
