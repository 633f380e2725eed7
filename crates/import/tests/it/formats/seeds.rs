//! A small sound file of every format, made from its description: tests of any input begin from them.

use rushes_import::formats::Format;

use crate::formats::detections::npy;

/// A small sound file of every format, to begin from.
pub fn seeds() -> Vec<(Format, Vec<u8>)> {
    let texts = [
        (
            Format::Srt,
            "1\n00:00:01,000 --> 00:00:02,000\n<i>Hi</i> there\n\n2\n00:00:03,000 --> 00:00:04,000\nHo\n",
        ),
        (
            Format::WebVtt,
            "WEBVTT\nLanguage: en\n\nNOTE x\n\na\n00:01.000 --> 00:02.000 line:1\n<v Mara>Hi &amp; ho</v>\n",
        ),
        (
            Format::Ttml,
            "<tt xml:lang=\"en\" ttp:frameRate=\"25\"><body begin=\"1s\"><div><p begin=\"1s\" dur=\"10f\">A<br/>b</p><p><span begin=\"1t\" end=\"00:00:02:01\">c</span></p></div></body></tt>",
        ),
        (
            Format::Whisper,
            r#"{"text":"Hi","segments":[{"seek":0,"start":0.5,"end":1.5,"text":" Hi","words":[{"word":"Hi","start":0.5,"end":1e0,"probability":0.5}]}],"language":"en"}"#,
        ),
        (
            Format::WhisperX,
            r#"{"segments":[{"start":0.5,"end":1.5,"text":"Hi","speaker":"S","words":[{"word":"Hi","score":0.5}]}]}"#,
        ),
        (
            Format::AwsTranscribe,
            r#"{"jobName":"j","results":{"items":[{"type":"pronunciation","start_time":"0.5","end_time":"1","alternatives":[{"content":"Hi","confidence":"1.0"}]},{"type":"punctuation","alternatives":[{"content":"."}]}]}}"#,
        ),
        (
            Format::GoogleSpeech,
            r#"{"results":[{"alternatives":[{"transcript":"Hi","words":[{"startTime":"1.5s","endTime":{"seconds":"2","nanos":5},"word":"Hi","speakerTag":1}]}]}]}"#,
        ),
        (
            Format::Watson,
            r#"{"result_index":0,"results":[{"final":true,"alternatives":[{"transcript":"hi","timestamps":[["hi",1,2.5]],"word_confidence":[["hi",0.5]]}]}],"speaker_labels":[{"from":1,"speaker":2}]}"#,
        ),
        (Format::Rttm, "SPEAKER a 1 0.5 1.25 <NA> <NA> B 0.5 <NA>\n"),
        (
            Format::PySceneDetect,
            "Scene Number,Start Frame,Start Time (seconds),End Frame,End Time (seconds)\n1,1,0.0,25,1.0\n",
        ),
        (
            Format::Rekognition,
            r#"{"Labels":[{"Timestamp":5,"Label":{"Name":"Car","Confidence":99.5,"Instances":[{"BoundingBox":{"Left":0.1,"Top":0,"Width":1,"Height":1}}]}}],"Segments":[{"StartTimestampMillis":1,"EndTimestampMillis":2,"StartFrameNumber":1,"EndFrameNumber":2,"ShotSegment":{"Confidence":1}}]}"#,
        ),
        (
            Format::VideoIndexer,
            r#"{"insights":{"labels":[{"name":"x","instances":[{"start":"0:00:01.5","end":"0:00:02","confidence":0.5}]}],"ocr":[{"text":"A","left":1,"top":2,"width":3,"height":4,"instances":[{"start":"0:00:01","end":"0:00:02"}]}]}}"#,
        ),
        (
            Format::GoogleVideo,
            r#"{"annotationResults":[{"shotAnnotations":[{"startTimeOffset":"1.5s","endTimeOffset":"2s"}],"objectAnnotations":[{"entity":{"description":"x"},"segment":{"endTimeOffset":"2s"},"frames":[{"normalizedBoundingBox":{"right":0.5},"timeOffset":"1s"}]}]}]}"#,
        ),
        (
            Format::Cvat,
            "<annotations><version>1.1</version><track id=\"0\" label=\"x\"><box frame=\"0\" outside=\"0\" xtl=\"1\" ytl=\"2\" xbr=\"3\" ybr=\"4\"><attribute name=\"a\">b</attribute></box><box frame=\"9\" outside=\"1\"/></track></annotations>",
        ),
        (
            Format::Ass,
            "[Script Info]\nScriptType: v4.00+\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n\
             Dialogue: 0,0:00:01.00,0:00:02.50,Default,Mara,0,0,0,,{\\k50}Cast {\\k100}off, {\\i1}now\n",
        ),
        (Format::Sbv, "0:00:01.000,0:00:02.500\nCast off[br]now\n\n0:00:03.000,0:00:04.000\nAye\n"),
        (
            Format::Scc,
            "Scenarist_SCC V1.0\n\n00:00:01:00\t9420 9420 9470 9470 c8e9 942c 942c 942f 942f\n\n00:00:03:00\t942c 942c\n",
        ),
        (
            Format::Lrc,
            "[ti:Night Ferry]\n[length:00:10]\n[00:01.00]Cast off\n[00:02.50]<00:02.50>Aye <00:03.00>aye\n",
        ),
        (
            Format::Json3,
            r#"{"wireMagic":"pb3","events":[{"tStartMs":0,"id":1},{"tStartMs":1000,"dDurationMs":2000,"segs":[{"utf8":"Cast","acAsrConf":255},{"utf8":" off","tOffsetMs":400}]},{"tStartMs":1500,"dDurationMs":5,"aAppend":1,"segs":[{"utf8":"\n"}]}]}"#,
        ),
        (
            Format::Deepgram,
            r#"{"metadata":{"request_id":"r","channels":1},"results":{"channels":[{"alternatives":[{"transcript":"Cast off.","confidence":0.9,"words":[{"word":"cast","start":1.07,"end":1.2,"confidence":0.95,"punctuated_word":"Cast","speaker":0},{"word":"off","start":1.2,"end":1.5,"confidence":0.9,"punctuated_word":"off.","speaker":0}]}]}]}}"#,
        ),
        (
            Format::AssemblyAi,
            r#"{"id":"i","audio_url":"u","status":"completed","text":"Aye.","words":[{"text":"Aye.","start":250,"end":650,"confidence":0.97,"speaker":"A"}],"chapters":[{"headline":"Leaving","summary":"They leave.","start":0,"end":9000}]}"#,
        ),
        (
            Format::RevAi,
            r#"{"monologues":[{"speaker":0,"elements":[{"type":"text","value":"Cast","ts":0.5,"end_ts":0.9,"confidence":0.8},{"type":"punct","value":" "},{"type":"text","value":"off","ts":0.9,"end_ts":1.2},{"type":"punct","value":"."}]}]}"#,
        ),
        (
            Format::Speechmatics,
            r#"{"format":"2.9","metadata":{"transcription_config":{"language":"en"}},"results":[{"type":"word","start_time":0.5,"end_time":0.9,"alternatives":[{"content":"Aye","confidence":0.9,"speaker":"S1"}]},{"type":"punctuation","start_time":0.9,"end_time":0.9,"is_eos":true,"attaches_to":"previous","alternatives":[{"content":"."}]}]}"#,
        ),
        (
            Format::AzureSpeech,
            r#"{"recognizedPhrases":[{"recognitionStatus":"Success","channel":0,"speaker":1,"offsetInTicks":10000000.0,"durationInTicks":5000000.0,"nBest":[{"confidence":0.9,"display":"Aye.","displayWords":[{"displayText":"Aye.","offset":"PT1S","duration":"PT0.5S"}]}]}]}"#,
        ),
        (
            Format::ElevenLabs,
            r#"{"language_code":"eng","language_probability":0.9,"text":"Aye. (laughs)","words":[{"text":"Aye.","start":0.5,"end":0.9,"type":"word","speaker_id":"speaker_0"},{"text":" ","start":0.9,"end":1.0,"type":"spacing"},{"text":"(laughs)","start":1.0,"end":1.5,"type":"audio_event"}]}"#,
        ),
        (
            Format::PremiereTranscript,
            r#"{"language":"en-us","segments":[{"start":0.5,"duration":1.0,"speaker":"u1","words":[{"text":"Aye.","start":0.5,"duration":0.5,"confidence":1.0,"eos":true,"type":"word"}]}],"speakers":[{"id":"u1","name":"Mara"}]}"#,
        ),
        (
            Format::Elan,
            "<?xml version=\"1.0\"?><ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID=\"t1\" TIME_VALUE=\"1000\"/><TIME_SLOT TIME_SLOT_ID=\"t2\"/><TIME_SLOT TIME_SLOT_ID=\"t3\" TIME_VALUE=\"3000\"/></TIME_ORDER>\
             <TIER TIER_ID=\"talk\" PARTICIPANT=\"Mara\"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID=\"a1\" TIME_SLOT_REF1=\"t1\" TIME_SLOT_REF2=\"t2\"><ANNOTATION_VALUE>Cast off</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>\
             <TIER TIER_ID=\"gloss\"><ANNOTATION><REF_ANNOTATION ANNOTATION_ID=\"a2\" ANNOTATION_REF=\"a1\"><ANNOTATION_VALUE>order</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>",
        ),
        (
            Format::TextGrid,
            "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\nxmin = 0\nxmax = 3\ntiers? <exists>\nsize = 2\nitem []:\n    item [1]:\n        class = \"IntervalTier\"\n        name = \"words\"\n        xmin = 0\n        xmax = 3\n        intervals: size = 1\n        intervals [1]:\n            xmin = 0.5\n            xmax = 1.25\n            text = \"say \"\"aye\"\"\"\n    item [2]:\n        class = \"TextTier\"\n        name = \"bells\"\n        xmin = 0\n        xmax = 3\n        points: size = 1\n        points [1]:\n            number = 2\n            mark = \"one\"\n",
        ),
        (
            Format::LabelStudio,
            r#"[{"id":1,"data":{"video":"/data/upload/1/0a1b2c3d-ferry.mp4"},"annotations":[{"result":[{"id":"r1","from_name":"l","to_name":"v","type":"timelinelabels","value":{"ranges":[{"start":1,"end":25}],"timelinelabels":["storm"]}},{"id":"r2","from_name":"b","to_name":"v","type":"videorectangle","value":{"framesCount":100,"duration":4,"labels":["gull"],"sequence":[{"frame":26,"enabled":true,"x":10,"y":20,"width":30,"height":40},{"frame":50,"enabled":false,"x":12,"y":20,"width":30,"height":40}]}}]}]}]"#,
        ),
        (
            Format::Via,
            r#"{"project":{"vid_list":["1"]},"attribute":{"1":{"aname":"act","options":{"0":"rows","1":"sails"}}},"file":{"1":{"fid":"1","fname":"ferry.mp4"}},"view":{"1":{"fid_list":["1"]}},"metadata":{"1_a":{"vid":"1","z":[1.5,2.25],"xy":[],"av":{"1":"1"}},"1_b":{"vid":"1","z":[3],"xy":[2,10,20,30,40],"av":{"1":"0"}}}}"#,
        ),
        (
            Format::Coco,
            r#"{"videos":[{"id":1,"file_names":["ferry/0.jpg","ferry/1.jpg"]}],"categories":[{"id":3,"name":"gull"}],"annotations":[{"id":9,"video_id":1,"category_id":3,"bboxes":[[1,2,3,4],[1,2,3,5],null,[1,2,3,6]]}]}"#,
        ),
        (Format::TransNet, "0 24\n25 74\n"),
        (
            Format::Ffmpeg,
            "  Duration: 00:00:10.00, start: 0.000000\n[blackdetect @ 0x1] black_start:0 black_end:1.5 black_duration:1.5\n[scdet @ 0x2] lavfi.scd.score: 21.4, lavfi.scd.time: 4.04\n",
        ),
        (
            Format::PremiereMarkers,
            "Marker Name,Description,In,Out,Duration,Marker Type\nStorm,\"wind, rain\",00:00:01:00,00:00:02:12,00:00:01:12,Comment\n",
        ),
        (
            Format::Edl,
            "TITLE: Ferry\nFCM: NON-DROP FRAME\n\n001  001      V     C        00:00:01:00 00:00:01:01 00:00:01:00 00:00:01:01\nlook here |C:ResolveColorBlue |M:Storm |D:12\n",
        ),
        (Format::AvidMarkers, "Otto\t00:00:01:00\tV1\tred\tlook here\n"),
        (
            Format::Otio,
            r#"{"OTIO_SCHEMA":"Timeline.1","name":"t","tracks":{"OTIO_SCHEMA":"Stack.1","children":[{"OTIO_SCHEMA":"Track.1","children":[{"OTIO_SCHEMA":"Gap.1","source_range":{"start_time":{"value":0,"rate":25},"duration":{"value":25,"rate":25}}},{"OTIO_SCHEMA":"Clip.2","name":"c","source_range":{"start_time":{"value":100,"rate":25},"duration":{"value":50,"rate":25}},"markers":[{"OTIO_SCHEMA":"Marker.2","name":"Storm","color":"RED","marked_range":{"start_time":{"value":125.0,"rate":25},"duration":{"value":5,"rate":25}}}]}]}]}}"#,
        ),
        (
            Format::FcpXml,
            "<?xml version=\"1.0\"?><!DOCTYPE fcpxml><fcpxml version=\"1.10\"><library><event><project><sequence tcStart=\"3600s\"><spine>\
             <asset-clip offset=\"3601s\" start=\"10s\" duration=\"5s\"><marker start=\"11s\" duration=\"1/25s\" value=\"Storm\"/><keyword start=\"10s\" duration=\"2s\" value=\"wind, rain\"/></asset-clip></spine></sequence></project></event></library></fcpxml>",
        ),
        (Format::Mot, "1,1,1.5,2,3,4,1,-1,-1,-1\n2,1,1,2,3,4,1,-1,-1,-1\n"),
    ];
    let mut seeds: Vec<(Format, Vec<u8>)> =
        texts.into_iter().map(|(format, text)| (format, text.as_bytes().to_vec())).collect();
    seeds.push((Format::Npy, npy("<f4", 2, 2, &[0; 16])));
    seeds.push((Format::EbuStl, stl(&[(b"Caf\xc2e\x8aopen", 1, 2)])));
    assert_eq!(seeds.len(), Format::ALL.len());
    seeds
}

/// EBU STL at 25 frames a second: texts with the seconds of their start and end.
pub fn stl(subtitles: &[(&[u8], u8, u8)]) -> Vec<u8> {
    let mut file = vec![b' '; 1024];
    file[3..11].copy_from_slice(b"STL25.01");
    file[12..16].copy_from_slice(b"0009");
    file[256..264].copy_from_slice(b"00000000");
    for (text, start, end) in subtitles {
        let mut block = vec![0u8; 128];
        block[3] = 0xff;
        block[7] = *start;
        block[11] = *end;
        block[12] = 12;
        block[16..].fill(0x8f);
        block[16..16 + text.len()].copy_from_slice(text);
        file.extend(block);
    }
    file
}
